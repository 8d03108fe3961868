"""Is every environment variable that the settings read described for whoever runs the platform?"""

import ast
import re

from tests.rules.source import ROOT, SERVER, last_name, text_of

NAME = re.compile(r"[A-Z][A-Z0-9_]+")


def variables(source: str) -> set[str]:
    """Names given to env(...), os.getenv(...), os.environ.get(...) and os.environ[...]."""
    found = {_variable(node) for node in ast.walk(ast.parse(source))}
    return {name for name in found if name and NAME.fullmatch(name)}


def _variable(node: ast.AST) -> str | None:
    if isinstance(node, ast.Subscript) and last_name(node.value) == "environ":
        return text_of(node.slice)
    if not isinstance(node, ast.Call) or not node.args:
        return None
    reads = "env" in last_name(node.func) or "environ" in ast.unparse(node.func)
    return text_of(node.args[0]) if reads else None


def undescribed(source: str, description: str) -> list[str]:
    return sorted(name for name in variables(source) if f"`{name}`" not in description)


def test_every_setting_is_described() -> None:
    settings = (SERVER / "settings.py").read_text(encoding="utf-8")
    assert variables(settings)
    assert undescribed(settings, (ROOT / "docs/operations/settings.md").read_text(encoding="utf-8")) == []


def test_a_planted_setting_is_found() -> None:
    source = 'A = os.environ["AA"]\nB = os.environ.get("BB", "")\nC = os.getenv("CC")\nD = env("DD", "x")\nE = f("EE")'
    assert variables(source) == {"AA", "BB", "CC", "DD"}
    assert undescribed(source, "`AA` is this, `BB` that, DD is mentioned") == ["CC", "DD"]
