"""Is everyone named who gains or loses a right by a change, and nobody else?"""

from random import Random

import pytest
from msgspec.structs import replace

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.difference import Change, Changes, Difference, difference
from portvakt.core.decision.model import AuthType, CredentialKind, Side
from portvakt.core.schedule import Interval, Schedule, SpecialDay
from portvakt.core.snapshot import Assignment, Snapshot
from tests.core.decision.brute import START, changed, quiet, rights
from tests.core.plain import (
    AT,
    EVENINGS,
    OFFICE_HOURS,
    SECOND,
    assigned,
    door,
    key_card,
    person,
    pin_of,
    rule,
    snapshot,
)

DAY = 86_400
CARD = (Change("front", Side.ENTRY, (AuthType.KEY_CARD,)),)
NONE: dict[str, Changes] = {}
PLAIN = snapshot(rules=(rule(schedule="office"),))


def hours(plan: Schedule, *intervals: Interval, **special: tuple[Interval, ...]) -> Schedule:
    days = tuple(SpecialDay(name[1:].replace("_", "-"), each) for name, each in special.items())
    return replace(plan, weekly=(intervals,) * 5 + ((), ()), special_days=days)


def with_office(plan: Schedule) -> Snapshot:
    return replace(PLAIN, schedules=(EVENINGS, plan))


OFFICE = Interval(480, 1020)
WIDER, NARROWER, LATER = Interval(480, 1021), Interval(480, 1019), Interval(481, 1021)
GAIN, LOSS = ({"holder": CARD}, NONE), (NONE, {"holder": CARD})
BOTH, NEITHER = ({"holder": CARD}, {"holder": CARD}), (NONE, NONE)
TEMPORARY = replace(PLAIN, assignments=(assigned(since=SECOND, until=SECOND + DAY),))

