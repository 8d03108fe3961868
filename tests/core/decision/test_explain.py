"""Does an explanation give decide's own answer, say how far the checks came, and name what really helps?"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

import pytest
from msgspec.structs import replace

from portvakt.core.decision.compile import Index, compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.explain import Check, CheckName, Explanation, explain
from portvakt.core.decision.model import (
    AuthType,
    CardShown,
    Denied,
    Escort,
    ExitRequested,
    Factor,
    Granted,
    NeedFactor,
    NeedPerson,
    PinTries,
    Place,
    QrShown,
    Reason,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.core.decision.remedies import Remedy, RemedyCode
from portvakt.core.snapshot import Area, Assignment, Interlock, Lockdown, Snapshot
from tests.core.decision.worlds import attempt, world
from tests.core.plain import AT, HOUR, SECOND, assigned, card, door, key_card, person, pin, pin_of, rule, snapshot

ATTEMPTS, PER_WORLD = 12_000, 40
# The one is the controller's, the other needs a snapshot that is broken.
NEVER_MET = {Reason.FACTOR_MISSING, Reason.FAULT}
FRESH = State(confirmed_at=AT)
PAIR = (AuthType.KEY_CARD_PLUS_PIN,)
LOCKED_TWICE = {
    ("front", Side.ENTRY): PinTries(locked_until=AT + timedelta(seconds=30)),
    ("holder", None): PinTries(locked_until=AT + timedelta(seconds=20)),
}


@lru_cache(maxsize=1)
def compiled(number: int) -> tuple[Snapshot, Index]:
    return world(number), compile_snapshot(world(number))


def test_the_answer_is_decides_and_the_checks_tell_how_far_it_came() -> None:
    met: Counter[object] = Counter()
    for number in range(ATTEMPTS):
        index = compiled(number // PER_WORLD)[1]
        request, state = attempt(number)
        found = explain(request, index, state)
        assert found.decision == decide(request, index, state)
        assert_in_order(found)
        met.update(remedy.code for check in found.checks for remedy in check.remedies)
        met.update([found.decision.reason] if isinstance(found.decision, Denied | NeedPerson) else [])
        met.update(check.name for check in found.checks if check.passed)
    assert {*RemedyCode, *CheckName, *Reason} - met.keys() == NEVER_MET


def assert_in_order(found: Explanation) -> None:
    passed = [check.passed for check in found.checks]
    if isinstance(found.decision, Granted):
        assert all(passed)
        assert not any(check.remedies for check in found.checks)
        return
    stopped = passed.index(next(each for each in passed if not each))
    assert passed[stopped] is (False if isinstance(found.decision, Denied) else None)
    assert passed == [True] * stopped + [passed[stopped]] + [None] * (len(passed) - stopped - 1)
    assert all(not check.detail and not check.remedies for check in found.checks[stopped + 1 :])
    assert not any(check.remedies for check in found.checks[:stopped])


Applied = tuple[Snapshot, Request, State]


def test_what_is_named_helps() -> None:
    tried: Counter[RemedyCode] = Counter()
    for number in range(ATTEMPTS):
        rows, index = compiled(number // PER_WORLD)
        request, state = attempt(number)
        state = replace(state, barred=None)
        found = explain(request, index, state)
        for check in found.checks if isinstance(found.decision, Denied) else ():
            for remedy in check.remedies:
                for then in after_remedy(remedy, (rows, request, state), found.decision.person):
                    again = explain(then[1], compile_snapshot(then[0]), then[2])
                    assert helped(remedy, found.decision, again, check.name), (number, remedy)
                    tried[remedy.code] += 1
    assert set(tried) == set(APPLY)


def helped(remedy: Remedy, before: Denied, again: Explanation, name: CheckName) -> bool:
    """Tell whether the reason is gone, and nothing that was asked before it fails now.

    While somebody waits something else may end that is asked before.
    """
    names = [*(check.name for check in again.checks), name]
    earlier = [check.passed for check in again.checks[: names.index(name)]]
    gone = not isinstance(again.decision, Denied) or again.decision.reason is not before.reason
    return gone and (all(earlier) or remedy.code is RemedyCode.WAIT_UNTIL)


def after_remedy(remedy: Remedy, world_now: Applied, who: str | None) -> list[Applied]:
    """Apply a remedy, once for each value of which any would do; nothing for one that is not of the rows or the time."""
    apply = APPLY.get(remedy.code)
    return [] if apply is None else apply(remedy.values, world_now, who or "")


def on_rows(change: Callable[[Snapshot, tuple[str, ...], str], list[Snapshot]]) -> Callable[..., list[Applied]]:
    def apply(values: tuple[str, ...], world_now: Applied, who: str) -> list[Applied]:
        return [(rows, *world_now[1:]) for rows in change(world_now[0], values, who)]

    return apply


def each_row(name: str, values: tuple[str, ...], **changes: object) -> Callable[[Snapshot], Snapshot]:
    def change(rows: Snapshot) -> Snapshot:
        return replace(
            rows, **{name: tuple(replace(row, **changes) if row.id in values else row for row in getattr(rows, name))}
        )

    return change


UNBOUNDED = {"valid_from": None, "valid_to": None}


def extend(rows: Snapshot, values: tuple[str, ...], who: str) -> list[Snapshot]:
    rows = each_row("rules", values, **UNBOUNDED)(rows)
    held = tuple(
        replace(row, **UNBOUNDED) if row.rule in values and row.person == who else row for row in rows.assignments
    )
    return [replace(rows, assignments=held)]


def assign(rows: Snapshot, values: tuple[str, ...], who: str) -> list[Snapshot]:
    return [replace(rows, assignments=(*rows.assignments, Assignment(each, who, None, None))) for each in values]


def wait(values: tuple[str, ...], world_now: Applied, who: str) -> list[Applied]:
    rows, request, state = world_now
    at = datetime.fromisoformat(values[0])
    if any(isinstance(each, QrShown) for each in request.factors):
        # A changing code is another by then.
        return []
    # The clock and the contact with the server go on meanwhile.
    return [(rows, replace(request, at=at), replace(state, confirmed_at=at, clock_trusted=True))]


APPLY: dict[RemedyCode, Callable[..., list[Applied]]] = {
    RemedyCode.PUT_IN_SERVICE: on_rows(lambda rows, values, _: [each_row("doors", values, in_service=True)(rows)]),
    RemedyCode.SET_CLOCK: lambda _, now, __: [(*now[:2], replace(now[2], clock_trusted=True, confirmed_at=now[1].at))],
    RemedyCode.RESTORE_CONTACT: lambda _, now, __: [(*now[:2], replace(now[2], confirmed_at=now[1].at))],
    RemedyCode.END_LOCKDOWN: on_rows(
        lambda rows, values, _: [replace(rows, lockdowns=tuple(x for x in rows.lockdowns if x.plan not in values))]
    ),
    RemedyCode.RAISE_OVERRIDE: on_rows(
        lambda rows, values, _: [each_row("persons", values[:1], overrides=int(values[1]))(rows)]
    ),
    RemedyCode.ENABLE_CREDENTIAL: on_rows(
        lambda rows, values, _: [each_row("credentials", values, enabled=True, **UNBOUNDED)(rows)]
    ),
    RemedyCode.RESUME_PERSON: on_rows(
        lambda rows, values, _: [each_row("persons", values, suspended=False, **UNBOUNDED)(rows)]
    ),
    RemedyCode.EXTEND_PERSON: on_rows(lambda rows, values, _: [each_row("persons", values, **UNBOUNDED)(rows)]),
    RemedyCode.EXTEND_ASSIGNMENT: on_rows(extend),
    RemedyCode.ASSIGN_IN_RULE: on_rows(assign),
    RemedyCode.WAIT_UNTIL: wait,
    RemedyCode.SECURE_DOORS: lambda values, now, _: [
        (*now[:2], replace(now[2], unsecured=now[2].unsecured - {*values}))
    ],
}


def asked(
    rows: Snapshot,
    *factors: Factor,
    at: datetime = AT,
    side: Side = Side.ENTRY,
    name: str = "front",
    state: State = FRESH,
) -> Explanation:
    return explain(Request(name, side, at, factors), compile_snapshot(rows), state)


def failed(found: Explanation) -> Check:
    return next(check for check in found.checks if not check.passed)


SCHEDULED = snapshot(
    rules=(rule(schedule="evenings"), rule("day", schedule="office"), rule("pins", entry=(AuthType.PIN,)))
)
AREA = Area("a", passback="hard", limit=1, escort=True)
INSIDE = snapshot(doors=(replace(door(), inside="a", outside="b"),), areas=(AREA, Area("b", two_person=True)))

EXAMPLES = {
    "outside its times": (
        SCHEDULED,
        (card(1),),
        FRESH,
        CheckName.SCHEDULE,
        (),
        [
            Remedy(RemedyCode.WAIT_UNTIL, ("2026-03-02T17:00:00+00:00",)),
            Remedy(RemedyCode.ASSIGN_IN_RULE, ("day",)),
        ],
    ),
    "outside its times for good": (
        replace(SCHEDULED, assignments=(assigned(until=SECOND + 60),), rules=(rule(schedule="evenings"),)),
        (card(1),),
        FRESH,
        CheckName.SCHEDULE,
        (),
        [],
    ),
    "in no rule": (
        replace(SCHEDULED, assignments=()),
        (card(1),),
        FRESH,
        CheckName.RULE,
        (),
        [Remedy(RemedyCode.ASSIGN_IN_RULE, ("day",))],
    ),
    "in a rule from tomorrow": (
        snapshot(assignments=(assigned(since=SECOND + 86_400),), rules=(rule(),)),
        (card(1),),
        FRESH,
        CheckName.RULE,
        (),
        [
            Remedy(RemedyCode.WAIT_UNTIL, ("2026-03-03T09:00:00+00:00",)),
            Remedy(RemedyCode.EXTEND_ASSIGNMENT, ("staff",)),
            Remedy(RemedyCode.ASSIGN_IN_RULE, ("staff",)),
        ],
    ),
    "a PIN where a card is taken": (
        snapshot(),
        (pin("2580"),),
        FRESH,
        CheckName.AUTH_TYPE,
        ("REX", "PIN", "KEY_CARD", "REMOTE", "KEY_CARD_PLUS_PIN"),
        [Remedy(RemedyCode.USE_AUTH_TYPE, ("KEY_CARD",))],
    ),
    "the card of a pair": (
        snapshot(rules=(rule(entry=PAIR),)),
        (card(1),),
        FRESH,
        CheckName.AUTH_TYPE,
        ("REX", "PIN", "KEY_CARD", "REMOTE", "KEY_CARD_PLUS_PIN"),
        [Remedy(RemedyCode.COMPLETE_PAIR, ("KEY_CARD_PLUS_PIN",))],
    ),
    "the PIN of a pair, first": (
        snapshot(doors=(door(entry=PAIR),)),
        (pin("2580"),),
        FRESH,
        CheckName.PINS,
        (),
        [Remedy(RemedyCode.COMPLETE_PAIR, ("KEY_CARD_PLUS_PIN",))],
    ),
    "too many wrong PINs, and a card that needs one": (
        snapshot(rules=(rule(entry=PAIR),)),
        (card(1),),
        replace(FRESH, pin_tries={("front", Side.ENTRY): PinTries(locked_until=AT + timedelta(seconds=30))}),
        CheckName.PINS,
        (),
        [Remedy(RemedyCode.WAIT_UNTIL, ("2026-03-02T09:00:30+00:00",))],
    ),
    "too many wrong PINs in the phone, and fewer seconds left than at the keypad": (
        snapshot(
            doors=(door(entry=(AuthType.REMOTE_PLUS_PHONE,)),), rules=(rule(entry=(AuthType.REMOTE_PLUS_PHONE,)),)
        ),
        (RemoteOpening("holder"),),
        replace(FRESH, pin_tries=LOCKED_TWICE),
        CheckName.PINS,
        (),
        [Remedy(RemedyCode.WAIT_UNTIL, ("2026-03-02T09:00:20+00:00",))],
    ),
    "too many wrong PINs, and one that was typed": (
        snapshot(rules=(rule(entry=PAIR),)),
        (card(1), pin("2580")),
        replace(FRESH, pin_tries=LOCKED_TWICE),
        CheckName.PINS,
        (),
        [Remedy(RemedyCode.WAIT_UNTIL, ("2026-03-02T09:00:30+00:00",))],
    ),
    "a card not valid yet": (
        snapshot(credentials=(key_card(since=SECOND + 60),)),
        (card(1),),
        FRESH,
        CheckName.CREDENTIAL_VALID,
        ("card-1",),
        [
            Remedy(RemedyCode.WAIT_UNTIL, ("2026-03-02T09:01:00+00:00",)),
            Remedy(RemedyCode.EXTEND_CREDENTIAL, ("card-1",)),
        ],
    ),
    "a person who left": (
        snapshot(persons=(person(until=SECOND),)),
        (card(1),),
        FRESH,
        CheckName.PERSON_VALID,
        ("holder",),
        [Remedy(RemedyCode.EXTEND_PERSON, ("holder",))],
    ),
    "a clock that is wrong, at a door that then takes cards": (
        snapshot(doors=(door(past_age=replace(door().past_age, behaviour="cards_only")),)),
        (pin("2580"),),
        State(clock_trusted=False),
        CheckName.CLOCK,
        (),
        [Remedy(RemedyCode.SET_CLOCK), Remedy(RemedyCode.USE_AUTH_TYPE, ("KEY_CARD", "KEY_CARD_PLUS_PIN"))],
    ),
    "a lockdown, and nobody known": (
        replace(snapshot(), lockdowns=(Lockdown("l", 3, ("front",), None),)),
        (card(2),),
        FRESH,
        CheckName.LOCKDOWN,
        ("l",),
        [Remedy(RemedyCode.END_LOCKDOWN, ("l",))],
    ),
    "already inside": (
        INSIDE,
        (card(1),),
        replace(FRESH, places={"holder": Place("a", AT - HOUR)}, inside={"a": 1}),
        CheckName.PASSBACK,
        ("a", "b"),
        [Remedy(RemedyCode.LEAVE_AREA, ("a",)), Remedy(RemedyCode.FORGIVE, ("holder",))],
    ),
    "no room": (
        INSIDE,
        (card(1),),
        replace(FRESH, places={"x": Place("a", AT - HOUR)}, inside={"a": 1}),
        CheckName.OCCUPANCY,
        ("a", "b"),
        [Remedy(RemedyCode.AWAIT_ROOM, ("a",))],
    ),
    "needs an escort": (
        replace(INSIDE, persons=(replace(person(), escort=Escort.NEEDED),)),
        (card(1),),
        FRESH,
        CheckName.ESCORT,
        ("a", "b"),
        [Remedy(RemedyCode.BRING_ESCORT)],
    ),
    "the other door of an interlock is open": (
        replace(snapshot(doors=(door(), door("back"))), interlocks=(Interlock("i", ("front", "back")),)),
        (card(1),),
        replace(FRESH, unsecured=frozenset({"back"})),
        CheckName.INTERLOCK,
        ("back",),
        [Remedy(RemedyCode.SECURE_DOORS, ("back",))],
    ),
    "too far away": (
        snapshot(doors=(replace(door(), within_metres=50),), rules=(rule(entry=(AuthType.REMOTE,)),)),
        (RemoteOpening("holder", 51),),
        FRESH,
        CheckName.POSITION,
        ("50",),
        [Remedy(RemedyCode.COME_CLOSER, ("50",))],
    ),
    "factors that are no auth type": (
        snapshot(),
        (card(1), card(1)),
        FRESH,
        CheckName.AUTH_TYPE,
        ("REX", "PIN", "KEY_CARD", "REMOTE", "KEY_CARD_PLUS_PIN"),
        [Remedy(RemedyCode.USE_AUTH_TYPE, ("REX", "PIN", "KEY_CARD", "REMOTE", "KEY_CARD_PLUS_PIN"))],
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str) -> None:
    rows, factors, state, check, detail, remedies = EXAMPLES[name]
    found = failed(asked(rows, *factors, state=state))
    assert (found.name, found.detail, list(found.remedies)) == (check, detail, remedies)


def test_a_grant_tells_all_it_passed() -> None:
    found = asked(snapshot(), card(1))
    assert isinstance(found.decision, Granted)
    assert found.checks == (
        Check(CheckName.DOOR, True, ("front",)),
        Check(CheckName.CLOCK, True),
        Check(CheckName.SNAPSHOT, True),
        Check(CheckName.LOCKDOWN, True),
        Check(CheckName.CREDENTIAL_KNOWN, True, ("card-1",)),
        Check(CheckName.CREDENTIAL_VALID, True, ("card-1",)),
        Check(CheckName.PERSON_VALID, True, ("holder",)),
        Check(CheckName.RULE, True, ("staff",)),
        Check(CheckName.SCHEDULE, True, ("staff",)),
        Check(CheckName.AUTH_TYPE, True, ("REX", "PIN", "KEY_CARD", "REMOTE", "KEY_CARD_PLUS_PIN")),
    )


def test_soft_anti_passback_is_told_in_a_grant() -> None:
    rows = replace(INSIDE, areas=(replace(AREA, passback="soft"), Area("b")))
    found = asked(rows, card(1), state=replace(FRESH, places={"holder": Place("a", AT - HOUR)}, inside={"a": 1}))
    assert Check(CheckName.PASSBACK, True, ("a", "b", "soft")) in found.checks


def test_an_unknown_door_is_all_there_is_to_say() -> None:
    found = asked(snapshot(), card(1), name="cellar")
    assert found == Explanation(
        Denied(Reason.DOOR_OUT_OF_SERVICE, AuthType.KEY_CARD), (Check(CheckName.DOOR, False, ("cellar",)),)
    )


def test_an_exit_button_meets_two_checks() -> None:
    found = asked(snapshot(), ExitRequested(), side=Side.EXIT)
    assert [check.name for check in found.checks] == [CheckName.DOOR, CheckName.AUTH_TYPE]
    assert all(check.passed for check in found.checks)


def test_a_fault_has_no_checks() -> None:
    found = asked(snapshot(), CardShown(digest=3), at=AT)  # type: ignore[arg-type]
    assert found == Explanation(Denied(Reason.FAULT), ())


def test_a_card_that_begins_a_pair_names_whose_it_is() -> None:
    found = asked(snapshot(rules=(rule(entry=PAIR),), credentials=(key_card(), pin_of())), card(1))
    assert isinstance(found.decision, NeedFactor)
    assert Check(CheckName.PERSON_VALID, True, ("holder",)) in found.checks
