"""What does a schedule say about a day, and when does it change next? Holidays and special days included."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from django.utils import timezone

from portvakt.core.schedule import Interval, SpecialDay, is_active, next_change
from portvakt.core.schedule import Schedule as Rule
from portvakt.server.access.models import HolidayRule, Schedule
from portvakt.server.access.models import SpecialDay as SpecialDayRow
from portvakt.server.access.snapshot import holiday_rows, public_holidays


class Day(msgspec.Struct, frozen=True):
    """One date: its hours as [start, end) in local minutes, and the name where it is a special day or a public holiday."""

    date: date
    hours: tuple[tuple[int, int], ...]
    name: str = ""
    special: bool = False
    holiday: bool = False


class Change(msgspec.Struct, frozen=True):
    """Whether a schedule is active now, and when that changes next, if it ever does."""

    active: bool
    at: datetime | None


def year_of(schedule: Schedule, year: int) -> list[Day]:
    """Return every day of a year as the schedule has it; a special day goes before a public holiday, that before the week."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    special = {row.date: row for row in schedule.special_days.filter(date__year=year)}
    holidays = public_holidays(schedule.holiday_country, first, last)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [_day(schedule, day, special.get(day), holidays.get(day, "")) for day in days]


def _day(schedule: Schedule, day: date, special: SpecialDayRow | None, holiday: str) -> Day:
    if special is not None:
        return Day(day, _pairs(special.hours), special.name or holiday, special=True, holiday=bool(holiday))
    if holiday and schedule.holidays != HolidayRule.AS_USUAL:
        own = schedule.holidays == HolidayRule.OWN_HOURS
        return Day(day, _pairs(schedule.holiday_hours) if own else (), holiday, holiday=True)
    return Day(day, _pairs(schedule.weekly[day.weekday()]), holiday, holiday=bool(holiday))


def change_of(schedule: Schedule, zone: str, at: datetime | None = None) -> Change:
    """Return whether a schedule is active by the clock of a zone at an aware moment, and when that changes."""
    at = at or timezone.now()
    rule = as_rule(schedule)
    return Change(is_active(rule, at, ZoneInfo(zone)), next_change(rule, at, ZoneInfo(zone)))


def as_rule(schedule: Schedule) -> Rule:
    """Return a schedule in the form that doors decide by."""
    days = holiday_rows(schedule, timezone.localdate())
    for row in schedule.special_days.all():
        days[row.date.isoformat()] = SpecialDay(row.date.isoformat(), _intervals(row.hours))
    return Rule(str(schedule.pk), tuple(_intervals(hours) for hours in schedule.weekly), tuple(days.values()))


def _pairs(hours: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in sorted(hours))


def _intervals(hours: list[list[int]]) -> tuple[Interval, ...]:
    return tuple(Interval(start, end) for start, end in hours)
