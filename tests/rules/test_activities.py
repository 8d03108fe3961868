"""Does every purpose named in the code stand in the register?"""

import ast
import tomllib

from tests.rules.source import PACKAGE, ROOT, calls, last_name, python_files, text_of, told


def registered() -> set[str]:
    files = sorted((ROOT / "register" / "activities").glob("*.toml"))
    return {tomllib.loads(path.read_text(encoding="utf-8"))["id"] for path in files}


def unregistered_purposes(source: str, activities: set[str]) -> list[str]:
    named = [(call.lineno, _purpose(call)) for call in calls(ast.parse(source)) if last_name(call.func) == "acting"]
    return [
        f'line {line}: acting("{purpose}") names no activity in register/'
        for line, purpose in named
        if purpose is not None and purpose not in activities
    ]


def _purpose(call: ast.Call) -> str | None:
    if call.args:
        return text_of(call.args[0])
    return next((text_of(keyword.value) for keyword in call.keywords if keyword.arg == "purpose"), None)


def test_every_purpose_is_registered() -> None:
    activities = registered()
    found = {path: unregistered_purposes(text, activities) for path, text in python_files(PACKAGE)}
    assert not told(found), told(found)


def test_planted_purposes_are_found() -> None:
    assert unregistered_purposes('with acting("curiosity", organisation): ...', {"access"}) == [
        'line 1: acting("curiosity") names no activity in register/'
    ]
    assert unregistered_purposes('with context.acting(purpose="curiosity"): ...', {"access"})
    assert unregistered_purposes('with acting("access"): ...\nwith acting(purpose): ...', {"access"}) == []
