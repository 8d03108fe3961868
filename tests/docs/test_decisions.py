"""Is every decision record in the index, under its own title, and complete?"""

import re
from pathlib import Path

from tests.docs.pages import ROOT

DECISIONS = ROOT / "docs" / "decisions"
ROW = re.compile(r"^\| \[(\d{4})\]\((\d{4}-[\w-]+\.md)\) \| (.+) \|$", re.MULTILINE)


def indexed(folder: Path) -> dict[str, str]:
    rows = ROW.findall((folder / "README.md").read_text(encoding="utf-8"))
    return {file: f"# {number} {title}" for number, file, title in rows}


def titles(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8").splitlines()[0] for path in folder.glob("[0-9]*.md")}


def numbers_used_twice(folder: Path) -> list[str]:
    numbers = [path.name[:4] for path in folder.glob("[0-9]*.md")]
    return sorted({number for number in numbers if numbers.count(number) > 1})


def test_index_and_records_agree() -> None:
    assert indexed(DECISIONS) == titles(DECISIONS)
    assert numbers_used_twice(DECISIONS) == []


def test_each_record_tells_context_decision_and_consequences() -> None:
    # The record of dependencies is a list of reasons, one per dependency.
    for path in DECISIONS.glob("[0-9]*.md"):
        if path.name != "0011-dependencies.md":
            headings = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert headings == ["Context", "Decision", "Consequences", "What was measured"], path.name


def test_a_record_outside_the_index_is_found(tmp_path: Path) -> None:
    (tmp_path / "0001-kept.md").write_text("# 0001 Kept\n", encoding="utf-8")
    (tmp_path / "0001-twice.md").write_text("# 0001 Twice\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("| [0001](0001-kept.md) | Kept |\n", encoding="utf-8")
    assert indexed(tmp_path) != titles(tmp_path)
    assert numbers_used_twice(tmp_path) == ["0001"]
