"""Do five wrong PINs lock a side for a minute, and nothing else?"""

from datetime import datetime, timedelta

import msgspec
import pytest

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.lockout import COUNTED_FOR, LOCKED_FOR, WRONG_PINS, pins_locked
from portvakt.core.decision.model import (
    AuthType,
    CodeScanned,
    Decision,
    Denied,
    Factor,
    Granted,
    NeedFactor,
    PinOnPhone,
    Reason,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.core.decision.presence import after, after_swap
from tests.core.plain import AT, assigned, card, door, key_card, person, pin, pin_of, rule, snapshot

PRINTED = bytes(range(16))
INDEX = compile_snapshot(
    snapshot(
        rules=(
            rule(
                entry=(AuthType.PIN, AuthType.KEY_CARD_PLUS_PIN),
                exits=(AuthType.PIN, AuthType.KEY_CARD),
            ),
            rule("scanners", entry=(AuthType.SCAN_PLUS_KEYPAD, AuthType.SCAN_PLUS_PHONE, AuthType.REMOTE_PLUS_PHONE)),
            rule("yard", at="back", entry=(AuthType.REMOTE_PLUS_PHONE,)),
        ),
        doors=tuple(
            msgspec.structs.replace(door(name, entry=tuple(AuthType)), entry_code=PRINTED) for name in ("front", "back")
        ),
        persons=(person(), person("other")),
        credentials=(key_card(), pin_of(), pin_of("1470", enabled=False), pin_of("3690", of="other")),
        assignments=tuple(assigned(to, who=who) for to in ("staff", "scanners", "yard") for who in ("holder", "other")),
    )
)
WRONG = (pin("1111"),)
RIGHT = (pin("2580"),)
EXPIRED = (pin("1470"),)
PAIR = (card(1), pin("1111"))
SECONDS = timedelta(seconds=1)


class Front:
    """The front door with what it remembers, presented with factors one after the other."""

    def __init__(self) -> None:
        self.state = State(confirmed_at=AT)

    def present(self, *factors: Factor, at: datetime = AT, side: Side = Side.ENTRY, where: str = "front") -> Decision:
        request = Request(where, side, at, factors)
        decision = decide(request, INDEX, self.state)
        self.state = after(request, decision, self.state, INDEX)
        return decision

    def locked(self, at: datetime = AT, side: Side = Side.ENTRY) -> bool:
        return pins_locked(self.state, ("front", side), at)


def reason(decision: Decision) -> Reason | None:
    return decision.reason if isinstance(decision, Denied) else None


@pytest.mark.parametrize("attempt", [WRONG, PAIR])
def test_five_wrong_pins_lock(attempt: tuple[Factor, ...]) -> None:
    front = Front()
    for _ in range(WRONG_PINS):
        assert not front.locked()
        assert reason(front.present(*attempt)) in (Reason.UNKNOWN_CREDENTIAL, Reason.WRONG_PIN)
    assert front.locked()
    assert reason(front.present(*RIGHT)) is Reason.PIN_LOCKED
    assert reason(front.present(*attempt)) is Reason.PIN_LOCKED


def test_the_lock_ends_by_itself_and_tries_meanwhile_do_not_lengthen_it() -> None:
    front = Front()
    for _ in range(WRONG_PINS):
        front.present(*WRONG)
    last = AT + LOCKED_FOR - SECONDS
    assert reason(front.present(*WRONG, at=last)) is Reason.PIN_LOCKED
    assert isinstance(front.present(*RIGHT, at=AT + LOCKED_FOR), Granted)


def test_after_a_lock_the_count_starts_over() -> None:
    front = Front()
    for _ in range(WRONG_PINS):
        front.present(*WRONG)
    for _ in range(WRONG_PINS - 1):
        front.present(*WRONG, at=AT + LOCKED_FOR)
    assert not front.locked(AT + LOCKED_FOR)
    front.present(*WRONG, at=AT + LOCKED_FOR)
    assert front.locked(AT + LOCKED_FOR)


def test_wrong_pins_are_counted_for_five_minutes() -> None:
    front = Front()
    for number in range(20):
        front.present(*WRONG, at=AT + number * COUNTED_FOR / (WRONG_PINS - 1))
    assert not front.locked(AT + 20 * COUNTED_FOR / (WRONG_PINS - 1))
    assert len(front.state.pin_tries["front", Side.ENTRY].wrong_at) == WRONG_PINS - 1


def test_a_right_pin_does_not_forgive_the_wrong_ones() -> None:
    front = Front()
    for _ in range(WRONG_PINS):
        front.present(*WRONG)
        front.present(*RIGHT)
    assert front.locked()


def test_a_clock_that_is_set_back_ends_a_lock_and_forgets_what_is_yet_to_come() -> None:
    front = Front()
    for _ in range(WRONG_PINS):
        front.present(*WRONG)
    yesterday = AT - timedelta(days=1)
    assert not front.locked(yesterday)
    front.state = State(AT)
    for _ in range(WRONG_PINS - 1):
        front.present(*WRONG)
    front.present(*WRONG, at=yesterday)
    assert not front.locked(yesterday)


def test_each_side_counts_for_itself_and_cards_go_on() -> None:
    front = Front()
    for _ in range(WRONG_PINS):
        front.present(*WRONG, side=Side.EXIT)
    assert front.locked(side=Side.EXIT)
    assert not front.locked(side=Side.ENTRY)
    assert isinstance(front.present(card(1), side=Side.EXIT), Granted)
    assert isinstance(front.present(*RIGHT), Granted)


@pytest.mark.parametrize("factors", [RIGHT, EXPIRED, (card(1),), (card(9),), ()])
def test_nothing_else_is_counted(factors: tuple[Factor, ...]) -> None:
    front = Front()
    before = front.state
    for _ in range(WRONG_PINS + 1):
        front.present(*factors)
    assert front.state is before


# ── in a phone ───────────────────────────────────────────────────────────────────────────────────────────────────────


def from_afar(digits: str, who: str = "holder", typed_by: str | None = None) -> tuple[Factor, ...]:
    return RemoteOpening(who), PinOnPhone(who if typed_by is None else typed_by, pin(digits).digest)


def locked_phone() -> Front:
    """Five wrong PINs in one phone, for two doors by turns."""
    front = Front()
    for number in range(WRONG_PINS):
        assert reason(front.present(*from_afar("1111"), where=("front", "back")[number % 2])) is Reason.WRONG_PIN
    return front


def test_five_wrong_pins_in_a_phone_lock_pins_in_it_at_every_door_for_a_minute() -> None:
    front = locked_phone()
    for where in ("front", "back"):
        assert reason(front.present(*from_afar("2580"), where=where)) is Reason.PIN_LOCKED
        assert reason(front.present(RemoteOpening("holder"), where=where)) is Reason.PIN_LOCKED
        assert isinstance(front.present(*from_afar("2580"), where=where, at=AT + LOCKED_FOR), Granted)


def test_wrong_pins_in_a_phone_lock_neither_the_keypad_nor_anybody_elses_phone() -> None:
    front = locked_phone()
    assert set(front.state.pin_tries) == {("holder", None)}
    assert isinstance(front.present(*RIGHT), Granted)
    assert isinstance(front.present(card(1), *RIGHT), Granted)
    assert isinstance(front.present(*from_afar("3690", "other")), Granted)


def test_wrong_pins_at_the_keypad_do_not_lock_the_phone() -> None:
    front = Front()
    for _ in range(WRONG_PINS):
        front.present(*WRONG)
    assert front.locked()
    assert isinstance(front.present(*from_afar("2580")), Granted)


def test_what_is_asked_for_is_a_pin_that_can_be_typed() -> None:
    scan, keypad, phone = CodeScanned("holder", PRINTED), AuthType.SCAN_PLUS_KEYPAD, AuthType.SCAN_PLUS_PHONE
    assert Front().present(scan) == NeedFactor((keypad, phone), "holder")
    front = locked_phone()
    assert front.present(scan) == NeedFactor((keypad,), "holder")
    for _ in range(WRONG_PINS):
        front.present(*WRONG)
    assert reason(front.present(scan)) is Reason.PIN_LOCKED
    front.state = msgspec.structs.replace(
        front.state, pin_tries={("front", Side.ENTRY): front.state.pin_tries["front", Side.ENTRY]}
    )
    assert front.present(scan) == NeedFactor((phone,), "holder")


def test_who_types_for_another_is_counted_themselves_and_a_stranger_not_at_all() -> None:
    front = Front()
    for _ in range(WRONG_PINS):
        assert reason(front.present(*from_afar("2580", "holder", typed_by="other"))) is Reason.WRONG_PIN
        assert reason(front.present(*from_afar("2580", "holder", typed_by="stranger"))) is Reason.WRONG_PIN
    assert set(front.state.pin_tries) == {("other", None)}
    assert isinstance(front.present(*from_afar("2580")), Granted)


def test_a_newer_snapshot_forgets_the_phones_of_those_who_left_alone() -> None:
    front = Front()
    for who in ("holder", "other"):
        front.present(*from_afar("1111", who))
    left = snapshot(persons=(person(),))
    state = after_swap(front.state, compile_snapshot(left))
    assert set(state.pin_tries) == {("holder", None)}


def test_the_state_before_is_left_as_it_was() -> None:
    front = Front()
    before = front.state
    front.present(*WRONG)
    assert before == State(confirmed_at=AT)
    assert front.state != before