CASES = {
    "nothing": (PLAIN, PLAIN, NEITHER),
    "the schedule a minute wider": (PLAIN, with_office(hours(OFFICE_HOURS, WIDER)), GAIN),
    "the schedule a minute narrower": (PLAIN, with_office(hours(OFFICE_HOURS, NARROWER)), LOSS),
    "the schedule moved a minute": (PLAIN, with_office(hours(OFFICE_HOURS, LATER)), BOTH),
    "the schedule written in two parts": (
        PLAIN,
        with_office(hours(OFFICE_HOURS, Interval(480, 700), Interval(690, 1020))),
        NEITHER,
    ),
    "a special day closed": (PLAIN, with_office(hours(OFFICE_HOURS, OFFICE, d2026_12_24=())), LOSS),
    "a special day opened": (PLAIN, with_office(hours(OFFICE_HOURS, OFFICE, d2026_12_26=(OFFICE,))), GAIN),
    "a special day as the week": (PLAIN, with_office(hours(OFFICE_HOURS, OFFICE, d2026_12_24=(OFFICE,))), NEITHER),
    "a special day that is past": (PLAIN, with_office(hours(OFFICE_HOURS, OFFICE, d2025_12_24=())), NEITHER),
    "no schedule any more": (PLAIN, replace(PLAIN, rules=(rule(),)), GAIN),
    "another rule that says the same": (
        PLAIN,
        replace(PLAIN, rules=(rule("other", schedule="office"),), assignments=(assigned("other"),)),
        NEITHER,
    ),
    "a second rule that says less": (
        replace(PLAIN, rules=(rule(), rule("less", schedule="office"))),
        replace(PLAIN, rules=(rule(), rule("less", schedule="office")), assignments=(assigned(), assigned("less"))),
        NEITHER,
    ),
    "two rules that together say the same": (
        PLAIN,
        replace(
            PLAIN,
            schedules=(hours(EVENINGS, Interval(480, 700)), hours(OFFICE_HOURS, Interval(700, 1020))),
            rules=(rule("a", schedule="evenings"), rule("b", schedule="office")),
            assignments=(assigned("a"), assigned("b")),
        ),
        NEITHER,
    ),
    "withdrawn": (PLAIN, replace(PLAIN, assignments=()), LOSS),
    "the person gone": (PLAIN, replace(PLAIN, persons=(), credentials=(), assignments=()), LOSS),
    "the person new": (replace(PLAIN, persons=(), credentials=(), assignments=()), PLAIN, GAIN),
    "suspended": (PLAIN, replace(PLAIN, persons=(person(suspended=True),)), LOSS),
    "the card suspended": (PLAIN, replace(PLAIN, credentials=(key_card(enabled=False), pin_of())), LOSS),
    "a second card": (PLAIN, replace(PLAIN, credentials=(key_card(), key_card(2), pin_of())), NEITHER),
    "the assignment ends": (PLAIN, replace(PLAIN, assignments=(assigned(until=SECOND + DAY),)), LOSS),
    "the assignment ended long ago": (
        replace(PLAIN, assignments=(assigned(until=SECOND - DAY),)),
        replace(PLAIN, assignments=()),
        NEITHER,
    ),
    "the rule begins later": (PLAIN, replace(PLAIN, rules=(rule(schedule="office", since=SECOND + DAY),)), LOSS),
    "an end moved within a closed night": (
        replace(PLAIN, assignments=(assigned(until=SECOND + 9 * 3600),)),
        replace(PLAIN, assignments=(assigned(until=SECOND + 10 * 3600),)),
        NEITHER,
    ),
    "an end moved into opening hours": (
        replace(PLAIN, assignments=(assigned(until=SECOND + 9 * 3600),)),
        replace(PLAIN, assignments=(assigned(until=SECOND + 22 * 3600 + 60),)),
        GAIN,
    ),
    "a day's right, the schedule wider on another day": (
        TEMPORARY,
        replace(TEMPORARY, schedules=(EVENINGS, replace(OFFICE_HOURS, weekly=((OFFICE,),) * 6 + ((),)))),
        NEITHER,
    ),
    "a day's right, the schedule wider that day": (
        TEMPORARY,
        replace(TEMPORARY, schedules=(EVENINGS, hours(OFFICE_HOURS, WIDER))),
        GAIN,
    ),
    "two assignments in place of one": (
        PLAIN,
        replace(PLAIN, assignments=(assigned(until=SECOND + DAY), assigned(since=SECOND + DAY))),
        NEITHER,
    ),
    "an assignment that its rule never meets": (
        replace(PLAIN, assignments=()),
        replace(PLAIN, rules=(rule(until=SECOND),), assignments=(assigned(since=SECOND + DAY),)),
        NEITHER,
    ),
    "the door out of service": (PLAIN, replace(PLAIN, doors=(door(in_service=False),)), LOSS),
    "the door gone": (
        PLAIN,
        replace(PLAIN, doors=(), readers=(), rules=(replace(rule(schedule="office"), doors=()),)),
        LOSS,
    ),
    "the side takes no cards": (PLAIN, replace(PLAIN, doors=(door(entry=(AuthType.PIN,)),)), LOSS),
    "another time zone": (PLAIN, replace(PLAIN, doors=(door(timezone="Europe/London"),)), BOTH),
    "another time zone without a schedule": (
        replace(PLAIN, rules=(rule(),)),
        replace(PLAIN, rules=(rule(),), doors=(door(timezone="Europe/London"),)),
        NEITHER,
    ),
    "the pair instead": (
        PLAIN,
        replace(PLAIN, rules=(rule(schedule="office", entry=(AuthType.KEY_CARD_PLUS_PIN,)),)),
        ({"holder": (Change("front", Side.ENTRY, (AuthType.KEY_CARD_PLUS_PIN,)),)}, {"holder": CARD}),
    ),
    "an auth type they have nothing for": (
        PLAIN,
        replace(PLAIN, rules=(rule(schedule="office", entry=(AuthType.KEY_CARD, AuthType.PLATE)),)),
        NEITHER,
    ),
    "the duress PIN alone left": (
        replace(PLAIN, rules=(rule(entry=(AuthType.PIN,)),)),
        replace(
            PLAIN,
            rules=(rule(entry=(AuthType.PIN,)),),
            credentials=(replace(pin_of(), kind=CredentialKind.DURESS_PIN),),
        ),
        NEITHER,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_difference(name: str) -> None:
    before, after, (gains, losses) = CASES[name]
    assert difference(compile_snapshot(before), compile_snapshot(after), AT) == Difference(gains, losses)


def test_without_a_moment_the_past_counts_too() -> None:
    before, after = (
        compile_snapshot(PLAIN),
        compile_snapshot(replace(PLAIN, rules=(rule(schedule="office", since=SECOND - DAY),))),
    )
    assert difference(before, after).losses == {"holder": CARD}
    assert difference(before, after, AT) == Difference({}, {})


def test_only_who_is_touched_is_named_and_what_many_share_is_one_value() -> None:
    many = tuple(f"p{number:02}" for number in range(40))
    rows = replace(
        PLAIN,
        rules=(rule("a"), rule("b")),
        persons=tuple(map(person, many)),
        credentials=tuple(key_card(number, of=name) for number, name in enumerate(many)),
        assignments=tuple(Assignment("ab"[number % 2], name, None, None) for number, name in enumerate(many)),
    )
    after = replace(rows, rules=(rule("a"), rule("b", schedule="office")))
    found = difference(compile_snapshot(rows), compile_snapshot(after), AT)
    assert list(found.losses) == list(many[1::2])
    assert found.gains == {}
    assert len({id(each) for each in found.losses.values()}) == 1


def test_persons_who_differ_elsewhere_share_what_is_the_same_at_a_door() -> None:
    rows = replace(
        PLAIN,
        doors=(door(), door("back")),
        rules=(rule(), rule("back", at="back")),
        persons=(person(), person("other")),
        credentials=(key_card(), key_card(2, of="other")),
        assignments=(assigned(), assigned(who="other"), assigned("back", who="other")),
    )
    after = replace(rows, rules=(rule(schedule="office"), rule("back", at="back")))
    assert difference(compile_snapshot(rows), compile_snapshot(after), AT).losses == {"holder": CARD, "other": CARD}


@pytest.mark.parametrize("number", range(1, 7))
def test_the_same_as_asking_at_every_moment(number: int) -> None:
    chance = Random(f"difference {number}")
    before = quiet(number)
    after = changed(before, quiet(number + 100), chance)
    found = difference(compile_snapshot(before), compile_snapshot(after), START)
    same_clocks = {each.id: each.timezone for each in before.doors} == {each.id: each.timezone for each in after.doors}
    for auth_type in chance.sample([each for each in AuthType if each is not AuthType.REX], 3):
        old, new = rights(before, auth_type), rights(after, auth_type)
        gained = {right[:3] for right in new.keys() - old.keys()}
        lost = {right[:3] for right in old.keys() - new.keys()}
        if same_clocks:
            assert said(found.gains, auth_type) == gained
            assert said(found.losses, auth_type) == lost
        else:
            assert said(found.gains, auth_type) >= gained
            assert said(found.losses, auth_type) >= lost


def said(changes: dict[str, Changes], auth_type: AuthType) -> set[tuple[str, str, Side]]:
    return {
        (who, each.door, each.side)
        for who, all_of in changes.items()
        for each in all_of
        if auth_type in each.auth_types
    }
