"""Does a door stand as the gravest order says, until the right moment, and does a bad clock never unlock it?"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.model import State
from portvakt.core.posture import NORMAL, Posture, PostureKind, posture
from portvakt.core.schedule import Interval, Schedule, SpecialDay
from portvakt.core.snapshot import Hold, Lockdown
from tests.core import plain

STOCKHOLM = ZoneInfo("Europe/Stockholm")
DAYTIME = Schedule("daytime", ((Interval(480, 1020),),) * 5 + ((), ()), (SpecialDay("2026-12-24", ()),))
# Friday 22:00 until Saturday 02:00.
NIGHT = Schedule("night", ((),) * 4 + ((Interval(1320, 120),), (), ()), ())
# Sundays 01:00 until 04:00, over both clock changes.
SUNDAY = Schedule("sunday", ((),) * 6 + ((Interval(60, 240),),), ())
ALWAYS = Schedule("always", ((Interval(0, 1440),),) * 7, ())


class ADoor(msgspec.Struct, frozen=True):
    unlock_schedule: Schedule | None = DAYTIME
    first_person_in: bool = False
    in_service: bool = True
    timezone: ZoneInfo = STOCKHOLM
    id: str = "front"


class Orders(msgspec.Struct, frozen=True):
    lockdowns: tuple[Lockdown, ...] = ()
    holds: tuple[Hold, ...] = ()


def stands(door: ADoor, at: datetime, orders: Orders, state: State) -> Posture:
    plan = door.unlock_schedule
    row = replace(
        plain.door(door.id, in_service=door.in_service, timezone=door.timezone.key),
        unlock_schedule=None if plan is None else plan.id,
        first_person_in=door.first_person_in,
    )
    rows = plain.snapshot(doors=(row,), schedules=() if plan is None else (plan,), rules=(), assignments=())
    index = compile_snapshot(replace(rows, lockdowns=orders.lockdowns, holds=orders.holds))
    return posture(index.doors[door.id], at, index, state)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).astimezone(UTC)


def second(text: str) -> int:
    return int(local(text).timestamp())


def normal(until: str | None = None) -> Posture:
    return Posture(PostureKind.NORMAL, "", None if until is None else local(until))


def unlocked(why: str, until: str | None = None) -> Posture:
    return Posture(PostureKind.UNLOCKED, why, None if until is None else local(until))


def locked_down(plan: str, until: str | None = None) -> Posture:
    return Posture(PostureKind.LOCKDOWN, plan, None if until is None else local(until))


MONDAY = "2026-03-02"
PLAIN = ADoor(unlock_schedule=None)
FIRST = ADoor(first_person_in=True)
HOLD = Hold("front", second(f"{MONDAY} 20:00"))
HELD_FOR_EVER = Hold("front", None)
FIRE_DRILL = Lockdown("drill", 3, ("back", "front"), second(f"{MONDAY} 11:00"))
SIEGE = Lockdown("siege", 9, ("front",), None)

CASES = {
    "nothing ordered": (PLAIN, Orders(), "10:00", NORMAL),
    "before the schedule": (ADoor(), Orders(), "07:59", normal(f"{MONDAY} 08:00")),
    "the schedule begins": (ADoor(), Orders(), "08:00", unlocked("schedule", f"{MONDAY} 17:00")),
    "the schedule has ended": (ADoor(), Orders(), "17:00", normal("2026-03-03 08:00")),
    "a schedule that never ends": (ADoor(ALWAYS), Orders(), "10:00", unlocked("schedule")),
    "a hold": (PLAIN, Orders(holds=(HOLD,)), "10:00", unlocked("operator", f"{MONDAY} 20:00")),
    "the hold's last second": (PLAIN, Orders(holds=(HOLD,)), "19:59:59", unlocked("operator", f"{MONDAY} 20:00")),
    "the hold has ended": (PLAIN, Orders(holds=(HOLD,)), "20:00", NORMAL),
    "a hold without end": (PLAIN, Orders(holds=(HELD_FOR_EVER,)), "10:00", unlocked("operator")),
    "another door's hold": (PLAIN, Orders(holds=(Hold("back", None),)), "10:00", NORMAL),
    "two holds": (PLAIN, Orders(holds=(HOLD, HELD_FOR_EVER)), "10:00", unlocked("operator")),
    "a hold goes before the schedule": (
        ADoor(),
        Orders(holds=(HOLD,)),
        "10:00",
        unlocked("operator", f"{MONDAY} 20:00"),
    ),
    "a hold that ends into the schedule": (
        ADoor(),
        Orders(holds=(Hold("front", second(f"{MONDAY} 12:00")),)),
        "10:00",
        unlocked("operator", f"{MONDAY} 12:00"),
    ),
    "a lockdown goes before a hold": (
        PLAIN,
        Orders((FIRE_DRILL,), (HOLD,)),
        "10:00",
        locked_down("drill", f"{MONDAY} 11:00"),
    ),
    "a lockdown goes before the schedule": (
        ADoor(),
        Orders((FIRE_DRILL,)),
        "07:00",
        locked_down("drill", f"{MONDAY} 11:00"),
    ),
    "the lockdown has ended": (PLAIN, Orders((FIRE_DRILL,), (HOLD,)), "11:00", unlocked("operator", f"{MONDAY} 20:00")),
    "another door's lockdown": (PLAIN, Orders((Lockdown("x", 9, ("back",), None),)), "10:00", NORMAL),
    "the gravest lockdown is named": (PLAIN, Orders((FIRE_DRILL, SIEGE)), "10:00", locked_down("siege")),
    "of two as grave the smaller id": (
        PLAIN,
        Orders((Lockdown("b", 9, ("front",), None), Lockdown("a", 9, ("front",), None))),
        "10:00",
        locked_down("a"),
    ),
    "when the gravest ends the other goes on": (
        PLAIN,
        Orders(
            (
                replace(FIRE_DRILL, rank=9, ends_at=None),
                replace(SIEGE, plan="a", ends_at=HOLD.ends_at),
            )
        ),
        "10:00",
        locked_down("a", f"{MONDAY} 20:00"),
    ),
    "out of service goes before all": (
        ADoor(in_service=False),
        Orders((FIRE_DRILL,), (HOLD,)),
        "10:00",
        Posture(PostureKind.OUT_OF_SERVICE),
    ),
    "the first person has not come": (FIRST, Orders(), "10:00", NORMAL),
}


@pytest.mark.parametrize("name", CASES)
def test_posture(name: str) -> None:
    door, orders, clock, expected = CASES[name]
    assert stands(door, local(f"{MONDAY} {clock}"), orders, State()) == expected


# door, who passed in first, at, expected
FIRST_PERSONS = {
    "came today": (FIRST, f"{MONDAY} 08:30", f"{MONDAY} 10:00", unlocked("first_person", f"{MONDAY} 17:00")),
    "comes this second": (FIRST, f"{MONDAY} 08:00", f"{MONDAY} 08:00", unlocked("first_person", f"{MONDAY} 17:00")),
    "came before it began": (FIRST, f"{MONDAY} 07:59:59", f"{MONDAY} 10:00", NORMAL),
    "came on Friday": (FIRST, "2026-02-27 10:00", f"{MONDAY} 10:00", NORMAL),
    "came, and the day is over": (FIRST, f"{MONDAY} 08:30", f"{MONDAY} 17:00", NORMAL),
    "comes later than now": (FIRST, f"{MONDAY} 10:01", f"{MONDAY} 10:00", NORMAL),
    "came before midnight": (
        ADoor(NIGHT, first_person_in=True),
        "2026-03-06 23:00",
        "2026-03-07 01:00",
        unlocked("first_person", "2026-03-07 02:00"),
    ),
    "came after midnight": (
        ADoor(NIGHT, first_person_in=True),
        "2026-03-07 00:10",
        "2026-03-07 01:00",
        unlocked("first_person", "2026-03-07 02:00"),
    ),
    "came the week before": (ADoor(NIGHT, first_person_in=True), "2026-02-27 23:00", "2026-03-06 23:00", NORMAL),
    "came before the spring gap": (
        ADoor(SUNDAY, first_person_in=True),
        "2026-03-29 01:30",
        "2026-03-29 03:30",
        unlocked("first_person", "2026-03-29 04:00"),
    ),
    "came ages ago to what never ends": (
        ADoor(ALWAYS, first_person_in=True),
        "2020-01-01 00:00",
        f"{MONDAY} 10:00",
        unlocked("first_person"),
    ),
}


@pytest.mark.parametrize("name", FIRST_PERSONS)
def test_the_first_person_unlocks_one_span_of_the_schedule(name: str) -> None:
    door, first, at, expected = FIRST_PERSONS[name]
    assert stands(door, local(at), Orders(), State(first_in={"front": local(first)})) == expected


def test_the_first_person_at_another_door_unlocks_nothing_here() -> None:
    state = State(first_in={"back": local(f"{MONDAY} 09:00")})
    assert stands(FIRST, local(f"{MONDAY} 10:00"), Orders(), state) == NORMAL


# Local midnight, clock changes and special days: at (UTC), expected, and until when.
BY_THE_CLOCK = [
    (NIGHT, "2026-03-06 20:59", normal("2026-03-06 22:00")),
    (NIGHT, "2026-03-06 21:00", unlocked("schedule", "2026-03-07 02:00")),
    (NIGHT, "2026-03-06 23:30", unlocked("schedule", "2026-03-07 02:00")),
    # In spring the night is an hour shorter: 01:00 CET is 00:00 UTC, 04:00 CEST is 02:00 UTC.
    (SUNDAY, "2026-03-29 00:00", unlocked("schedule", "2026-03-29 04:00")),
    (SUNDAY, "2026-03-29 01:59", unlocked("schedule", "2026-03-29 04:00")),
    (SUNDAY, "2026-03-29 02:00", normal("2026-04-05 01:00")),
    # In autumn an hour longer: 01:00 CEST is 23:00 UTC the day before, 04:00 CET is 03:00 UTC.
    (SUNDAY, "2026-10-24 23:00", unlocked("schedule", "2026-10-25 04:00")),
    (SUNDAY, "2026-10-25 02:59", unlocked("schedule", "2026-10-25 04:00")),
    (SUNDAY, "2026-10-25 03:00", normal("2026-11-01 01:00")),
    (DAYTIME, "2026-12-24 09:00", normal("2026-12-25 08:00")),
]


@pytest.mark.parametrize(("plan", "at", "expected"), BY_THE_CLOCK)
def test_the_clock_on_the_wall_decides(plan: Schedule, at: str, expected: Posture) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert stands(ADoor(plan), moment, Orders(), State()) == expected


WRONG_CLOCK = {
    "no schedule unlocks": (ADoor(), Orders(), NORMAL),
    "no first person unlocks": (FIRST, Orders(), NORMAL),
    "a hold with an end does not": (PLAIN, Orders(holds=(HOLD,)), NORMAL),
    "a hold without end does": (PLAIN, Orders(holds=(HELD_FOR_EVER,)), unlocked("operator")),
    "a lockdown lasts": (PLAIN, Orders((FIRE_DRILL,)), locked_down("drill")),
}


@pytest.mark.parametrize("name", WRONG_CLOCK)
@pytest.mark.parametrize("clock", ["10:00", "23:00"])
def test_a_clock_that_is_not_trusted(name: str, clock: str) -> None:
    door, orders, expected = WRONG_CLOCK[name]
    state = State(clock_trusted=False, first_in={"front": local(f"{MONDAY} 08:30")})
    assert stands(door, local(f"{MONDAY} {clock}"), orders, state) == expected
