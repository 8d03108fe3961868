"""Of which values does the register of processing consist? What the folder's files hold, as typed structs."""

from datetime import date
from typing import Literal

import msgspec

from portvakt.core.privacy import Kind, Subject
from portvakt.core.retention import Keeping, Texts

EntryPoint = Literal["board", "live", "link", "jobs", "console"]
ENTRY_POINTS: tuple[EntryPoint, ...] = ("board", "live", "link", "jobs", "console")
Operation = Literal["read", "insert", "update", "delete"]
Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = ("sv", "en")
Basis = Literal["contract", "legal_obligation", "legitimate_interest", "consent", "public_task", "vital_interest"]
# Art. 13(1) or 14: from the person, from the organisation that enrols them, from devices they use, or made by the system itself.
Source = Literal["person", "child", "organisation", "device", "system"]
# Why it must be given (Art. 13(2)(e)), or that nobody gives it: it comes into being by use.
Required = Literal["contract", "law", "service", "voluntary", "observed"]
Mechanism = Literal["none", "adequacy", "scc", "bcr", "derogation"]
LETTERS = ("a", "b", "c", "d", "e", "f", "g", "h")


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

    def keeping(self, subject: Subject, kind: Kind) -> Keeping | None:
        """Return how long data of a kind about a subject is kept: the rule that names most of the two; None where no rule covers them."""
        rules = [rule for rule in self.retention if rule.covers(subject, kind)]
        return max(rules, key=lambda rule: bool(rule.kinds) + bool(rule.subjects), default=None)


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
