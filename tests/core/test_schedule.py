"""Is a schedule active by the clock on the wall: special days, past midnight, the nights when the clock changes?"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portvakt.core.schedule import (
    MAX_INTERVALS_PER_DAY,
    MAX_SPECIAL_DAYS,
    Interval,
    Schedule,
    ScheduleError,
    SpecialDay,
    is_active,
    next_change,
    schedule_errors,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NEVER: tuple[Interval, ...] = ()
ALL_DAY = (Interval(0, 1440),)


def clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def interval(text: str) -> Interval:
    start, end = text.split("-")
    return Interval(clock(start), clock(end))


def day(*texts: str) -> tuple[Interval, ...]:
    return tuple(interval(text) for text in texts)


def schedule(weekly: dict[int, tuple[Interval, ...]], **special: tuple[Interval, ...]) -> Schedule:
    days = tuple(SpecialDay(name[1:].replace("_", "-"), intervals) for name, intervals in special.items())
    return Schedule("s", tuple(weekly.get(weekday, NEVER) for weekday in range(7)), days)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM)


MONDAY_TO_FRIDAY = dict.fromkeys(range(5), day("08:00-17:00"))
OFFICE = schedule(MONDAY_TO_FRIDAY, d2026_12_24=day(), d2026_12_23=day("08:00-12:00"), d2026_12_26=day("10:00-11:00"))
# Friday 22:00 until Saturday 02:00; Christmas Eve (a Thursday in 2026) is open over midnight, Christmas Day is closed.
NIGHT = schedule({4: day("22:00-02:00")}, d2026_12_24=day("20:00-01:00"), d2026_12_25=day())

MOMENTS = [
    (OFFICE, "2026-03-02 07:59:59", False),
    (OFFICE, "2026-03-02 08:00:00", True),
    (OFFICE, "2026-03-02 16:59:59", True),
    (OFFICE, "2026-03-02 17:00:00", False),
    (OFFICE, "2026-03-07 12:00", False),  # Saturday
    (OFFICE, "2026-07-01 08:00", True),  # summer: 06:00 UTC
    (OFFICE, "2026-12-23 11:59", True),
    (OFFICE, "2026-12-23 12:00", False),
    (OFFICE, "2026-12-24 12:00", False),
    (OFFICE, "2026-12-26 10:30", True),  # a Saturday that opens
    (NIGHT, "2026-03-06 21:59", False),
    (NIGHT, "2026-03-06 22:00", True),
    (NIGHT, "2026-03-06 23:59:59", True),
    (NIGHT, "2026-03-07 00:00", True),
    (NIGHT, "2026-03-07 01:59:59", True),
    (NIGHT, "2026-03-07 02:00", False),
    (NIGHT, "2026-03-06 01:00", False),  # Thursday's night is none
    (NIGHT, "2026-12-24 20:00", True),
    (NIGHT, "2026-12-25 00:59", True),  # what began on Christmas Eve goes on into the closed day
    (NIGHT, "2026-12-25 01:00", False),
    (NIGHT, "2026-12-25 23:00", False),  # a Friday, but a special one
    (NIGHT, "2026-12-26 01:00", False),
    (schedule({0: ALL_DAY}), "2026-03-02 00:00", True),
    (schedule({0: ALL_DAY}), "2026-03-02 23:59:59", True),
    (schedule({0: ALL_DAY}), "2026-03-03 00:00", False),
    (schedule({0: day("08:00-08:00")}), "2026-03-02 07:59", False),
    (schedule({0: day("08:00-08:00")}), "2026-03-02 08:00", True),  # an end at the start is a day later
    (schedule({0: day("08:00-08:00")}), "2026-03-03 07:59", True),
    (schedule({0: day("08:00-08:00")}), "2026-03-03 08:00", False),
    (schedule({0: day("18:00-00:00")}), "2026-03-02 23:59", True),
    (schedule({0: day("18:00-00:00")}), "2026-03-03 00:00", False),
]


@pytest.mark.parametrize(("plan", "at", "active"), MOMENTS)
def test_is_active(plan: Schedule, at: str, active: object) -> None:
    assert is_active(plan, local(at), STOCKHOLM) is active
    assert is_active(plan, local(at).astimezone(UTC), STOCKHOLM) is active


# Spring: on 2026-03-29 the clock goes from 02:00 CET to 03:00 CEST at 01:00 UTC. Autumn: on 2026-10-25 from 03:00 CEST
# to 02:00 CET at 01:00 UTC, so 02:00-03:00 is shown twice: 00:00-01:00 UTC and again 01:00-02:00 UTC.
CLOCK_CHANGES = [
    ("02:00-03:00", "2026-03-29", []),
    ("02:15-02:45", "2026-03-29", []),
    ("01:00-02:30", "2026-03-29", [("00:00", "01:00")]),
    ("02:30-04:00", "2026-03-29", [("01:00", "02:00")]),
    ("01:00-04:00", "2026-03-29", [("00:00", "02:00")]),
    ("03:00-04:00", "2026-03-29", [("01:00", "02:00")]),
    ("02:00-03:00", "2026-10-25", [("00:00", "02:00")]),
    ("02:15-02:45", "2026-10-25", [("00:15", "00:45"), ("01:15", "01:45")]),
    ("01:00-02:30", "2026-10-25", [("2026-10-24 23:00", "00:30"), ("01:00", "01:30")]),
    ("02:30-04:00", "2026-10-25", [("00:30", "01:00"), ("01:30", "03:00")]),
    ("01:00-04:00", "2026-10-25", [("2026-10-24 23:00", "03:00")]),
    ("03:00-04:00", "2026-10-25", [("02:00", "03:00")]),
]


@pytest.mark.parametrize(("text", "date", "spans"), CLOCK_CHANGES)
def test_clock_change(text: str, date: str, spans: list[tuple[str, str]]) -> None:
    plan = schedule({6: day(text)})
    edges = [utc(edge if " " in edge else f"{date} {edge}") for span in spans for edge in span]
    changes = changes_between(plan, local(f"{date} 00:00"), local(f"{date} 12:00"))
    assert changes == edges
    midnight = local(f"{date} 00:00").astimezone(UTC)
    for minute in range(12 * 60):
        at = midnight + timedelta(minutes=minute)
        assert is_active(plan, at, STOCKHOLM) is bool(sum(edge <= at for edge in edges) % 2)


def changes_between(plan: Schedule, start: datetime, end: datetime) -> list[datetime]:
    changes: list[datetime] = []
    at: datetime | None = start
    while (at := next_change(plan, at or start, STOCKHOLM)) and at < end and len(changes) < 100:
        changes.append(at)
    return changes


NEXT = [
    (OFFICE, "2026-03-02 07:00", "2026-03-02 08:00"),
    (OFFICE, "2026-03-02 08:00", "2026-03-02 17:00"),
    (OFFICE, "2026-03-06 17:00", "2026-03-09 08:00"),
    (OFFICE, "2026-12-23 12:00", "2026-12-25 08:00"),
    (OFFICE, "2026-12-25 17:00", "2026-12-26 10:00"),
    (NIGHT, "2026-12-24 21:00", "2026-12-25 01:00"),
    (NIGHT, "2026-12-25 01:00", "2027-01-01 22:00"),
    # The only weekly interval falls into the missing hour: the next one is a week later.
    (schedule({6: day("02:15-02:45")}), "2026-03-22 03:00", "2026-04-05 02:15"),
    (schedule({}, d2030_06_01=day("10:00-11:00")), "2026-03-02 12:00", "2030-06-01 10:00"),
    (schedule(dict.fromkeys(range(7), ALL_DAY), d2030_06_01=day()), "2026-03-02 12:00", "2030-06-01 00:00"),
    (schedule(dict.fromkeys(range(7), ALL_DAY), d2030_06_01=day()), "2030-06-01 12:00", "2030-06-02 00:00"),
    (schedule(dict.fromkeys(range(7), ALL_DAY), d2020_06_01=day()), "2026-03-02 12:00", None),
    (schedule({}), "2026-03-02 12:00", None),
]


@pytest.mark.parametrize(("plan", "at", "change"), NEXT)
def test_next_change(plan: Schedule, at: str, change: str | None) -> None:
    assert next_change(plan, local(at), STOCKHOLM) == (None if change is None else local(change))


INTERVALS = st.builds(Interval, st.integers(0, 1439), st.integers(0, 1440))
DAYS = st.lists(INTERVALS, max_size=2).map(tuple)
SCHEDULES = st.builds(
    Schedule,
    st.just("s"),
    st.tuples(*[DAYS] * 7),
    st.lists(st.builds(SpecialDay, st.sampled_from(["2026-03-28", "2026-03-29", "2026-10-25"]), DAYS), max_size=2)
    .map(lambda days: {each.date: each for each in days})
    .map(lambda days: tuple(days.values())),
)


@given(SCHEDULES, st.sampled_from(["2026-03-27 12:00", "2026-10-24 12:00"]))
@settings(derandomize=True, max_examples=25, deadline=None)
def test_next_change_is_the_first_minute_that_differs(plan: Schedule, start: str) -> None:
    at = local(start).astimezone(UTC)
    minutes = (at + timedelta(minutes=minute) for minute in range(1, 3 * 1440))
    active = is_active(plan, at, STOCKHOLM)
    expected = next((moment for moment in minutes if is_active(plan, moment, STOCKHOLM) != active), None)
    found = next_change(plan, at, STOCKHOLM)
    assert found == expected or (expected is None and (found is None or found >= at + timedelta(days=3)))


@pytest.mark.parametrize(
    ("plan", "errors"),
    [
        (OFFICE, ()),
        (NIGHT, ()),
        (schedule({0: day("08:00-12:00", "10:00-14:00")}), ()),
        (Schedule("s", (NEVER,) * 6, ()), (ScheduleError("weekdays", "weekly"),)),
        (schedule({2: (Interval(-1, 60),)}), (ScheduleError("interval", "weekly.2"),)),
        (schedule({2: (Interval(1440, 60),)}), (ScheduleError("interval", "weekly.2"),)),
        (schedule({2: (Interval(0, 1441),)}), (ScheduleError("interval", "weekly.2"),)),
        (
            schedule({3: ALL_DAY * (MAX_INTERVALS_PER_DAY + 1)}),
            (ScheduleError("too_many_intervals", "weekly.3"),),
        ),
        (
            schedule({}, d2026_12_24=(Interval(0, -1),)),
            (ScheduleError("interval", "special_days.2026-12-24"),),
        ),
        (schedule({}, d2026_02_30=NEVER), (ScheduleError("special_day_date", "special_days.2026-02-30"),)),
        (schedule({}, d20261224=NEVER), (ScheduleError("special_day_date", "special_days.20261224"),)),
        (schedule({}, d9999_12_31=NEVER), (ScheduleError("special_day_date", "special_days.9999-12-31"),)),
        (
            Schedule("s", (NEVER,) * 7, (SpecialDay("2026-12-24", NEVER),) * 2),
            (ScheduleError("special_day_twice", "special_days.2026-12-24"),),
        ),
    ],
)
def test_schedule_errors(plan: Schedule, errors: tuple[ScheduleError, ...]) -> None:
    assert schedule_errors(plan) == errors


def test_there_is_an_end_to_special_days() -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    days = ((first + timedelta(days=number)).date().isoformat() for number in range(MAX_SPECIAL_DAYS + 1))
    plan = Schedule("s", (NEVER,) * 7, tuple(SpecialDay(each, NEVER) for each in days))
    assert schedule_errors(plan) == (ScheduleError("too_many_special_days", "special_days"),)
