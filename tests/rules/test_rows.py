"""Does every row that a test says it proves exist?"""

from pathlib import Path

from portvakt.server.purpose.management.commands.rows import marked, rows, rows_of
from tests.rules.source import ROOT

TABLE = ROOT / "docs" / "reference" / "rows.toml"


def unknown_rows(tests: Path, root: Path, known: set[str]) -> list[str]:
    return [f"{test}: there is no row {row}" for test, row in marked(tests, root) if row not in known]


def test_the_table_is_whole() -> None:
    assert list(rows(TABLE)) == [f"S{number:02}" for number in range(1, 43)]
    assert all(sentence.endswith(".") for sentence in rows(TABLE).values())


def test_every_marked_row_exists() -> None:
    assert unknown_rows(ROOT / "tests", ROOT, set(rows(TABLE))) == []


def test_the_main_job_is_proven() -> None:
    assert "S36" in {row for _test, row in marked(ROOT / "tests", ROOT)}


def test_a_planted_row_is_found(tmp_path: Path) -> None:
    (tmp_path / "test_planted.py").write_text(
        'import pytest\n@pytest.mark.row("S99")\ndef test_a() -> None: ...\n@pytest.mark.row("S01")\ndef test_b() -> None: ...\n',
        encoding="utf-8",
    )
    assert unknown_rows(tmp_path, tmp_path, {"S01"}) == ["test_planted.py::test_a: there is no row S99"]


def test_marks_are_read_wherever_they_stand() -> None:
    source = (
        '@pytest.mark.row("S01", "S02")\n@pytest.mark.slow\nasync def test_a(): ...\n'
        '@pytest.mark.row("S03")\nclass TestB:\n    def test_c(self): ...\n'
        '@pytest.mark.other("S04")\ndef test_d(): ...\n'
    )
    assert sorted(rows_of(source)) == [("TestB", "S03"), ("test_a", "S01"), ("test_a", "S02")]
