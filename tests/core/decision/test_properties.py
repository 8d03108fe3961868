"""What holds in every small world, whoever presents what at which door, and whatever was believed before?"""

from collections import Counter
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portvakt.core.decision.compile import Index, amend, compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import (
    AuthType,
    Barred,
    CredentialKind,
    Decision,
    Denied,
    Granted,
    NeedFactor,
    NeedPerson,
    QrShown,
    Reason,
    State,
)
from portvakt.core.decision.presence import after
from portvakt.core.snapshot import SITE, Delta, Lockdown, Snapshot, apply, inconsistencies
from tests.core.decision.oracle import expected
from tests.core.decision.worlds import DOORS, KEPT, PERSONS, RULES, attempt, world

many = settings(derandomize=True, max_examples=500, deadline=None)
numbers = st.integers(0, 10**6)
REQUESTS, PER_WORLD = 100_000, 50


def is_identified(decision: Decision) -> bool:
    return isinstance(decision, Granted) and decision.auth_type is not AuthType.REX


def short(decision: Decision) -> str:
    """Say which answer it is, as far as there are different ones."""
    if isinstance(decision, Denied):
        return decision.reason.name
    if isinstance(decision, NeedPerson):
        return f"needs somebody: {decision.reason.name}"
    if isinstance(decision, Granted):
        return decision.auth_type.name
    return "needs a factor of somebody" if decision.person else "needs a factor"


def how(decision: Decision) -> set[str]:
    """Say what else there is about an answer."""
    if isinstance(decision, Denied):
        return {"denied under duress"} if decision.duress else set()
    told = {"duress": "duress", "passback": "passback", "companion": "companion"}
    return {word for name, word in told.items() if getattr(decision, name, False)}


