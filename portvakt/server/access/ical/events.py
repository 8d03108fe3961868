"""Which events does a calendar file have, as far as a schedule needs them, and what is wrong with it where it is wrong?

Times are kept as the clock on the wall in the event's own zone shows them, because that is what recurs. Zones are known
by their IANA name or by the one that Windows gives them; definitions of zones in the file are passed over, so that no
file can tell what a zone is. X-properties are passed over, too.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import icalendar
import msgspec
from dateutil.rrule import rrulestr

MAX_BYTES = 256 * 1024
MAX_EVENTS = 2000
MAX_LENGTH = timedelta(days=31)
FIRST_YEAR, LAST_YEAR = 1900, 2199
_LINE = re.compile(r"[A-Za-z0-9-]+[;:]")
_DAY = timedelta(days=1)
_NAME_LENGTH = 100
_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "SUMMARY", "UID", "STATUS")
_BY_DAYS = ("DAILY", "WEEKLY")
_FREQUENCIES = (*_BY_DAYS, "MONTHLY", "YEARLY")
_INTERVALS = range(1, 1001)
_WORDS = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "COUNT", "UNTIL", "WKST"})
_WORDS_OF_DAYS = frozenset({"FREQ", "INTERVAL", "BYDAY", "COUNT", "UNTIL", "WKST"})


class CalendarRefused(ValueError):
    """A file that cannot become a schedule; `where` names the line or the event, empty where it is the whole file.

    Codes: too_large, not_a_calendar, line, too_many_events, property (the event has one that cannot be read), no_start,
    no_length, too_long, zone (not known), year (not 1900-2199), rule (a recurrence that cannot be taken over),
    too_many_rules, too_many_times, too_far_ahead, too_many_special_days, too_many_intervals.
    """

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(f"{code} {where}".strip())
        self.code = code
        self.where = where


class Rule(msgspec.Struct, frozen=True):
    """A recurrence: its text without UNTIL, until when (wall), and whether it says every week the same for ever.

    `period`: it repeats itself so, and may as well begin any number of these later; None where that is not so.
    """

    text: str
    until: datetime | None
    counted: bool
    endless_week: bool
    period: timedelta | None


class Event(msgspec.Struct, frozen=True):
    """An event with the wall times of its zone: start, length, recurrence, further starts, and starts left out.

    A bare date in `left_out` leaves out whatever starts on it. `replaces` is the start (UTC) of the one occurrence of
    the event with the same `uid` that this one stands for.
    """

    where: str
    uid: str
    name: str
    zone: tzinfo
    start: datetime
    length: timedelta
    rule: Rule | None
    further: tuple[datetime, ...]
    left_out: frozenset[datetime | date]
    replaces: datetime | None
    cancelled: bool


def events_of(data: bytes, timezone: tzinfo) -> list[Event]:
    """Read all events; a time without a zone is one of `timezone`. Raises CalendarRefused."""
    found = [component for calendar in _calendars(data) for component in calendar.walk("VEVENT")]
    if len(found) > MAX_EVENTS:
        raise CalendarRefused("too_many_events")
    return [_event(component, number, timezone) for number, component in enumerate(found, start=1)]


def _calendars(data: bytes) -> list[Any]:
    if len(data) > MAX_BYTES:
        raise CalendarRefused("too_large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CalendarRefused("not_a_calendar") from None
    kept = "\r\n".join(_without_zones(text))
    try:
        calendars = icalendar.Calendar.from_ical(kept, multiple=True)
    except (ValueError, AttributeError):
        # The latter is how icalendar stumbles over a part that begins under one name and ends as a VTIMEZONE.
        raise CalendarRefused("not_a_calendar") from None
    if not calendars or any(each.name != "VCALENDAR" for each in calendars):
        raise CalendarRefused("not_a_calendar")
    return list(calendars)


def _without_zones(text: str) -> Iterator[str]:
    inside = False
    for number, line in _unfolded(text):
        word = line.upper()
        inside = inside or (word.startswith("BEGIN") and "VTIMEZONE" in word)
        if not inside:
            if not _LINE.match(line):
                raise CalendarRefused("line", f"line {number}")
            yield line
        inside = inside and not (word.startswith("END") and "VTIMEZONE" in word)


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Give each line with its number; one that begins with a space or a tab goes on from the one before."""
    first, pieces = 1, list[str]()
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if line[:1] in {" ", "\t"}:
            pieces.append(line[1:])
            continue
        if whole := "".join(pieces):
            yield first, whole
        first, pieces = number, [line]
    if whole := "".join(pieces):
        yield first, whole


