"""Is there anyone whom the rules would let through a door that a guard says they must not pass?

A guard is a promise about the rules: none of these persons at any of these doors while this schedule is active. It is
kept or broken by the rows as they stand; what is broken is shown by an example: who, where, by which rule, and when.

Looked at are the 60 days from a moment on, special days and clock changes included, and where a right begins later than
those, the 60 days from its beginning. Every auth type counts that the person has the credentials for. A door out of
service and a lockdown keep no promise, because they end.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from portvakt.core.decision.compile import Index
from portvakt.core.decision.model import AuthType, Side
from portvakt.core.decision.rights import Means, Place, Rights, Window, common, overlap
from portvakt.core.decision.spans import SECONDS_PER_DAY, minutes_from
from portvakt.core.decision.timetable import Timetable
from portvakt.core.schedule import Schedule

DAYS = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = 900


class Guard(msgspec.Struct, frozen=True):
    """None of `persons` (None is everybody) at any of `doors`, on either side, while `schedule` is active (None is always).

    The schedule is read by the clock at each door.
    """

    id: str
    persons: frozenset[str] | None
    doors: frozenset[str]
    schedule: Schedule | None


class Counterexample(msgspec.Struct, frozen=True):
    """At this moment (aware, UTC) this person would be granted."""

    guard: str
    person: str
    door: str
    side: Side
    auth_type: AuthType
    rule: str
    moment: datetime


def counterexample(index: Index, guards: Iterable[Guard], now: datetime) -> Counterexample | None:
    """Return the first moment, from `now` on, at which the first broken guard is broken; None where all are kept."""
    rights = Rights(index)
    for guard in guards:
        found = min(_broken(rights, guard, now), key=_order, default=None)
        if found is not None:
            return found
    return None


def _broken(rights: Rights, guard: Guard, now: datetime) -> Iterator[Counterexample]:
    """Give the first moment for each person, door side and rule that breaks a guard."""
    search = _Search(guard, now)
    places = {
        rule: kept
        for rule, all_places in rights.places.items()
        if (kept := tuple(place for place in all_places if place.door.id in guard.doors))
    }
    holders = rights.index.holders
    for row in holders.persons():
        held = [each for each in holders.groups[row] if each[0] in places]
        if not held or (guard.persons is not None and holders.person_id(row) not in guard.persons):
            continue
        means = rights.means(row)
        for rule, since, until in held:
            for place in places[rule]:
                found = search.first(place, means, (since, until))
                if found is not None:
                    yield Counterexample(
                        guard.id, holders.person_id(row), place.door.id, place.side, found[1], rule, _moment(found[0])
                    )


class _Search:
    """Finds when one guard is broken; remembers what many persons share."""

    def __init__(self, guard: Guard, now: datetime) -> None:
        self._guard = None if guard.schedule is None else Timetable(guard.schedule)
        self._now = (now - _EPOCH).days * SECONDS_PER_DAY + (now - _EPOCH).seconds
        self._both: dict[tuple[str, str | None, int], bytes] = {}
        self._first: dict[tuple[str, Side, str, Means, Window], tuple[int, AuthType] | None] = {}

    def first(self, place: Place, means: Means, held: Window) -> tuple[int, AuthType] | None:
        """Return the first second at which such a person is granted there by such an assignment, and with what."""
        key = (place.door.id, place.side, place.option.rule, means, held)
        if key not in self._first:
            self._first[key] = self._look(place, means, held)
        return self._first[key]

    def _look(self, place: Place, means: Means, held: Window) -> tuple[int, AuthType] | None:
        option = place.option
        window = overlap(held, (option.valid_from, option.valid_to))
        if window is None:
            return None
        found = [
            (second, auth_type)
            for auth_type, windows in means
            if option.accepts >> auth_type & 1
            for each in common((window,), windows)
            if (second := self._first_in(place, each)) is not None
        ]
        return min(found, default=None)

    def _first_in(self, place: Place, window: Window) -> int | None:
        """Return the first second of a window, from now on, at which rule and guard are both active."""
        since, until = max(window[0], self._now), window[1]
        late = since >= self._now + DAYS * SECONDS_PER_DAY
        # Rights that begin on the same late day share its minutes.
        begin = since - since % SECONDS_PER_DAY if late else self._now - self._now % _QUARTER
        last = min(-(-(until - begin) // 60), DAYS * SECONDS_PER_DAY // 60)
        minute = self._minutes(place, begin).find(b"\1", (since - begin) // 60, max(0, last))
        return None if minute < 0 or since >= until else max(since, begin + minute * 60)

    def _minutes(self, place: Place, begin: int) -> bytes:
        door, timetable = place.door, place.option.timetable
        key = (door.timezone.key, None if timetable is None else timetable.id, begin)
        if key not in self._both:
            rule, guard = (minutes_from(each, door.zone, begin, DAYS) for each in (timetable, self._guard))
            self._both[key] = (rule & guard).to_bytes(DAYS * SECONDS_PER_DAY // 60, "little")
        return self._both[key]


def _moment(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)


def _order(found: Counterexample) -> tuple[datetime, str, str, Side, str]:
    return (found.moment, found.person, found.door, found.side, found.rule)
