"""What does the register of processing say? One TOML file per activity; its id is the purpose.

Nothing starts on a bad register: every mistake names the file and what to do.
"""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Literal

import msgspec

from portvakt.core.privacy import Kind, Subject

EntryPoint = Literal["board", "live", "link", "jobs", "console"]
ENTRY_POINTS: tuple[EntryPoint, ...] = ("board", "live", "link", "jobs", "console")
Operation = Literal["read", "insert", "update", "delete"]


class RegisterError(Exception):
    """The register cannot be used; the text names the file and the remedy."""


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    sv: str
    en: str


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which kinds of data about whom an activity needs, and what it does with them."""

    subject: Subject
    kinds: tuple[Kind, ...]
    operations: tuple[Operation, ...]


class Activity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One activity of the record of processing (GDPR Art. 30): a purpose, a role in the database, a paragraph of the notice.

    `role` is the provider's: data controller or data processor. `scope` says whether the activity works within one organisation or
    across the deployment. `manages` lists tables without personal data that it may change, as "app" or "app.Model".
    """

    id: str
    role: Literal["controller", "processor"]
    legal_basis: Literal["contract", "legal_obligation", "legitimate_interest", "consent"]
    legal_basis_note: Texts
    entry_points: tuple[EntryPoint, ...]
    scope: Literal["organisation", "deployment"]
    name: Texts
    purpose: Texts
    retention: Texts
    data: tuple[Data, ...] = ()
    manages: tuple[str, ...] = ()


def _read_one(path: Path) -> Activity:
    try:
        activity = msgspec.convert(tomllib.loads(path.read_text()), Activity)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        message = f"{path}: {error}"
        raise RegisterError(message) from error
    for mistake in _mistakes(path, activity):
        message = f"{path}: {mistake}"
        raise RegisterError(message)
    return activity


def _mistakes(path: Path, activity: Activity) -> list[str]:
    """Return what a well-formed activity still gets wrong."""
    texts = (activity.name, activity.purpose, activity.retention, activity.legal_basis_note)
    found = [
        (not re.fullmatch(r"[a-z][a-z_]{2,40}", activity.id), "id must be lower-case words joined by underscores"),
        (path.stem != activity.id, f"rename the file to {activity.id}.toml, or change the id"),
        (any(not text.sv.strip() or not text.en.strip() for text in texts), "give every text in both sv and en"),
        (not activity.entry_points, "name at least one entry point, or remove the activity"),
        (any(not row.kinds or not row.operations for row in activity.data), "a data row needs kinds and operations"),
    ]
    return [text for wrong, text in found if wrong]


def read_register(folder: Path) -> tuple[Activity, ...]:
    """Return all activities in a folder, by id; raise RegisterError on the first mistake."""
    if not folder.is_dir():
        message = f"{folder}: no register there; set PORTVAKT_REGISTER to the folder with one .toml file per activity"
        raise RegisterError(message)
    activities = tuple(_read_one(path) for path in sorted(folder.glob("*.toml")))
    doubled = [name for name, count in Counter(activity.id for activity in activities).items() if count > 1]
    if doubled or not activities:
        message = f"{folder}: " + (f"activity {doubled[0]} stands twice" if doubled else "no activity in the register")
        raise RegisterError(message)
    return activities
