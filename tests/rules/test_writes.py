"""Are rows changed anywhere but in actions and jobs? There authorisation and the audit entry are; elsewhere not."""

import ast
import re
from pathlib import PurePath

from tests.rules.source import SERVER, calls, python_files, text_of, told

ALWAYS = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
# dict.update(other), digest.update(bytes) and cache.delete(key) take their operand by position; a queryset takes none.
WITHOUT_OPERAND = {"update", "delete"}
STATEMENT = re.compile(r"\s*(insert\s+into|update\s|delete\s+from|truncate|copy\s+\w+\s+from)", re.IGNORECASE)


def may_write(path: str) -> bool:
    parts = PurePath(path).parts
    return parts[-1] in {"actions.py", "jobs.py"} or bool({"actions", "migrations", "purpose"} & set(parts[:-1]))


def writes(source: str) -> list[str]:
    found = [call for call in calls(ast.parse(source)) if _writes_rows(call)]
    return [f"line {call.lineno}: {ast.unparse(call.func)}() changes rows outside actions and jobs" for call in found]


def _writes_rows(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    name = call.func.attr.removeprefix("a") if call.func.attr[1:] in ALWAYS | WITHOUT_OPERAND else call.func.attr
    if name in {"execute", "executemany"}:
        return bool(call.args) and STATEMENT.match(text_of(call.args[0]) or "") is not None
    return name in ALWAYS or (name in WITHOUT_OPERAND and not call.args)


def test_rows_change_only_in_actions_and_jobs() -> None:
    found = {path: writes(text) for path, text in python_files(SERVER) if not may_write(path)}
    assert found
    assert not told(found), told(found)


def test_planted_writes_are_found() -> None:
    assert writes("person.save()") == ["line 1: person.save() changes rows outside actions and jobs"]
    planted = """
Person.objects.create(name="x")
Person.objects.filter(id=1).update(name="x")
await Person.objects.aupdate_or_create(id=1)
Person.objects.all().delete()
Person.objects.bulk_create(rows)
cursor.execute("  DELETE FROM people_person")
"""
    assert len(writes(planted)) == 6


def test_what_only_looks_like_a_write_passes() -> None:
    assert writes("context.update({'a': 1}); digest.update(b'x'); cache.delete(key); cursor.execute('select 1')") == []


def test_the_places_that_may_write() -> None:
    server = "portvakt/server/"
    assert may_write(server + "people/actions.py")
    assert may_write(server + "access/actions/rules.py")
    assert may_write(server + "privacy/jobs.py")
    assert may_write(server + "people/migrations/0001_persons.py")
    assert not may_write(server + "people/models.py")
    assert not may_write(server + "web/board/views.py")
    assert not may_write(server + "jobs/worker.py")
