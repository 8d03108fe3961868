"""Does a record have everything that Art. 30 asks for, and is it what the database enforces?

Every field that the law names is asked for once for the record and once for each activity; `complete()` counts what is there.
"""

from collections.abc import Iterator

import msgspec

from portvakt.server.privacy.record.model import Entry, Item, Record
from portvakt.server.privacy.record.words import operations
from portvakt.server.privacy.words import KINDS, SUBJECTS
from portvakt.server.purpose.register import Texts

THE_RECORD = Texts("förteckningen", "the record")


class Field(msgspec.Struct, frozen=True):
    """One thing that the law asks for: where (an activity's id, or empty for the record itself), which letter, and whether it is there."""

    activity: str
    letter: str
    name: Texts
    there: bool

    def said(self, language: str) -> str:
        """Return it in words."""
        return f"{self.activity or THE_RECORD.within(language)}: ({self.letter}) {self.name.within(language)}"


class Difference(msgspec.Struct, frozen=True):
    """Where the register and the database say different things; `stray` is a right of somebody who is no activity, in our own words."""

    activity: str = ""
    item: Item | None = None
    stray: str = ""

    def said(self, language: str) -> str:
        """Return it in words."""
        if self.item is None:
            return Texts(
                f"ingen av registrets behandlingar: {self.stray}", f"no activity of the register: {self.stray}"
            ).within(language)
        stated, granted = operations(self.item.operations, language), operations(self.item.granted, language)
        kind, subject = KINDS[self.item.kind].name.within(language), SUBJECTS[self.item.subject].name.within(language)
        text = Texts(
            f"registret säger {stated}, databasen ger {granted}",
            f"the register says {stated}, the database gives {granted}",
        )
        return f"{self.activity}: {kind} ({subject}): {text.within(language)}"


def fields(record: Record) -> Iterator[Field]:
    """Yield each thing that Art. 30 asks of a record, and whether it is there."""
    controller = record.paragraph == "30(1)"
    yield from _of_parties(record, controller=controller)
    secure = record.security is not None and bool(record.measures)
    yield Field("", "g" if controller else "d", Texts("säkerhet", "security"), secure)
    yield Field("", "b", Texts("behandlingar", "activities"), bool(record.entries))
    for entry in record.entries:
        yield from _of_controller(entry) if controller else _of_processor(entry)


def _of_parties(record: Record, *, controller: bool) -> Iterator[Field]:
    for party in record.parties:
        if party.role in {"data_controller", "data_processor"}:
            there = bool(party.name and (party.address or party.email or party.phone))
            text = Texts(f"namn och kontaktuppgifter för {party.name}", f"name and contact details of {party.name}")
            yield Field("", "a", text, there)
    roles = {party.role for party in record.parties}
    yield Field("", "a", Texts("personuppgiftsansvarig", "data controller"), "data_controller" in roles)
    if not controller:
        yield Field("", "a", Texts("personuppgiftsbiträde", "data processor"), "data_processor" in roles)


def _of_processor(entry: Entry) -> Iterator[Field]:
    there = bool(entry.name.sv and entry.purpose.sv and entry.items)
    yield Field(entry.id, "b", Texts("slag av behandling", "category of processing"), there)
    yield from _of_transfers(entry, "c")


def _of_controller(entry: Entry) -> Iterator[Field]:
    limited = {kind for limit in entry.limits for kind in limit.kinds}
    yield Field(entry.id, "b", Texts("ändamål", "purpose"), bool(entry.purpose.sv and entry.purpose.en))
    yield Field(
        entry.id, "c", Texts("registrerade och slag av uppgifter", "data subjects and kinds of data"), bool(entry.items)
    )
    for recipient in entry.recipients:
        named = Texts(f"slag av mottagare: {recipient.name.sv}", f"category of recipient: {recipient.name.en}")
        yield Field(entry.id, "d", named, bool(recipient.category))
    yield from _of_transfers(entry, "e")
    for kind in sorted({item.kind for item in entry.items}):
        name = KINDS[kind].name
        yield Field(entry.id, "f", Texts(f"tidsfrist för {name.sv}", f"time limit of {name.en}"), kind in limited)


def _of_transfers(entry: Entry, letter: str) -> Iterator[Field]:
    for one in entry.transfers:
        text = Texts(f"skydd för {one.name.sv} i {one.country}", f"safeguard for {one.name.en} in {one.country}")
        yield Field(entry.id, letter, text, one.mechanism != "none" and bool(one.detail))


def complete(record: Record) -> tuple[int, int]:
    """Return how many of the fields that the law asks for are there, and how many it asks for."""
    asked = list(fields(record))
    return sum(field.there for field in asked), len(asked)


def missing(record: Record) -> list[Field]:
    """Return what the law asks for and is not there."""
    return [field for field in fields(record) if not field.there]


def differences(record: Record) -> list[Difference]:
    """Return where the register and the database say different things; there must be nothing (R-05)."""
    found = [
        Difference(entry.id, item)
        for entry in record.entries
        for item in entry.items
        if not entry.outside and item.operations != item.granted
    ]
    return [*found, *(Difference(stray=stray) for stray in record.strays)]
