"""Who can open this door, and what can this person open: at a moment, or ever?

At a moment the answer is that of the rules, the credentials, the schedules, lockdowns and doors out of service; without
one it is whatever may happen as the rows stand. Areas, position and what is typed wrong are left aside.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from portvakt.core.decision.compile import CompiledDoor, Index
from portvakt.core.decision.holders import ALWAYS, FOREVER, Group
from portvakt.core.decision.model import AuthType, Side
from portvakt.core.decision.rights import Means, Place, Rights, Window, common, contains, overlap

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Way(msgspec.Struct, frozen=True):
    """A person may open one side of a door through one rule.

    `auth_types`: those that rule and side take and the person has the credentials for. `schedule`: its id, None at all
    times. From `valid_from` until before `valid_to` (seconds since the epoch, None unbounded): while person, assignment and
    rule are in force and there is a credential for any of the auth types.
    """

    person: str
    door: str
    side: Side
    rule: str
    auth_types: tuple[AuthType, ...]
    schedule: str | None
    valid_from: int | None
    valid_to: int | None


def who_can_open(index: Index, door: str, side: Side, at: datetime | None = None) -> tuple[Way, ...]:
    """Return everyone's ways through one side of a door, sorted; none for an unknown door."""
    rights = Rights(index)
    found = index.doors.get(door)
    if found is None:
        return ()
    places = {rule: (Place(found, side, option),) for rule, option in found.side(side).options.items()}
    ways = (way for row in index.holders.persons() for way in _ways(rights, row, places, at))
    return tuple(sorted(ways, key=_order))


def what_can_open(index: Index, person: str, at: datetime | None = None) -> tuple[Way, ...]:
    """Return one person's ways, sorted; none for an unknown person."""
    rights = Rights(index)
    row = index.holders.find_person(person)
    return () if row < 0 else tuple(sorted(_ways(rights, row, rights.places, at), key=_order))


def _ways(rights: Rights, row: int, places: Mapping[str, tuple[Place, ...]], at: datetime | None) -> Iterator[Way]:
    group: Group = tuple(held for held in rights.group(row) if held[0] in places)
    if not group:
        return
    second = None if at is None else (at - _EPOCH).days * 86_400 + (at - _EPOCH).seconds
    name, means, overrides = rights.index.holders.person_id(row), rights.means(row), rights.index.holders.overrides[row]
    for rule, since, until in group:
        for place in places[rule]:
            if second is None or _open_now(place, overrides, second):
                way = _way(name, means, place, (since, until), second)
                if way is not None:
                    yield way


def _way(person: str, means: Means, place: Place, held: Window, second: int | None) -> Way | None:
    option = place.option
    window = overlap(held, (option.valid_from, option.valid_to))
    if window is None:
        return None
    types = []
    bounds = set[int]()
    for auth_type, windows in means:
        usable = common((window,), windows) if option.accepts >> auth_type & 1 else ()
        if usable and (second is None or contains(usable, second)):
            types.append(auth_type)
            bounds |= {usable[0][0], usable[-1][1]}
    if not types:
        return None
    return Way(
        person,
        place.door.id,
        place.side,
        option.rule,
        tuple(types),
        None if option.timetable is None else option.timetable.id,
        None if min(bounds) == ALWAYS else min(bounds),
        None if max(bounds) == FOREVER else max(bounds),
    )


def _open_now(place: Place, overrides: int, second: int) -> bool:
    door, timetable = place.door, place.option.timetable
    if not door.in_service or _rank(door, second) > overrides:
        return False
    return timetable is None or timetable.active(door.zone.local(second))


def _rank(door: CompiledDoor, second: int) -> int:
    in_effect = (each.rank for each in door.lockdowns if each.ends_at is None or second < each.ends_at)
    return max(in_effect, default=0)


def _order(way: Way) -> tuple[str, str, str, str, int, int]:
    since = ALWAYS if way.valid_from is None else way.valid_from
    until = FOREVER if way.valid_to is None else way.valid_to
    return (way.person, way.door, way.side, way.rule, since, until)
