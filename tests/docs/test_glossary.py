"""Does the code use the glossary's words, and does the glossary have every word of the code's closed lists?"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from portvakt.core.decision.model import Reason
from portvakt.core.event import EventKind
from tests.docs.pages import ROOT

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def checked_words(glossary: str) -> set[str]:
    """Return the words in bold in the last column of a table's rows."""
    rows = [line for line in glossary.splitlines() if line.startswith("| ")]
    return {word for row in rows for word in re.findall(r"\*\*(\w+)\*\*", row.rsplit("|", 2)[1])}


def defined_names(tree: ast.AST) -> Iterator[str]:
    """Yield what a module names itself; names it only uses belong to others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def words_in(name: str) -> set[str]:
    words = {word.lower() for word in WORD.findall(name)}
    return words | {word.removesuffix("s") for word in words}


def wrong_names(path: Path, words: set[str]) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [name for name in [path.stem, path.parent.name, *defined_names(tree)] if words_in(name) & words]


def listed_codes(glossary: str, heading: str) -> list[str]:
    section = glossary.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    codes = [row.split("|")[1].strip() for row in section.splitlines() if row.startswith("| ")]
    return codes[1:]  # the first row is the table's head


def test_code_defines_nothing_by_a_word_never_said() -> None:
    words = checked_words(GLOSSARY)
    sources = {
        str(path.relative_to(ROOT)): path for path in (ROOT / "portvakt").rglob("*.py") if "_pb2" not in path.name
    }
    found = {name: wrong_names(path, words) for name, path in sources.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_every_reason_has_its_sentences() -> None:
    assert sorted(listed_codes(GLOSSARY, "Reasons for a refusal")) == sorted(reason.name for reason in Reason)


def test_every_kind_of_event_has_its_words() -> None:
    assert sorted(listed_codes(GLOSSARY, "Access events")) == sorted(EventKind)


def test_bold_words_are_those_of_the_last_column() -> None:
    assert {"tenant", "customer", "vendor", "badge", "gateway"} <= checked_words(GLOSSARY)
    assert checked_words("A **loud** word.\n| **name** | means | **wrong**, other |\n") == {"wrong"}


def test_a_word_never_said_is_found(tmp_path: Path) -> None:
    module = tmp_path / "badges.py"
    module.write_text(
        "import tenancy\n"
        "class TenantRow: ...\n"
        "def read(scanner_id: int) -> None:\n    vendor = scanner_id\n    tenancy.tenant(vendor)\n"
        "organisation = person = gateway_of = 1\n",
        encoding="utf-8",
    )
    found = wrong_names(module, {"tenant", "badge", "scanner", "vendor", "org", "gate"})
    assert found == ["badges", "TenantRow", "scanner_id", "vendor"]
