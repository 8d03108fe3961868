"""Do the rows of a snapshot hold together, and those of a delta among themselves?"""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portvakt.core.credentials import DIGEST_BYTES, KEY_BYTES
from portvakt.core.decision.model import CredentialKind
from portvakt.core.schedule import schedule_errors
from portvakt.core.snapshot.rows import (
    PASSBACKS,
    PAST_AGE_BEHAVIOURS,
    READS,
    SITE,
    Area,
    Credential,
    Delta,
    Door,
    Snapshot,
)

# SIA OSDP: 127 addresses everyone on the bus.
MAX_READER_ADDRESS = 126
# A code printed at a door side says so many bytes.
DOOR_CODE_BYTES = 16
MAX_ID_BYTES = 64
LOCKDOWN_RANKS = range(1, 10)
# The last second that a date can name, and more minutes or persons than any area has: past these, reckoning with them fails at the door.
LAST_MOMENT = 253_402_300_799
MOST_OF_AN_AREA = 10_000_000


def inconsistencies(snapshot: Snapshot) -> Iterator[str]:
    """Give a sentence for each way in which the rows do not hold together; the server asks before it signs, too."""
    yield from _of_itself(snapshot)
    yield from _of_site(snapshot)
    yield from _of_holders(snapshot)
    rules = {row.id for row in snapshot.rules}
    for assignment in snapshot.assignments:
        if assignment.rule not in rules:
            yield f"an assignment in rule {assignment.rule} names an unknown rule or person"


def delta_inconsistencies(delta: Delta) -> Iterator[str]:
    """Give a sentence for each way in which a delta's rows do not hold together among themselves.

    Whether they go with the rows that stay as they are shows where they are put in (decision.compile.amend).
    """
    rows, touched = delta.rows, frozenset(delta.touched)
    yield from _of_itself(rows)
    yield from _of_site(rows)
    yield from _of_holders(rows)
    for twice in _repeated(delta.touched):
        yield f"person {twice} is touched twice"
    yield from (f"person {row.id} is not named as touched" for row in rows.persons if row.id not in touched)
    if not delta.site and any(getattr(rows, name) for name in SITE):
        yield "a delta without the site has rows about it"


def _of_itself(snapshot: Snapshot) -> Iterator[str]:
    if len(snapshot.digest_key) != KEY_BYTES:
        yield f"the digest key is not {KEY_BYTES} bytes"
    if snapshot.version < 1:
        yield "the version is not positive"


def _of_site(snapshot: Snapshot) -> Iterator[str]:
    for noun in ("door", "reader", "schedule", "rule", "area", "interlock"):
        for twice in _repeated(row.id for row in getattr(snapshot, f"{noun}s")):
            yield f"{noun} {twice} is there twice"
    for door in snapshot.doors:
        yield from _of_door(door)
    for area in snapshot.areas:
        yield from _of_area(area)
    for schedule in snapshot.schedules:
        for error in schedule_errors(schedule):
            yield f"schedule {schedule.id}: {error.code} in {error.place}"
    yield from _dangling(snapshot)
    yield from _of_readers(snapshot)
    for rule in snapshot.rules:
        yield from (f"rule {rule.id} names door {door} twice" for door in _repeated(each.door for each in rule.doors))
    yield from _of_lockdowns_and_holds(snapshot)


def _of_lockdowns_and_holds(snapshot: Snapshot) -> Iterator[str]:
    for lockdown in snapshot.lockdowns:
        if lockdown.rank not in LOCKDOWN_RANKS:
            yield f"lockdown {lockdown.plan} has a rank that is not 1-9"
    for end in (*(row.ends_at for row in snapshot.lockdowns), *(row.ends_at for row in snapshot.holds)):
        if end is not None and not 0 <= end <= LAST_MOMENT:
            yield f"a lockdown or a hold ends at {end}, which is no moment"


def _of_holders(snapshot: Snapshot) -> Iterator[str]:
    for noun in ("person", "credential"):
        rows = getattr(snapshot, f"{noun}s")
        for twice in _repeated(row.id for row in rows):
            yield f"{noun} {twice} is there twice"
        yield from (f"{noun} {row.id!r} has no id that can be kept" for row in rows if not _can_be_kept(row.id))
    for person in snapshot.persons:
        if person.overrides != 0 and person.overrides not in LOCKDOWN_RANKS:
            yield f"person {person.id} overrides what is no rank"
    persons = {row.id for row in snapshot.persons}
    for credential in snapshot.credentials:
        if credential.person not in persons:
            yield f"credential {credential.id} has an unknown person"
    for assignment in snapshot.assignments:
        if assignment.person not in persons:
            yield f"an assignment in rule {assignment.rule} names an unknown rule or person"
    yield from _of_digests(snapshot.credentials)


