"""Does the manual say what to do about every alarm, and does the index of the how-tos have each of them?"""

from pathlib import Path

from portvakt.core.event import ALARMS
from tests.docs.pages import ROOT, relative_links

DOCS = ROOT / "docs"


def glossary_words(glossary: str, heading: str) -> dict[str, str]:
    """Return the English word for each code in a section's table."""
    section = glossary.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    rows = [[cell.strip() for cell in row.split("|")] for row in section.splitlines() if row.startswith("| ")]
    return {row[1]: row[2] for row in rows[1:]}


def told_alarms(manual: str) -> set[str]:
    """Return every alarm that begins a row of a table; a row may name several."""
    cells = [row.split("|")[1] for row in manual.splitlines() if row.startswith("| ")]
    return {name.strip() for cell in cells for name in cell.split(", ")}


def pages_outside(folder: Path) -> set[str]:
    """Return the pages of a folder that its README does not link to."""
    linked = set(relative_links((folder / "README.md").read_text(encoding="utf-8")))
    return {page.name for page in folder.glob("*.md")} - {"README.md"} - linked


def test_the_manual_tells_of_every_alarm() -> None:
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8")
    events, faults = glossary_words(glossary, "Access events"), glossary_words(glossary, "Log faults")
    wanted = {events[kind] for kind in ALARMS} | set(faults.values())
    told = told_alarms((DOCS / "operations" / "alarms.md").read_text(encoding="utf-8"))
    assert wanted - told == set()


def test_every_how_to_is_in_the_index() -> None:
    assert pages_outside(DOCS / "how-to") == set()


def test_an_alarm_that_no_row_begins_with_is_found() -> None:
    glossary = "# G\n\n## Access events\n\n| event | English |\n|---|---|\n| one | Bell rang |\n| two | Bell broke |\n"
    words = glossary_words(glossary, "Access events")
    assert words == {"one": "Bell rang", "two": "Bell broke"}
    assert set(words.values()) - told_alarms("Bell broke.\n| Door forced, Bell rang | Bell broke |\n") == {"Bell broke"}


def test_a_how_to_outside_the_index_is_found(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("[a](a.md)\n", encoding="utf-8")
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("# A page\n", encoding="utf-8")
    assert pages_outside(tmp_path) == {"b.md"}
