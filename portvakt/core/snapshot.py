"""What does one controller need to decide alone, and how is that signed and verified?

A snapshot travels as canonical bytes (msgpack of these structs, rows sorted by id) with an Ed25519 signature over
exactly those bytes; it is verified as received, before it is decoded. Names, addresses and card numbers are never in
it. Moments are seconds since the Unix epoch, UTC; None means unbounded. Ids are opaque strings.

A delta makes one version of a snapshot into a later one: it carries the rows of the persons it touches, all of them
anew, and either every row about the site (doors, readers, schedules, rules, areas and what follows) or none. One
without them says nothing about any one controller and is signed once for the whole organisation.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portvakt.core.credentials import DIGEST_BYTES, KEY_BYTES
from portvakt.core.decision.model import AuthType, CredentialKind, Escort, Side
from portvakt.core.schedule import Interval, Schedule, SpecialDay, schedule_errors

__all__ = [
    "Area",
    "Assignment",
    "Bars",
    "Credential",
    "Delta",
    "Door",
    "Hold",
    "Interlock",
    "Interval",
    "Lockdown",
    "PastAge",
    "Person",
    "Reader",
    "Rule",
    "RuleDoor",
    "Schedule",
    "Snapshot",
    "SnapshotRefused",
    "SpecialDay",
    "bars_to_bytes",
    "delta_to_bytes",
    "inconsistencies",
    "open_bars",
    "open_delta",
    "open_signed",
    "sign",
    "to_bytes",
]

# Room for a million persons with a card each at one controller; what is larger is not a snapshot of ours.
MAX_BODY_BYTES = 256 * 1024 * 1024
# A longer body travels in pieces of this length, so that what is urgent need not wait until all of it is through.
PART_BYTES = 512 * 1024
# SIA OSDP: 127 addresses everyone on the bus.
MAX_READER_ADDRESS = 126
PAST_AGE_BEHAVIOURS = ("keep", "cards_only", "deny")
PASSBACKS = ("off", "soft", "hard")
READS = ("card", "plate")


class PastAge(msgspec.Struct, frozen=True):
    """What a door does once the snapshot has gone unconfirmed for `hours`: "keep", "cards_only" or "deny"."""

    hours: int
    behaviour: str


class Door(msgspec.Struct, frozen=True):
    """One door: what its sides can accept, its times, and what it does with an old snapshot.

    - `contact`: whether the door tells that it opened; without, a passage counts as made when it is granted.
    - `inside`, `outside`: the areas that entry and exit lead into; None is no area.
    - `entry_code`, `exit_code`: what the code printed at the side says (16 bytes, public), empty for none.
    - `within_metres`: how near a phone must be for SCAN and REMOTE; None asks for no position.
    - `unlock_schedule`: while it is active the door stands unlocked, with `first_person_in` from the first passage in.
    """

    id: str
    timezone: str
    in_service: bool
    release_seconds: int
    held_open_seconds: int
    entry: tuple[AuthType, ...]
    exit: tuple[AuthType, ...]
    past_age: PastAge
    contact: bool = True
    inside: str | None = None
    outside: str | None = None
    entry_code: bytes = b""
    exit_code: bytes = b""
    within_metres: int | None = None
    unlock_schedule: str | None = None
    first_person_in: bool = False


class Reader(msgspec.Struct, frozen=True):
    """An OSDP device on a bus: serial `port` (path, relative to the controller's port folder), address 0-126, baud.

    `reads`: "card" for cards, keys and codes; "plate" for a camera that delivers licence plates as text.
    """

    id: str
    door: str
    side: Side
    port: str
    address: int
    baud: int
    reads: str = "card"


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


class Area(msgspec.Struct, frozen=True):
    """A protected area whose every door is this controller's.

    - `passback`: "off", "soft" (granted and reported) or "hard" (denied) when somebody enters where they are already,
      or leaves where they are not; a belief older than `forgive_minutes` is forgotten.
    - `timed_minutes`: entering again within so many minutes breaks anti-passback even after an exit.
    - `limit`: how many persons may be inside. `two_person`: nobody may be inside alone.
    - `escort`: who needs an escort enters only together with one.
    """

    id: str
    passback: str = "off"
    forgive_minutes: int | None = None
    timed_minutes: int | None = None
    limit: int | None = None
    two_person: bool = False
    escort: bool = False


class Interlock(msgspec.Struct, frozen=True):
    """Doors of which at most one may be open or released at a time."""

    id: str
    doors: tuple[str, ...]


class Lockdown(msgspec.Struct, frozen=True):
    """A lockdown plan that is in effect until `ends_at`: its doors admit only who overrides `rank` (1-9)."""

    plan: str
    rank: int
    doors: tuple[str, ...]
    ends_at: int | None


class Hold(msgspec.Struct, frozen=True):
    """An operator keeps a door unlocked until `ends_at`."""

    door: str
    ends_at: int | None


class Person(msgspec.Struct, frozen=True, array_like=True):
    """Someone who may hold credentials, as an opaque id; passes lockdowns up to rank `overrides` (0 none)."""

    id: str
    suspended: bool
    valid_from: int | None
    valid_to: int | None
    overrides: int = 0
    escort: Escort = Escort.NONE


class Credential(msgspec.Struct, frozen=True, array_like=True):
    """A credential as its keyed digest; of a QR the handle of its changing codes (see core.credentials).

    No two of one kind may share a digest within an organisation; PIN and DURESS_PIN count as one kind.
    """

    id: str
    person: str
    kind: CredentialKind
    digest: bytes
    enabled: bool
    valid_from: int | None
    valid_to: int | None


class Assignment(msgspec.Struct, frozen=True, array_like=True):
    """A person is in a rule, from-to."""

    rule: str
    person: str
    valid_from: int | None
    valid_to: int | None


class Snapshot(msgspec.Struct, frozen=True):
    """All that one controller needs to decide alone; `version` only ever grows per controller.

    `rules` are all of the organisation, with the doors of this controller only, and `assignments` those in any of them,
    so that a rule can come to a door without its persons being sent again.
    """

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
    areas: tuple[Area, ...] = ()
    interlocks: tuple[Interlock, ...] = ()
    lockdowns: tuple[Lockdown, ...] = ()
    holds: tuple[Hold, ...] = ()


class Delta(msgspec.Struct, frozen=True, tag=True):
    """Makes version `base` of a snapshot into `rows.version`.

    `rows` holds the persons named in `touched` with all their credentials and assignments (one who is named and has no
    row is gone), and with `site` every row about the site; without, `rows.controller` is empty and so are those rows.
    """

    base: int
    touched: tuple[str, ...]
    site: bool
    rows: Snapshot


class Bars(msgspec.Struct, frozen=True, tag=True):
    """What was taken back by the change that made `version`: nothing here may open before that version is in force.

    For a whole organisation; `assignments` are (person, rule).
    """

    organisation: str
    version: int
    persons: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    assignments: tuple[tuple[str, str], ...] = ()


Row = TypeVar("Row", Door, Reader, Schedule, Rule, Person, Credential)
Sided = TypeVar("Sided", Door, RuleDoor)


class SnapshotRefused(Exception):
    """A snapshot that may not come in force; `code` is stable, the text is English and holds opaque ids only.

    Codes: too_large, wrong_signature, not_decodable, other_controller, older_version, same_version, inconsistent; of a
    delta also wrong_base, of a piece wrong_order.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def to_bytes(snapshot: Snapshot) -> bytes:
    """Write a snapshot as canonical bytes: the same rows in any order give the same bytes."""
    return _encode(_canonical(snapshot))


def _canonical(snapshot: Snapshot) -> Snapshot:
    return msgspec.structs.replace(
        snapshot,
        doors=_by_id(map(_sorted_sides, snapshot.doors)),
        readers=_by_id(snapshot.readers),
        schedules=_by_id(map(_sorted_schedule, snapshot.schedules)),
        rules=_by_id(map(_sorted_rule, snapshot.rules)),
        persons=_by_id(snapshot.persons),
        credentials=_by_id(snapshot.credentials),
        assignments=tuple(sorted(snapshot.assignments, key=lambda row: (row.rule, row.person, _encode(row)))),
    )


def delta_to_bytes(delta: Delta) -> bytes:
    """Write a delta as canonical bytes."""
    return _encode(
        msgspec.structs.replace(delta, touched=tuple(sorted(set(delta.touched))), rows=_canonical(delta.rows))
    )


def bars_to_bytes(bars: Bars) -> bytes:
    """Write bars as canonical bytes."""
    fields = ("persons", "credentials", "assignments")
    return _encode(msgspec.structs.replace(bars, **{name: tuple(sorted(set(getattr(bars, name)))) for name in fields}))


def sign(body: bytes, private_key: Ed25519PrivateKey) -> bytes:
    """Sign a snapshot's canonical bytes; 64 bytes."""
    return private_key.sign(body)


def open_signed(
    body: bytes,
    signature: bytes,
    public_key: Ed25519PublicKey,
    controller: str,
    newest_version: int,
    *,
    in_force: bytes | None = None,
) -> Snapshot:
    """Verify and read a snapshot for this controller, or raise SnapshotRefused.

    `newest_version` is the highest version ever in force here (0 when none); `in_force` is the body of that version
    where it is at hand: the very same bytes again are a repeat and accepted, other bytes under the same version are
    refused.
    """
    _verify(body, signature, public_key)
    try:
        snapshot = msgspec.msgpack.decode(body, type=Snapshot)
    except msgspec.MsgspecError as trouble:
        raise SnapshotRefused("not_decodable", "not a snapshot that this software can read") from trouble
    if snapshot.controller != controller:
        raise SnapshotRefused("other_controller", "the snapshot is for another controller")
    if snapshot.version < newest_version:
        raise SnapshotRefused("older_version", f"version {snapshot.version} is older than {newest_version}")
    if snapshot.version == newest_version and body != in_force:
        raise SnapshotRefused("same_version", f"version {snapshot.version} again, but not the bytes that are in force")
    for text in inconsistencies(snapshot):
        raise SnapshotRefused("inconsistent", text)
    return snapshot


def open_delta(
    body: bytes, signature: bytes, public_key: Ed25519PublicKey, *, controller: str, organisation: str, in_force: int
) -> Delta:
    """Verify and read a delta that may follow the version in force here, or raise SnapshotRefused."""
    _verify(body, signature, public_key)
    try:
        delta = msgspec.msgpack.decode(body, type=Delta)
    except msgspec.MsgspecError as trouble:
        raise SnapshotRefused("not_decodable", "not a delta that this software can read") from trouble
    rows = delta.rows
    if rows.organisation != organisation or rows.controller != (controller if delta.site else ""):
        raise SnapshotRefused("other_controller", "the delta is for another controller or organisation")
    if delta.base != in_force:
        raise SnapshotRefused("wrong_base", f"the delta follows version {delta.base}, not {in_force}")
    if rows.version <= delta.base:
        raise SnapshotRefused("older_version", f"version {rows.version} is not newer than {delta.base}")
    return delta


def open_bars(body: bytes, signature: bytes, public_key: Ed25519PublicKey, organisation: str) -> Bars:
    """Verify and read what an organisation took back, or raise SnapshotRefused."""
    _verify(body, signature, public_key)
    try:
        bars = msgspec.msgpack.decode(body, type=Bars)
    except msgspec.MsgspecError as trouble:
        raise SnapshotRefused("not_decodable", "not bars that this software can read") from trouble
    if bars.organisation != organisation:
        raise SnapshotRefused("other_controller", "the bars are for another organisation")
    return bars


def inconsistencies(snapshot: Snapshot) -> Iterator[str]:
    """Give a sentence for each way in which the rows do not hold together; the server asks before it signs, too."""
    if len(snapshot.digest_key) != KEY_BYTES:
        yield f"the digest key is not {KEY_BYTES} bytes"
    if snapshot.version < 1:
        yield "the version is not positive"
    for noun in ("door", "reader", "schedule", "rule", "person", "credential"):
        for twice in _repeated(row.id for row in getattr(snapshot, f"{noun}s")):
            yield f"{noun} {twice} is there twice"
    for door in snapshot.doors:
        yield from _door_inconsistencies(door)
    for schedule in snapshot.schedules:
        for error in schedule_errors(schedule):
            yield f"schedule {schedule.id}: {error.code} in {error.place}"
    yield from _dangling(snapshot)
    yield from _ambiguous(snapshot)


def _encode(row: msgspec.Struct) -> bytes:
    return msgspec.msgpack.encode(row)


def _by_id(rows: Iterable[Row]) -> tuple[Row, ...]:
    # The bytes decide between two rows of one id, so that even a snapshot that will be refused is canonical.
    return tuple(sorted(rows, key=lambda row: (row.id, _encode(row))))


def _sorted_sides(row: Sided) -> Sided:
    return msgspec.structs.replace(row, entry=tuple(sorted(row.entry)), exit=tuple(sorted(row.exit)))


def _sorted_rule(rule: Rule) -> Rule:
    doors = sorted(map(_sorted_sides, rule.doors), key=lambda each: (each.door, _encode(each)))
    return msgspec.structs.replace(rule, doors=tuple(doors))


def _sorted_schedule(schedule: Schedule) -> Schedule:
    special = (SpecialDay(day.date, tuple(sorted(day.intervals))) for day in schedule.special_days)
    weekly = tuple(tuple(sorted(intervals)) for intervals in schedule.weekly)
    return msgspec.structs.replace(schedule, weekly=weekly, special_days=tuple(sorted(special)))


def _verify(body: bytes, signature: bytes, public_key: Ed25519PublicKey) -> None:
    if len(body) > MAX_BODY_BYTES:
        raise SnapshotRefused("too_large", f"more than {MAX_BODY_BYTES} bytes")
    try:
        public_key.verify(signature, body)
    except InvalidSignature:
        raise SnapshotRefused("wrong_signature", "the signature is not the server's") from None


def _repeated(values: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            yield value
        seen.add(value)


def _door_inconsistencies(door: Door) -> Iterator[str]:
    try:
        ZoneInfo(door.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"door {door.id} is in a time zone that is not known here"
    if door.past_age.behaviour not in PAST_AGE_BEHAVIOURS or door.past_age.hours < 1:
        yield f"door {door.id} has no sound age limit"
    if door.release_seconds < 1 or door.held_open_seconds < 1:
        yield f"door {door.id} has a time that is not positive"


def _dangling(snapshot: Snapshot) -> Iterator[str]:
    doors, schedules = {row.id for row in snapshot.doors}, {row.id for row in snapshot.schedules}
    rules, persons = {row.id for row in snapshot.rules}, {row.id for row in snapshot.persons}
    yield from (f"reader {row.id} is at an unknown door" for row in snapshot.readers if row.door not in doors)
    for rule in snapshot.rules:
        if any(each.door not in doors for each in rule.doors):
            yield f"rule {rule.id} names an unknown door"
        if rule.schedule is not None and rule.schedule not in schedules:
            yield f"rule {rule.id} names an unknown schedule"
    yield from (
        f"credential {row.id} has an unknown person" for row in snapshot.credentials if row.person not in persons
    )
    for assignment in snapshot.assignments:
        if assignment.rule not in rules or assignment.person not in persons:
            yield f"an assignment in rule {assignment.rule} names an unknown rule or person"


def _ambiguous(snapshot: Snapshot) -> Iterator[str]:
    for place in _repeated(f"port {row.port} and address {row.address}" for row in snapshot.readers):
        yield f"two readers share {place}"
    for reader in snapshot.readers:
        if not 0 <= reader.address <= MAX_READER_ADDRESS or reader.baud < 1:
            yield f"reader {reader.id} has an address or a speed that no bus has"
    for rule in snapshot.rules:
        for door in _repeated(each.door for each in rule.doors):
            yield f"rule {rule.id} names door {door} twice"
    holders = {(row.kind, row.digest): row.id for row in snapshot.credentials}
    for row in snapshot.credentials:
        if len(row.digest) != DIGEST_BYTES:
            yield f"credential {row.id} has a digest that is not {DIGEST_BYTES} bytes"
        if holders[row.kind, row.digest] != row.id:
            yield f"credential {row.id} has the digest of another"