def _can_be_kept(name: str) -> bool:
    # Ids lie in columns of one width, filled up with zeros: a long one would cost its length for everybody.
    return 0 < len(name) <= MAX_ID_BYTES and name.isascii() and "\0" not in name


def _repeated(values: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            yield value
        seen.add(value)


def _of_door(door: Door) -> Iterator[str]:
    try:
        ZoneInfo(door.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"door {door.id} is in a time zone that is not known here"
    if door.past_age.behaviour not in PAST_AGE_BEHAVIOURS or door.past_age.hours < 1:
        yield f"door {door.id} has no sound age limit"
    if door.release_seconds < 1 or door.held_open_seconds < 1:
        yield f"door {door.id} has a time that is not positive"
    if any(len(code) not in (0, DOOR_CODE_BYTES) for code in (door.entry_code, door.exit_code)):
        yield f"door {door.id} has a printed code that is not {DOOR_CODE_BYTES} bytes"
    if door.within_metres is not None and door.within_metres < 1:
        yield f"door {door.id} has a distance that is not positive"
    if door.inside is not None and door.inside == door.outside:
        yield f"door {door.id} leads from an area into itself"


def _of_area(area: Area) -> Iterator[str]:
    if area.passback not in PASSBACKS:
        yield f"area {area.id} has an anti-passback that is not known here"
    numbers = (area.forgive_minutes, area.timed_minutes, area.limit)
    if any(value is not None and not 1 <= value <= MOST_OF_AN_AREA for value in numbers):
        yield f"area {area.id} has a limit or a time out of bounds"
    if area.two_person and area.limit == 1:
        yield f"area {area.id} lets nobody in: one person is too many and too few"


def _of_readers(snapshot: Snapshot) -> Iterator[str]:
    for place in _repeated(f"port {row.port} and address {row.address}" for row in snapshot.readers):
        yield f"two readers share {place}"
    for reader in snapshot.readers:
        if not 0 <= reader.address <= MAX_READER_ADDRESS or reader.baud < 1:
            yield f"reader {reader.id} has an address or a speed that no bus has"
        if reader.reads not in READS:
            yield f"reader {reader.id} reads what is not known here"


def _dangling(snapshot: Snapshot) -> Iterator[str]:
    doors, schedules = {row.id for row in snapshot.doors}, {row.id for row in snapshot.schedules}
    areas = {row.id for row in snapshot.areas}
    for door in snapshot.doors:
        if not {door.inside, door.outside} <= areas | {None}:
            yield f"door {door.id} names an unknown area"
        if door.unlock_schedule not in schedules | {None}:
            yield f"door {door.id} names an unknown schedule"
    for rule in snapshot.rules:
        if rule.schedule not in schedules | {None}:
            yield f"rule {rule.id} names an unknown schedule"
    yield from (f"{what} an unknown door" for what, door in _doors_named(snapshot) if door not in doors)


def _doors_named(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Give what names a door, with its verb, and the door."""
    yield from ((f"reader {row.id} is at", row.door) for row in snapshot.readers)
    yield from ((f"hold {row.door} is of", row.door) for row in snapshot.holds)
    yield from ((f"rule {row.id} names", each.door) for row in snapshot.rules for each in row.doors)
    yield from ((f"interlock {row.id} names", door) for row in snapshot.interlocks for door in row.doors)
    yield from ((f"lockdown {row.plan} names", door) for row in snapshot.lockdowns for door in row.doors)


def _of_digests(credentials: Iterable[Credential]) -> Iterator[str]:
    holders: dict[tuple[CredentialKind, bytes], str] = {}
    for row in credentials:
        if len(row.digest) != DIGEST_BYTES:
            yield f"credential {row.id} has a digest that is not {DIGEST_BYTES} bytes"
        # What is typed must name one holder, and be a duress PIN or none.
        kind = CredentialKind.PIN if row.kind is CredentialKind.DURESS_PIN else row.kind
        if holders.setdefault((kind, row.digest), row.id) != row.id:
            yield f"credential {row.id} has the digest of another"
