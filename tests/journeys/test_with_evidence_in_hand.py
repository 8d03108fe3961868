"""The story of somebody who does not trust the Board: the log is taken out and proven, whatever was killed before."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys.pages import download, go
from tests.journeys.running import Running

ROOT = Path(__file__).resolve().parent.parent.parent
# As whoever was handed the file runs it: without this project on the path.
ALONE = [sys.executable, "-I", str(ROOT / "portvakt" / "verify_log.py")]
SHIPPED = [sys.executable, "-m", "portvakt", "verify-log"]


def verify(program: list[str], file: Path) -> tuple[int, str]:
    """Run a program on evidence; return its exit code and what it said."""
    done = subprocess.run([*program, str(file)], capture_output=True, text=True, check=False, cwd=file.parent)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.row("S21", "S36")
def test_evidence_from_the_access_log_verifies_and_one_changed_byte_is_found(
    running: Running, board: Page, tmp_path: Path
) -> None:
    go(running, board, "access-log/")
    board.locator("a[href$='/access-log/evidence/']").click()
    # For the organisation itself, which is what the page offers first.
    evidence = download(board, board.locator("main form button[type=submit]"), tmp_path)
    for program in (ALONE, SHIPPED):
        code, said = verify(program, evidence)
        assert code == 0, said

    text = evidence.read_text()
    changed = text.replace("access_granted", "access_denied_", 1)
    assert len(changed) == len(text)
    evidence.write_text(changed)
    code, said = verify(ALONE, evidence)
    assert code == 1
    assert "change" in said
