"""When, in a door's local time, does a schedule let people pass?

The clock on the wall by the door decides. An interval belongs to the date on which it starts, [start, end) in minutes
since local midnight; an end at or before the start reaches into the next day. A special day's intervals replace the
weekly ones that start on that date, and no others: what began the evening before goes on until its own end.

The two nights when the clock changes follow from the same rule. A local time that does not exist is never shown, so
what lies wholly within the missing hour does not happen that night. A local time that exists twice is shown twice, so
it counts twice: an interval that covers the hour lasts an hour longer, one that ends within it is active again when the
hour is shown again.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import msgspec

MINUTES_PER_DAY = 1440
MAX_SPECIAL_DAYS = 1000
MAX_INTERVALS_PER_DAY = 50
# Two weeks and a day: should the clock change swallow a weekly interval, the one after it is still seen.
_HORIZON_DAYS = 15
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


class Interval(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Local minutes since midnight, [start, end); an end at or before the start reaches into the next day."""

    start: int
    end: int


class SpecialDay(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A date (ISO 8601) whose own intervals replace the weekly ones that start on it; none means closed all day."""

    date: str
    intervals: tuple[Interval, ...]


class Schedule(msgspec.Struct, frozen=True):
    """When, in the door's local time: `weekly` holds one tuple of intervals per weekday, Monday first."""

    id: str
    weekly: tuple[tuple[Interval, ...], ...]
    special_days: tuple[SpecialDay, ...]


class ScheduleError(msgspec.Struct, frozen=True):
    """What is wrong and where: `place` is "weekly.<weekday 0-6>", "special_days.<date>", or the field alone."""

    code: str
    place: str


def is_active(schedule: Schedule, at: datetime, timezone: tzinfo) -> bool:
    """Tell whether the schedule is active at the aware moment `at`, by a clock that shows `timezone`."""
    local = at.astimezone(timezone)
    minute = local.hour * 60 + local.minute
    today = local.date()
    return any(_covers(interval, minute) for interval in _starting_on(schedule, today)) or any(
        _reaches_over(interval, minute) for interval in _starting_on(schedule, today - _DAY)
    )


def next_change(schedule: Schedule, at: datetime, timezone: tzinfo) -> datetime | None:
    """Return the first moment after `at` (UTC) at which `is_active` changes, None if it never does.

    The schedule must be free of `schedule_errors`.
    """
    active = is_active(schedule, at, timezone)
    for day in _days_that_may_differ(schedule, at.astimezone(timezone).date()):
        for moment in sorted(_moments_on(schedule, day, timezone)):
            if moment > at and is_active(schedule, moment, timezone) != active:
                return moment
    return None


def schedule_errors(schedule: Schedule) -> tuple[ScheduleError, ...]:
    """List what makes a schedule unusable; empty when it is sound. Overlapping intervals are sound.

    Codes: weekdays (not seven), interval (start not 0-1439 or end not 0-1440), too_many_intervals,
    too_many_special_days, special_day_date (not an ISO date of the years 2000-2199), special_day_twice.
    """
    errors = [] if len(schedule.weekly) == 7 else [ScheduleError("weekdays", "weekly")]
    for weekday, intervals in enumerate(schedule.weekly):
        errors += _interval_errors(intervals, f"weekly.{weekday}")
    if len(schedule.special_days) > MAX_SPECIAL_DAYS:
        errors.append(ScheduleError("too_many_special_days", "special_days"))
    seen: set[str] = set()
    for special in schedule.special_days:
        errors += _special_day_errors(special, seen)
        seen.add(special.date)
    return tuple(errors)


def _starting_on(schedule: Schedule, day: date) -> tuple[Interval, ...]:
    iso = day.isoformat()
    for special in schedule.special_days:
        if special.date == iso:
            return special.intervals
    return schedule.weekly[day.weekday()]


def _covers(interval: Interval, minute: int) -> bool:
    if interval.end <= interval.start:
        return minute >= interval.start
    return interval.start <= minute < interval.end


def _reaches_over(interval: Interval, minute: int) -> bool:
    return interval.end <= interval.start and minute < interval.end


def _days_that_may_differ(schedule: Schedule, today: date) -> Iterator[date]:
    """Give today and two weeks on, and the same after every special day; elsewhere weeks repeat what was seen."""
    near = [today + offset * _DAY for offset in range(_HORIZON_DAYS + 1)]
    # Nearly every schedule changes within these; those after each special day are many and seldom asked for.
    yield from near
    special = (date.fromisoformat(each.date) for each in schedule.special_days)
    anchors = {day for day in special if day > today}
    days = {anchor + offset * _DAY for anchor in anchors for offset in range(_HORIZON_DAYS + 1)}
    yield from sorted(day for day in days if day > near[-1])


def _moments_on(schedule: Schedule, day: date, timezone: tzinfo) -> Iterator[datetime]:
    """Give every moment (UTC) of a local day at which a change is possible, in no order."""
    specials = (special.intervals for special in schedule.special_days)
    intervals = [interval for group in (*schedule.weekly, *specials) for interval in group]
    minutes = {0} | {edge % MINUTES_PER_DAY for interval in intervals for edge in (interval.start, interval.end)}
    midnight = datetime.combine(day, time())
    for minute in minutes:
        local = (midnight + minute * _MINUTE).replace(tzinfo=timezone)
        yield local.astimezone(UTC)
        yield local.replace(fold=1).astimezone(UTC)
    yield from _clock_change(midnight.replace(tzinfo=timezone).astimezone(UTC), timezone)


def _clock_change(start: datetime, timezone: tzinfo) -> Iterator[datetime]:
    """Give the moment, if any, at which the offset from UTC changes in the day after `start`; always a whole minute."""
    low, high = 0, MINUTES_PER_DAY
    before = _offset(start, timezone)
    if _offset(start + _DAY, timezone) == before:
        return
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(start + middle * _MINUTE, timezone) == before else (low, middle)
    yield start + high * _MINUTE


def _offset(moment: datetime, timezone: tzinfo) -> timedelta | None:
    return moment.astimezone(timezone).utcoffset()


def _interval_errors(intervals: tuple[Interval, ...], place: str) -> list[ScheduleError]:
    errors = [] if len(intervals) <= MAX_INTERVALS_PER_DAY else [ScheduleError("too_many_intervals", place)]
    sound = all(0 <= each.start < MINUTES_PER_DAY and 0 <= each.end <= MINUTES_PER_DAY for each in intervals)
    return errors if sound else [*errors, ScheduleError("interval", place)]


def _special_day_errors(special: SpecialDay, seen: set[str]) -> list[ScheduleError]:
    place = f"special_days.{special.date}"
    errors = _interval_errors(special.intervals, place)
    if not _is_date(special.date):
        errors.append(ScheduleError("special_day_date", place))
    if special.date in seen:
        errors.append(ScheduleError("special_day_twice", place))
    return errors


def _is_date(text: str) -> bool:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    # Python also reads "20261224"; a date has one spelling here because it is compared as text.
    return day.isoformat() == text and _FIRST_YEAR <= day.year <= _LAST_YEAR
