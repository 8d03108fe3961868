"""Which week and which special days does another calendar's file describe?

Every event is written out from today on, for two years or as far as the file names dates. What differs on a date from
the week is that date's special day. Recurrences that are not weekly and have no end (each month, every second week) are
written out so far and no further.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice

import msgspec
from dateutil.rrule import rrulestr

from portvakt.core.schedule import MINUTES_PER_DAY, Interval, Schedule, SpecialDay, schedule_errors
from portvakt.server.access.ical.events import CalendarRefused, Event, Rule, events_of

DAYS_AHEAD = 800
MAX_DAYS_AHEAD = 5 * 366
# Of those that must be counted through: one that never happens (the third of one Monday) costs half a second.
MAX_RULES = 8
MAX_TIMES = 50_000
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_MIDNIGHT = time()

Hours = dict[date, set[Interval]]


class Times(msgspec.Struct, frozen=True):
    """A week (Monday first), the special days by date, and the names of dates that have single events of a name."""

    weekly: tuple[tuple[Interval, ...], ...]
    special_days: tuple[SpecialDay, ...]
    names: dict[str, str]


def from_ical(data: bytes, timezone: tzinfo, at: datetime) -> Times:
    """Read a calendar as the times of a door in `timezone`, from the day of the moment `at` on. Raises CalendarRefused."""
    reading = _Reading(events_of(data, timezone), timezone, at.astimezone(timezone).date())
    return reading.times()


class _Reading:
    """One file, written out."""

    def __init__(self, events: list[Event], timezone: tzinfo, today: date) -> None:
        self._events = [event for event in events if not event.cancelled]
        self._timezone = timezone
        self._today = today
        self._end = self._last_day(events)
        self._left = MAX_TIMES
        self._replaced = defaultdict(set)
        for event in events:
            if event.replaces is not None:
                self._replaced[event.uid].add(event.replaces)
        if sum(event.rule is not None and event.rule.period is None for event in events) > MAX_RULES:
            raise CalendarRefused("too_many_rules")

    _replaced: defaultdict[str, set[datetime]]

    def times(self) -> Times:
        """Put together what all events say."""
        week: list[set[Interval]] = [set() for _ in range(7)]
        hours: Hours = defaultdict(set)
        names: dict[str, str] = {}
        for event in self._events:
            self._add_week(event, week)
            for day, interval in self._written_out(event):
                hours[day].add(interval)
                if event.rule is None and event.name:
                    names.setdefault(day.isoformat(), event.name)
        days = (self._today + number * _DAY for number in range((self._end - self._today).days + 1))
        special = tuple(
            SpecialDay(day.isoformat(), tuple(sorted(hours[day]))) for day in days if hours[day] != week[day.weekday()]
        )
        return _sound(tuple(tuple(sorted(each)) for each in week), special, names)

    def _last_day(self, events: Iterable[Event]) -> date:
        """Give the last day to write out: two years on, or the last date that any event names."""
        far = self._today + MAX_DAYS_AHEAD * _DAY
        end = self._today + DAYS_AHEAD * _DAY
        for event in events:
            for moment in _named(event):
                if moment > far:
                    raise CalendarRefused("too_far_ahead", event.where)
                end = max(end, moment)
        return end

    def _add_week(self, event: Event, week: list[set[Interval]]) -> None:
        if event.rule is None or not event.rule.endless_week:
            return
        first = max(event.start, datetime.combine(self._today, _MIDNIGHT))
        for start in _recurring(event, event.rule, first, first + _WEEK - timedelta(seconds=1)):
            for day, interval in self._local(event, start):
                week[day.weekday()].add(interval)

    def _written_out(self, event: Event) -> Iterator[tuple[date, Interval]]:
        # An event may have begun long before today, and its zone may be a day away.
        since = datetime.combine(self._today, _MIDNIGHT) - event.length - 2 * _DAY
        until = datetime.combine(self._end, _MIDNIGHT) + 2 * _DAY
        replaced = self._replaced[event.uid] if event.replaces is None else set()
        for start in self._starts(event, since, until):
            left_out = start in event.left_out or start.date() in event.left_out
            if not left_out and start.replace(tzinfo=event.zone).astimezone(UTC) not in replaced:
                yield from (each for each in self._local(event, start) if self._today <= each[0] <= self._end)

    def _starts(self, event: Event, since: datetime, until: datetime) -> Iterator[datetime]:
        """Give the starts (wall) from `since` to `until`, left-out ones included."""
        found = {each for each in event.further if since <= each <= until}
        if event.rule is None:
            found |= {event.start} if since <= event.start <= until else set()
        else:
            found |= set(islice(_recurring(event, event.rule, since, until), self._left + 1))
        self._left -= len(found)
        if self._left < 0:
            raise CalendarRefused("too_many_times", event.where)
        yield from sorted(found)

    def _local(self, event: Event, start: datetime) -> Iterator[tuple[date, Interval]]:
        """Put an occurrence on the wall by the door, a piece for each date that it needs more than one of."""
        begins, ends = (self._here(event, moment) for moment in (start, start + event.length))
        if ends <= begins:
            # It lies where the clock is set back.
            ends = begins + event.length
        minute = begins.hour * 60 + begins.minute
        if ends <= begins + _DAY:
            yield begins.date(), Interval(minute, (ends.hour * 60 + ends.minute) or MINUTES_PER_DAY)
            return
        yield begins.date(), Interval(minute, MINUTES_PER_DAY)
        day = begins.date() + _DAY
        while day < ends.date():
            yield day, Interval(0, MINUTES_PER_DAY)
            day += _DAY
        if ends.hour or ends.minute:
            yield day, Interval(0, ends.hour * 60 + ends.minute)

    def _here(self, event: Event, moment: datetime) -> datetime:
        if event.zone == self._timezone:
            # What the clock skips tonight it shows in other weeks.
            return moment
        return moment.replace(tzinfo=event.zone).astimezone(UTC).astimezone(self._timezone).replace(tzinfo=None)


def _named(event: Event) -> Iterator[date]:
    """Give the dates that a file names: of single events, of what is added or left out, and of a recurrence's end."""
    until = None if event.rule is None else event.rule.until
    for moment in (*event.further, *event.left_out, event.replaces, until):
        if moment is not None:
            yield moment.date() if isinstance(moment, datetime) else moment
    yield (event.start + event.length).date()


def _recurring(event: Event, rule: Rule, since: datetime, until: datetime) -> Iterator[datetime]:
    start = event.start
    if rule.period is not None and start < since:
        # What is long past need not be counted through.
        start += (since - start) // rule.period * rule.period
    last = until if rule.until is None else min(until, rule.until)
    for moment in rrulestr(rule.text, dtstart=start).xafter(since, inc=True):
        if moment > last:
            if rule.counted:
                raise CalendarRefused("too_far_ahead", event.where)
            return
        yield moment


def _sound(weekly: tuple[tuple[Interval, ...], ...], special: tuple[SpecialDay, ...], names: dict[str, str]) -> Times:
    for error in schedule_errors(Schedule("", weekly, special)):
        raise CalendarRefused(error.code, error.place)
    dates = {each.date for each in special}
    return Times(weekly, special, {day: name for day, name in sorted(names.items()) if day in dates})
