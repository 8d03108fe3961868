"""Who gains and who loses what, if these rows come in force instead of those?

A right is a person, a side of a door, an auth type and the moments at which it would open. It is gained where some
moment is new, whether by a new assignment, a longer validity, a wider schedule or a credential. What many persons share
is compared once, and what no change touches is not compared at all.

Two schedules are compared by the clock on the wall: their special days date by date, and their ordinary weeks wherever a
right lasts longer than 60 days. A door that moves to another time zone changes every right there that has a schedule.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

import msgspec

from portvakt.core.decision.compile import CompiledDoor, Index
from portvakt.core.decision.holders import ALWAYS, FOREVER, Group
from portvakt.core.decision.model import AuthType, Side
from portvakt.core.decision.rights import Means, Place, Rights, common, overlap
from portvakt.core.decision.spans import SECONDS_PER_DAY, minutes_of_day, minutes_of_week
from portvakt.core.decision.timetable import Timetable, Zone

# Within so many days an ordinary day of every weekday may be missing, so each date is looked at.
_FEW_DAYS = 60


class Change(msgspec.Struct, frozen=True):
    """What a person gains or loses at one side of a door."""

    door: str
    side: Side
    auth_types: tuple[AuthType, ...]


Changes = tuple[Change, ...]


class Difference(msgspec.Struct, frozen=True):
    """By person what is gained and what is lost, sorted; who is not there gains or loses nothing."""

    gains: dict[str, Changes]
    losses: dict[str, Changes]


_Profile = tuple[Group, Means]
_Place = tuple[str, Side]
_Types = tuple[AuthType, ...]
_Clock = tuple[Zone, Timetable] | None
"""When a schedule is active, and by which clock; None at all times."""
_Piece = tuple[int, int, _Clock]
"""From, until before, and when in between."""
_Pieces = frozenset[_Piece]
_NOBODY: _Profile = ((), ())


def difference(before: Index, after: Index, at: datetime | None = None) -> Difference:
    """Compare two sets of rows; with `at` what ends by that moment counts as nothing."""
    comparison = _Comparison(Rights(before), Rights(after), ALWAYS if at is None else int(at.timestamp()))
    gains, losses = {}, {}
    for name in sorted({rights.index.holders.person_id(row) for rights in comparison.both for row in _rows(rights)}):
        found = comparison.of(name)
        if found[0]:
            gains[name] = found[0]
        if found[1]:
            losses[name] = found[1]
    return Difference(gains, losses)


def _rows(rights: Rights) -> Iterable[int]:
    return rights.index.holders.persons()


class _Comparison:
    """Compares persons; remembers what many share."""

    def __init__(self, before: Rights, after: Rights, now: int) -> None:
        self.both = (before, after)
        self._now = now
        self._clocks: dict[tuple[str, bytes, tuple[tuple[int, bytes], ...]], _Clock] = {}
        self._zones: dict[str, Zone] = {}
        self._by_timetable: dict[tuple[int, str], _Clock] = {}
        self._changed = self._changed_rules()
        self._persons: dict[tuple[_Profile, _Profile], tuple[Changes, Changes]] = {}
        self._places: dict[tuple[_Place, _Profile, _Profile], tuple[_Types, _Types]] = {}
        self._new: dict[tuple[_Pieces, _Pieces], bool] = {}

    def of(self, name: str) -> tuple[Changes, Changes]:
        """Return what a person gains and loses."""
        before, after = (_profile(rights, name) for rights in self.both)
        if before == after and not any(held[0] in self._changed for held in after[0]):
            return (), ()
        found = self._persons.get((before, after))
        if found is None:
            found = self._persons[before, after] = self._compare(before, after)
        return found

    def _compare(self, before: _Profile, after: _Profile) -> tuple[Changes, Changes]:
        held = {*before[0], *after[0]}
        if before[1] == after[1]:
            touched = set(before[0]) ^ set(after[0])
            held = {each for each in held if each in touched or each[0] in self._changed}
        sides = sorted(
            {(p.door.id, p.side) for rights in self.both for each in held for p in rights.places.get(each[0], ())}
        )
        found = [(place, self._at(place, before, after)) for place in sides]
        gains = tuple(Change(door, side, each[0]) for (door, side), each in found if each[0])
        losses = tuple(Change(door, side, each[1]) for (door, side), each in found if each[1])
        return gains, losses

    def _at(self, place: _Place, before: _Profile, after: _Profile) -> tuple[_Types, _Types]:
        """Return what such a person gains and loses at one side of a door."""
        key = (place, self._part(self.both[0], place, before), self._part(self.both[1], place, after))
        found = self._places.get(key)
        if found is None:
            old, new = (self._pieces(rights, place, who) for rights, who in zip(self.both, key[1:], strict=True))
            gained = tuple(each for each in AuthType if self._is_new(old.get(each), new.get(each)))
            lost = tuple(each for each in AuthType if self._is_new(new.get(each), old.get(each)))
            found = self._places[key] = (gained, lost)
        return found

    def _part(self, rights: Rights, place: _Place, who: _Profile) -> _Profile:
        """Return what of a person's rights concerns one side: most persons have one rule there."""
        at_door = rights.index.doors.get(place[0])
        if at_door is None or not at_door.in_service:
            return _NOBODY
        options = (at_door.entry if place[1] is Side.ENTRY else at_door.exit).options
        return tuple(held for held in who[0] if held[0] in options), who[1]

    def _pieces(self, rights: Rights, place: _Place, who: _Profile) -> dict[AuthType, _Pieces]:
        """Give for each auth type when such a person is granted at a side."""
        found: defaultdict[AuthType, set[_Piece]] = defaultdict(set)
        for rule, since, until in who[0]:
            at_door = rights.index.doors[place[0]]
            option = at_door.side(place[1]).options[rule]
            window = overlap((since, until), (option.valid_from, option.valid_to))
            if window is None:
                continue
            clock = self._clock(at_door, option.timetable)
            for auth_type, windows in who[1]:
                if option.accepts >> auth_type & 1:
                    found[auth_type] |= {(*each, clock) for each in common((window,), windows)}
        return {auth_type: frozenset(pieces) for auth_type, pieces in found.items()}

    def _clock(self, door: CompiledDoor, timetable: Timetable | None) -> _Clock:
        """Give one value for all timetables that say the same by the same clock, in either index."""
        if timetable is None:
            return None
        key = (id(timetable), door.timezone.key)
        if key not in self._by_timetable:
            said = (door.timezone.key, timetable.week, tuple(sorted(timetable.days.items())))
            zone = self._zones.setdefault(door.timezone.key, door.zone)
            self._by_timetable[key] = self._clocks.setdefault(said, (zone, timetable))
        return self._by_timetable[key]

    def _changed_rules(self) -> frozenset[str]:
        """Give the rules that say anything else than before at any door."""
        said = [
            {rule: {self._said(place) for place in places} for rule, places in rights.places.items()}
            for rights in self.both
        ]
        return frozenset(rule for rule in {*said[0], *said[1]} if said[0].get(rule) != said[1].get(rule))

    def _said(self, place: Place) -> tuple[object, ...]:
        option = place.option
        clock = self._clock(place.door, option.timetable)
        window = (option.valid_from, option.valid_to)
        return (place.door.id, place.side, place.door.in_service, option.accepts, window, clock and id(clock))

    def _is_new(self, old: _Pieces | None, new: _Pieces | None) -> bool:
        """Tell whether the new pieces hold a moment that the old ones lack."""
        old, new = old or frozenset(), new or frozenset()
        if new <= old:
            return False
        if (old, new) not in self._new:
            self._new[old, new] = any(_lacks(old, new, *span) for span in _spans(old | new, self._now))
        return self._new[old, new]


