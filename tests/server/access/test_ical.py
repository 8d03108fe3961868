"""Does a schedule come back from a calendar as it went, and are other calendars' files read or refused by name?"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portvakt.core.schedule import Interval, Schedule, SpecialDay, is_active
from portvakt.server.access.ical import CalendarRefused, Times, from_ical, to_ical

STOCKHOLM = ZoneInfo("Europe/Stockholm")
# Monday 2 March 2026, 10:00 in Stockholm.
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NEVER: tuple[tuple[Interval, ...], ...] = ((),) * 7


def hours(text: str) -> tuple[Interval, ...]:
    edges = [edge.split(":") for span in text.split() for edge in span.split("-")]
    minutes = [int(hour) * 60 + int(rest) for hour, rest in edges]
    return tuple(Interval(*pair) for pair in zip(minutes[::2], minutes[1::2], strict=True))


def week(**days: str) -> tuple[tuple[Interval, ...], ...]:
    return tuple(hours(days.get(name, "")) for name in ("mo", "tu", "we", "th", "fr", "sa", "su"))


def special(**days: str) -> tuple[SpecialDay, ...]:
    return tuple(SpecialDay(name[1:].replace("_", "-"), hours(text)) for name, text in days.items())


def read(*lines: str, zone: ZoneInfo = STOCKHOLM) -> Times:
    """Read a file with these lines; VEVENTs without their frame are framed."""
    body = "\r\n".join(lines)
    if "BEGIN:VEVENT" not in body:
        body = f"BEGIN:VEVENT\r\nUID:1\r\n{body}\r\nEND:VEVENT"
    return from_ical(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}\r\nEND:VCALENDAR\r\n".encode(), zone, AT)


OFFICE = "DTSTART;TZID=Europe/Stockholm:20260105T080000", "DTEND;TZID=Europe/Stockholm:20260105T170000"
WORKDAYS = week(mo="08:00-17:00", tu="08:00-17:00", we="08:00-17:00", th="08:00-17:00", fr="08:00-17:00")
EACH_WORKDAY = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"


SCHEDULES = {
    "empty": Schedule("s", NEVER, ()),
    "office": Schedule("s", WORKDAYS, special(d2026_12_24="", d2026_12_23="08:00-12:00", d2027_01_02="10:00-11:00")),
    "over midnight": Schedule("s", week(fr="22:00-02:00", sa="00:00-24:00"), special(d2026_12_25="18:00-18:00")),
    "several a day": Schedule(
        "s", week(mo="08:00-12:00 13:00-17:00", we="08:00-12:00"), special(d2026_06_01="08:00-12:00")
    ),
    "the hours kept and some added": Schedule(
        "s", week(mo="08:00-12:00"), special(d2026_06_01="08:00-12:00 20:00-21:00")
    ),
    "at the clock changes": Schedule("s", week(su="02:15-02:45 01:00-04:00"), special(d2026_10_25="02:30-03:30")),
    "special days alone, far ahead": Schedule(
        "s", NEVER, special(d2026_06_06="10:00-12:00", d2030_06_06="10:00-12:00")
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("zone", ["Europe/Stockholm", "Australia/Lord_Howe", "America/St_Johns"])
def test_round_trip(name: str, zone: str) -> None:
    plan, timezone = SCHEDULES[name], ZoneInfo(zone)
    times = from_ical(to_ical(plan, "Kontorstid; åäö, 1", timezone, AT), timezone, AT)
    assert tuple(sorted(each) for each in times.weekly) == tuple(sorted(each) for each in plan.weekly)
    assert {each.date: sorted(each.intervals) for each in times.special_days} == {
        each.date: sorted(each.intervals) for each in plan.special_days
    }


def test_the_file_is_one_that_other_calendars_read() -> None:
    text = to_ical(SCHEDULES["office"], "Office", STOCKHOLM, AT).decode()
    assert "DTSTART;TZID=Europe/Stockholm:20260223T080000" in text
    assert "DTEND;TZID=Europe/Stockholm:20260223T170000" in text
    assert "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" in text
    assert "EXDATE;TZID=Europe/Stockholm:20261223T080000" in text
    assert "BEGIN:VTIMEZONE" in text
    assert text.count("BEGIN:VEVENT") == text.count("SUMMARY:Office") == text.count("DTSTAMP") == 3


GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:Reception
X-WR-TIMEZONE:Europe/Stockholm
BEGIN:VTIMEZONE
TZID:Europe/Stockholm
X-LIC-LOCATION:Europe/Stockholm
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=Europe/Stockholm:20260105T080000
DTEND;TZID=Europe/Stockholm:20260105T170000
RRULE:FREQ=WEEKLY;WKST=MO;BYDAY=FR,MO,TH,TU,WE
EXDATE;TZID=Europe/Stockholm:20260403T080000
DTSTAMP:20260301T120000Z
UID:abc123@google.com
CREATED:20260101T120000Z
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:Reception
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Stockholm:20260430T080000
DTEND;TZID=Europe/Stockholm:20260430T130000
DTSTAMP:20260301T120000Z
UID:abc123@google.com
RECURRENCE-ID;TZID=Europe/Stockholm:20260430T080000
STATUS:CONFIRMED
SUMMARY:Valborg
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260606
DTEND;VALUE=DATE:20260607
DTSTAMP:20260301T120000Z
UID:def456@google.com
SUMMARY:Öppet hus
END:VEVENT
END:VCALENDAR
"""
OUTLOOK = """BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
METHOD:PUBLISH
X-MS-OLK-FORCEINSPECTOROPEN:TRUE
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
CLASS:PUBLIC
DESCRIPTION:Many words that go on\\nand on and are folded because the line woul
 d be too long
DTEND;TZID="W. Europe Standard Time":20260302T020000
DTSTAMP:20260301T120000Z
DTSTART;TZID="W. Europe Standard Time":20260301T220000
EXDATE;TZID="W. Europe Standard Time":20260308T220000,20260315T220000
RRULE:FREQ=WEEKLY;BYDAY=SU
SUMMARY;LANGUAGE=sv:Städning
UID:040000008200E00074C5B7101A82E008
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
BEGIN:VALARM
TRIGGER:-PT15M
ACTION:DISPLAY
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
END:VCALENDAR
"""
APPLE = """BEGIN:VCALENDAR
CALSCALE:GREGORIAN
PRODID:-//Apple Inc.//macOS 14.0//EN
VERSION:2.0
X-APPLE-CALENDAR-COLOR:#FF2968
BEGIN:VEVENT
CREATED:20260301T120000Z
DTEND;TZID=Europe/Stockholm:20260302T180000
DTSTAMP:20260301T120000Z
DTSTART;TZID=Europe/Stockholm:20260302T070000
LAST-MODIFIED:20260301T120000Z
RRULE:FREQ=DAILY
SEQUENCE:0
SUMMARY:Open
TRANSP:OPAQUE
UID:5A6B7C8D-0000-1111-2222-333344445555
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Stockholm:20260310T190000
DURATION:PT1H30M
DTSTAMP:20260301T120000Z
SUMMARY:Meeting
UID:6A6B7C8D-0000-1111-2222-333344445555
END:VEVENT
END:VCALENDAR
"""


