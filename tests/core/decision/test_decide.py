"""Is each attempt answered as the module docstring of decide says: every reason, every auth type, every odd pair?"""

from datetime import timedelta

import msgspec
import pytest

from portvakt.core.decision.compile import Index, compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import (
    AuthType,
    Denied,
    ExitRequested,
    Factor,
    Granted,
    NeedFactor,
    PinTries,
    Reason,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.core.snapshot import Assignment, Credential, PastAge, Person, Rule
from tests.core.decision.asking import FRESH, answer, short
from tests.core.plain import (
    AT,
    HOUR,
    SECOND,
    assigned,
    card,
    door,
    key_card,
    person,
    pin,
    pin_of,
    rule,
    snapshot,
)

CARD, PIN, PAIR, REMOTE, REX = (
    AuthType.KEY_CARD,
    AuthType.PIN,
    AuthType.KEY_CARD_PLUS_PIN,
    AuthType.REMOTE,
    AuthType.REX,
)
EXIT = ExitRequested()
REMOTELY = RemoteOpening("holder")


# What a rule's entry list takes, what is presented, and the answer in short.
FACTORS: list[tuple[tuple[AuthType, ...], tuple[Factor, ...], str]] = [
    ((CARD,), (card(1),), "KEY_CARD"),
    ((CARD,), (card(2),), "UNKNOWN_CREDENTIAL"),
    ((CARD,), (card(1), pin("2580")), "KEY_CARD"),
    ((CARD,), (pin("2580"),), "AUTH_TYPE_NOT_ACCEPTED"),
    ((CARD,), (pin("1111"),), "UNKNOWN_CREDENTIAL"),
    ((CARD,), (REMOTELY,), "AUTH_TYPE_NOT_ACCEPTED"),
    ((PAIR,), (card(1),), "needs KEY_CARD_PLUS_PIN"),
    ((PAIR,), (card(1), pin("2580")), "KEY_CARD_PLUS_PIN"),
    ((PAIR,), (card(1), pin("1111")), "WRONG_PIN"),
    ((PAIR,), (card(1), pin("1470")), "WRONG_PIN"),  # another person's PIN
    ((PAIR,), (card(2), pin("2580")), "UNKNOWN_CREDENTIAL"),
    ((PAIR,), (pin("2580"),), "needs KEY_CARD_PLUS_PIN"),
    ((PAIR,), (pin("2580"), card(1)), "KEY_CARD_PLUS_PIN"),  # in either order
    ((PAIR,), (REMOTELY,), "AUTH_TYPE_NOT_ACCEPTED"),
    ((PAIR, CARD), (card(1),), "KEY_CARD"),
    ((PAIR, CARD), (card(1), pin("1111")), "KEY_CARD"),  # the card alone would have opened
    ((PIN,), (pin("2580"),), "PIN"),
    ((PIN,), (pin("1470"),), "UNAUTHORISED"),  # the other person has no assignment
    ((PIN,), (card(1),), "AUTH_TYPE_NOT_ACCEPTED"),
    ((PIN,), (card(1), pin("2580")), "AUTH_TYPE_NOT_ACCEPTED"),
    ((REMOTE,), (REMOTELY,), "REMOTE"),
    ((REMOTE,), (RemoteOpening("nobody"),), "UNKNOWN_CREDENTIAL"),
    ((REMOTE,), (RemoteOpening("other"),), "UNAUTHORISED"),
    ((REMOTE,), (REMOTELY, pin("2580")), "AUTH_TYPE_NOT_ACCEPTED"),
    ((REX,), (EXIT,), "REX"),
    ((), (EXIT,), "REX"),
    ((), (card(1),), "AUTH_TYPE_NOT_ACCEPTED"),
    ((CARD,), (), "AUTH_TYPE_NOT_ACCEPTED"),
    ((CARD,), (card(1), card(1)), "AUTH_TYPE_NOT_ACCEPTED"),
    ((PIN, PAIR), (pin("2580"), pin("2580")), "AUTH_TYPE_NOT_ACCEPTED"),
    ((PAIR,), (card(1), pin("2580"), pin("2580")), "AUTH_TYPE_NOT_ACCEPTED"),
    ((AuthType.CARD, AuthType.PLATE), (card(1),), "AUTH_TYPE_NOT_ACCEPTED"),
]


@pytest.mark.parametrize(("accepted", "factors", "expected"), FACTORS)
def test_factors(accepted: tuple[AuthType, ...], factors: tuple[Factor, ...], expected: str) -> None:
    what = snapshot(
        rules=(rule(entry=accepted),),
        persons=(person(), person("other")),
        credentials=(key_card(), pin_of(), pin_of("1470", of="other")),
    )
    assert short(answer(what, *factors)) == expected


def test_a_grant_names_who_with_what_and_by_which_rule() -> None:
    assert answer(snapshot(), card(1)) == Granted(CARD, 5, "holder", "card-1", "staff")
    pairs = snapshot(rules=(rule(entry=(PAIR, PIN, REMOTE)),))
    assert answer(pairs, card(1), pin("2580")) == Granted(PAIR, 5, "holder", "card-1", "staff")
    assert answer(pairs, pin("2580")) == Granted(PIN, 5, "holder", "pin-2580", "staff")
    assert answer(pairs, REMOTELY) == Granted(REMOTE, 5, "holder", None, "staff")
    assert answer(pairs, EXIT) == Granted(REX, 5)
    assert answer(pairs, card(1)) == NeedFactor((AuthType.KEY_CARD_PLUS_PIN,), "holder", "card-1")


def test_a_refusal_names_what_the_checks_had_found() -> None:
    assert answer(snapshot(), card(9)) == Denied(Reason.UNKNOWN_CREDENTIAL, CARD)
    assert answer(snapshot(assignments=()), card(1)) == Denied(Reason.UNAUTHORISED, CARD, "holder", "card-1")
    revoked = snapshot(credentials=(key_card(enabled=False),))
    assert answer(revoked, card(1)) == Denied(Reason.CREDENTIAL_NOT_ENABLED, CARD, "holder", "card-1")
    pairs = snapshot(rules=(rule(entry=(PAIR,)),))
    assert answer(pairs, card(1), pin("1111")) == Denied(Reason.WRONG_PIN, PAIR, "holder", "card-1")
    assert answer(pairs, card(1), where="cellar") == Denied(Reason.DOOR_OUT_OF_SERVICE, CARD)
    assert answer(pairs) == Denied(Reason.AUTH_TYPE_NOT_ACCEPTED)


NOW, LATER, EARLIER = SECOND, SECOND + 1, SECOND - 1


@pytest.mark.parametrize(
    ("credential", "reason"),
    [
        (key_card(enabled=False, until=EARLIER), "CREDENTIAL_NOT_ENABLED"),
        (key_card(since=LATER), "CREDENTIAL_NOT_ACTIVE"),
        (key_card(since=NOW), "KEY_CARD"),
        (key_card(until=NOW), "CREDENTIAL_EXPIRED"),
        (key_card(until=LATER), "KEY_CARD"),
        (key_card(since=EARLIER, until=LATER), "KEY_CARD"),
        (key_card(since=0, until=0), "CREDENTIAL_EXPIRED"),
    ],
)
def test_credential(credential: Credential, reason: str) -> None:
    assert short(answer(snapshot(credentials=(credential,)), card(1))) == reason


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (person(suspended=True, until=EARLIER), "PERSON_SUSPENDED"),
        (person(since=LATER), "PERSON_NOT_ACTIVE"),
        (person(since=NOW), "KEY_CARD"),
        (person(until=NOW), "PERSON_EXPIRED"),
        (person(until=LATER), "KEY_CARD"),
    ],
)
def test_person(who: Person, reason: str) -> None:
    assert short(answer(snapshot(persons=(who,)), card(1))) == reason