def _profile(rights: Rights, name: str) -> _Profile:
    row = rights.index.holders.find_person(name)
    return _NOBODY if row < 0 else (rights.group(row), rights.means(row))


def _spans(pieces: _Pieces, now: int) -> list[tuple[int, int]]:
    """Cut time where any piece begins or ends, from now on."""
    edges = sorted({max(edge, now) for since, until, _ in pieces for edge in (since, until)})
    return list(pairwise(edges))


def _lacks(old: _Pieces, new: _Pieces, since: int, until: int) -> bool:
    """Tell whether within a span, which no piece begins or ends in, new pieces hold a moment that old ones lack."""
    mine, theirs = ({clock for start, end, clock in pieces if start <= since and until <= end} for pieces in (new, old))
    if None in theirs or not mine - theirs:
        return False
    clocks = [each for each in (*mine, *theirs) if each is not None]
    if not clocks:
        return True
    zone = clocks[0][0]
    if any(each[0] is not zone for each in clocks):
        return True
    first, last = (zone.local(_seen(edge)) if ALWAYS < edge < FOREVER else edge for edge in (since, until - 1))
    return _more(_timetables(mine), _timetables(theirs), first, last)


def _seen(second: int) -> int:
    # Python's clock knows the years 1 to 9999; a validity beyond them is as good as endless.
    return min(max(second, -60_000_000_000), 250_000_000_000)


def _timetables(clocks: Iterable[_Clock]) -> list[Timetable | None]:
    return [None if each is None else each[1] for each in clocks]


def _more(mine: list[Timetable | None], theirs: list[Timetable | None], first: int, last: int) -> bool:
    """Tell whether some local minute from `first` to `last` is in one of mine and in none of theirs."""
    day, last_day = first // SECONDS_PER_DAY, last // SECONDS_PER_DAY
    if last_day - day <= _FEW_DAYS:
        days: Iterable[int] = range(day, last_day + 1)
    else:
        if _union(map(minutes_of_week, mine)) & ~_union(map(minutes_of_week, theirs)):
            return True
        special = {each for timetable in (*mine, *theirs) if timetable is not None for each in timetable.days}
        days = (each for each in special if day <= each <= last_day)
    return any(_more_on(mine, theirs, each, first, last) for each in days)


def _more_on(mine: list[Timetable | None], theirs: list[Timetable | None], day: int, first: int, last: int) -> bool:
    more = _union(minutes_of_day(each, day) for each in mine) & ~_union(minutes_of_day(each, day) for each in theirs)
    begin, end = (edge // 60 - day * SECONDS_PER_DAY // 60 for edge in (first, last))
    if begin > 0:
        more = more >> 8 * begin << 8 * begin
    return bool(more & (1 << 8 * (end + 1)) - 1) if end < SECONDS_PER_DAY // 60 else bool(more)


def _union(rows: Iterable[int]) -> int:
    all_rows = 0
    for each in rows:
        all_rows |= each
    return all_rows