def _event(component: Any, number: int, timezone: tzinfo) -> Event:
    where = f"event {number}"
    if component.errors:
        raise CalendarRefused("property", f"{where}: {component.errors[0][0]}")
    for twice in (each for each in _ONCE if isinstance(component.get(each), list)):
        raise CalendarRefused("property", f"{where}: {twice}")
    name = str(component.get("SUMMARY", ""))[:_NAME_LENGTH]
    where = f"{where} ({name})" if name else where
    if "DTSTART" not in component:
        raise CalendarRefused("no_start", where)
    start = component["DTSTART"].dt
    zone = getattr(start, "tzinfo", None) or timezone
    times = _Wall(zone, where)
    return Event(
        where=where,
        uid=str(component.get("UID", where)),
        name=name,
        zone=zone,
        start=times.one(component["DTSTART"]),
        length=_length(component, times),
        rule=_rule(component, times),
        further=tuple(each for each in times.listed(component, "RDATE") if isinstance(each, datetime)),
        left_out=frozenset(times.listed(component, "EXDATE")),
        replaces=_replaced(component, times),
        cancelled=str(component.get("STATUS", "")).upper() == "CANCELLED",
    )


class _Wall:
    """Puts an event's moments on the wall of its zone."""

    def __init__(self, zone: tzinfo, where: str) -> None:
        self.zone = zone
        self.where = where

    def one(self, value: Any) -> datetime:
        """Read one DATE or DATE-TIME; a date is its midnight."""
        moment = value.dt
        if isinstance(moment, datetime) and moment.tzinfo is None and "TZID" in value.params:
            raise CalendarRefused("zone", f"{self.where}: {value.params['TZID']}")
        return self.of(moment)

    def of(self, moment: Any) -> datetime:
        """Put a date, a time of the zone or a time of another zone on the wall."""
        if not isinstance(moment, date):
            raise CalendarRefused("property", self.where)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise CalendarRefused("year", self.where)
        if not isinstance(moment, datetime):
            return datetime.combine(moment, time())
        return moment if moment.tzinfo is None else moment.astimezone(self.zone).replace(tzinfo=None)

    def listed(self, component: Any, name: str) -> Iterator[datetime | date]:
        """Read a property that lists moments, however many lines it stands on."""
        lines = component.get(name, [])
        for line in lines if isinstance(lines, list) else [lines]:
            for value in line.dts:
                bare = name == "EXDATE" and not isinstance(value.dt, datetime)
                yield self.of(value.dt).date() if bare else self.one(value)


def _length(component: Any, times: _Wall) -> timedelta:
    start = component["DTSTART"].dt
    if "DTEND" in component:
        length = times.one(component["DTEND"]) - times.of(start)
    elif "DURATION" in component:
        length = component["DURATION"].dt
    else:
        length = timedelta() if isinstance(start, datetime) else _DAY
    if length < timedelta(minutes=1):
        raise CalendarRefused("no_length", times.where)
    if length > MAX_LENGTH:
        raise CalendarRefused("too_long", times.where)
    return length


def _replaced(component: Any, times: _Wall) -> datetime | None:
    if "RECURRENCE-ID" not in component:
        return None
    if "RANGE" in component["RECURRENCE-ID"].params:
        raise CalendarRefused("rule", times.where)
    return times.one(component["RECURRENCE-ID"]).replace(tzinfo=times.zone).astimezone(UTC)


def _rule(component: Any, times: _Wall) -> Rule | None:
    parts = component.get("RRULE")
    if parts is None:
        return None
    if isinstance(parts, list) or "EXRULE" in component or not _can_be_taken(parts):
        raise CalendarRefused("rule", times.where)
    until = _until(parts, times)
    interval = parts.get("INTERVAL", [1])[0]
    by_days = parts["FREQ"][0] in _BY_DAYS
    # So many weeks hold a whole number of its days, whether it counts days or weeks.
    period = timedelta(weeks=interval) if by_days and "COUNT" not in parts else None
    endless = period == timedelta(weeks=1) and until is None
    return Rule(_without_until(parts), until, "COUNT" in parts, endless, period)


def _can_be_taken(parts: Any) -> bool:
    """Tell whether a recurrence is of days, weeks, months or years and says nothing that dateutil refuses or turns for ever on."""
    frequency = parts.get("FREQ", [""])[0]
    by_days = frequency in _BY_DAYS
    ordinals = any(len(str(each)) > 2 for each in parts.get("BYDAY", []))
    if frequency not in _FREQUENCIES or (by_days and ordinals) or parts.get("INTERVAL", [1])[0] not in _INTERVALS:
        return False
    if not set(parts) <= (_WORDS_OF_DAYS if by_days else _WORDS) or parts.get("COUNT", [1])[0] < 1:
        return False
    try:
        rrulestr(_without_until(parts))
    except ValueError:
        return False
    return True


def _without_until(parts: Any) -> str:
    kept: Any = icalendar.vRecur({key: value for key, value in parts.items() if key != "UNTIL"})
    return str(kept.to_ical().decode())


def _until(parts: Any, times: _Wall) -> datetime | None:
    if "UNTIL" not in parts:
        return None
    until = parts["UNTIL"][0]
    return times.of(until) + (timedelta() if isinstance(until, datetime) else _DAY - timedelta(seconds=1))
