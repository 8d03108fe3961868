"""Does a model point upwards by name? import-linter cannot see "people.Person" in a string; the order is the same."""

import ast
import re
import tomllib
from pathlib import PurePath

from tests.rules.source import ROOT, SERVER, calls, last_name, python_files, text_of, told

MODEL = re.compile(r"([a-z_]+)\.([A-Z]\w*)")


def layer_order() -> dict[str, int]:
    """Feature → height, 0 lowest, read from the import contract, which says it once."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract.get("containers") == ["portvakt.server"])
    return {name: height for height, layer in enumerate(reversed(layers)) for name in re.findall(r"\w+", layer)}


def upward_references(feature: str, source: str, heights: dict[str, int]) -> list[str]:
    named = [(line, target) for line, target in _named_features(ast.parse(source)) if target in heights]
    return [
        f"line {line}: {feature} may not point at {target}, which stands beside or above it"
        for line, target in named
        if target != feature and heights[target] >= heights[feature]
    ]


def _named_features(tree: ast.AST) -> list[tuple[int, str]]:
    fields = (call for call in calls(tree) if call.args or call.keywords)
    return [(call.lineno, feature) for call in fields for feature in _features_of(call)]


def _features_of(call: ast.Call) -> list[str]:
    if last_name(call.func) == "get_model" and len(call.args) == 2:
        return [text_of(call.args[0]) or ""]
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    named = [match[1] for argument in arguments if (match := MODEL.fullmatch(text_of(argument) or ""))]
    accounts = [argument for argument in arguments if last_name(argument) == "AUTH_USER_MODEL"]
    return named + ["accounts"] * len(accounts)


def test_no_model_points_upwards_by_name() -> None:
    heights = layer_order()
    found: dict[str, list[str]] = {}
    for path, text in python_files(SERVER):
        feature = PurePath(path).parts[2].removesuffix(".py")
        if feature in heights and "migrations" not in PurePath(path).parts:
            found[path] = upward_references(feature, text, heights)
    assert found
    assert not told(found), told(found)


def test_the_order_is_that_of_the_design() -> None:
    heights = layer_order()
    low_to_high = ["purpose", "organisations", "logbook", "accounts", "people", "access", "privacy", "web"]
    assert sorted(low_to_high, key=heights.__getitem__) == low_to_high
    assert heights["people"] == heights["places"]


def test_planted_references_are_found() -> None:
    heights = layer_order()
    upwards = 'person = models.ForeignKey("people.Person", on_delete=models.CASCADE)'
    assert upward_references("logbook", upwards, heights) == [
        "line 1: logbook may not point at people, which stands beside or above it"
    ]
    assert upward_references("places", upwards, heights)
    assert upward_references("logbook", 'models.OneToOneField(to="accounts.Account")', heights)
    assert upward_references("logbook", "models.ForeignKey(settings.AUTH_USER_MODEL)", heights)
    assert upward_references("people", 'apps.get_model("access", "Assignment")', heights)


def test_downward_and_foreign_references_pass() -> None:
    heights = layer_order()
    assert upward_references("access", 'models.ForeignKey("people.Person")', heights) == []
    assert upward_references("people", 'models.ForeignKey("people.Person")', heights) == []
    assert upward_references("people", 'models.ForeignKey("contenttypes.ContentType")', heights) == []
