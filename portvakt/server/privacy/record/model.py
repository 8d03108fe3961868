"""What stands in a record of processing (GDPR Art. 30)? Values that every format is made of.

Texts are in both languages; a format chooses one. The record says of each kind of data both what the register states and what the database
really gives, so that a difference between the two stands in the record itself.
"""

import hashlib
from datetime import date
from typing import Literal

import msgspec

from portvakt.core.privacy import Kind, Subject
from portvakt.server.purpose.register import Basis, Mechanism, Operation, Source, Texts

Paragraph = Literal["30(1)", "30(2)"]
PartyRole = Literal["data_controller", "data_processor", "representative", "data_protection_officer"]


class Party(msgspec.Struct, frozen=True):
    """Somebody who answers for the processing, and how to reach them."""

    role: PartyRole
    name: str
    address: str = ""
    email: str = ""
    phone: str = ""
    number: str = ""


class Item(msgspec.Struct, frozen=True):
    """One kind of data about one category of data subjects; `granted` is what the database gives the purpose to do with it.

    `where` names the place outside the platform where it is done; then the database gives nothing.
    """

    subject: Subject
    kind: Kind
    sources: tuple[Source, ...]
    operations: tuple[Operation, ...]
    granted: tuple[Operation, ...]
    where: Texts | None = None


class Limit(msgspec.Struct, frozen=True):
    """Until when data of some kinds is kept, in words."""

    kinds: tuple[Kind, ...]
    text: Texts


class To(msgspec.Struct, frozen=True):
    """A recipient, where it is, and since when there is an agreement with it."""

    id: str
    name: Texts
    category: str
    what_for: Texts
    country: str
    access_countries: tuple[str, ...] = ()
    agreement: date | None = None


class Transfer(msgspec.Struct, frozen=True):
    """Data that goes, or can be reached from, outside the EEA, and what protects it there."""

    recipient: str
    name: Texts
    country: str
    mechanism: Mechanism
    detail: str
    assessed: date | None = None


class Entry(msgspec.Struct, frozen=True):
    """One activity as it stands in a record."""

    id: str
    name: Texts
    purpose: Texts
    legal_basis: Basis
    legal_basis_note: Texts
    items: tuple[Item, ...]
    limits: tuple[Limit, ...]
    recipients: tuple[To, ...]
    transfers: tuple[Transfer, ...]
    outside: bool
    assessed: date | None = None
    profiling: Texts | None = None
    automated_decision: Texts | None = None
    dpv: str = ""
    fides: str = ""


class Measure(msgspec.Struct, frozen=True):
    """A technical or organisational measure, with its term in the Data Privacy Vocabulary."""

    term: str
    organisational: bool
    text: Texts


class Record(msgspec.Struct, frozen=True):
    """A record of processing: Art. 30(1) as data controller, Art. 30(2) as data processor.

    `register` is the number of the register version that it is drawn from, None for one that was not published as a whole;
    `register_digest` is the SHA-256 of that register. `strays` are rights to personal data that somebody holds who is no activity of the
    register.
    """

    paragraph: Paragraph
    platform: str
    parties: tuple[Party, ...]
    entries: tuple[Entry, ...]
    security: Texts | None
    measures: tuple[Measure, ...]
    as_of: date
    register: int | None
    register_digest: str
    strays: tuple[str, ...] = ()

    def party(self, role: PartyRole) -> Party | None:
        """Return the first party with a role."""
        return next((party for party in self.parties if party.role == role), None)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of what the record says; the day on which it was drawn is no part of it."""
        return hashlib.sha256(
            msgspec.json.encode(msgspec.structs.replace(self, as_of=date.min), order="sorted")
        ).hexdigest()
