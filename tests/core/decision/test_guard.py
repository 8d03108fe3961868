"""Is a broken guard found at its first moment, by an example that decide grants, and a kept one never called broken?"""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.guard import DAYS, Counterexample, Guard, counterexample
from portvakt.core.decision.model import AuthType, CredentialKind, Side
from portvakt.core.decision.spans import minutes_from
from portvakt.core.decision.timetable import Timetable, Zone
from portvakt.core.schedule import Interval, Schedule, SpecialDay, is_active
from tests.core.decision.brute import MOMENTS, START, held_to, quiet, rights
from tests.core.decision.worlds import DOORS, PERSONS
from tests.core.plain import (
    AT,
    EVENINGS,
    OFFICE_HOURS,
    SECOND,
    STOCKHOLM,
    assigned,
    door,
    key_card,
    person,
    pin_of,
    rule,
    snapshot,
)

DAY = 86_400
FRONT = frozenset({"front"})
ALWAYS = Guard("g", None, FRONT, None)
PLAIN = snapshot(rules=(rule(schedule="office"),))


def at_times(*intervals: Interval, **special: tuple[Interval, ...]) -> Schedule:
    days = tuple(SpecialDay(name[1:].replace("_", "-"), each) for name, each in special.items())
    return Schedule("guarded", (intervals,) * 7, days)


def during(*intervals: Interval, **special: tuple[Interval, ...]) -> Guard:
    return replace(ALWAYS, schedule=at_times(*intervals, **special))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).astimezone(UTC)


