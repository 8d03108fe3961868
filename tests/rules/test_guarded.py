"""Is every change of a door or a person that could open a way made within guarded()?

The actions of access check the guard rules themselves. Those of places and people stand beneath it and cannot, so whoever calls them does.
"""

import ast

from tests.rules.source import SERVER, calls, last_name, python_files, told

COULD_OPEN_A_WAY = {"change_door", "change_person", "resume_person"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def unguarded(source: str) -> list[str]:
    tree = ast.parse(source)
    inside = {
        call
        for block in ast.walk(tree)
        if isinstance(block, ast.With)
        and any(last_name(each.func) == "guarded" for item in block.items for each in calls(item.context_expr))
        for call in calls(block)
    }
    return [
        f"line {call.lineno}: {last_name(call.func)}() outside guarded()"
        for call in calls(tree)
        if last_name(call.func) in COULD_OPEN_A_WAY and call not in inside
    ]


def test_what_could_open_a_way_is_guarded() -> None:
    read = [(path, text) for path, text in python_files(SERVER) if "/web/" in path or "/api/" in path]
    found = {path: unguarded(text) for path, text in read}
    assert any("change_door" in text for _path, text in read)
    assert not told(found), told(found)


def test_planted_changes_are_found() -> None:
    assert unguarded("change_door(door, by=by)") == ["line 1: change_door() outside guarded()"]
    assert unguarded("with guarded(organisation):\n    people.resume_person(person, by=by)") == []
    assert unguarded("with guarded(a):\n    pass\npeople.change_person(person, by=by)")
