"""Which small worlds and attempts do the properties run over? Few names, so that rows meet; moments close to the attempt.

A world is a function of one whole number. Nearly everything in it is in force, so that attempts come far through the checks;
`test_every_answer_is_met` proves that they do.
"""

from datetime import timedelta
from random import Random

from portvakt.core.decision.model import (
    AuthType,
    ExitRequested,
    Factor,
    PinTries,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.core.snapshot import (
    Assignment,
    Credential,
    Door,
    Interval,
    PastAge,
    Person,
    Rule,
    RuleDoor,
    Schedule,
    Snapshot,
    SpecialDay,
)
from tests.core.plain import AT, EVERY_TYPE, HOUR, SECOND, card, key_card, pin, pin_of, snapshot

DOORS, RULES, PERSONS, SCHEDULES = ("d1", "d2"), ("r1", "r2", "r3"), ("p1", "p2"), ("s1", "s2")
CARDS, PINS = (1, 2, 3), ("2580", "1470", "3691")
KEPT: tuple[int | str, ...] = (*CARDS, *PINS)
SPECIAL = ("2026-03-01", "2026-03-02", "2026-03-03")
Span = tuple[int | None, int | None]


def world(number: int) -> Snapshot:
    """Make a consistent snapshot."""
    chance = Random(number)
    return snapshot(
        doors=tuple(_door(chance, name) for name in DOORS),
        readers=(),
        schedules=tuple(_schedule(chance, name) for name in SCHEDULES),
        rules=tuple(_rule(chance, name) for name in RULES),
        persons=tuple(Person(name, _seldom(chance), *_span(chance)) for name in PERSONS),
        credentials=tuple(_credential(chance, which) for which in chance.sample(KEPT, chance.choice([5, 6]))),
        assignments=tuple(
            Assignment(chance.choice(RULES), chance.choice(PERSONS), *_span(chance))
            for _ in range(chance.randrange(2, 7))
        ),
    )


def attempt(number: int) -> tuple[Request, State]:
    """Make a request and a state around it: confirmed recently, long ago or never, PINs locked at its side or not."""
    chance = Random(f"attempt {number}")
    at = AT + chance.choice([-15, -1, 0, 0, 1, 15]) * HOUR
    name, side = chance.choice((*DOORS * 12, "cellar")), chance.choice(tuple(Side))
    confirmed_at = chance.choice([None, *[at - HOUR] * 8, at - 2 * HOUR, at - 100 * HOUR])
    tries = PinTries(locked_until=at + timedelta(seconds=30)) if _seldom(chance) else PinTries()
    return Request(name, side, at, _factors(chance)), State(confirmed_at, {(name, side): tries})


def _factors(chance: Random) -> tuple[Factor, ...]:
    shown, typed = card(chance.choice((*CARDS * 3, 4))), pin(chance.choice((*PINS * 3, "9999")))
    one: list[Factor] = [shown, typed, ExitRequested(), RemoteOpening(chance.choice((*PERSONS, *PERSONS, "nobody")))]
    usual: list[tuple[Factor, ...]] = [(shown,), (shown, typed), (shown, typed), (typed,), (one[3],), (one[2],)]
    return chance.choice([*usual, *usual, tuple(chance.choices(one, k=chance.randrange(4)))])


def _door(chance: Random, name: str) -> Door:
    age = PastAge(chance.choice([1, 72]), chance.choice(["keep", "cards_only", "deny"]))
    zone = chance.choice(["Europe/Stockholm", "America/New_York"])
    return Door(name, zone, not _seldom(chance), 5, 30, _types(chance, 4), _types(chance, 4), age)


def _rule(chance: Random, name: str) -> Rule:
    places = chance.sample(DOORS, chance.choice([1, 2, 2]))
    at_doors = tuple(RuleDoor(each, _types(chance, 3), _types(chance, 3)) for each in places)
    return Rule(name, at_doors, chance.choice([None, None, *SCHEDULES]), *_span(chance))


def _schedule(chance: Random, name: str) -> Schedule:
    special = (SpecialDay(each, _intervals(chance)) for each in chance.sample(SPECIAL, chance.choice([0, 0, 1, 2])))
    return Schedule(name, tuple(_intervals(chance) for _ in range(7)), tuple(special))


def _intervals(chance: Random) -> tuple[Interval, ...]:
    starts, ends = [0, 240, 600, 1320], [0, 120, 601, 660, 1440]
    return tuple(Interval(chance.choice(starts), chance.choice(ends)) for _ in range(chance.choice([0, 1, 1, 2])))


def _credential(chance: Random, which: int | str) -> Credential:
    holder, enabled, (since, until) = chance.choice(PERSONS), not _seldom(chance), _span(chance)
    if isinstance(which, int):
        return key_card(which, of=holder, enabled=enabled, since=since, until=until)
    return pin_of(which, of=holder, enabled=enabled, since=since, until=until)


def _types(chance: Random, least: int) -> tuple[AuthType, ...]:
    return tuple(chance.sample(EVERY_TYPE, chance.randint(least, len(EVERY_TYPE))))


def _span(chance: Random) -> Span:
    edges = [SECOND - 60, SECOND, SECOND + 60]
    return (
        chance.choice(edges) if _seldom(chance) else None,
        chance.choice(edges) if _seldom(chance) else None,
    )


def _seldom(chance: Random) -> bool:
    return chance.randrange(16) == 0
