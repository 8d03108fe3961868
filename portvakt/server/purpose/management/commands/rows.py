"""Which tests prove which row of what the product must do? `portvakt rows`, read from docs/reference/rows.toml and tests/."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

NONE = "–"


class Command(BaseCommand):
    """Print the table of rows."""

    help = "Lists what the product must do, and the tests that prove each row."
    # It reads files alone: it needs neither database nor pages.
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print a line for each row, and one for each test beneath it."""
        proofs = marked(settings.ROOT / "tests", settings.ROOT)
        for row, sentence in rows(settings.ROOT / "docs" / "reference" / "rows.toml").items():
            self.stdout.write(f"{row}  {sentence}")
            for test in [test for test, proven in proofs if proven == row] or [NONE]:
                self.stdout.write(f"     {test}")


def rows(path: Path) -> dict[str, str]:
    """Return the sentence of each row by its id, in order."""
    return {row: str(sentence) for row, sentence in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def marked(tests: Path, root: Path) -> list[tuple[str, str]]:
    """Return (test, row) for each `pytest.mark.row` under a folder; a test is named as pytest takes it, from `root`."""
    return [
        (f"{path.relative_to(root).as_posix()}::{test}", row)
        for path in sorted(tests.rglob("test_*.py"))
        for test, row in rows_of(path.read_text(encoding="utf-8"))
    ]


def rows_of(source: str) -> Iterator[tuple[str, str]]:
    """Yield (test, row) for each mark on a function or class of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.row":
                    yield from ((node.name, str(ast.literal_eval(row))) for row in call.args)