@pytest.mark.parametrize(
    ("made", "assignment", "reason"),
    [
        (rule(), assigned(since=LATER), "UNAUTHORISED"),
        (rule(), assigned(until=NOW), "UNAUTHORISED"),
        (rule(since=LATER), assigned(), "UNAUTHORISED"),
        (rule(until=NOW), assigned(), "UNAUTHORISED"),
        (rule(since=EARLIER), assigned(since=LATER), "UNAUTHORISED"),
        (rule(since=LATER), assigned(since=EARLIER), "UNAUTHORISED"),
        (rule(until=NOW), assigned(until=LATER), "UNAUTHORISED"),
        (rule(until=LATER), assigned(until=NOW), "UNAUTHORISED"),
        (rule(since=NOW, until=LATER), assigned(since=NOW, until=LATER), "KEY_CARD"),
        (rule(at="back"), assigned(), "UNAUTHORISED"),
        (rule(schedule="office"), assigned(), "KEY_CARD"),
        (rule(schedule="evenings"), assigned(), "NOT_PERMITTED_AT_THIS_TIME"),
        (rule(schedule="evenings", entry=()), assigned(), "NOT_PERMITTED_AT_THIS_TIME"),
        (rule(schedule="office", entry=()), assigned(), "AUTH_TYPE_NOT_ACCEPTED"),
        (rule(entry=(), exits=(CARD,)), assigned(), "AUTH_TYPE_NOT_ACCEPTED"),
    ],
)
def test_rule_and_assignment(made: Rule, assignment: Assignment, reason: str) -> None:
    what = snapshot(doors=(door(), door("back")), rules=(made,), assignments=(assignment,))
    assert short(answer(what, card(1))) == reason


