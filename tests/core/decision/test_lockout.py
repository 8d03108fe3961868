"""Do five wrong PINs lock a side for a minute, and nothing else?"""

from datetime import datetime, timedelta

import pytest

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.lockout import COUNTED_FOR, LOCKED_FOR, WRONG_PINS, pins_locked
from portvakt.core.decision.model import AuthType, Decision, Denied, Factor, Granted, Reason, Request, Side, State
from portvakt.core.decision.presence import after
from tests.core.plain import AT, card, key_card, pin, pin_of, rule, snapshot

INDEX = compile_snapshot(
    snapshot(
        rules=(
            rule(
                entry=(AuthType.PIN, AuthType.KEY_CARD_PLUS_PIN),
                exits=(AuthType.PIN, AuthType.KEY_CARD),
            ),
        ),
        credentials=(key_card(), pin_of(), pin_of("1470", enabled=False)),
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

    def present(self, *factors: Factor, at: datetime = AT, side: Side = Side.ENTRY) -> Decision:
        request = Request("front", side, at, factors)
        decision = decide(request, INDEX, self.state)
        self.state = after(request, decision, self.state, INDEX)
        return decision

    def locked(self, at: datetime = AT, side: Side = Side.ENTRY) -> bool:
        return pins_locked(self.state, "front", side, at)


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


def test_the_state_before_is_left_as_it_was() -> None:
    front = Front()
    before = front.state
    front.present(*WRONG)
    assert before == State(confirmed_at=AT)
    assert front.state != before
