"""How does a folder of TOML files become the register, and how does the register become bytes?"""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from portvakt.server.purpose.register.model import Activity, Law, Presets, Provider, Recipient, Register

Row = TypeVar("Row", bound=msgspec.Struct)


class RegisterError(Exception):
    """The register cannot be used; the text names the file, the place and the remedy."""


def canonical(register: Register) -> bytes:
    """Return a register as bytes: the same register gives the same bytes, whatever its files look like."""
    return msgspec.json.encode(register, order="sorted")


def from_canonical(content: bytes) -> Register:
    """Return the register that `canonical` made bytes of."""
    return msgspec.json.decode(content, type=Register)


def _read_one(path: Path, of: type[Row]) -> Row:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), of)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        message = f"{path}: {error}"
        raise RegisterError(message) from error


def _mistakes(path: Path, activity: Activity) -> list[str]:
    """Return what a well-formed activity still gets wrong."""
    texts = (activity.name, activity.purpose, activity.legal_basis_note)
    found = [
        (not re.fullmatch(r"[a-z][a-z_]{2,40}", activity.id), "id must be lower-case words joined by underscores"),
        (path.stem != activity.id, f"rename the file to {activity.id}.toml, or change the id"),
        (any(not text.sv.strip() or not text.en.strip() for text in texts), "give every text in both sv and en"),
        (
            any(not row.kinds or not (row.operations or row.where) for row in activity.data),
            "a data row needs kinds and operations",
        ),
    ]
    return [text for wrong, text in found if wrong]


def _read_activity(path: Path) -> Activity:
    activity = _read_one(path, Activity)
    for mistake in _mistakes(path, activity):
        message = f"{path}: {mistake}"
        raise RegisterError(message)
    return activity


def read_register(folder: Path) -> Register:
    """Return the register in a folder; raise RegisterError on the first mistake."""
    if not folder.is_dir():
        message = (
            f"{folder}: no register there; set PORTVAKT_REGISTER to the folder that holds provider.toml and activities/"
        )
        raise RegisterError(message)
    activities = tuple(_read_activity(path) for path in _files(folder / "activities"))
    if not activities:
        message = f"{folder}: no activity in the register"
        raise RegisterError(message)
    return Register(
        provider=_read_one(folder / "provider.toml", Provider),
        law=_read_one(folder / "law.toml", Law),
        presets=_read_one(folder / "presets.toml", Presets).preset,
        activities=activities,
        recipients=tuple(_read_one(path, Recipient) for path in _files(folder / "recipients")),
    )


def _files(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("*.toml"))
