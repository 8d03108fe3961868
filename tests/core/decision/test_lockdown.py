"""Does a lockdown, a bar or an interlock stop everybody but whom it should, and say nothing about them?"""

from datetime import timedelta

import msgspec
import pytest

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.lockout import WRONG_PINS, pins_locked
from portvakt.core.decision.model import (
    AuthType,
    Barred,
    Denied,
    ExitRequested,
    Factor,
    PinTries,
    Reason,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.core.decision.presence import after
from portvakt.core.snapshot import Interlock, Lockdown, Snapshot
from tests.core.decision.asking import FRESH, answer, short
from tests.core.plain import AT, SECOND, assigned, card, door, key_card, person, pin, pin_of, rule, snapshot

TYPES = (AuthType.KEY_CARD, AuthType.PIN, AuthType.REMOTE)
ASKED = RemoteOpening("holder")


def locked_down(*lockdowns: Lockdown, overrides: int = 0, own: tuple[AuthType, ...] = tuple(AuthType)) -> Snapshot:
    return snapshot(
        doors=(door(entry=own), door("back")),
        rules=(rule(entry=TYPES), rule("back", at="back", entry=TYPES)),
        persons=(person(overrides=overrides),),
        assignments=(assigned(), assigned("back")),
        lockdowns=lockdowns,
    )


def plan(rank: int = 3, *, at: tuple[str, ...] = ("front",), ends_at: int | None = None) -> Lockdown:
    return Lockdown(f"plan-{rank}", rank, at, ends_at)


@pytest.mark.parametrize(
    ("lockdowns", "overrides", "expected"),
    [
        ((plan(3),), 0, "LOCKDOWN"),
        ((plan(3),), 2, "LOCKDOWN"),
        ((plan(3),), 3, "KEY_CARD"),
        ((plan(3),), 9, "KEY_CARD"),
        ((plan(1), plan(4)), 3, "LOCKDOWN"),  # the highest counts
        ((plan(1), plan(4)), 4, "KEY_CARD"),
        ((plan(9, at=("back",)),), 0, "KEY_CARD"),  # another door's
        ((plan(3, ends_at=SECOND),), 0, "KEY_CARD"),
        ((plan(3, ends_at=SECOND + 1),), 0, "LOCKDOWN"),
        ((plan(5, ends_at=SECOND), plan(2)), 2, "KEY_CARD"),  # the higher one has ended
        ((plan(5, ends_at=SECOND), plan(2)), 1, "LOCKDOWN"),
    ],
)
def test_rank_and_end(lockdowns: tuple[Lockdown, ...], overrides: int, expected: str) -> None:
    assert short(answer(locked_down(*lockdowns, overrides=overrides), card(1))) == expected


def test_with_a_wrong_clock_a_lockdown_goes_on_past_its_end() -> None:
    wrong = msgspec.structs.replace(FRESH, clock_trusted=False)
    assert short(answer(locked_down(plan(ends_at=SECOND)), card(1), state=wrong)) == "LOCKDOWN"


@pytest.mark.parametrize(
    ("factor", "person_id", "credential"),
    [
        (card(1), "holder", "card-1"),
        (card(9), None, None),
        (pin("2580"), "holder", "pin-2580"),
        (pin("1111"), None, None),
        (ASKED, "holder", None),
        (RemoteOpening("nobody"), None, None),
    ],
)
def test_everybody_is_refused_alike(factor: Factor, person_id: str | None, credential: str | None) -> None:
    decision = answer(locked_down(plan()), factor)
    assert isinstance(decision, Denied)
    assert (decision.reason, decision.person, decision.credential) == (Reason.LOCKDOWN, person_id, credential)


def test_who_overrides_is_judged_as_on_any_day() -> None:
    rows = locked_down(plan(3), overrides=3)
    assert short(answer(rows, pin("2580"))) == "PIN"
    assert short(answer(rows, ASKED)) == "REMOTE"
    suspended = msgspec.structs.replace(rows, persons=(person(suspended=True, overrides=3),))
    assert short(answer(suspended, card(1))) == "PERSON_SUSPENDED"


def test_nobody_is_kept_in() -> None:
    assert short(answer(locked_down(plan(9)), ExitRequested(), side=Side.EXIT)) == "REX"


def test_a_pin_that_only_begins_a_pair_begins_none() -> None:
    only_pairs = locked_down(plan(3), overrides=3, own=(AuthType.KEY_CARD_PLUS_PIN,))
    for digits in ("2580", "1111"):
        assert answer(only_pairs, pin(digits)) == Denied(Reason.LOCKDOWN, AuthType.PIN)


class FrontEntry:
    """The entry of the front door, with what is remembered there."""

    def __init__(self, rows: Snapshot) -> None:
        self.index, self.state = compile_snapshot(rows), FRESH

    def type(self, digits: str) -> str:
        request = Request("front", Side.ENTRY, AT, (pin(digits),))
        decision = decide(request, self.index, self.state)
        self.state = after(request, decision, self.state, self.index)
        return short(decision)

    def locked(self) -> bool:
        return pins_locked(self.state, ("front", Side.ENTRY), AT)


def test_a_lockdown_is_no_time_to_guess_the_pins_of_who_overrides_it() -> None:
    side = FrontEntry(locked_down(plan(3), overrides=3))
    for _ in range(WRONG_PINS):
        assert not side.locked()
        assert side.type("1111") == "LOCKDOWN"
    assert side.locked()
    before = side.state
    assert side.type("2580") == side.type("1111") == "LOCKDOWN"
    assert side.state is before


@pytest.mark.parametrize("own", [(AuthType.KEY_CARD_PLUS_PIN,), tuple(AuthType)])
def test_what_was_not_looked_at_or_was_right_is_not_counted(own: tuple[AuthType, ...]) -> None:
    side = FrontEntry(locked_down(plan(3), overrides=0, own=own))
    for _ in range(WRONG_PINS):
        side.type("2580")
    assert side.state is FRESH


# ── bars ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

PAIR = (AuthType.KEY_CARD_PLUS_PIN,)


@pytest.mark.parametrize(
    ("barred", "expected"),
    [
        (Barred(), "KEY_CARD"),
        (Barred(credentials=frozenset({"card-1"})), "CREDENTIAL_NOT_ENABLED"),
        (Barred(credentials=frozenset({"pin-2580"})), "KEY_CARD"),
        (Barred(persons=frozenset({"holder"})), "PERSON_SUSPENDED"),
        (Barred(persons=frozenset({"other"})), "KEY_CARD"),
        (Barred(assignments=frozenset({("holder", "staff")})), "UNAUTHORISED"),
        (Barred(assignments=frozenset({("other", "staff"), ("holder", "cleaners")})), "KEY_CARD"),
        (Barred(frozenset({"holder"}), frozenset({"card-1"})), "CREDENTIAL_NOT_ENABLED"),
    ],
)
def test_what_was_taken_back_opens_nothing(barred: Barred, expected: str) -> None:
    assert short(answer(snapshot(), card(1), state=State(AT, barred=barred))) == expected


@pytest.mark.parametrize(("barred", "expected"), [("pin-2580", "WRONG_PIN"), ("pin-1470", "KEY_CARD_PLUS_PIN")])
def test_a_barred_pin_completes_nothing(barred: str, expected: str) -> None:
    state = State(AT, barred=Barred(credentials=frozenset({barred})))
    assert short(answer(snapshot(rules=(rule(entry=PAIR),)), card(1), pin("2580"), state=state)) == expected


def test_of_two_rules_the_one_that_is_left_opens() -> None:
    rows = snapshot(rules=(rule("a"), rule("b")), assignments=(assigned("a"), assigned("b")))
    decision = answer(rows, card(1), state=State(AT, barred=Barred(assignments=frozenset({("holder", "a")}))))
    assert getattr(decision, "rule", None) == "b"


def test_a_person_who_asks_from_afar_is_barred_too() -> None:
    rows = snapshot(rules=(rule(entry=(AuthType.REMOTE,)),))
    barred = State(AT, barred=Barred(persons=frozenset({"holder"})))
    assert short(answer(rows, ASKED, state=barred)) == "PERSON_SUSPENDED"


# ── interlocks ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("unsecured", "expected"),
    [
        (frozenset(), "KEY_CARD"),
        (frozenset({"back"}), "INTERLOCKED"),
        (frozenset({"side"}), "INTERLOCKED"),
        (frozenset({"front"}), "KEY_CARD"),  # its own second passage
        (frozenset({"far"}), "KEY_CARD"),
    ],
)
def test_one_door_of_an_interlock_at_a_time(unsecured: frozenset[str], expected: str) -> None:
    rows = snapshot(
        doors=tuple(map(door, ("front", "back", "side", "far"))),
        interlocks=(Interlock("i1", ("front", "back")), Interlock("i2", ("side", "front")), Interlock("i3", ("far",))),
    )
    assert short(answer(rows, card(1), state=State(AT, unsecured=unsecured))) == expected
    assert short(answer(rows, ExitRequested(), side=Side.EXIT, state=State(AT, unsecured=unsecured))) == "REX"


def test_a_locked_side_in_a_lockdown_says_lockdown() -> None:
    tries = {("front", Side.ENTRY): PinTries(locked_until=AT + timedelta(seconds=30))}
    state = State(AT, pin_tries=tries)
    for digits in ("2580", "1111"):
        decision = answer(locked_down(plan(3), overrides=3), pin(digits), state=state)
        assert decision == Denied(Reason.LOCKDOWN, AuthType.PIN)
    rows = snapshot(credentials=(key_card(), pin_of()), rules=(rule(entry=TYPES),))
    assert short(answer(rows, pin("2580"), state=state)) == "PIN_LOCKED"
