"""Is everyone named who can open a door, with what, by which rule and from when until when, and nobody else?"""

from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.model import AuthType, CredentialKind, Side
from portvakt.core.decision.reach import Way, what_can_open, who_can_open
from portvakt.core.snapshot import Credential, Lockdown, Snapshot
from tests.core.decision.brute import MOMENTS, held_to, quiet, rights
from tests.core.decision.worlds import DOORS, PERSONS
from tests.core.plain import AT, HOUR, SECOND, assigned, door, key_card, person, pin_of, rule, snapshot

DAY = 86_400
EVERY = tuple(AuthType)
KEY = (AuthType.KEY_CARD,)
PLAIN = snapshot(rules=(rule(schedule="office"),))
CARD = Way("holder", "front", Side.ENTRY, "staff", KEY, (), (), "office", None, None)
NO_CARD = replace(CARD, auth_types=(), not_held=KEY)


def holding(*kinds: CredentialKind) -> Snapshot:
    """Give a world in which every auth type is taken, and a holder of these."""
    credentials = (Credential(each, "holder", each, each.encode().ljust(16), True, None, None) for each in kinds)
    return snapshot(doors=(door(entry=EVERY, exits=()),), rules=(rule(entry=EVERY),), credentials=tuple(credentials))


PHONE = {AuthType.SCAN, AuthType.REMOTE}
WITH_PIN = {AuthType.PIN, AuthType.SCAN_PLUS_KEYPAD, AuthType.SCAN_PLUS_PHONE, AuthType.REMOTE_PLUS_PHONE}
MEANS = [
    ((), set()),
    ((CredentialKind.KEY_CARD,), {AuthType.KEY_CARD}),
    ((CredentialKind.PIN,), WITH_PIN),
    ((CredentialKind.DURESS_PIN,), WITH_PIN),
    ((CredentialKind.QR,), {AuthType.CARD}),
    ((CredentialKind.GUEST_CODE,), {AuthType.CARD}),
    ((CredentialKind.PASSCODE,), {AuthType.PASSCODE}),
    ((CredentialKind.PLATE,), {AuthType.PLATE}),
    ((CredentialKind.KEY_CARD, CredentialKind.PIN), WITH_PIN | {AuthType.KEY_CARD, AuthType.KEY_CARD_PLUS_PIN}),
    (
        (CredentialKind.QR, CredentialKind.PIN),
        WITH_PIN | {AuthType.CARD, AuthType.CARD_PLUS_PIN, AuthType.CARD_PLUS_PHONE},
    ),
]


@pytest.mark.parametrize(("kinds", "types"), MEANS)
def test_what_is_held_tells_how_to_come(kinds: tuple[CredentialKind, ...], types: set[AuthType]) -> None:
    (way,) = who_can_open(compile_snapshot(holding(*kinds)), "front", Side.ENTRY, AT)
    assert set(way.auth_types) == set(way.now) == types | PHONE
    assert set(way.not_held) == set(AuthType) - types - PHONE


