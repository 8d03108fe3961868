"""Who can open this door, and what can this person open: from a moment on, and at that moment?

From then on it is what rules and credentials may come to give as the rows stand, to one who is suspended and at a door out
of service too. At the moment itself the schedules, lockdowns, doors out of service and suspensions of then count as well.
Areas, position and what is typed wrong are left aside.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from portvakt.core.decision.compile import CompiledDoor, Index, types_in
from portvakt.core.decision.holders import ALWAYS, FOREVER, Group
from portvakt.core.decision.model import AuthType, Side
from portvakt.core.decision.rights import Place, Rights, Window, Windows, common, contains, in_force, overlap

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Way(msgspec.Struct, frozen=True):
    """A rule lets a person through one side of a door.

    `auth_types`: those that rule and side take and the person has the credentials for; `not_held`: the others they take.
    `now`: the auth types that open at the moment asked about. `schedule`: its id, None at all times. From `valid_from` until
    before `valid_to` (seconds since the epoch, None unbounded): while person, assignment and rule are in force and, where
    there ever is one, there is a credential for any of the auth types.
    """

    person: str
    door: str
    side: Side
    rule: str
    auth_types: tuple[AuthType, ...]
    not_held: tuple[AuthType, ...]
    now: tuple[AuthType, ...]
    schedule: str | None
    valid_from: int | None
    valid_to: int | None


class _Someone(msgspec.Struct, frozen=True):
    """A person as `_way` asks about them."""

    id: str
    suspended: bool
    overrides: int
    means: Mapping[AuthType, Windows]


def who_can_open(index: Index, door: str, side: Side, at: datetime) -> tuple[Way, ...]:
    """Return everyone's ways through one side of a door that are not over at an aware moment, sorted; none for an unknown door."""
    rights = Rights(index)
    found = index.doors.get(door)
    if found is None:
        return ()
    places = {rule: (Place(found, side, option),) for rule, option in found.side(side).options.items()}
    ways = (way for row in index.holders.persons() for way in _ways(rights, row, places, at))
    return tuple(sorted(ways, key=_order))


def what_can_open(index: Index, person: str, at: datetime) -> tuple[Way, ...]:
    """Return one person's ways that are not over at an aware moment, sorted; none for an unknown person."""
    rights = Rights(index)
    row = index.holders.find_person(person)
    return () if row < 0 else tuple(sorted(_ways(rights, row, rights.places, at), key=_order))


def _ways(rights: Rights, row: int, places: Mapping[str, tuple[Place, ...]], at: datetime) -> Iterator[Way]:
    group: Group = tuple(held for held in rights.group(row) if held[0] in places)
    if not group:
        return
    second = (at - _EPOCH).days * 86_400 + (at - _EPOCH).seconds
    person = rights.index.holders.person(row)
    someone = _Someone(person.id, person.suspended, person.overrides, dict(rights.held(person, row)))
    for rule, since, until in group:
        own = overlap((since, until), in_force(person))
        for place in places[rule]:
            window = own and overlap(own, (place.option.valid_from, place.option.valid_to))
            if window is not None and place.option.accepts and second < window[1]:
                yield _way(someone, place, window, second)


def _way(someone: _Someone, place: Place, window: Window, second: int) -> Way:
    option = place.option
    taken = types_in(option.accepts)
    usable = {each: common((window,), someone.means.get(each, ())) for each in taken}
    held = {each: windows for each, windows in usable.items() if windows and second < windows[-1][1]}
    opens = not someone.suspended and _open_at(place, someone.overrides, second)
    since = min((windows[0][0] for windows in held.values()), default=window[0])
    until = max((windows[-1][1] for windows in held.values()), default=window[1])
    return Way(
        person=someone.id,
        door=place.door.id,
        side=place.side,
        rule=option.rule,
        auth_types=tuple(held),
        not_held=tuple(each for each in taken if each not in held),
        now=tuple(each for each, windows in held.items() if opens and contains(windows, second)),
        schedule=None if option.timetable is None else option.timetable.id,
        valid_from=None if since == ALWAYS else since,
        valid_to=None if until == FOREVER else until,
    )


def _open_at(place: Place, overrides: int, second: int) -> bool:
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
