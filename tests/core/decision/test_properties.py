"""What holds in every small world, whoever presents what at which door?"""

from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.lockout import pins_locked
from portvakt.core.decision.model import AuthType, Decision, Denied, Granted, NeedFactor, Reason, Request, State
from portvakt.core.snapshot import Snapshot, inconsistencies
from tests.core.decision.oracle import expected
from tests.core.decision.worlds import attempt, world

many = settings(derandomize=True, max_examples=800, deadline=None)
numbers = st.integers(0, 10**6)


def short(decision: Decision) -> str:
    match decision:
        case Granted(auth_type):
            return auth_type.name
        case Denied(reason):
            return reason.name
        case NeedFactor(pairs):
            return f"needs {pairs[0].name}"


def passes(rows: Snapshot, request: Request, state: State) -> bool:
    """Tell whether the attempt identifies a person and comes through, or would with one more factor."""
    match decide(request, compile_snapshot(rows), state):
        case Granted(auth_type):
            return auth_type is not AuthType.REX
        case NeedFactor():
            return True
    return False


def judged(number: int) -> tuple[str, str]:
    rows, (request, state) = world(number), attempt(number)
    assert list(inconsistencies(rows)) == []
    locked = pins_locked(state, request.door, request.side, request.at)
    answer = short(decide(request, compile_snapshot(rows), state))
    return answer, expected(request, rows, state.confirmed_at, locked)


@given(numbers)
@many
def test_the_oracle_answers_the_same(number: int) -> None:
    ours, theirs = judged(number)
    assert ours == theirs


# Reasons of checks that have no data yet, and the one that no sound snapshot may give.
UNREACHED = {
    Reason.LOCKDOWN,
    Reason.REPLAYED_CODE,
    Reason.NO_POSITION,
    Reason.TOO_FAR,
    Reason.ANTI_PASSBACK,
    Reason.AREA_FULL,
    Reason.FAULT,
}


def test_every_answer_is_met() -> None:
    answers = [judged(number) for number in range(1500)]
    assert all(ours == theirs for ours, theirs in answers)
    grants = {"REX", "PIN", "KEY_CARD", "REMOTE", "KEY_CARD_PLUS_PIN", "needs pin"}
    assert {ours for ours, _ in answers} == grants | {reason.name for reason in set(Reason) - UNREACHED}


@given(numbers)
@many
def test_a_suspended_person_never_passes(number: int) -> None:
    rows = world(number)
    everyone = tuple(msgspec.structs.replace(person, suspended=True) for person in rows.persons)
    assert not passes(msgspec.structs.replace(rows, persons=everyone), *attempt(number))


@given(numbers, st.integers(0, 5))
@many
def test_taking_an_assignment_away_never_lets_anyone_in(number: int, which: int) -> None:
    rows, tried = world(number), attempt(number)
    rest = rows.assignments[:which] + rows.assignments[which + 1 :]
    assert passes(rows, *tried) or not passes(msgspec.structs.replace(rows, assignments=rest), *tried)


@given(numbers, st.integers(0, 2))
@many
def test_taking_a_rule_away_never_lets_anyone_in(number: int, which: int) -> None:
    rows, tried = world(number), attempt(number)
    gone = rows.rules[which].id
    less = msgspec.structs.replace(
        rows,
        rules=tuple(rule for rule in rows.rules if rule.id != gone),
        assignments=tuple(row for row in rows.assignments if row.rule != gone),
    )
    assert passes(rows, *tried) or not passes(less, *tried)


@given(numbers)
@many
def test_the_order_of_rows_never_matters(number: int) -> None:
    rows, (request, state) = world(number), attempt(number)
    order = Random(f"order {number}")
    names = ("doors", "schedules", "rules", "persons", "credentials", "assignments")
    turned = {name: tuple(order.sample(getattr(rows, name), len(getattr(rows, name)))) for name in names}
    other = msgspec.structs.replace(rows, **turned)
    assert decide(request, compile_snapshot(other), state) == decide(request, compile_snapshot(rows), state)