LAST_DAY = (AT + timedelta(days=DAYS - 1)).date().isoformat()
# rows, guard, the first moment (Stockholm) at which it is broken, None where it is kept
CASES = {
    "broken now": (PLAIN, ALWAYS, "2026-03-02 10:00"),
    "broken this evening": (replace(PLAIN, rules=(rule(schedule="evenings"),)), ALWAYS, "2026-03-02 18:00"),
    "kept by the schedule": (PLAIN, during(Interval(1020, 480)), None),
    "broken by its last minute": (PLAIN, during(Interval(1019, 480)), "2026-03-02 16:59"),
    "broken by its first minute": (PLAIN, during(Interval(1020, 481)), "2026-03-03 08:00"),
    "kept at another door": (PLAIN, replace(ALWAYS, doors=frozenset({"back"})), None),
    "kept by others": (PLAIN, replace(ALWAYS, persons=frozenset({"somebody"})), None),
    "broken by one of them": (PLAIN, replace(ALWAYS, persons=frozenset({"somebody", "holder"})), "2026-03-02 10:00"),
    "kept, nobody is in the rule": (replace(PLAIN, assignments=()), ALWAYS, None),
    "kept, the person is suspended": (replace(PLAIN, persons=(person(suspended=True),)), ALWAYS, None),
    "kept, the card is": (replace(PLAIN, credentials=(key_card(enabled=False), pin_of())), ALWAYS, None),
    "kept, the person has left": (replace(PLAIN, persons=(person(until=SECOND),)), ALWAYS, None),
    "broken in the last second": (replace(PLAIN, persons=(person(until=SECOND + 1),)), ALWAYS, "2026-03-02 10:00"),
    "kept, the right ends before the guard begins": (
        replace(PLAIN, assignments=(assigned(until=SECOND + 3600),)),
        during(Interval(660, 720)),
        None,
    ),
    "broken, the right ends a second after": (
        replace(PLAIN, assignments=(assigned(until=SECOND + 3601),)),
        during(Interval(660, 720)),
        "2026-03-02 11:00",
    ),
    "broken when the right begins": (
        replace(PLAIN, assignments=(assigned(since=SECOND + 3661),)),
        ALWAYS,
        "2026-03-02 11:01:01",
    ),
    "kept, rule and assignment never meet": (
        replace(PLAIN, rules=(rule(until=SECOND + 60),), assignments=(assigned(since=SECOND + 60),)),
        ALWAYS,
        None,
    ),
    "kept, all is past": (replace(PLAIN, assignments=(assigned(until=SECOND - DAY),)), ALWAYS, None),
    "broken on a special day of the rule": (
        replace(
            PLAIN,
            schedules=(EVENINGS, replace(OFFICE_HOURS, special_days=(SpecialDay("2026-03-07", (Interval(0, 60),)),))),
        ),
        during(Interval(0, 60)),
        "2026-03-07 00:00",
    ),
    "broken on a special day of the guard": (PLAIN, during(d2026_03_10=(Interval(600, 660),)), "2026-03-10 10:00"),
    "broken on the last day looked at": (
        PLAIN,
        during(**{"d" + LAST_DAY.replace("-", "_"): (Interval(540, 545),)}),
        f"{LAST_DAY} 09:00",
    ),
    "kept, all its special days are closed": (
        replace(PLAIN, rules=(rule(until=SECOND + 4 * 3600),)),
        during(Interval(0, 1440), d2026_03_02=()),
        None,
    ),
    "broken half a year ahead": (
        replace(PLAIN, assignments=(assigned(since=SECOND + 180 * DAY + 5),)),
        ALWAYS,
        "2026-08-31 08:00",
    ),
    "broken where the summer moves the clock": (
        replace(PLAIN, rules=(rule(since=int(local("2026-03-29 00:00").timestamp())),)),
        during(Interval(150, 200)),
        "2026-03-29 03:00",
    ),
    "out of service keeps no promise": (replace(PLAIN, doors=(door(in_service=False),)), ALWAYS, "2026-03-02 10:00"),
    "broken by the way out": (
        replace(PLAIN, rules=(rule(entry=(), exits=(AuthType.PIN,)),)),
        ALWAYS,
        "2026-03-02 10:00",
    ),
    "an exit button is nobody's": (
        replace(PLAIN, rules=(rule(entry=(AuthType.REX,), exits=(AuthType.REX,)),)),
        ALWAYS,
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_guard(name: str) -> None:
    rows, guard, moment = CASES[name]
    found = counterexample(compile_snapshot(rows), [guard], AT)
    assert (found and found.moment) == (moment and local(moment))


def test_the_example_says_who_where_how_and_by_what() -> None:
    expected = Counterexample("g", "holder", "front", Side.ENTRY, AuthType.KEY_CARD, "staff", AT)
    assert (
        counterexample(compile_snapshot(PLAIN), [replace(ALWAYS, id="kept", doors=frozenset()), ALWAYS], AT) == expected
    )


def test_the_first_of_several_is_shown() -> None:
    rows = replace(
        PLAIN,
        persons=(person(), person("a"), person("b")),
        credentials=(key_card(), key_card(2, of="a"), key_card(3, of="b")),
        rules=(rule(schedule="office"), rule("night", schedule="evenings")),
        assignments=(assigned("night"), assigned(who="b", since=SECOND + 60), assigned(who="a", since=SECOND + 60)),
    )
    found = counterexample(compile_snapshot(rows), [ALWAYS], AT)
    assert found is not None
    assert (found.person, found.moment) == ("a", AT + timedelta(minutes=1))


ZONES = ["Europe/Stockholm", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Chatham"]


@pytest.mark.parametrize("zone", ZONES)
def test_minutes_are_those_of_the_schedule(zone: str) -> None:
    plan = replace(
        at_times(Interval(90, 155), Interval(1300, 30)),
        special_days=(SpecialDay("2026-03-29", (Interval(0, 150),)), SpecialDay("2026-04-05", ())),
    )
    begin = datetime(2026, 3, 6, 20, 15, tzinfo=UTC)
    minutes = minutes_from(Timetable(plan), Zone(ZoneInfo(zone)), int(begin.timestamp()), 32).to_bytes(
        32 * 1440, "little"
    )
    for minute in range(0, 32 * 1440, 5):
        assert (minutes[minute] == 1) is is_active(plan, begin + timedelta(minutes=minute), ZoneInfo(zone))


@pytest.mark.parametrize("number", range(8))
def test_the_same_as_asking_at_every_moment(number: int) -> None:
    chance = Random(f"guard {number}")
    rows = quiet(number)
    persons = chance.choice([None, frozenset(chance.sample(PERSONS, 2))])
    starts = chance.choice([0, 240, 600, 1320])
    plan = chance.choice([None, at_times(Interval(starts, (starts + 60) % 1440), d2026_03_01=())])
    guard = Guard("g", persons, frozenset(chance.sample(DOORS, chance.choice([1, 2]))), plan)
    auth_type = chance.choice([each for each in AuthType if each is not AuthType.REX])
    found = counterexample(compile_snapshot(held_to(rows, auth_type)), [guard], START)
    zones = {each.id: each for each in compile_snapshot(rows).doors.values()}
    broken = sorted(
        (at, person, name, side, by)
        for (person, name, side, at), by in rights(rows, auth_type).items()
        if name in guard.doors
        and (persons is None or person in persons)
        and (plan is None or is_active(plan, at, zones[name].timezone))
    )
    if not broken:
        assert found is None or found.moment > MOMENTS[-1]
    else:
        assert found is not None
        assert (found.moment, found.person, found.door, found.side) == broken[0][:4]


def test_a_duress_pin_breaks_a_guard_as_the_pin_does() -> None:
    rows = replace(
        PLAIN, rules=(rule(entry=(AuthType.PIN,)),), credentials=(replace(pin_of(), kind=CredentialKind.DURESS_PIN),)
    )
    found = counterexample(compile_snapshot(rows), [ALWAYS], AT)
    assert found is not None
    assert found.auth_type is AuthType.PIN
