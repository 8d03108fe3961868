"""Does each door do the right thing, in the right order, about what readers, wires and the server tell it?"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from portvakt.controller.doors import RELEASE_WITHIN_SECONDS
from portvakt.controller.factors import FACTOR_SECONDS, KEY_SECONDS
from portvakt.controller.journal import JournalFull
from portvakt.controller.outputs import ExitPressed
from portvakt.controller.readers import CardRead, ReaderChanged, ReaderState, Signal
from portvakt.core.decision.model import AuthType, Denied, Reason, Side
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import PastAge, Reader
from tests.controller.fakes import NOON
from tests.controller.rig import Rig, run
from tests.controller.site import (
    BACK,
    BACK_IN,
    BITS,
    CARD_ANNA,
    CARD_BO,
    CARD_SUSPENDED,
    CARD_UNKNOWN,
    FRONT,
    FRONT_IN,
    HELD_OPEN_SECONDS,
    PIN_ANNA,
    PIN_BO,
    RELEASE_SECONDS,
    door,
    person,
    site,
)


def test_the_event_is_kept_before_the_strike_is_released() -> None:
    async def story() -> None:
        rig = Rig()
        rig.disk.clear()
        rig.doors.from_reader(CardRead(FRONT_IN, BITS, CARD_ANNA))
        for _ in range(20):
            await asyncio.sleep(0)
        assert rig.outputs.released[FRONT] is False
        rig.disk.set()
        await rig.doors.settle()
        assert rig.diary[-2:] == ["access_granted", f"release {FRONT}"]
        assert rig.shown == [(FRONT_IN, Signal.GRANTED)]
        [event] = rig.events
        assert (event.at, event.door, event.side, event.reader) == (NOON, FRONT, Side.ENTRY, FRONT_IN)
        assert (event.auth_type, event.person, event.credential, event.rule) == (
            AuthType.KEY_CARD,
            "anna",
            "card-anna",
            "rule-front",
        )

    run(story)


@pytest.mark.parametrize(("stalled", "opens"), [(RELEASE_WITHIN_SECONDS - 1, True), (RELEASE_WITHIN_SECONDS, False)])
def test_a_disk_that_stalls_opens_to_nobody_once_whoever_stood_there_has_gone(stalled: float, *, opens: bool) -> None:
    async def story() -> None:
        rig = Rig()
        rig.disk.clear()
        rig.doors.from_reader(CardRead(FRONT_IN, BITS, CARD_ANNA))
        for _ in range(20):
            await asyncio.sleep(0)
        rig.clock.advance(stalled)
        rig.disk.set()
        await rig.doors.settle()
        assert rig.outputs.released[FRONT] is opens
        assert rig.said() == ["access_granted", *([] if opens else ["access_denied: fault"])]
        assert rig.shown == [(FRONT_IN, Signal.GRANTED if opens else Signal.DENIED)]

    run(story)


def test_an_operators_release_that_is_kept_too_late_is_answered_so() -> None:
    async def story() -> None:
        rig = Rig()
        rig.disk.clear()
        asked = asyncio.create_task(rig.doors.release(FRONT, "command"))
        for _ in range(20):
            await asyncio.sleep(0)
        rig.clock.advance(RELEASE_WITHIN_SECONDS)
        rig.disk.set()
        assert await asked is Reason.FAULT
        await rig.doors.settle()
        assert rig.outputs.released[FRONT] is False

    run(story)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (CARD_UNKNOWN, "unknown_credential"),
        (CARD_BO, "unauthorised"),
        (CARD_SUSPENDED, "person_suspended"),
        (b"", "unknown_credential"),
        (b"far more bytes than bits", "unknown_credential"),
    ],
)
def test_a_card_that_may_not_pass_is_denied_with_its_reason(data: bytes, reason: str) -> None:
    async def story() -> None:
        rig = Rig()
        await rig.card(data)
        assert rig.said() == [f"access_denied: {reason}"]
        assert rig.outputs.released == {FRONT: False, BACK: False}
        assert rig.shown == [(FRONT_IN, Signal.DENIED)]

    run(story)


# (what happens, in order: a card, keys or seconds that pass) -> what is logged at the door that wants card and PIN
PRESENTED: list[tuple[tuple[bytes | str | float, ...], list[str]]] = [
    ((CARD_ANNA, f"{PIN_ANNA}#"), ["access_granted"]),
    ((CARD_ANNA, *PIN_ANNA, "#"), ["access_granted"]),
    ((CARD_ANNA, "99*", f"{PIN_ANNA}#"), ["access_granted"]),
    ((CARD_ANNA, f"{PIN_BO}#"), ["access_denied: wrong_pin"]),
    ((CARD_ANNA, "1#"), ["access_denied: wrong_pin"]),
    ((CARD_ANNA, f"{PIN_ANNA}00000#"), ["access_denied: wrong_pin"]),
    # Ten digits are a passcode, and no partner of a card.
    ((CARD_ANNA, f"{PIN_ANNA}000000#"), ["access_denied: factor_missing", "access_denied: unknown_credential"]),
    ((CARD_ANNA, "1" * 500 + "#"), ["access_denied: wrong_pin"]),
    ((CARD_ANNA, f"{PIN_BO}#", f"{PIN_ANNA}#"), ["access_denied: wrong_pin"]),
    ((CARD_ANNA, f"{PIN_BO}#", f"{PIN_ANNA}#", CARD_ANNA), ["access_denied: wrong_pin", "access_granted"]),
    ((CARD_ANNA, CARD_BO), ["access_denied: factor_missing", "access_denied: auth_type_not_accepted"]),
    ((CARD_ANNA, CARD_ANNA, f"{PIN_ANNA}#"), ["access_granted"]),
    ((f"{PIN_ANNA}#", CARD_ANNA), ["access_granted"]),
    ((f"{PIN_ANNA}#", FACTOR_SECONDS), ["access_denied: factor_missing"]),
    ((CARD_ANNA, FACTOR_SECONDS - 1, f"{PIN_ANNA}#"), ["access_granted"]),
    ((CARD_ANNA, FACTOR_SECONDS, f"{PIN_ANNA}#"), ["access_denied: factor_missing"]),
    ((CARD_ANNA, "47", KEY_SECONDS - 1, "11#"), ["access_granted"]),
    ((CARD_ANNA, "47", KEY_SECONDS, f"{PIN_ANNA}#"), ["access_granted"]),
    ((CARD_ANNA, "47", KEY_SECONDS, "11#"), ["access_denied: wrong_pin"]),
    ((f"{PIN_BO}#",), ["access_granted"]),
    (("9026", KEY_SECONDS, "15#"), ["access_denied: unknown_credential"]),
    (("#", "*", "x", "#"), []),
    ((CARD_ANNA,), []),
]


@pytest.mark.parametrize(("acts", "said"), PRESENTED)
def test_card_and_pin_belong_together_within_their_time(acts: Sequence[bytes | str | float], said: list[str]) -> None:
    async def story() -> None:
        rig = Rig()
        for act in acts:
            if isinstance(act, bytes):
                await rig.card(act, BACK_IN)
            elif isinstance(act, str):
                await rig.keys(act)
            else:
                await rig.advance(act)
        assert rig.said() == said
        assert rig.outputs.released[BACK] == (said[-1:] == ["access_granted"])

    run(story)


def test_the_reader_asks_for_the_pin_and_says_when_it_waited_in_vain() -> None:
    async def story() -> None:
        rig = Rig()
        await rig.card(CARD_ANNA, BACK_IN)
        assert rig.shown == [(BACK_IN, Signal.NEED_PIN)]
        await rig.advance(FACTOR_SECONDS)
        assert rig.shown == [(BACK_IN, Signal.NEED_PIN), (BACK_IN, Signal.DENIED)]

    run(story)


def test_a_factor_waits_at_its_own_reader_only() -> None:
    async def story() -> None:
        rig = Rig()
        await rig.card(CARD_ANNA, BACK_IN)
        await rig.keys(f"{PIN_ANNA}#", FRONT_IN)
        await rig.keys(f"{PIN_ANNA}#", BACK_IN)
        assert [event.door for event in rig.events] == [FRONT, BACK]
        assert [event.kind for event in rig.events] == [EventKind.ACCESS_DENIED, EventKind.ACCESS_GRANTED]

    run(story)


def test_five_wrong_pins_lock_pins_and_leave_cards_alone() -> None:
    async def story() -> None:
        rig = Rig()
        for _ in range(5):
            await rig.keys("8642#", FRONT_IN)
        await rig.keys(f"{PIN_BO}#", FRONT_IN)
        await rig.card(CARD_ANNA)
        assert rig.said()[-2:] == ["access_denied: pin_locked", "access_granted"]

    run(story)


# (what the contact and the clock do after a grant at the front door) -> (events, state, released)
PASSAGES: list[tuple[tuple[bool | float, ...], list[str], str, bool]] = [
    ((), [], "released", True),
    ((RELEASE_SECONDS - 1,), [], "released", True),
    ((RELEASE_SECONDS,), [], "locked", False),
    ((True,), ["door_opened"], "open", True),
    ((True, False), ["door_opened", "door_closed"], "locked", False),
    ((True, RELEASE_SECONDS), ["door_opened"], "open", False),
    ((True, HELD_OPEN_SECONDS), ["door_opened", "door_held_open"], "held_open", False),
    ((True, HELD_OPEN_SECONDS, False), ["door_opened", "door_held_open", "door_closed"], "locked", False),
    ((True, False, HELD_OPEN_SECONDS), ["door_opened", "door_closed"], "locked", False),
    ((RELEASE_SECONDS, True), ["door_forced"], "forced", False),
]


@pytest.mark.parametrize(("acts", "said", "state", "released"), PASSAGES)
def test_a_passage_ends_with_a_locked_door_and_the_right_events(
    acts: Sequence[bool | float], said: list[str], state: str, *, released: bool
) -> None:
    async def story() -> None:
        rig = Rig()
        await rig.contact(open_=False)
        await rig.card(CARD_ANNA)
        for act in acts:
            if isinstance(act, bool):
                await rig.contact(open_=act)
            else:
                await rig.advance(act)
        assert rig.said() == ["access_granted", *said]
        assert rig.doors.states()[FRONT] == state
        assert rig.outputs.released[FRONT] is released

    run(story)


def test_a_door_found_open_at_the_start_is_forced_until_it_is_closed() -> None:
    async def story() -> None:
        rig = Rig()
        await rig.contact(open_=True)
        await rig.contact(open_=False)
        assert rig.said() == ["door_forced", "door_closed"]

    run(story)


def test_the_exit_button_opens_without_a_person_and_an_unknown_door_does_nothing() -> None:
    async def story() -> None:
        rig = Rig()
        rig.doors.from_door(ExitPressed(FRONT))
        rig.doors.from_door(ExitPressed("elsewhere"))
        await rig.doors.settle()
        assert rig.diary[-2:] == [f"release {FRONT}", "access_granted"]
        assert (rig.events[0].auth_type, rig.events[0].side, rig.events[0].person) == (AuthType.REX, Side.EXIT, None)

    run(story)


def test_the_exit_button_waits_for_no_disk_and_a_late_one_takes_nothing_back() -> None:
    async def story() -> None:
        rig = Rig()
        rig.disk.clear()
        rig.doors.from_door(ExitPressed(FRONT))
        assert rig.outputs.released[FRONT] is True
        for _ in range(20):
            await asyncio.sleep(0)
        rig.clock.advance(RELEASE_WITHIN_SECONDS)
        rig.disk.set()
        await rig.doors.settle()
        assert rig.said() == ["access_granted"]
        assert rig.outputs.diary.count(f"release {FRONT}") == 1

    run(story)


def test_the_exit_button_opens_where_the_journal_is_full() -> None:
    async def story() -> None:
        rig = Rig()

        async def full(_events: Sequence[Event]) -> None:
            raise JournalFull

        rig.doors._append = full
        rig.doors.from_door(ExitPressed(FRONT))
        await rig.doors.settle()
        assert rig.outputs.released[FRONT] is True

    run(story)


def test_an_exit_button_that_the_door_does_not_take_opens_nothing() -> None:
    async def story() -> None:
        rig = Rig(site(doors=(door(FRONT, exit=()), door(BACK))))
        rig.doors.from_door(ExitPressed(FRONT))
        await rig.doors.settle()
        assert rig.said() == ["access_denied: auth_type_not_accepted"]
        assert rig.outputs.released[FRONT] is False

    run(story)


def test_a_swap_half_way_keeps_doors_and_timers_and_acts_on_the_new_rules() -> None:
    async def story() -> None:
        rig = Rig()
        await rig.contact(open_=False)
        await rig.card(CARD_ANNA)
        await rig.card(CARD_ANNA, BACK_IN)
        before = list(rig.diary)
        rig.put_in_force(site(version=2, persons=(person("anna"), person("bo"), person("suspended"))))
        assert rig.diary == before
        assert rig.doors.states() == {FRONT: "released", BACK: "locked"}
        await rig.keys(f"{PIN_ANNA}#")
        await rig.card(CARD_SUSPENDED)
        assert rig.said() == ["access_granted"] * 3
        await rig.advance(RELEASE_SECONDS)
        assert rig.doors.states()[FRONT] == "locked"

    run(story)


def test_a_card_that_waits_is_forgotten_when_its_reader_moves_to_another_door() -> None:
    async def story() -> None:
        rig = Rig()
        await rig.card(CARD_ANNA, BACK_IN)
        rig.put_in_force(site(version=2, readers=(Reader(BACK_IN, FRONT, Side.ENTRY, "bus0", 1, 115200),)))
        await rig.keys(f"{PIN_ANNA}#")
        await rig.card(CARD_ANNA, FRONT_IN)
        assert rig.said() == ["access_denied: auth_type_not_accepted"]

    run(story)


def test_a_door_that_leaves_the_snapshot_is_locked_even_with_a_grant_on_its_way() -> None:
    async def story() -> None:
        rig = Rig()
        rig.doors.from_door(ExitPressed(BACK))
        await rig.doors.settle()
        assert rig.outputs.released[BACK]
        rig.disk.clear()
        rig.doors.from_door(ExitPressed(BACK))
        rig.put_in_force(site(version=2, doors=(door(FRONT),), readers=(), rules=(), assignments=()))
        rig.disk.set()
        await rig.doors.settle()
        assert rig.outputs.released == {FRONT: False, BACK: False}
        await rig.advance(HELD_OPEN_SECONDS)
        assert rig.outputs.released == {FRONT: False, BACK: False}
        assert rig.doors.states() == {FRONT: "locked"}

    run(story)


def test_an_old_snapshot_does_what_the_door_says_and_a_confirmation_restarts_its_age() -> None:
    async def story() -> None:
        rig = Rig(site(doors=(door(FRONT, past_age=PastAge(1, "deny")), door(BACK))))
        await rig.advance(3601)
        await rig.card(CARD_ANNA)
        rig.doors.deciding.confirm(rig.clock.now())
        await rig.card(CARD_ANNA)
        assert rig.said() == ["access_denied: snapshot_too_old", "access_granted"]

    run(story)


def test_without_a_snapshot_nothing_opens() -> None:
    async def story() -> None:
        rig = Rig(None)
        await rig.card(CARD_ANNA)
        rig.doors.from_door(ExitPressed(FRONT))
        assert await rig.doors.release(FRONT, "c1") is Reason.DOOR_OUT_OF_SERVICE
        assert await rig.from_phone(FRONT, "anna") == Denied(Reason.FAULT)
        assert rig.outputs.released == {}

    run(story)


def test_trouble_in_the_decision_keeps_the_door_locked() -> None:
    async def story() -> None:
        rig = Rig()
        rig.doors.deciding._index = None
        await rig.card(CARD_ANNA)
        rig.doors.deciding._index = object()  # type: ignore[assignment]
        await rig.card(CARD_ANNA)
        assert rig.said() == ["access_denied: fault"] * 2
        assert not any(rig.outputs.released.values())

    run(story)


def test_a_journal_that_fails_outright_keeps_the_door_locked_and_the_next_one_is_served() -> None:
    async def story() -> None:
        rig = Rig()
        kept, failures = rig.doors._append, [MemoryError()]

        async def fail_once(events: Sequence[Event]) -> None:
            if failures:
                raise failures.pop()
            await kept(events)

        rig.doors._append = fail_once
        await rig.card(CARD_ANNA)
        assert not rig.outputs.released[FRONT]
        await rig.card(CARD_ANNA)
        assert rig.outputs.released[FRONT]

    run(story)


@pytest.mark.parametrize("state", list(ReaderState))
def test_a_change_of_a_reader_is_reported_with_its_door(state: ReaderState) -> None:
    async def story() -> None:
        rig = Rig()
        before = rig.changes
        rig.doors.from_reader(ReaderChanged(FRONT_IN, state, "why"))
        await rig.doors.settle()
        [event] = rig.events
        assert event == Event(
            EventKind(f"reader_{state.value}"), NOON, door=FRONT, side=Side.ENTRY, reader=FRONT_IN, detail="why"
        )
        assert rig.changes == before + 1

    run(story)


def test_going_down_locks_every_strike_and_stops_every_timer() -> None:
    async def story() -> None:
        rig = Rig()
        await rig.card(CARD_ANNA)
        rig.doors.lock_all()
        assert rig.outputs.released == {FRONT: False, BACK: False}
        assert [timer for timer in rig.clock.timers if not timer.cancelled] == []

    run(story)


def test_the_order_of_events_is_the_order_of_arrival() -> None:
    async def story() -> None:
        rig = Rig()
        for number in range(100):
            rig.doors.from_reader(CardRead(FRONT_IN, BITS, CARD_ANNA if number % 3 else CARD_UNKNOWN))
            rig.clock.at += timedelta(milliseconds=1)
        await rig.doors.settle()
        assert [event.at for event in rig.events] == sorted(event.at for event in rig.events)
        assert [event.person == "anna" for event in rig.events] == [bool(number % 3) for number in range(100)]

    run(story)
