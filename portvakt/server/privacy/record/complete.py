"""Does a record have everything that Art. 30 asks for, and is it what the database enforces?

Every field that the law names is asked for once for the record and once for each activity; `complete()` counts what is filled in.
"""

from collections.abc import Iterator

import msgspec

from portvakt.server.privacy.record.model import Entry, Record


class Field(msgspec.Struct, frozen=True):
    """One thing that the law asks for: where (an activity's id, or empty for the record itself), which letter, and whether it is there."""

    activity: str
    letter: str
    name: str
    there: bool

    def __str__(self) -> str:
        return f"{self.activity or 'the record'}: {self.letter} {self.name}"


def fields(record: Record) -> Iterator[Field]:
    """Yield each thing that Art. 30 asks of a record, and whether it is there."""
    controller = record.paragraph == "30(1)"
    for party in record.parties:
        if party.role in {"data_controller", "data_processor"}:
            there = bool(party.name and (party.address or party.email or party.phone))
            yield Field("", "(a)", f"name and contact details of {party.name}", there)
    roles = {party.role for party in record.parties}
    yield Field("", "(a)", "data controller", "data_controller" in roles)
    if not controller:
        yield Field("", "(a)", "data processor", "data_processor" in roles)
    yield Field("", "(g)" if controller else "(d)", "security", record.security is not None and bool(record.measures))
    yield Field("", "(b)", "activities", bool(record.entries))
    for entry in record.entries:
        yield from _of_controller(entry) if controller else _of_processor(entry)


def _of_processor(entry: Entry) -> Iterator[Field]:
    yield Field(entry.id, "(b)", "category of processing", bool(entry.name.sv and entry.purpose.sv and entry.items))
    for transfer in entry.transfers:
        there = transfer.mechanism != "none" and bool(transfer.detail)
        yield Field(entry.id, "(c)", f"safeguard for {transfer.recipient} in {transfer.country}", there)


def _of_controller(entry: Entry) -> Iterator[Field]:
    limited = {kind for limit in entry.limits for kind in limit.kinds}
    yield Field(entry.id, "(b)", "purpose", bool(entry.purpose.sv and entry.purpose.en))
    yield Field(entry.id, "(c)", "data subjects and kinds of data", bool(entry.items))
    for recipient in entry.recipients:
        yield Field(entry.id, "(d)", f"category of recipient {recipient.id}", bool(recipient.category))
    for transfer in entry.transfers:
        there = transfer.mechanism != "none" and bool(transfer.detail)
        yield Field(entry.id, "(e)", f"safeguard for {transfer.recipient} in {transfer.country}", there)
    for kind in sorted({item.kind for item in entry.items}):
        yield Field(entry.id, "(f)", f"time limit of {kind}", kind in limited)


def complete(record: Record) -> tuple[int, int]:
    """Return how many of the fields that the law asks for are there, and how many it asks for."""
    asked = list(fields(record))
    return sum(field.there for field in asked), len(asked)


def missing(record: Record) -> list[Field]:
    """Return what the law asks for and is not there."""
    return [field for field in fields(record) if not field.there]


def differences(record: Record) -> list[str]:
    """Return where a record and the database say different things; there must be nothing (R-05)."""
    wrong = [
        f"{entry.id}: {item.kind} of {item.subject}: the register says {_said(item.operations)}, the database gives {_said(item.granted)}"
        for entry in record.entries
        for item in entry.items
        if not entry.outside and item.operations != item.granted
    ]
    return [*wrong, *(f"no activity of the register: {stray}" for stray in record.strays)]


def _said(operations: tuple[str, ...]) -> str:
    return ", ".join(operations) or "nothing"
