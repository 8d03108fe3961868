"""Does every change to a person's rows that doors must know of say whose they are?

Controllers are sent the rows of those persons alone who are named (organisations.actions). An action that names nobody
would be recorded, and never reach a door.
"""

import ast
from collections.abc import Iterator

from tests.rules.source import SERVER, calls, last_name, python_files, told

PERSONS = "portvakt/server/people/actions"


def unnamed(source: str) -> list[str]:
    """Name the functions that record a change for doors without `holder` and without holders_changed()."""
    return [
        f"line {node.lineno}: {node.name} does not say whose rows changed"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and _for_doors(node) and not _names(node)
    ]


def _for_doors(function: ast.FunctionDef) -> bool:
    return any("doors" in _keywords(call) and "holder" not in _keywords(call) for call in _records(function))


def _names(function: ast.FunctionDef) -> bool:
    return any(last_name(call.func) == "holders_changed" for call in calls(function))


def _records(function: ast.FunctionDef) -> Iterator[ast.Call]:
    return (call for call in calls(function) if last_name(call.func) == "record")


def _keywords(call: ast.Call) -> set[str | None]:
    return {keyword.arg for keyword in call.keywords}


def test_every_change_to_a_person_names_whose_rows_changed() -> None:
    found = {path: unnamed(text) for path, text in python_files(SERVER) if path.startswith(PERSONS)}
    assert len(found) > 1
    assert not told(found), told(found)


def test_a_planted_change_of_nobody_is_found() -> None:
    assert unnamed("def f(*, by):\n    return record('x.y', x, by=by, doors=True)")
    assert unnamed("def f(*, by):\n    return record('x.y', x, by=by, doors=True, holder=x.pk)") == []
    assert unnamed("def f(*, by):\n    e = record('x.y', x, by=by, doors=True)\n    holders_changed(o, e.v, all)") == []
    assert unnamed("def f(*, by):\n    return record('x.y', x, by=by)") == []