def test_each_side_has_its_own_list() -> None:
    out = snapshot(rules=(rule(entry=(), exits=(CARD,)),))
    assert short(answer(out, card(1), side=Side.EXIT)) == "KEY_CARD"
    assert short(answer(out, card(1), side=Side.ENTRY)) == "AUTH_TYPE_NOT_ACCEPTED"


def test_the_door_and_the_rule_must_both_accept() -> None:
    card_only = snapshot(doors=(door(entry=(CARD,)),), rules=(rule(entry=(PIN, PAIR)),))
    assert short(answer(card_only, card(1))) == "AUTH_TYPE_NOT_ACCEPTED"
    assert short(answer(card_only, pin("2580"))) == "AUTH_TYPE_NOT_ACCEPTED"


def test_an_exit_request_needs_the_doors_exit_list_and_nothing_else() -> None:
    nobody = snapshot(doors=(door(entry=()),), rules=(), persons=(), credentials=(), assignments=())
    old = State()
    assert short(answer(nobody, EXIT, side=Side.EXIT, state=old)) == "REX"
    without = snapshot(doors=(door(exits=(CARD,)),), rules=(rule(exits=(REX,)),))
    assert answer(without, EXIT, side=Side.EXIT) == Denied(Reason.AUTH_TYPE_NOT_ACCEPTED, REX)


def test_a_door_out_of_service_answers_nobody() -> None:
    closed = snapshot(doors=(door(in_service=False),))
    attempts: list[tuple[Factor, ...]] = [(card(1),), (EXIT,), (REMOTELY,), (card(9),), ()]
    for factors in attempts:
        assert short(answer(closed, *factors)) == "DOOR_OUT_OF_SERVICE"


def test_the_schedule_runs_by_the_doors_own_clock() -> None:
    helsinki = snapshot(doors=(door(timezone="Europe/Helsinki"),), rules=(rule(schedule="office"),))
    stockholm = snapshot(rules=(rule(schedule="office"),))
    half_past_six_utc = AT.replace(hour=6, minute=30)
    assert short(answer(helsinki, card(1), at=half_past_six_utc)) == "KEY_CARD"
    assert short(answer(stockholm, card(1), at=half_past_six_utc)) == "NOT_PERMITTED_AT_THIS_TIME"


# Each rule alone would answer with the reason beside it; together the one that came furthest answers.
STAGES = [
    (rule("ended", until=NOW), "UNAUTHORISED"),
    (rule("evening", schedule="evenings"), "NOT_PERMITTED_AT_THIS_TIME"),
    (rule("remote", entry=(REMOTE,)), "AUTH_TYPE_NOT_ACCEPTED"),
    (rule("pair", entry=(PAIR,)), "needs KEY_CARD_PLUS_PIN"),
    (rule("plain"), "KEY_CARD"),
]


@pytest.mark.parametrize("furthest", range(len(STAGES)))
@pytest.mark.parametrize("turned", [False, True])
def test_the_rule_that_came_furthest_answers(furthest: int, turned: object) -> None:
    rules = tuple(each for each, _ in STAGES[: furthest + 1])
    assignments = tuple(assigned(each.id) for each in rules)
    what = snapshot(rules=rules, assignments=assignments[::-1] if turned else assignments)
    assert short(answer(what, card(1))) == STAGES[furthest][1]


def test_of_two_rules_that_grant_the_smaller_id_is_named() -> None:
    for order in (("b", "a"), ("a", "b")):
        what = snapshot(rules=tuple(map(rule, order)), assignments=tuple(map(assigned, order)))
        assert answer(what, card(1)) == Granted(CARD, 5, "holder", "card-1", "a")


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("1001", "WRONG_PIN"), ("1002", "WRONG_PIN"), ("1003", "WRONG_PIN"), ("1004", "KEY_CARD_PLUS_PIN")],
)
def test_the_pin_of_a_pair_must_be_in_use(digits: str, expected: str) -> None:
    pins = (
        pin_of("1001", enabled=False),
        pin_of("1002", since=LATER),
        pin_of("1003", until=NOW),
        pin_of("1004"),
    )
    what = snapshot(rules=(rule(entry=(PAIR,)),), credentials=(key_card(), *pins))
    assert short(answer(what, card(1), pin(digits))) == expected


def test_a_card_holder_without_a_pin_types_a_wrong_one() -> None:
    what = snapshot(rules=(rule(entry=(PAIR,)),), credentials=(key_card(),))
    assert short(answer(what, card(1))) == "needs KEY_CARD_PLUS_PIN"
    assert short(answer(what, card(1), pin("2580"))) == "WRONG_PIN"


LOCKED = State(AT, pin_tries={("front", Side.ENTRY): PinTries(locked_until=AT + timedelta(seconds=1))})


