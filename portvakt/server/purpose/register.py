"""What does the register of processing say? A folder: who the provider is, the activities, the recipients and the law's own numbers.

    register/provider.toml            who runs the platform, its data protection officer, the supervisory authority
    register/law.toml                 countries, adequacy decisions, ages of consent, as rows with dates and sources
    register/presets.toml             how long the access log is kept, by kind of premises
    register/activities/ID.toml       one activity: a purpose, a role in the database, a paragraph of the notice
    register/recipients/ID.toml       one recipient to which an activity may disclose

Nothing starts on a bad register: every mistake names the file, the place in it and what to do.
"""

import re
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from portvakt.core.privacy import Kind, Subject

EntryPoint = Literal["board", "live", "link", "jobs", "console"]
ENTRY_POINTS: tuple[EntryPoint, ...] = ("board", "live", "link", "jobs", "console")
Operation = Literal["read", "insert", "update", "delete"]
Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = ("sv", "en")
Basis = Literal["contract", "legal_obligation", "legitimate_interest", "consent", "public_task", "vital_interest"]
# Art. 13(1) or 14: from the person, from the organisation that enrols them, from devices they use, or made by the system itself.
Source = Literal["person", "organisation", "device", "system"]
# Why it must be given (Art. 13(2)(e)), or that nobody gives it: it comes into being by use.
Required = Literal["contract", "law", "service", "voluntary", "observed"]
Anchor = Literal["event", "end_of_relation", "end_of_financial_year", "with_owner", "not_kept", "withdrawal"]
Mechanism = Literal["none", "adequacy", "scc", "bcr", "derogation"]
LETTERS = ("a", "b", "c", "d", "e", "f", "g", "h")

Row = TypeVar("Row", bound=msgspec.Struct)


class RegisterError(Exception):
    """The register cannot be used; the text names the file, the place and the remedy."""


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    sv: str
    en: str

    def within(self, language: str) -> str:
        """Return the text in a language; Swedish unless English is asked for."""
        return self.en if language == "en" else self.sv


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which kinds of data about whom an activity needs, what it does with them, and where they come from.

    `where` names a place outside the platform (the accounting system): then there are no operations, and no column is asked for.
    `consequence` says what happens to whoever does not give them; needed unless nobody gives them (`required` is "observed").
    """

    subject: Subject
    kinds: tuple[Kind, ...]
    operations: tuple[Operation, ...] = ()
    source: Source = "person"
    required: Required = "observed"
    consequence: Texts | None = None
    where: Texts | None = None


class Keeping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long data of some kinds (all of the activity where none is named) is kept: an anchor and a span after it.

    `setting` names the organisation's own setting that replaces `days`. `law` cites what demands it. With `or_longer`, the longest counts.
    """

    anchor: Anchor
    kinds: tuple[Kind, ...] = ()
    days: int = 0
    months: int = 0
    years: int = 0
    setting: Literal["", "entry_log_days"] = ""
    law: Texts | None = None
    or_longer: "tuple[Keeping, ...]" = ()


class Assessment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The three steps for legitimate interest (EDPB guidelines 1/2024), dated, and when it must be looked at again."""

    made: date
    review: date
    interest: Texts
    necessity: Texts
    balance: Texts


class Activity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One activity of the record of processing (GDPR Art. 30): a purpose, a role in the database, a paragraph of the notice.

    `role` is the provider's: data controller or data processor. `scope` says which rows it sees: one organisation's, the whole
    deployment's, or those about one data subject. With `leave`, an organisation's rows only while it gives support leave to look.
    `entry_points` is empty for what is done outside the platform. `manages` lists tables without personal data that it may change,
    as "app" or "app.Model". `child` is the purpose as one tells it to a child. `dpv` and `fides` are the purpose's terms in those
    vocabularies. `justification` says why personal identity numbers are needed, where they are (dataskyddslagen 3:10).
    """

    id: str
    role: Literal["controller", "processor"]
    legal_basis: Basis
    legal_basis_note: Texts
    entry_points: tuple[EntryPoint, ...]
    scope: Literal["organisation", "deployment", "subject"]
    name: Texts
    purpose: Texts
    data: tuple[Data, ...] = ()
    manages: tuple[str, ...] = ()
    leave: bool = False
    retention: tuple[Keeping, ...] = ()
    assessment: Assessment | None = None
    recipients: tuple[str, ...] = ()
    profiling: Texts | None = None
    automated_decision: Texts | None = None
    objection: Texts | None = None
    child: Texts | None = None
    justification: Texts | None = None
    dpv: str = ""
    fides: str = ""

    @property
    def outside(self) -> bool:
        """Tell whether it is done outside the platform, so that the database has no role for it."""
        return not self.entry_points


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A data processing agreement (Art. 28(3)): when it was signed, until when it runs, and its answer to each of the eight points."""

    signed: date
    subject_matter: Texts
    points: dict[str, Texts]
    ends: date | None = None


class Safeguard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What protects data in a third country: the mechanism, which decision or clauses, the assessment, and how to get a copy."""

    mechanism: Mechanism
    detail: str
    assessed: date | None = None
    review: date | None = None
    copy: Texts | None = None


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To whom data may be disclosed. `own` is the data controller's own equipment or the data controller itself."""

    id: str
    category: Literal["own", "processor", "authority", "data_controller"]
    name: Texts
    what_for: Texts
    country: str
    access_countries: tuple[str, ...] = ()
    agreement: Agreement | None = None
    safeguard: Safeguard | None = None


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to reach somebody."""

    name: str
    address: str
    email: str
    phone: str = ""
    web: str = ""


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who runs this deployment, who its data protection officer is, and which authority hears complaints."""

    platform: str
    organisation_number: str
    contact: Contact
    dpo: Contact
    authority: Contact
    channels: tuple[str, ...] = ()
    security: Texts | None = None
    representative: Contact | None = None


class Adequacy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision under Art. 45: a country, what it covers, from when to when."""

    country: str
    detail: str
    scope: Texts
    since: date
    until: date | None = None


class ChildAge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From which age a child may itself consent to an online service (Art. 8), in one country."""

    country: str
    years: int
    source: str


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the law gives as numbers and lists; rows with dates, never constants in the code."""

    country: str
    eea: tuple[str, ...]
    eea_as_of: date
    adequacy: tuple[Adequacy, ...] = ()
    child_ages: tuple[ChildAge, ...] = ()


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the access log is kept at one kind of premises unless the organisation says why it must be longer."""

    premises: str
    days: int
    name: Texts
    note: Texts
    source: Texts


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it, as one value."""

    provider: Provider
    law: Law
    presets: tuple[Preset, ...]
    activities: tuple[Activity, ...]
    recipients: tuple[Recipient, ...]

    def activity(self, purpose: str) -> Activity:
        """Return one activity; raises KeyError where there is none."""
        return {activity.id: activity for activity in self.activities}[purpose]

    def recipient(self, name: str) -> Recipient:
        """Return one recipient; raises KeyError where there is none."""
        return {recipient.id: recipient for recipient in self.recipients}[name]


class Presets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of presets."""

    preset: tuple[Preset, ...] = ()


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
