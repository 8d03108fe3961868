"""What does one controller need to decide alone, and how is that signed and verified?

A snapshot travels as canonical bytes (msgpack of these structs, rows sorted by id) with an Ed25519 signature over exactly those bytes;
it is verified as received, before it is decoded. Names, addresses and card numbers are never in it. Moments are seconds since
the Unix epoch, UTC; None means unbounded. Ids are opaque strings.
"""

import msgspec

from portvakt.core.decision.model import AuthType, CredentialKind, Side


class Interval(msgspec.Struct, frozen=True, array_like=True):
    """Local minutes since midnight, [start, end); an end at or before the start reaches into the next day."""

    start: int
    end: int


class SpecialDay(msgspec.Struct, frozen=True, array_like=True):
    """A date (ISO 8601) whose own intervals replace the weekly ones that start on it; none means closed all day."""

    date: str
    intervals: tuple[Interval, ...]


class Schedule(msgspec.Struct, frozen=True):
    """When, in the door's local time: `weekly` holds one tuple of intervals per weekday, Monday first."""

    id: str
    weekly: tuple[tuple[Interval, ...], ...]
    special_days: tuple[SpecialDay, ...]


class PastAge(msgspec.Struct, frozen=True):
    """What a door does once the snapshot has gone unconfirmed for `hours`: "keep", "cards_only" or "deny"."""

    hours: int
    behaviour: str


class Door(msgspec.Struct, frozen=True):
    """One door: what its sides can accept, its times, and what it does with an old snapshot."""

    id: str
    timezone: str
    in_service: bool
    release_seconds: int
    held_open_seconds: int
    entry: tuple[AuthType, ...]
    exit: tuple[AuthType, ...]
    past_age: PastAge


class Reader(msgspec.Struct, frozen=True):
    """An OSDP device on a bus: serial `port` (path, relative to the controller's port folder), address 0-126, baud."""

    id: str
    door: str
    side: Side
    port: str
    address: int
    baud: int


class RuleDoor(msgspec.Struct, frozen=True):
    """Which auth types a rule allows on each side of one door."""

    door: str
    entry: tuple[AuthType, ...]
    exit: tuple[AuthType, ...]


class Rule(msgspec.Struct, frozen=True):
    """An access rule as far as it concerns this controller's doors; no schedule means at all times."""

    id: str
    doors: tuple[RuleDoor, ...]
    schedule: str | None
    valid_from: int | None
    valid_to: int | None


class Person(msgspec.Struct, frozen=True):
    """Someone who may hold credentials, as an opaque id."""

    id: str
    suspended: bool
    valid_from: int | None
    valid_to: int | None


class Credential(msgspec.Struct, frozen=True):
    """A credential as its keyed digest; several PINs may not share a digest within an organisation."""

    id: str
    person: str
    kind: CredentialKind
    digest: bytes
    enabled: bool
    valid_from: int | None
    valid_to: int | None


class Assignment(msgspec.Struct, frozen=True):
    """A person is in a rule, from-to."""

    rule: str
    person: str
    valid_from: int | None
    valid_to: int | None


class Snapshot(msgspec.Struct, frozen=True):
    """All that one controller needs to decide alone; `version` only ever grows per controller."""

    controller: str
    organisation: str
    version: int
    compiled_at: int
    digest_key: bytes
    doors: tuple[Door, ...]
    readers: tuple[Reader, ...]
    schedules: tuple[Schedule, ...]
    rules: tuple[Rule, ...]
    persons: tuple[Person, ...]
    credentials: tuple[Credential, ...]
    assignments: tuple[Assignment, ...]
