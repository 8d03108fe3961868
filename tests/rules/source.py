"""Which of our own files do the rules read?"""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "portvakt"
SERVER = PACKAGE / "server"


def python_files(folder: Path) -> Iterator[tuple[str, str]]:
    """(path from the root, text) of each module under a folder that people wrote."""
    for path in sorted(folder.rglob("*.py")):
        if not path.stem.endswith(("_pb2", "_pb2_grpc")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def tracked_files() -> Iterator[tuple[str, str]]:
    """(path from the root, text) of each text file under version control."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listing.split("\0")):
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, or a file deleted but not yet committed so


def last_name(function: ast.expr) -> str:
    """`record` of record(), actions.record() and self.log.record()."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def text_of(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def told(found: dict[str, list[str]]) -> str:
    """The complaints about each file, one to a line; empty when there are none."""
    return "".join(f"\n{path}: {complaint}" for path, complaints in found.items() for complaint in complaints)
