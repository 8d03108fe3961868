"""Does every migration say in its name what it changes?"""

import re
from pathlib import PurePath

from tests.rules.source import SERVER, python_files

NAMED = re.compile(r"\d{4}_[a-z][a-z0-9_]*\.py")


def unnamed(file_name: str) -> list[str]:
    if NAMED.fullmatch(file_name) and "_auto_" not in file_name and not file_name.endswith("_initial.py"):
        return []
    return [f"{file_name} does not say what it changes; give makemigrations --name"]


def test_migrations_are_named() -> None:
    files = [PurePath(path) for path, _ in python_files(SERVER) if PurePath(path).parent.name == "migrations"]
    complaints = [text for path in files if path.name != "__init__.py" for text in unnamed(path.name)]
    assert not complaints


def test_planted_migrations_are_found() -> None:
    assert unnamed("0002_auto_20260101_1200.py")
    assert unnamed("0001_initial.py")
    assert unnamed("person.py")
    assert unnamed("0002_person_left_at.py") == []