@pytest.mark.parametrize(
    ("accepted", "factors", "expected"),
    [
        ((PIN,), (pin("2580"),), "PIN_LOCKED"),
        ((PIN,), (pin("1111"),), "PIN_LOCKED"),
        ((PAIR,), (card(1),), "PIN_LOCKED"),
        ((PAIR,), (card(1), pin("2580")), "PIN_LOCKED"),
        ((PAIR,), (card(9),), "UNKNOWN_CREDENTIAL"),
        ((PAIR, CARD), (card(1),), "KEY_CARD"),
        ((REMOTE,), (REMOTELY,), "REMOTE"),
        ((), (EXIT,), "REX"),
    ],
)
def test_a_locked_side_takes_no_pin_and_everything_else(
    accepted: tuple[AuthType, ...], factors: tuple[Factor, ...], expected: str
) -> None:
    what = snapshot(rules=(rule(entry=accepted, exits=(PIN,)),))
    assert short(answer(what, *factors, state=LOCKED)) == expected
    assert short(answer(what, pin("2580"), side=Side.EXIT, state=LOCKED)) == "PIN"


ANYTHING = snapshot(rules=(rule(entry=(CARD, PIN, REMOTE)),))
PAIRS = snapshot(rules=(rule(entry=(PAIR,)),))
AGES = [
    # behaviour, hours since the last confirmation (None never), card, PIN, remote; exit is always REX
    ("keep", None, "KEY_CARD", "PIN", "REMOTE"),
    ("keep", 73, "KEY_CARD", "PIN", "REMOTE"),
    ("cards_only", 72, "KEY_CARD", "PIN", "REMOTE"),
    ("cards_only", 73, "KEY_CARD", "SNAPSHOT_TOO_OLD", "SNAPSHOT_TOO_OLD"),
    ("cards_only", None, "KEY_CARD", "SNAPSHOT_TOO_OLD", "SNAPSHOT_TOO_OLD"),
    ("deny", 72, "KEY_CARD", "PIN", "REMOTE"),
    ("deny", 73, "SNAPSHOT_TOO_OLD", "SNAPSHOT_TOO_OLD", "SNAPSHOT_TOO_OLD"),
    ("deny", None, "SNAPSHOT_TOO_OLD", "SNAPSHOT_TOO_OLD", "SNAPSHOT_TOO_OLD"),
    ("a word from the future", 73, "SNAPSHOT_TOO_OLD", "SNAPSHOT_TOO_OLD", "SNAPSHOT_TOO_OLD"),
]


@pytest.mark.parametrize(("behaviour", "hours", "by_card", "by_pin", "remote"), AGES)
def test_age(behaviour: str, hours: int | None, by_card: str, by_pin: str, remote: str) -> None:
    what = msgspec.structs.replace(ANYTHING, doors=(door(past_age=PastAge(72, behaviour)),))
    state = State(None if hours is None else AT - hours * HOUR)
    answers = [short(answer(what, factor, state=state)) for factor in (card(1), pin("2580"), REMOTELY, EXIT)]
    assert answers == [by_card, by_pin, remote, "REX"]


def test_a_clock_that_was_set_back_does_not_make_an_old_snapshot_new() -> None:
    what = msgspec.structs.replace(ANYTHING, doors=(door(past_age=PastAge(72, "deny")),))
    assert short(answer(what, card(1), state=State(AT + HOUR))) == "KEY_CARD"
    assert short(answer(what, card(1), state=State(AT + 73 * HOUR))) == "SNAPSHOT_TOO_OLD"


def test_cards_only_still_takes_a_card_and_its_pin() -> None:
    what = msgspec.structs.replace(PAIRS, doors=(door(past_age=PastAge(72, "cards_only")),))
    assert short(answer(what, card(1), state=State())) == "needs KEY_CARD_PLUS_PIN"
    assert short(answer(what, card(1), pin("2580"), state=State())) == "KEY_CARD_PLUS_PIN"


CORRUPT: list[Index] = [
    msgspec.structs.replace(compile_snapshot(snapshot()), holders=None),
    msgspec.structs.replace(compile_snapshot(snapshot()), doors={"front": "no door"}),
    msgspec.structs.replace(compile_snapshot(snapshot()), doors=None),
]


@pytest.mark.parametrize("broken", CORRUPT)
def test_unforeseen_trouble_keeps_the_door_locked(broken: Index) -> None:
    assert decide(Request("front", Side.ENTRY, AT, (card(1),)), broken, FRESH) == Denied(Reason.FAULT)


def test_a_moment_without_a_zone_is_a_fault() -> None:
    naive = AT.replace(tzinfo=None)
    assert answer(snapshot(), card(1), at=naive) == Denied(Reason.FAULT)
