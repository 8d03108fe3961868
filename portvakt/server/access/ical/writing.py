"""How does a schedule look to another calendar?

One weekly event for each time of day, on the weekdays that have it. A special day takes out what it lacks (EXDATE) and
adds single events for what it has beside the week, so that any calendar shows the same times.
"""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar

from portvakt.core.schedule import MINUTES_PER_DAY, Interval, Schedule

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def to_ical(schedule: Schedule, name: str, timezone: ZoneInfo, at: datetime) -> bytes:
    """Write a schedule as a calendar in a door's time zone; weekly events begin in the week before the moment `at`."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Portvakt//Portvakt//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for event in (*_weekly(schedule, timezone, at), *_single(schedule, timezone)):
        event.add("summary", name)
        event.add("dtstamp", at)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _weekly(schedule: Schedule, timezone: ZoneInfo, at: datetime) -> list[icalendar.Event]:
    weekdays: defaultdict[Interval, list[int]] = defaultdict(list)
    for weekday, intervals in enumerate(schedule.weekly):
        for interval in dict.fromkeys(intervals):
            weekdays[interval].append(weekday)
    today = at.astimezone(timezone).date()
    monday = today - timedelta(days=today.weekday() + 7)
    made = []
    for number, (interval, days) in enumerate(sorted(weekdays.items())):
        event = _event(f"{schedule.id}-week-{number}", interval, monday + timedelta(days=days[0]), timezone)
        event.add("rrule", {"freq": "weekly", "byday": [_WEEKDAYS[day] for day in days]})
        for off in _days_without(schedule, interval, days):
            event.add("exdate", _moment(off, interval.start, timezone))
        made.append(event)
    return made


def _days_without(schedule: Schedule, interval: Interval, weekdays: list[int]) -> list[date]:
    days = [date.fromisoformat(each.date) for each in schedule.special_days if interval not in each.intervals]
    return sorted(day for day in days if day.weekday() in weekdays)


def _single(schedule: Schedule, timezone: ZoneInfo) -> list[icalendar.Event]:
    made = []
    for special in sorted(schedule.special_days):
        day = date.fromisoformat(special.date)
        added = [each for each in dict.fromkeys(special.intervals) if each not in schedule.weekly[day.weekday()]]
        made += [
            _event(f"{schedule.id}-{special.date}-{number}", interval, day, timezone)
            for number, interval in enumerate(sorted(added))
        ]
    return made


def _event(uid: str, interval: Interval, day: date, timezone: ZoneInfo) -> icalendar.Event:
    reaches_over = interval.end <= interval.start
    event = icalendar.Event()
    event.add("uid", f"{uid}@portvakt")
    event.add("dtstart", _moment(day, interval.start, timezone))
    event.add("dtend", _moment(day, interval.end + MINUTES_PER_DAY * reaches_over, timezone))
    return event


def _moment(day: date, minute: int, timezone: ZoneInfo) -> datetime:
    return (datetime.combine(day, time()) + timedelta(minutes=minute)).replace(tzinfo=timezone)
