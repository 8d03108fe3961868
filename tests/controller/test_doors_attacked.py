"""What do doors do when things meet that seldom meet: company and a newer snapshot, a lockdown and a slow disk, two who ask at once?"""

import asyncio
import logging

import msgspec
import pytest

from portvakt.controller.doors import RELEASE_WITHIN_SECONDS
from portvakt.controller.outputs import ExitPressed
from portvakt.controller.readers import CardRead, Signal
from portvakt.core.credentials import pin_digest
from portvakt.core.decision.compile import amend, compile_snapshot
from portvakt.core.decision.model import AuthType, CredentialKind, Escort, Granted, NeedFactor
from portvakt.core.decision.presence import COMPANY_SECONDS
from portvakt.core.door import DoorState
from portvakt.core.snapshot import (
    Area,
    Assignment,
    Credential,
    Delta,
    Hold,
    Interlock,
    Lockdown,
    Person,
    RuleDoor,
    Snapshot,
)
from tests.controller.fakes import NOON
from tests.controller.rig import Rig, run
from tests.controller.site import (
    BACK,
    BACK_IN,
    BITS,
    CARD_ANNA,
    CARD_BO,
    FRONT,
    FRONT_IN,
    KEY,
    SITE,
    card,
    door,
    rule,
    site,
)

EVERY = tuple(AuthType)
DURESS = "975310"
BOTH = (rule("rule-front", RuleDoor(FRONT, EVERY, EVERY)), *SITE.rules[1:])


def hall(area: Area, **changes: object) -> Snapshot:
    """Everything opens the front door for Anna and Bo, into the area; Anna has a duress PIN."""
    plain: dict[str, object] = {
        "doors": (door(FRONT, entry=EVERY, exit=EVERY, inside=area.id), door(BACK)),
        "areas": (area,),
        "rules": BOTH,
        "assignments": (*SITE.assignments, Assignment("rule-front", "bo", None, None)),
        "credentials": (
            *SITE.credentials,
            Credential("duress", "anna", CredentialKind.DURESS_PIN, pin_digest(KEY, DURESS), True, None, None),
        ),
    }
    return site(**(plain | changes))


def told(rig: Rig) -> list[tuple[str, str | None]]:
    return [(event.kind.value if event.reason is None else event.reason.value, event.person) for event in rig.events]


# ── company ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_card_revoked_while_its_holder_waits_lets_nobody_in_when_the_bars_are_over() -> None:
    async def story() -> None:
        rig = Rig(hall(Area("hall", two_person=True)))
        await rig.card(CARD_ANNA)
        revoked = msgspec.structs.replace(card("card-anna", "anna", CARD_ANNA), enabled=False)
        rig.put_in_force(hall(Area("hall", two_person=True), credentials=(revoked, *SITE.credentials[1:])))
        await rig.card(CARD_BO)
        assert rig.outputs.released[FRONT] is False
        await rig.advance(COMPANY_SECONDS)
        assert sorted(told(rig)) == [("second_person_missing", "anna"), ("second_person_missing", "bo")]

    run(story)


def test_who_is_replaced_by_another_who_waits_is_told_of_too() -> None:
    async def story() -> None:
        visitors = tuple(Person(name, False, None, None, 0, Escort.NEEDED) for name in ("anna", "bo"))
        rig = Rig(hall(Area("hall", escort=True), persons=(*visitors, SITE.persons[2])))
        await rig.card(CARD_ANNA)
        await rig.card(CARD_BO)
        assert told(rig) == [("escort_missing", "anna")]
        assert rig.shown[-1] == (FRONT_IN, Signal.WAIT_FOR_PERSON)
        await rig.advance(COMPANY_SECONDS)
        assert told(rig) == [("escort_missing", "anna"), ("escort_missing", "bo")]

    run(story)


def test_who_presents_again_waits_from_then_on() -> None:
    async def story() -> None:
        rig = Rig(hall(Area("hall", two_person=True)))
        await rig.card(CARD_ANNA)
        await rig.advance(COMPANY_SECONDS - 5)
        await rig.card(CARD_ANNA)
        await rig.advance(COMPANY_SECONDS - 5)
        assert rig.events == []
        await rig.card(CARD_BO)
        assert told(rig) == [("access_granted", "anna"), ("access_granted", "bo")]
        await rig.advance(COMPANY_SECONDS)
        assert told(rig)[2:] == []

    run(story)


def test_who_waits_at_a_door_that_leaves_is_told_of() -> None:
    async def story() -> None:
        rig = Rig(hall(Area("hall", two_person=True)))
        await rig.card(CARD_ANNA)
        rig.put_in_force(site(doors=(door(BACK),), readers=SITE.readers[1:], rules=()))
        await rig.advance(COMPANY_SECONDS)
        assert told(rig) == [("second_person_missing", "anna")]

    run(story)


