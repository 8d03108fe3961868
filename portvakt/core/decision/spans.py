"""In which minutes are schedules active, laid out so that whole months are compared at once?

A row of minutes is one whole number, the first minute its lowest byte, 1 where it is active.
"""

from portvakt.core.decision.timetable import Timetable, Zone
from portvakt.core.schedule import MINUTES_PER_DAY

SECONDS_PER_DAY = 86_400
# No clock is changed but at a quarter of an hour, and no zone is ahead by anything else (both since 2012).
_STEP = 15
# The day 0 of Unix time was a Thursday.
_THURSDAY = 3
EVERY_MINUTE = int.from_bytes(b"\1" * MINUTES_PER_DAY, "little")


def minutes_of_day(timetable: Timetable | None, day: int) -> int:
    """Return the minutes of a local day (days since the epoch); every one where there is no timetable."""
    if timetable is None:
        return EVERY_MINUTE
    special = timetable.days.get(day)
    if special is None:
        start = (day + _THURSDAY) % 7 * MINUTES_PER_DAY
        special = timetable.week[start : start + MINUTES_PER_DAY]
    return int.from_bytes(special, "little")


def minutes_of_week(timetable: Timetable | None) -> int:
    """Return the minutes of an ordinary week, Monday first."""
    return int.from_bytes(b"\1" * 7 * MINUTES_PER_DAY if timetable is None else timetable.week, "little")


def minutes_from(timetable: Timetable | None, zone: Zone, second: int, days: int) -> int:
    """Return the minutes of so many times 24 hours from a moment on (seconds since the epoch, whole quarters of an hour)."""
    if timetable is None:
        return int.from_bytes(b"\1" * MINUTES_PER_DAY * days, "little")
    pieces = []
    for start in range(second, second + days * SECONDS_PER_DAY, _STEP * 60):
        local = zone.local(start)
        minute = local % SECONDS_PER_DAY // 60
        special = timetable.days.get(local // SECONDS_PER_DAY)
        if special is None:
            minute += (local // SECONDS_PER_DAY + _THURSDAY) % 7 * MINUTES_PER_DAY
            special = timetable.week
        pieces.append(special[minute : minute + _STEP])
    return int.from_bytes(b"".join(pieces), "little")
