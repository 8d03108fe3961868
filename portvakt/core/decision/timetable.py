"""Is a schedule active at this second, answered by looking into a week of minutes?

The same answer as `core.schedule.is_active` gives from the rows; laid out once so that a decision need not walk them.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from portvakt.core.schedule import MINUTES_PER_DAY, Interval, Schedule

_SECONDS_PER_DAY = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_WEEK = 7 * MINUTES_PER_DAY
# The day 0 of Unix time was a Thursday, three days after a Monday.
_MONDAY = 3 * MINUTES_PER_DAY
_DAY = timedelta(days=1)
# In the time zone database two changes of one zone's offset are at least six days apart (checked in 2026f), so where the
# offset is the same at both ends of a day it is so between them. On the day of a change an hour serves.
_SPANS_SECONDS = (_SECONDS_PER_DAY, 3600)


class Zone:
    """A door's clock: local seconds since the epoch from those of UTC; remembers the offset of the day last asked for."""

    __slots__ = ("_info", "_span")

    def __init__(self, info: ZoneInfo) -> None:
        self._info = info
        # One value that is replaced as a whole: any number of threads may ask at once.
        self._span = (0, 0, 0)

    def local(self, second: int) -> int:
        """Return the seconds since 1970-01-01 00:00 that the clock on the wall shows."""
        since, until, offset = self._span
        return second + (offset if since <= second < until else self._offset(second))

    def _offset(self, second: int) -> int:
        offset = self._offset_at(second)
        for length in _SPANS_SECONDS:
            since = second - second % length
            if offset == self._offset_at(since) == self._offset_at(since + length - 1):
                self._span = (since, since + length, offset)
                break
        return offset

    def _offset_at(self, second: int) -> int:
        local = datetime.fromtimestamp(second, UTC).astimezone(self._info)
        return (
            local.toordinal() * _SECONDS_PER_DAY
            + local.hour * 3600
            + local.minute * 60
            + local.second
            - (_EPOCH_ORDINAL * _SECONDS_PER_DAY + second)
        )


class Timetable:
    """A schedule as bytes, one for each minute: `week` from Monday on, `days` (by days since the epoch) where it differs.

    A day differs where it or the day before is a special day, since an interval may reach over midnight.
    """

    __slots__ = ("days", "id", "week")

    def __init__(self, schedule: Schedule) -> None:
        self.id = schedule.id
        weekly = schedule.weekly
        self.week = b"".join(_minutes(weekly[day], weekly[day - 1]) for day in range(7))
        self.days = _differing(schedule)

    def active(self, local: int) -> bool:
        """Tell whether it is active when the clock on the wall shows so many seconds since the epoch."""
        if self.days:
            special = self.days.get(local // _SECONDS_PER_DAY)
            if special is not None:
                return special[local % _SECONDS_PER_DAY // 60] != 0
        return self.week[(local // 60 + _MONDAY) % _WEEK] != 0


def _differing(schedule: Schedule) -> dict[int, bytes]:
    special = {date.fromisoformat(each.date): each.intervals for each in schedule.special_days}

    def starting_on(day: date) -> Iterable[Interval]:
        return special[day] if day in special else schedule.weekly[day.weekday()]

    days = {*special, *(day + _DAY for day in special)}
    made = {day.toordinal() - _EPOCH_ORDINAL: _minutes(starting_on(day), starting_on(day - _DAY)) for day in days}
    # Most special days are closed all day: equal days share their bytes.
    same: dict[bytes, bytes] = {}
    return {day: same.setdefault(minutes, minutes) for day, minutes in made.items()}


def _minutes(today: Iterable[Interval], yesterday: Iterable[Interval]) -> bytes:
    """Give one byte for each minute of a day, 1 where it is covered."""
    day = bytearray(MINUTES_PER_DAY)
    for interval in yesterday:
        if interval.end <= interval.start:
            day[: interval.end] = b"\1" * interval.end
    for interval in today:
        end = interval.end if interval.end > interval.start else MINUTES_PER_DAY
        day[interval.start : end] = b"\1" * (end - interval.start)
    return bytes(day)
