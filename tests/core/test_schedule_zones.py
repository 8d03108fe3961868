"""Does the clock on the wall decide in every kind of zone: odd offsets, odd changes, missing dates, far years?"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portvakt.core.schedule import Interval, Schedule, SpecialDay, is_active, next_change, schedule_errors

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)


def intervals(text: str) -> tuple[Interval, ...]:
    edges = [edge.split(":") for span in text.split() for edge in span.split("-")]
    minutes = [int(hours) * 60 + int(rest) for hours, rest in edges]
    return tuple(Interval(*pair) for pair in zip(minutes[::2], minutes[1::2], strict=True))


def weekly(weekday: int, text: str, **special: str) -> Schedule:
    days = tuple(SpecialDay(name[1:].replace("_", "-"), intervals(each)) for name, each in special.items())
    return Schedule("s", tuple(intervals(text) if day == weekday else () for day in range(7)), days)


# Zone, schedule, first moment of 48 hours in UTC, and when it is active in them: day of the month, hour and minute, UTC.
CASES = {
    "Kathmandu is 5:45 ahead": ("Asia/Kathmandu", weekly(MONDAY, "08:00-17:00"), "2026-03-01", "02 02:15-02 11:15"),
    "India is 5:30 ahead, over midnight": (
        "Asia/Kolkata",
        weekly(FRIDAY, "22:00-02:00"),
        "2026-03-06",
        "06 16:30-06 20:30",
    ),
    "Newfoundland's gap, interval that begins in it": (
        "America/St_Johns",
        weekly(SUNDAY, "02:30-03:30"),
        "2026-03-07",
        "08 05:30-08 06:00",
    ),
    "Chatham's hour shown twice, offset 13:45 then 12:45": (
        "Pacific/Chatham",
        weekly(SUNDAY, "03:00-03:30"),
        "2026-04-04",
        "04 13:15-04 13:45 04 14:15-04 14:45",
    ),
    "Lord Howe's half hour shown twice, whole": (
        "Australia/Lord_Howe",
        weekly(SUNDAY, "01:30-02:00"),
        "2026-04-04",
        "04 14:30-04 15:30",
    ),
    "Lord Howe's half hour shown twice, a part": (
        "Australia/Lord_Howe",
        weekly(SUNDAY, "01:40-01:50"),
        "2026-04-04",
        "04 14:40-04 14:50 04 15:10-04 15:20",
    ),
    "Lord Howe's half hour that is missing": ("Australia/Lord_Howe", weekly(SUNDAY, "02:00-02:30"), "2026-10-03", ""),
    "Lord Howe's missing half hour, interval that ends after it": (
        "Australia/Lord_Howe",
        weekly(SUNDAY, "02:15-03:00"),
        "2026-10-03",
        "03 15:30-03 16:00",
    ),
    "Samoa had no Friday 30 December 2011": ("Pacific/Apia", weekly(FRIDAY, "08:00-17:00"), "2011-12-29", ""),
    "Samoa, Thursday's night ends with Thursday": (
        "Pacific/Apia",
        weekly(THURSDAY, "22:00-02:00"),
        "2011-12-30",
        "30 08:00-30 10:00",
    ),
    "Samoa, of Friday's night only Saturday's part is shown": (
        "Pacific/Apia",
        weekly(FRIDAY, "22:00-02:00"),
        "2011-12-30",
        "30 10:00-30 12:00",
    ),
    "Samoa, the missing day as a special day": (
        "Pacific/Apia",
        weekly(SATURDAY, "08:00-09:00", d2011_12_30="00:00-24:00"),
        "2011-12-30",
        "30 18:00-30 19:00",
    ),
    "Ireland's summer, whose offset counts as its standard": (
        "Europe/Dublin",
        weekly(SUNDAY, "01:15-01:45"),
        "2026-10-25",
        "25 00:15-25 00:45 25 01:15-25 01:45",
    ),
    "Ireland's gap": ("Europe/Dublin", weekly(SUNDAY, "01:00-02:00"), "2026-03-29", ""),
    "Casablanca turns back for Ramadan": (
        "Africa/Casablanca",
        weekly(SUNDAY, "02:15-02:45"),
        "2026-02-15",
        "15 01:15-15 01:45 15 02:15-15 02:45",
    ),
    "Casablanca, Ramadan": ("Africa/Casablanca", weekly(MONDAY, "08:00-09:00"), "2026-03-02", "02 08:00-02 09:00"),
    "Casablanca, the rest of the year": (
        "Africa/Casablanca",
        weekly(MONDAY, "08:00-09:00"),
        "2026-06-01",
        "01 07:00-01 08:00",
    ),
    "Beirut has no midnight": ("Asia/Beirut", weekly(SUNDAY, "00:00-00:30"), "2026-03-28", ""),
    "Beirut, over the midnight that is not there": (
        "Asia/Beirut",
        weekly(SATURDAY, "23:00-00:30"),
        "2026-03-28",
        "28 21:00-28 22:00",
    ),
    "Cairo turns back at midnight into the day before": (
        "Africa/Cairo",
        weekly(THURSDAY, "23:15-23:45"),
        "2026-10-29",
        "29 20:15-29 20:45 29 21:15-29 21:45",
    ),
    "Havana shows midnight twice": (
        "America/Havana",
        weekly(SATURDAY, "23:00-00:30"),
        "2026-11-01",
        "01 03:00-01 04:30 01 05:00-01 05:30",
    ),
    "Stockholm's gap, interval that ends in it": (
        "Europe/Stockholm",
        weekly(SUNDAY, "00:30-02:30"),
        "2026-03-28",
        "28 23:30-29 01:00",
    ),
    "Stockholm's gap under a special day": (
        "Europe/Stockholm",
        weekly(SUNDAY, "00:00-24:00", d2026_03_29="02:15-03:15"),
        "2026-03-28",
        "29 01:00-29 01:15",
    ),
    "Stockholm's hour shown twice, from the evening before": (
        "Europe/Stockholm",
        weekly(SATURDAY, "22:00-02:30"),
        "2026-10-24",
        "24 20:00-25 00:30 25 01:00-25 01:30",
    ),
    "over midnight into a special day that is closed": (
        "Europe/Stockholm",
        weekly(THURSDAY, "22:00-02:00", d2026_03_06=""),
        "2026-03-05",
        "05 21:00-06 01:00",
    ),
    "over midnight into a special day of its own times": (
        "Europe/Stockholm",
        weekly(THURSDAY, "22:00-02:00", d2026_03_06="01:00-03:00 12:00-13:00"),
        "2026-03-05",
        "05 21:00-06 02:00 06 11:00-06 12:00",
    ),
    "the special day before takes its night with it": (
        "Europe/Stockholm",
        weekly(THURSDAY, "22:00-02:00", d2026_03_05="10:00-11:00"),
        "2026-03-05",
        "05 09:00-05 10:00",
    ),
    "a special day's night reaches into an ordinary day": (
        "Europe/Stockholm",
        weekly(FRIDAY, "08:00-09:00", d2026_03_05="23:00-08:30"),
        "2026-03-05",
        "05 22:00-06 08:00",
    ),
    "a leap day": (
        "Europe/Stockholm",
        weekly(TUESDAY, "08:00-17:00", d2028_02_29="10:00-11:00"),
        "2028-02-28",
        "29 09:00-29 10:00",
    ),
    "the night before a leap day": (
        "Europe/Stockholm",
        weekly(MONDAY, "23:00-01:00"),
        "2028-02-28",
        "28 22:00-29 00:00",
    ),
    "past the second at which 32 bits end": (
        "Europe/Stockholm",
        weekly(TUESDAY, "04:00-05:00"),
        "2038-01-19",
        "19 03:00-19 04:00",
    ),
    "summer time beyond what tables hold": (
        "Europe/Stockholm",
        weekly(SUNDAY, "01:00-04:00"),
        "2150-03-28",
        "29 00:00-29 02:00",
    ),
}


def spans(zone: str, plan: Schedule, start: datetime) -> list[tuple[datetime, datetime]]:
    end, found, at = start + timedelta(hours=48), [], start
    assert not is_active(plan, start, ZoneInfo(zone))
    while (begins := next_change(plan, at, ZoneInfo(zone))) is not None and begins < end:
        at = next_change(plan, begins, ZoneInfo(zone)) or end
        found.append((begins, at))
    return found


def moments(first: str, text: str) -> list[datetime]:
    edges = re.findall(r"(\d\d) (\d\d:\d\d)", text)
    return [datetime.fromisoformat(f"{first[:7]}-{day}T{clock}").replace(tzinfo=UTC) for day, clock in edges]


@pytest.mark.parametrize("name", CASES)
def test_zone(name: str) -> None:
    zone, plan, first, text = CASES[name]
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    edges = moments(first, text)
    assert [edge for span in spans(zone, plan, start) for edge in span] == edges
    for minute in range(0, 48 * 60, 5):
        at = start + timedelta(minutes=minute)
        assert is_active(plan, at, ZoneInfo(zone)) is bool(sum(edge <= at for edge in edges) % 2)


@pytest.mark.parametrize("date", ["2026-02-29", "2100-02-29"])
def test_a_leap_day_that_is_none(date: str) -> None:
    plan = Schedule("s", ((),) * 7, (SpecialDay(date, ()),))
    assert [error.code for error in schedule_errors(plan)] == ["special_day_date"]
