"""Is anything too large to read at one sitting, or named so that anything could be in it?"""

import ast
from pathlib import PurePath

from tests.rules.source import PACKAGE, python_files, told

FILE_LINES = 400
FUNCTION_LINES = 50
VAGUE = {"utils", "util", "common", "helpers", "helper", "misc"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def too_large(source: str) -> list[str]:
    lines = len(source.splitlines())
    found = (
        [f"{lines} lines; the limit is {FILE_LINES}: make it a folder of the same name"] if lines > FILE_LINES else []
    )
    for function in _functions(source):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES:
            found.append(f"line {function.lineno}: {function.name} has {length} lines; the limit is {FUNCTION_LINES}")
    return found


def vaguely_named(path: str) -> list[str]:
    parts = {part.removesuffix(".py") for part in PurePath(path).parts}
    return [f"{name} says nothing about what is in it" for name in sorted(VAGUE & parts)]


def inner_imports(source: str) -> list[str]:
    """Imports inside functions; Django's ready() is where an app's checks can be imported at all."""
    functions = [function for function in _functions(source) if function.name != "ready"]
    found = {
        node for function in functions for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return [f"line {line}: an import inside a function hides a cycle" for line in sorted(node.lineno for node in found)]


def _functions(source: str) -> list[Function]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]


def test_files_and_functions_can_be_read() -> None:
    # A migration is written by makemigrations, once, and read by nobody but the database.
    read = [(path, text) for path, text in python_files(PACKAGE) if "/migrations/" not in path]
    found = {path: too_large(text) + inner_imports(text) + vaguely_named(path) for path, text in read}
    assert found
    assert not told(found), told(found)


def test_planted_size_is_found() -> None:
    assert too_large("x = 1\n" * 401) == ["401 lines; the limit is 400: make it a folder of the same name"]
    assert too_large("def f():\n" + "  x = 1\n" * 50) == ["line 1: f has 51 lines; the limit is 50"]
    assert too_large("def f():\n" + "  x = 1\n" * 49) == []


def test_planted_names_and_imports_are_found() -> None:
    assert vaguely_named("portvakt/server/people/utils.py") == ["utils says nothing about what is in it"]
    assert vaguely_named("portvakt/common/door.py")
    assert vaguely_named("portvakt/core/door.py") == []
    assert inner_imports("def f():\n  import os") == ["line 2: an import inside a function hides a cycle"]
    assert inner_imports("import os\nclass A:\n  def ready(self):\n    from . import checks") == []