def test_google() -> None:
    times = from_ical(GOOGLE.replace("\n", "\r\n").encode(), STOCKHOLM, AT)
    assert times.weekly == WORKDAYS
    assert times.special_days == special(d2026_04_03="", d2026_04_30="08:00-13:00", d2026_06_06="00:00-24:00")
    assert times.names == {"2026-04-30": "Valborg", "2026-06-06": "Öppet hus"}


def test_outlook() -> None:
    times = from_ical(OUTLOOK.replace("\n", "\r\n").encode(), STOCKHOLM, AT)
    assert times.weekly == week(su="22:00-02:00")
    assert times.special_days == special(d2026_03_08="", d2026_03_15="")


def test_apple() -> None:
    times = from_ical(b"\xef\xbb\xbf" + APPLE.encode(), STOCKHOLM, AT)
    assert times.weekly == (hours("07:00-18:00"),) * 7
    assert times.special_days == special(d2026_03_10="07:00-18:00 19:00-20:30")


# lines of one event, week, special days
EVENTS = {
    "single": (("DTSTART:20260310T080000", "DTEND:20260310T090000"), NEVER, special(d2026_03_10="08:00-09:00")),
    "single in the past": (("DTSTART:20260210T080000", "DTEND:20260210T090000"), NEVER, ()),
    "single today": (("DTSTART:20260302T080000", "DURATION:PT1H"), NEVER, special(d2026_03_02="08:00-09:00")),
    "begun yesterday": (("DTSTART:20260301T230000", "DURATION:PT2H"), NEVER, ()),
    "over midnight": (("DTSTART:20260310T220000", "DURATION:PT4H"), NEVER, special(d2026_03_10="22:00-02:00")),
    "until midnight": (("DTSTART:20260310T220000", "DURATION:PT2H"), NEVER, special(d2026_03_10="22:00-24:00")),
    "a day from the morning": (("DTSTART:20260310T080000", "DURATION:P1D"), NEVER, special(d2026_03_10="08:00-08:00")),
    "a weekend in one": (
        ("DTSTART:20260306T180000", "DTEND:20260309T060000"),
        NEVER,
        special(
            d2026_03_06="18:00-24:00", d2026_03_07="00:00-24:00", d2026_03_08="00:00-24:00", d2026_03_09="00:00-06:00"
        ),
    ),
    "all day, no end": (("DTSTART;VALUE=DATE:20260310",), NEVER, special(d2026_03_10="00:00-24:00")),
    "two whole days": (
        ("DTSTART;VALUE=DATE:20260310", "DTEND;VALUE=DATE:20260312"),
        NEVER,
        special(d2026_03_10="00:00-24:00", d2026_03_11="00:00-24:00"),
    ),
    "every Saturday, all day": (("DTSTART;VALUE=DATE:20260103", "RRULE:FREQ=WEEKLY"), week(sa="00:00-24:00"), ()),
    "every weekend in one": (
        ("DTSTART:20260102T180000", "DTEND:20260105T060000", "RRULE:FREQ=WEEKLY"),
        week(fr="18:00-24:00", sa="00:00-24:00", su="00:00-24:00", mo="00:00-06:00"),
        (),
    ),
    "begins in two weeks": (
        ("DTSTART:20260317T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY"),
        week(tu="08:00-09:00"),
        special(d2026_03_03="", d2026_03_10=""),
    ),
    "four times": (
        ("DTSTART:20260303T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3"),
        NEVER,
        special(d2026_03_03="08:00-09:00", d2026_03_10="08:00-09:00", d2026_03_17="08:00-09:00"),
    ),
    "until a day, that day included": (
        ("DTSTART:20260303T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;UNTIL=20260310"),
        NEVER,
        special(d2026_03_03="08:00-09:00", d2026_03_10="08:00-09:00"),
    ),
    "until a moment in UTC": (
        (
            "DTSTART;TZID=Europe/Stockholm:20260303T080000",
            "DURATION:PT1H",
            "RRULE:FREQ=WEEKLY;UNTIL=20260310T065959Z",
        ),
        NEVER,
        special(d2026_03_03="08:00-09:00"),
    ),
    "every second week of a long series, from now on": (
        ("DTSTART:20260303T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20260320"),
        NEVER,
        special(d2026_03_03="08:00-09:00", d2026_03_17="08:00-09:00"),
    ),
    "every third day since long ago": (
        ("DTSTART:20000101T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY;INTERVAL=3;BYDAY=MO,TU;UNTIL=20260318"),
        NEVER,
        special(d2026_03_03="08:00-09:00", d2026_03_09="08:00-09:00"),
    ),
    "last Friday of the month": (
        ("DTSTART:20260130T080000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20260501"),
        NEVER,
        special(d2026_03_27="08:00-09:00", d2026_04_24="08:00-09:00"),
    ),
    "each year": (
        ("DTSTART;VALUE=DATE:20000606", "RRULE:FREQ=YEARLY"),
        NEVER,
        special(d2026_06_06="00:00-24:00", d2027_06_06="00:00-24:00"),
    ),
    "left out and added": (
        (
            "DTSTART:20260106T080000",
            "DURATION:PT1H",
            "RRULE:FREQ=WEEKLY",
            "EXDATE:20260303T080000",
            "EXDATE;VALUE=DATE:20260310",
            "RDATE:20260304T080000",
        ),
        week(tu="08:00-09:00"),
        special(d2026_03_03="", d2026_03_04="08:00-09:00", d2026_03_10=""),
    ),
    "left out far ahead": (
        ("DTSTART:20260106T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", "EXDATE:20300101T080000"),
        week(tu="08:00-09:00"),
        special(d2030_01_01=""),
    ),
    "in UTC, single": (
        ("DTSTART:20260310T070000Z", "DTEND:20260310T080000Z"),
        NEVER,
        special(d2026_03_10="08:00-09:00"),
    ),
    "in London": (
        ("DTSTART;TZID=Europe/London:20260105T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY"),
        week(mo="09:00-10:00"),
        (),
    ),
    "cancelled": (("DTSTART:20260310T080000", "DURATION:PT1H", "STATUS:CANCELLED"), NEVER, ()),
    "where the clock is set back": (
        ("DTSTART:20261025T004500Z", "DTEND:20261025T011500Z"),
        NEVER,
        special(d2026_10_25="02:45-03:15"),
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_event(name: str) -> None:
    lines, weekly, days = EVENTS[name]
    times = read(*lines)
    assert times.weekly == weekly
    assert times.special_days == days


def test_a_zone_whose_summer_begins_on_another_day_moves_those_weeks_alone() -> None:
    times = read("DTSTART;TZID=America/New_York:20260105T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
    assert times.weekly == week(mo="14:00-15:00")
    # From 8 to 29 March and from 25 October to 1 November New York is five hours away, not six.
    assert times.special_days[:4] == special(
        d2026_03_09="13:00-14:00", d2026_03_16="13:00-14:00", d2026_03_23="13:00-14:00", d2026_10_26="13:00-14:00"
    )


def test_one_occurrence_cancelled_and_one_moved() -> None:
    times = read(
        "BEGIN:VEVENT", "UID:a", *OFFICE, EACH_WORKDAY, "END:VEVENT",
        "BEGIN:VEVENT", "UID:a", "RECURRENCE-ID:20260303T070000Z", *OFFICE, "STATUS:CANCELLED", "END:VEVENT",
        "BEGIN:VEVENT", "UID:a", "RECURRENCE-ID;TZID=Europe/Stockholm:20260304T080000",
        "DTSTART:20260304T090000Z", "DTEND:20260304T100000Z", "END:VEVENT",
    )  # fmt: skip
    assert times.weekly == WORKDAYS
    assert times.special_days == special(d2026_03_03="", d2026_03_04="10:00-11:00")


def test_the_door_agrees_with_the_calendar_on_the_night_the_clock_changes() -> None:
    times = read("DTSTART;TZID=Europe/Stockholm:20260329T013000", "DURATION:PT2H", "RRULE:FREQ=WEEKLY")
    plan = Schedule("s", times.weekly, times.special_days)
    night = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert [is_active(plan, night + timedelta(minutes=each), STOCKHOLM) for each in (-1, 0, 29, 30, 59, 60)] == [
        False, True, True, True, True, False,
    ]  # fmt: skip


SINGLE = ("DTSTART:20260310T080000", "DURATION:PT1H")
REFUSED = {
    "no start": (("SUMMARY:Hello",), "no_start", "event 1 (Hello)"),
    "no length": (("DTSTART:20260310T080000",), "no_length", "event 1"),
    "ends before it begins": (("DTSTART:20260310T080000", "DTEND:20260310T070000"), "no_length", "event 1"),
    "two months long": (("DTSTART:20260310T080000", "DTEND:20260510T070000"), "too_long", "event 1"),
    "a date that is none": (("DTSTART:20260230T080000", "DURATION:PT1H"), "property", "event 1: DTSTART"),
    "a rule that is none": ((*SINGLE, "RRULE:FREQ=FOO"), "property", "event 1: RRULE"),
    "an unknown zone": (("DTSTART;TZID=Mars/Base:20260310T080000", "DURATION:PT1H"), "zone", "event 1: Mars/Base"),
    "the year 1": (("DTSTART:00010101T080000", "DURATION:PT1H"), "year", "event 1"),
    "two starts": ((*SINGLE, "DTSTART:20260311T080000"), "property", "event 1: DTSTART"),
    "every hour": ((*SINGLE, "RRULE:FREQ=HOURLY"), "rule", "event 1"),
    "by week number": ((*SINGLE, "RRULE:FREQ=YEARLY;BYWEEKNO=20"), "rule", "event 1"),
    "by hour": ((*SINGLE, "RRULE:FREQ=DAILY;BYHOUR=8,9"), "rule", "event 1"),
    "every no weeks": ((*SINGLE, "RRULE:FREQ=WEEKLY;INTERVAL=0"), "rule", "event 1"),
    "every minus one day": ((*SINGLE, "RRULE:FREQ=DAILY;INTERVAL=-1"), "rule", "event 1"),
    "every million weeks": ((*SINGLE, "RRULE:FREQ=WEEKLY;INTERVAL=1000000"), "rule", "event 1"),
    "no times": ((*SINGLE, "RRULE:FREQ=WEEKLY;COUNT=0"), "rule", "event 1"),
    "how often is not said": ((*SINGLE, "RRULE:BYDAY=MO"), "rule", "event 1"),
    "the zeroth of a month": ((*SINGLE, "RRULE:FREQ=MONTHLY;BYSETPOS=0;BYDAY=MO"), "rule", "event 1"),
    "the second Monday of a week": ((*SINGLE, "RRULE:FREQ=WEEKLY;BYDAY=2MO"), "rule", "event 1"),
    "two rules": ((*SINGLE, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"), "rule", "event 1"),
    "an exception rule": ((*SINGLE, "RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY"), "rule", "event 1"),
    "all from one on": ((*SINGLE, "RECURRENCE-ID;RANGE=THISANDFUTURE:20260310T080000"), "rule", "event 1"),
    "a period": ((*SINGLE, "RDATE;VALUE=PERIOD:20260310T080000Z/PT1H"), "property", "event 1"),
    "ten years ahead": (("DTSTART:20360310T080000", "DURATION:PT1H"), "too_far_ahead", "event 1"),
    "a thousand weeks": ((*SINGLE, "RRULE:FREQ=WEEKLY;COUNT=1000"), "too_far_ahead", "event 1"),
    "a date each day for years": (
        ("DTSTART:20260310T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20300101"),
        "too_many_special_days",
        "special_days",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    lines, code, where = REFUSED[name]
    with pytest.raises(CalendarRefused) as refused:
        read(*lines)
    assert (refused.value.code, refused.value.where) == (code, where)


FRAME = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n"
AN_EVENT = "BEGIN:VEVENT\r\nUID:{}\r\nDTSTART:20260310T{:02}{:02}00\r\nDURATION:PT1M\r\n{}END:VEVENT\r\n"


def many(number: int, more: str = "") -> bytes:
    events = (AN_EVENT.format(each, each // 60 % 24, each % 60, more) for each in range(number))
    return FRAME.format("".join(events)).encode()


FILES = {
    "empty": (b"", "not_a_calendar", ""),
    "an event alone": (b"BEGIN:VEVENT\r\nDTSTART:20260310T080000\r\nEND:VEVENT\r\n", "not_a_calendar", ""),
    "not text": (b"\xff\xfe\x00", "not_a_calendar", ""),
    "a page": (b"<!DOCTYPE html>", "line", "line 1"),
    "a broken line": (FRAME.format("hello world\r\n").encode(), "line", "line 3"),
    "an end without a beginning": (FRAME.format("END:VEVENT\r\n").encode(), "not_a_calendar", ""),
    "a part that ends as a zone": (
        FRAME.format("BEGIN:VTHING\r\nTZID:x\r\nEND:VTIMEZONE\r\n").encode(),
        "not_a_calendar",
        "",
    ),
    "an event that does not end": (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n", "not_a_calendar", ""),
    "too large": (b"X:" + b"a" * 256 * 1024, "too_large", ""),
    "too many events": (many(2001), "too_many_events", ""),
    "too many on one day": (many(51), "too_many_intervals", "special_days.2026-03-10"),
    "too many times": (many(400, "RRULE:FREQ=DAILY\r\n"), "too_many_times", "event 63"),
    "too many rules": (many(31, "RRULE:FREQ=MONTHLY\r\n"), "too_many_rules", ""),
}


@pytest.mark.parametrize("name", FILES)
def test_file_refused(name: str) -> None:
    data, code, where = FILES[name]
    with pytest.raises(CalendarRefused) as refused:
        from_ical(data, STOCKHOLM, AT)
    assert (refused.value.code, refused.value.where) == (code, where)


def test_a_calendar_without_events_is_never_active() -> None:
    assert from_ical(FRAME.format("").encode(), STOCKHOLM, AT) == Times(NEVER, (), {})


def test_a_file_cannot_tell_what_a_zone_is() -> None:
    zone = "BEGIN:VTIME\r\n ZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"
    zone += "TZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND;X=1:VTIMEZONE\r\n"
    event = "BEGIN:VEVENT\r\nDTSTART;TZID=Own:20260310T080000\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
    with pytest.raises(CalendarRefused) as refused:
        from_ical(FRAME.format(zone + event).encode(), STOCKHOLM, AT)
    assert refused.value.code == "zone"
    forged = GOOGLE.replace("TZOFFSETTO:+0100", "TZOFFSETTO:+1100").replace("\n", "\r\n").encode()
    assert from_ical(forged, STOCKHOLM, AT).weekly == WORKDAYS