def test_an_alarm_names_who_was_under_duress_and_not_who_came_along(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        caplog.set_level(logging.INFO)
        rig = Rig(hall(Area("hall", two_person=True)))
        await rig.keys(f"{DURESS}#", FRONT_IN)
        await rig.card(CARD_BO)
        assert [person for kind, person in told(rig) if kind == "duress"] == ["anna", "anna"]
        await rig.advance(COMPANY_SECONDS)
        assert [each for each in caplog.messages if "duress" in each] == []
        assert "access_granted" in caplog.messages

    run(story)


# ── two lockdowns ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_graver_lockdown_of_the_same_doors_ends_no_other() -> None:
    async def story() -> None:
        soon = int(NOON.timestamp()) + 60
        lesser, graver = Lockdown("lesser", 1, (FRONT,), None), Lockdown("graver", 5, (FRONT,), soon)
        rig = Rig(site(lockdowns=(lesser,)))
        rig.put_in_force(site(lockdowns=(lesser, graver)))
        await rig.doors.settle()
        begun = [("lockdown_begun", "plan lesser"), ("lockdown_begun", "plan graver")]
        assert [(event.kind.value, event.detail) for event in rig.events] == begun
        await rig.advance(60)
        assert rig.doors.live()[FRONT].posture.why == "lesser"
        rig.put_in_force(site())
        await rig.doors.settle()
        ended = [("lockdown_ended", "plan graver"), ("lockdown_ended", "plan lesser")]
        assert [(event.kind.value, event.detail) for event in rig.events] == begun + ended

    run(story)


# ── a slow disk ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def meanwhile(rig: Rig, seconds: float = 0.0, *, then: Snapshot | None = None) -> None:
    """Let the disk wait, and let that happen before it goes on."""
    # Tasks that were begun get as far as the disk.
    await asyncio.sleep(0)
    if then is not None:
        rig.put_in_force(then)
    rig.clock.advance(seconds)
    rig.disk.set()
    await rig.doors.settle()


LOCKED_DOWN = site(lockdowns=(Lockdown("plan-1", 5, (FRONT,), None),))


def test_a_lockdown_ends_a_grant_that_still_waits_for_the_disk() -> None:
    async def story() -> None:
        rig = Rig()
        rig.disk.clear()
        rig.doors.from_reader(CardRead(FRONT_IN, BITS, CARD_ANNA))
        await meanwhile(rig, then=LOCKED_DOWN)
        assert f"release {FRONT}" not in rig.diary
        assert rig.shown == [(FRONT_IN, Signal.LOCKED_DOWN)]
        assert sorted(told(rig)) == [("access_granted", "anna"), ("lockdown", "anna"), ("lockdown_begun", None)]

    run(story)


def test_a_lockdown_that_begins_meanwhile_does_not_stop_who_overrides_it() -> None:
    async def story() -> None:
        guard = msgspec.structs.replace(SITE.persons[0], overrides=5)
        rig = Rig()
        rig.disk.clear()
        rig.doors.from_reader(CardRead(FRONT_IN, BITS, CARD_ANNA))
        await meanwhile(rig, then=msgspec.structs.replace(LOCKED_DOWN, persons=(guard, *SITE.persons[1:])))
        assert rig.outputs.released[FRONT] is True

    run(story)


def test_who_wants_out_of_a_lockdown_waits_for_no_disk() -> None:
    async def story() -> None:
        rig = Rig(LOCKED_DOWN)
        rig.disk.clear()
        rig.doors.from_door(ExitPressed(FRONT))
        assert rig.outputs.released[FRONT] is True
        rig.disk.set()
        await rig.doors.settle()
        assert rig.outputs.released[FRONT] is True

    run(story)


def test_of_two_who_were_granted_too_late_both_are_told_not_to_have_passed() -> None:
    async def story() -> None:
        rig = Rig(hall(Area("hall", two_person=True)))
        await rig.card(CARD_ANNA)
        rig.disk.clear()
        rig.doors.from_reader(CardRead(FRONT_IN, BITS, CARD_BO))
        await meanwhile(rig, RELEASE_WITHIN_SECONDS)
        assert told(rig)[2:] == [("fault", "anna"), ("fault", "bo")]

    run(story)


# ── interlocks ───────────────────────────────────────────────────────────────────────────────────────────────────────

LOCK = site(interlocks=(Interlock("lock", (FRONT, BACK)),))


def test_an_interlock_counts_what_an_operator_releases_before_the_disk_has_it() -> None:
    async def story() -> None:
        rig = Rig(LOCK)
        rig.disk.clear()
        released = asyncio.create_task(rig.doors.release(FRONT, "c1"))
        await asyncio.sleep(0)
        assert rig.doors.deciding.state.unsecured == {FRONT}
        rig.clock.advance(RELEASE_WITHIN_SECONDS)
        rig.disk.set()
        assert await released is not None
        await rig.doors.settle()
        assert rig.doors.deciding.state.unsecured == frozenset()

    run(story)


def test_a_door_that_left_open_and_came_back_locked_holds_no_interlock() -> None:
    async def story() -> None:
        rig = Rig(LOCK)
        await rig.contact(open_=True)
        assert rig.doors.deciding.state.unsecured == {FRONT}
        rig.put_in_force(site(doors=(door(BACK),), readers=SITE.readers[1:], rules=SITE.rules[1:]))
        rig.put_in_force(LOCK)
        await rig.keys("902615#", BACK_IN)
        assert told(rig)[-1] == ("access_granted", "bo")

    run(story)


# ── a phone and a reader at once ─────────────────────────────────────────────────────────────────────────────────────


def test_who_asks_from_a_distance_neither_takes_nor_disturbs_what_is_presented_at_the_door() -> None:
    async def story() -> None:
        rules = (*SITE.rules, rule("rule-remote", RuleDoor(BACK, (AuthType.REMOTE,), ())))
        rig = Rig(site(rules=rules, assignments=(*SITE.assignments, Assignment("rule-remote", "bo", None, None))))
        await rig.card(CARD_ANNA, BACK_IN)
        await rig.keys("47")
        assert isinstance(await rig.from_phone(BACK, "bo"), Granted)
        await rig.keys("11#")
        assert told(rig) == [("access_granted", "bo"), ("access_granted", "anna")]

    run(story)


def test_digits_typed_at_the_door_do_not_shut_out_who_asks_from_a_distance() -> None:
    async def story() -> None:
        only_pairs = (AuthType.KEY_CARD_PLUS_PIN, AuthType.REMOTE)
        rules = (*SITE.rules, rule("rule-remote", RuleDoor(BACK, (AuthType.REMOTE,), ())))
        rig = Rig(
            site(
                doors=(door(FRONT), door(BACK, entry=only_pairs)),
                rules=rules,
                assignments=(*SITE.assignments, Assignment("rule-remote", "bo", None, None)),
            )
        )
        await rig.keys("1234#")
        assert rig.shown[-1] == (BACK_IN, Signal.NEED_PIN)
        assert isinstance(await rig.from_phone(BACK, "bo"), Granted)

    run(story)


def test_who_has_to_wait_with_a_wish_tells_of_whose_card_waited_there() -> None:
    async def story() -> None:
        types = (AuthType.KEY_CARD_PLUS_PIN, AuthType.REMOTE_PLUS_PHONE)
        rules = (*SITE.rules, rule("rule-remote", RuleDoor(BACK, (AuthType.REMOTE_PLUS_PHONE,), ())))
        rig = Rig(
            site(
                doors=(door(FRONT), door(BACK, entry=types)),
                rules=rules,
                assignments=(*SITE.assignments, Assignment("rule-remote", "bo", None, None)),
            )
        )
        await rig.card(CARD_ANNA, BACK_IN)
        assert isinstance(await rig.from_phone(BACK, "bo"), NeedFactor)
        assert told(rig) == [("factor_missing", "anna")]

    run(story)


def test_wishes_for_doors_that_are_not_here_leave_nothing_behind() -> None:
    async def story() -> None:
        rig = Rig()
        for number in range(10):
            await rig.from_phone(f"elsewhere-{number}", "anna")
        assert rig.doors._sides._factors == {}
        assert rig.doors.deciding.state.pin_tries == {}

    run(story)


# ── a newer snapshot ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_delta_about_persons_alone_looks_at_no_doors_posture_and_one_about_the_site_does() -> None:
    async def story() -> None:
        rig = Rig()
        index = compile_snapshot(SITE)
        rig.doors.put_in_force(SITE, index, rig.clock.now())
        timer = rig.clock.timers[-1]
        rows = msgspec.structs.replace(SITE, version=2, persons=(), credentials=(), assignments=())
        rig.doors.put_in_force(SITE, amend(index, Delta(1, ("bo",), False, rows)), rig.clock.now())
        assert not timer.cancelled
        rig.put_in_force(site(holds=(Hold(FRONT, None),)))
        assert rig.doors.live()[FRONT].state is DoorState.UNLOCKED

    run(story)


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_snapshot_that_comes_while_the_controller_goes_down_unlocks_nothing() -> None:
    async def story() -> None:
        rig = Rig()
        rig.doors.lock_all()
        rig.put_in_force(site(holds=(Hold(FRONT, None),)))
        await rig.doors.settle()
        assert rig.outputs.released[FRONT] is False
        assert DoorState.UNLOCKED.value not in rig.doors.states().values()

    run(story)