# rows, from Monday 10:00 on, at that moment
CASES = {
    "in office hours": (PLAIN, CARD, True),
    "in the evenings": (replace(PLAIN, rules=(rule(schedule="evenings"),)), replace(CARD, schedule="evenings"), False),
    "at all times": (replace(PLAIN, rules=(rule(),)), replace(CARD, schedule=None), True),
    "begins tomorrow": (
        replace(PLAIN, assignments=(assigned(since=SECOND + DAY),)),
        replace(CARD, valid_from=SECOND + DAY),
        False,
    ),
    "rule and person bound it": (
        replace(PLAIN, rules=(rule(schedule="office", until=SECOND + DAY),), persons=(person(since=SECOND - DAY),)),
        replace(CARD, valid_from=SECOND - DAY, valid_to=SECOND + DAY),
        True,
    ),
    "the card bounds it": (
        replace(PLAIN, credentials=(key_card(since=SECOND + 1, until=SECOND + DAY),)),
        replace(CARD, valid_from=SECOND + 1, valid_to=SECOND + DAY),
        False,
    ),
    "two cards, one after the other": (
        replace(PLAIN, credentials=(key_card(until=SECOND), key_card(2, since=SECOND, until=SECOND + DAY))),
        replace(CARD, valid_to=SECOND + DAY),
        True,
    ),
    "out of service": (replace(PLAIN, doors=(door(in_service=False),)), CARD, False),
    "locked down": (replace(PLAIN, lockdowns=(Lockdown("l", 2, ("front",), None),)), CARD, False),
    "a lockdown that has ended": (replace(PLAIN, lockdowns=(Lockdown("l", 2, ("front",), SECOND),)), CARD, True),
    "overrides the lockdown": (
        replace(PLAIN, lockdowns=(Lockdown("l", 2, ("front",), None),), persons=(replace(person(), overrides=2),)),
        CARD,
        True,
    ),
    "a card that is over": (
        replace(PLAIN, credentials=(key_card(until=SECOND),), persons=(person(until=SECOND + DAY),)),
        replace(NO_CARD, valid_to=SECOND + DAY),
        False,
    ),
    "suspended": (replace(PLAIN, persons=(person(suspended=True),)), CARD, False),
    "no card": (replace(PLAIN, credentials=(pin_of(),)), NO_CARD, False),
    "a side that takes nothing": (replace(PLAIN, doors=(door(entry=(), exits=()),)), None, False),
    "over": (replace(PLAIN, assignments=(assigned(until=SECOND),)), None, False),
    "over in a second": (
        replace(PLAIN, assignments=(assigned(until=SECOND + 1),)),
        replace(CARD, valid_to=SECOND + 1),
        True,
    ),
    "in no rule": (replace(PLAIN, assignments=()), None, False),
    "person and rule never meet": (
        replace(PLAIN, rules=(rule(until=SECOND),), persons=(person(since=SECOND),)),
        None,
        False,
    ),
    "assignment and rule never meet": (
        replace(PLAIN, rules=(rule(until=SECOND),), assignments=(assigned(since=SECOND),)),
        None,
        False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_reach(name: str) -> None:
    rows, expected, now = CASES[name]
    index = compile_snapshot(rows)
    ways = () if expected is None else (replace(expected, now=KEY if now else ()),)
    assert who_can_open(index, "front", Side.ENTRY, AT) == what_can_open(index, "holder", AT) == ways


def test_one_who_reaches_a_door_twice_has_two_ways_in_order() -> None:
    rows = replace(PLAIN, rules=(rule(), rule("a", schedule="office")), assignments=(assigned(), assigned("a")))
    assert [way.rule for way in who_can_open(compile_snapshot(rows), "front", Side.ENTRY, AT)] == ["a", "staff"]


def test_nobody_can_open_what_is_not_there_and_who_is_not_there_opens_nothing() -> None:
    index = compile_snapshot(PLAIN)
    assert who_can_open(index, "cellar", Side.ENTRY, AT) == ()
    assert who_can_open(index, "front", Side.EXIT, AT) == ()
    assert what_can_open(index, "nobody", AT) == ()


def test_at_another_hour() -> None:
    index = compile_snapshot(PLAIN)
    assert who_can_open(index, "front", Side.ENTRY, AT + 7 * HOUR) == (CARD,)
    just_before = AT + 7 * HOUR - timedelta(microseconds=1)
    assert who_can_open(index, "front", Side.ENTRY, just_before) == (replace(CARD, now=KEY),)


@pytest.mark.parametrize("number", range(12))
def test_the_same_as_asking_at_every_moment(number: int) -> None:
    chance = Random(f"reach {number}")
    rows = quiet(number)
    auth_type = chance.choice([each for each in AuthType if each is not AuthType.REX])
    moments = [*chance.sample(MOMENTS, 60), AT]
    index = compile_snapshot(held_to(rows, auth_type))
    asked = rights(rows, auth_type, moments)
    for at in moments:
        granted = {right[:3] for right in asked if right[3] == at}
        by_door = {way for name in DOORS for side in Side for way in who_can_open(index, name, side, at)}
        assert {(way.person, way.door, way.side) for way in by_door if way.now} == granted
        assert by_door == {way for name in PERSONS for way in what_can_open(index, name, at)}
    from_the_first = {way for name in PERSONS for way in what_can_open(index, name, min(moments)) if way.auth_types}
    assert {right[:3] for right in asked} <= {(way.person, way.door, way.side) for way in from_the_first}
