"""Does a laid-out schedule answer as its rows do, in every zone and at every moment where it could differ?"""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from portvakt.core.decision.timetable import Timetable, Zone
from portvakt.core.schedule import Interval, Schedule, SpecialDay, is_active

# Whole, half and quarter hours from UTC, half an hour's change, a day that was left out, winter as the exception, and none.
ZONES = (
    "Europe/Stockholm",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Europe/Dublin",
    "Africa/Casablanca",
    "UTC",
)
# Around each: the clock changes of spring and autumn, the day that Samoa left out, midnight of a special day, a leap day.
MOMENTS = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    datetime(2028, 2, 29, tzinfo=UTC),
    datetime(2026, 12, 25, tzinfo=UTC),
    datetime(1969, 12, 31, 23, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
)
SPECIAL_DATES = (
    "2026-03-28",
    "2026-03-29",
    "2026-10-25",
    "2011-12-29",
    "2011-12-31",
    "2028-02-29",
    "2026-12-24",
    "2026-12-25",
)


def intervals(chance: Random) -> tuple[Interval, ...]:
    return tuple(
        Interval(chance.choice([0, 1, 119, 150, 600, 1439]), chance.choice([0, 1, 120, 150, 601, 1439, 1440]))
        for _ in range(chance.randrange(3))
    )


def schedule(chance: Random) -> Schedule:
    special = tuple(SpecialDay(day, intervals(chance)) for day in chance.sample(SPECIAL_DATES, chance.randrange(6)))
    return Schedule("s", tuple(intervals(chance) for _ in range(7)), special)


def second_of(at: datetime) -> int:
    return round((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


@pytest.mark.parametrize("name", ZONES)
def test_it_is_active_when_its_rows_are(name: str) -> None:
    chance, zone = Random(name), Zone(ZoneInfo(name))
    seen = set()
    for _ in range(60):
        rows = schedule(chance)
        laid_out = Timetable(rows)
        for middle in MOMENTS:
            at = middle + timedelta(minutes=chance.randrange(-1500, 1500), seconds=chance.choice([0, 1, 59]))
            expected = is_active(rows, at, ZoneInfo(name))
            assert laid_out.active(zone.local(second_of(at))) == expected, (rows, at)
            seen.add(expected)
    assert seen == {False, True}


@pytest.mark.parametrize("name", ZONES)
def test_the_clock_on_the_wall_minute_by_minute_over_its_changes(name: str) -> None:
    info = ZoneInfo(name)
    zone = Zone(info)
    for middle in MOMENTS:
        for minute in range(-180, 180, 7):
            at = middle + timedelta(minutes=minute)
            wall = at.astimezone(info).replace(tzinfo=UTC)
            assert zone.local(second_of(at)) == second_of(wall), at


def test_equal_days_share_their_minutes() -> None:
    closed = tuple(SpecialDay(f"2026-07-{day:02}", ()) for day in range(1, 30, 2))
    laid_out = Timetable(Schedule("s", ((),) * 7, closed))
    assert len(laid_out.days) == 30
    assert len({id(minutes) for minutes in laid_out.days.values()}) == 1