def test_the_oracle_answers_the_same_and_every_answer_is_met() -> None:
    met: Counter[str] = Counter()
    for number in range(REQUESTS):
        if number % PER_WORLD == 0:
            rows = world(number // PER_WORLD)
            assert list(inconsistencies(rows)) == []
            index = compile_snapshot(rows)
        request, state = attempt(number)
        ours, theirs = decide(request, index, state), expected(request, rows, state)
        assert ours == theirs, (number, request, state)
        met.update([short(ours), *how(ours)])
    # FACTOR_MISSING is the controller's, when nobody goes on; no sound snapshot may give FAULT.
    waited_for = {Reason.FACTOR_MISSING, Reason.FAULT, Reason.ESCORT_MISSING, Reason.SECOND_PERSON_MISSING}
    needs = {"needs a factor", "needs a factor of somebody"}
    needs |= {f"needs somebody: {word}" for word in ("ESCORT_MISSING", "SECOND_PERSON_MISSING")}
    grants = {each.name for each in AuthType} | {"duress", "passback", "companion", "denied under duress"}
    assert set(met) == grants | needs | {reason.name for reason in set(Reason) - waited_for}


def test_the_oracle_follows_a_whole_day_at_the_doors() -> None:
    """Here each state follows from the attempts before it, and is sound after every one."""
    met: Counter[str] = Counter()
    for day in range(100):
        rows = world(day)
        index, state = compile_snapshot(rows), State(confirmed_at=attempt(day)[0].at)
        for number in range(100):
            request, _ = attempt(day * 1000 + number)
            decision = decide(request, index, state)
            assert decision == expected(request, rows, state), (day, number)
            state = after(request, decision, state, index)
            assert_sound(state)
            met.update([short(decision), *how(decision)])
    assert {"companion", "passback", "REPLAYED_CODE", "AREA_FULL", "ANTI_PASSBACK"} <= set(met)


def assert_sound(state: State) -> None:
    assert dict(state.inside) == Counter(place.area for place in state.places.values() if place.area is not None)
    assert set(state.places) <= set(PERSONS)
    assert all(handle in state.codes_used for handle in {code.handle for code in state.codes_waiting.values()})


@given(numbers)
@many
def test_no_code_is_granted_twice(number: int) -> None:
    rows, (request, state) = world(number), attempt(number)
    index = compile_snapshot(rows)
    first = decide(request, index, state)
    then = after(request, first, state, index)
    again = decide(request, index, then)
    if any(isinstance(factor, QrShown) for factor in request.factors) and not isinstance(first, Denied):
        paired = len(request.factors) == 2 and not isinstance(first, Granted)
        assert isinstance(again, Denied) or paired


@given(numbers)
@many
def test_a_suspended_person_is_never_granted(number: int) -> None:
    rows, (request, state) = world(number), attempt(number)
    everyone = tuple(msgspec.structs.replace(person, suspended=True) for person in rows.persons)
    suspended = msgspec.structs.replace(rows, persons=everyone)
    assert not is_identified(decide(request, compile_snapshot(suspended), state))


@given(numbers, st.integers(0, 7))
@many
def test_taking_an_assignment_away_never_lets_anyone_in(number: int, which: int) -> None:
    rows, (request, state) = world(number), attempt(number)
    rest = rows.assignments[:which] + rows.assignments[which + 1 :]
    less = msgspec.structs.replace(rows, assignments=rest)
    if is_identified(decide(request, compile_snapshot(less), state)):
        assert is_identified(decide(request, compile_snapshot(rows), state))


@given(numbers, st.integers(0, 2))
@many
def test_taking_a_rule_away_never_lets_anyone_in(number: int, which: int) -> None:
    rows, (request, state) = world(number), attempt(number)
    gone = rows.rules[which].id
    less = msgspec.structs.replace(
        rows,
        rules=tuple(rule for rule in rows.rules if rule.id != gone),
        assignments=tuple(row for row in rows.assignments if row.rule != gone),
    )
    if is_identified(decide(request, compile_snapshot(less), state)):
        assert is_identified(decide(request, compile_snapshot(rows), state))


@given(numbers)
@many
def test_the_order_of_rows_never_matters(number: int) -> None:
    rows, (request, state) = world(number), attempt(number)
    order = Random(f"order {number}")
    names = (*SITE, "persons", "credentials", "assignments")
    turned = {name: tuple(order.sample(getattr(rows, name), len(getattr(rows, name)))) for name in names}
    other = msgspec.structs.replace(rows, **turned)
    assert decide(request, compile_snapshot(other), state) == decide(request, compile_snapshot(rows), state)


EVERYTHING_BARRED = [
    Barred(persons=frozenset(PERSONS)),
    Barred(assignments=frozenset((person, rule) for person in PERSONS for rule in RULES)),
]


@pytest.mark.parametrize("barred", EVERYTHING_BARRED)
@given(number=numbers)
@many
def test_what_is_barred_is_never_granted(barred: Barred, number: int) -> None:
    rows, (request, state) = world(number), attempt(number)
    state = msgspec.structs.replace(state, barred=barred)
    assert not is_identified(decide(request, compile_snapshot(rows), state))


@given(numbers)
@many
def test_a_barred_credential_opens_nothing(number: int) -> None:
    rows, (request, state) = world(number), attempt(number)
    state = msgspec.structs.replace(state, barred=Barred(credentials=frozenset(name for name, _, _ in KEPT)))
    decision = decide(request, compile_snapshot(rows), state)
    assert not is_identified(decision) or getattr(decision, "credential", "") is None


@given(numbers)
@many
def test_a_duress_pin_answers_as_the_pin_does_but_for_the_flag(number: int) -> None:
    rows, (request, state) = world(number), attempt(number)

    def answer(kind: CredentialKind) -> Decision:
        pins = (CredentialKind.PIN, CredentialKind.DURESS_PIN)
        changed = (msgspec.structs.replace(row, kind=kind) if row.kind in pins else row for row in rows.credentials)
        return decide(request, compile_snapshot(msgspec.structs.replace(rows, credentials=tuple(changed))), state)

    decision, other = answer(CredentialKind.DURESS_PIN), answer(CredentialKind.PIN)
    if not isinstance(decision, NeedFactor) and not isinstance(other, NeedFactor):
        # Who waited for company may have typed a duress PIN before.
        other = msgspec.structs.replace(other, duress=decision.duress)
    assert decision == other


@given(numbers, st.integers(1, 9))
@many
def test_a_lockdown_grants_only_who_overrides_it(number: int, rank: int) -> None:
    rows, (request, state) = world(number), attempt(number)
    rows = msgspec.structs.replace(rows, lockdowns=(Lockdown("all", rank, DOORS, None),))
    decision = decide(request, compile_snapshot(rows), state)
    if is_identified(decision) and isinstance(decision, Granted):
        may = {person.id for person in rows.persons if person.overrides >= rank}
        assert decision.person in may
        assert decision.companion is None or decision.companion.person in may


def delta_between(before: Snapshot, source: Snapshot, chance: Random) -> Delta:
    """Make some persons, or the site, or both, what they are in another world; what would clash stays behind."""
    touched = tuple(chance.sample(PERSONS, chance.randrange(1, 4)))
    kept = [row for row in before.credentials if row.person not in touched]
    taken = {row.id for row in kept}
    site = chance.randrange(2) == 0
    rows = msgspec.structs.replace(
        source,
        controller=before.controller if site else "",
        version=before.version + 1,
        persons=tuple(row for row in source.persons if row.id in touched and chance.randrange(4)),
        **({} if site else dict.fromkeys(SITE, ())),
    )
    there = {row.id for row in rows.persons}
    return Delta(
        before.version,
        touched,
        site,
        msgspec.structs.replace(
            rows,
            credentials=tuple(row for row in source.credentials if row.person in there and row.id not in taken),
            assignments=tuple(row for row in source.assignments if row.person in there),
        ),
    )


def contents(index: Index) -> set[object]:
    holders = index.holders
    persons = list(holders.persons())
    return {
        *(holders.person(row) for row in persons),
        *(holders.credential(each) for row in persons for each in holders.credentials_of(row)),
        *(each for row in persons for each in holders.assignments_of(row)),
    }


@given(numbers)
@many
def test_an_amended_index_is_the_compiled_one_of_the_amended_rows(number: int) -> None:
    chance = Random(f"deltas {number}")
    rows = world(number)
    index = compile_snapshot(rows)
    for step in range(4):
        delta = delta_between(rows, world(chance.randrange(1000)), chance)
        before, was = index, contents(index)
        rows, index = apply(rows, delta), amend(index, delta)
        assert list(inconsistencies(rows)) == []
        anew = compile_snapshot(rows)
        assert contents(index) == contents(anew)
        assert contents(before) == was
        for each in range(5):
            request, state = attempt(number + 1000 * step + each)
            assert decide(request, index, state) == decide(request, anew, state) == expected(request, rows, state)
