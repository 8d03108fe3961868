"""As which bytes do snapshots, deltas and bars travel, and which of them may come in force?"""

from collections.abc import Iterable
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portvakt.core.schedule import Schedule, SpecialDay
from portvakt.core.snapshot.rows import (
    Area,
    Bars,
    Credential,
    Delta,
    Door,
    Interlock,
    Lockdown,
    Person,
    Reader,
    Rule,
    RuleDoor,
    Snapshot,
)
from portvakt.core.snapshot.soundness import delta_inconsistencies, inconsistencies

# Room for a million persons with a card each at one controller; what is larger is not a snapshot of ours.
MAX_BODY_BYTES = 256 * 1024 * 1024
# A longer body travels in pieces of this length, so that what is urgent need not wait until all of it is through.
PART_BYTES = 512 * 1024
# No message of the link is longer: a piece, or a delta, which is no gain over a whole snapshot when it is longer still.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024

Row = TypeVar("Row", Door, Reader, Schedule, Rule, Person, Credential, Area, Interlock)
Sided = TypeVar("Sided", Door, RuleDoor)
Spread = TypeVar("Spread", Interlock, Lockdown)
Body = TypeVar("Body", Snapshot, Delta, Bars)


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
        areas=_by_id(snapshot.areas),
        interlocks=_by_id(map(_sorted_doors, snapshot.interlocks)),
        lockdowns=tuple(sorted(map(_sorted_doors, snapshot.lockdowns), key=lambda row: (row.plan, _encode(row)))),
        holds=tuple(sorted(snapshot.holds, key=lambda row: (row.door, _encode(row)))),
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
    snapshot = _opened(body, signature, public_key, Snapshot, "a snapshot")
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
    delta = _opened(body, signature, public_key, Delta, "a delta")
    rows = delta.rows
    if rows.organisation != organisation or rows.controller != (controller if delta.site else ""):
        raise SnapshotRefused("other_controller", "the delta is for another controller or organisation")
    if delta.base != in_force:
        raise SnapshotRefused("wrong_base", f"the delta follows version {delta.base}, not {in_force}")
    if rows.version <= delta.base:
        raise SnapshotRefused("older_version", f"version {rows.version} is not newer than {delta.base}")
    for text in delta_inconsistencies(delta):
        raise SnapshotRefused("inconsistent", text)
    return delta


def open_bars(body: bytes, signature: bytes, public_key: Ed25519PublicKey, organisation: str) -> Bars:
    """Verify and read what an organisation took back, or raise SnapshotRefused."""
    bars = _opened(body, signature, public_key, Bars, "bars")
    if bars.organisation != organisation:
        raise SnapshotRefused("other_controller", "the bars are for another organisation")
    return bars


def _encode(row: msgspec.Struct) -> bytes:
    return msgspec.msgpack.encode(row)


def _by_id(rows: Iterable[Row]) -> tuple[Row, ...]:
    # The bytes decide between two rows of one id, so that even a snapshot that will be refused is canonical.
    return tuple(sorted(rows, key=lambda row: (row.id, _encode(row))))


def _sorted_sides(row: Sided) -> Sided:
    return msgspec.structs.replace(row, entry=tuple(sorted(row.entry)), exit=tuple(sorted(row.exit)))


def _sorted_doors(row: Spread) -> Spread:
    return msgspec.structs.replace(row, doors=tuple(sorted(row.doors)))


def _sorted_rule(rule: Rule) -> Rule:
    doors = sorted(map(_sorted_sides, rule.doors), key=lambda each: (each.door, _encode(each)))
    return msgspec.structs.replace(rule, doors=tuple(doors))


def _sorted_schedule(schedule: Schedule) -> Schedule:
    special = (SpecialDay(day.date, tuple(sorted(day.intervals))) for day in schedule.special_days)
    weekly = tuple(tuple(sorted(intervals)) for intervals in schedule.weekly)
    return msgspec.structs.replace(schedule, weekly=weekly, special_days=tuple(sorted(special)))


def _opened(body: bytes, signature: bytes, public_key: Ed25519PublicKey, kind: type[Body], what: str) -> Body:
    if len(body) > MAX_BODY_BYTES:
        raise SnapshotRefused("too_large", f"more than {MAX_BODY_BYTES} bytes")
    try:
        public_key.verify(signature, body)
    except InvalidSignature:
        raise SnapshotRefused("wrong_signature", "the signature is not the server's") from None
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except msgspec.MsgspecError as trouble:
        raise SnapshotRefused("not_decodable", f"not {what} that this software can read") from trouble
