"""Which rights does a small world give, found by asking decide at every moment that matters?

The moments are every half hour of twelve days by the doors' clocks and the edges of validity, which is where anything in
the worlds of `worlds.py` begins or ends. To ask about one auth type alone the rows are held to that one.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from random import Random

from msgspec.structs import replace

from portvakt.core.credentials import STEP_SECONDS, qr_proof
from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import (
    AuthType,
    CardShown,
    CodeScanned,
    CredentialKind,
    Factor,
    Granted,
    GuestCodeShown,
    PasscodeTyped,
    PinOnPhone,
    PinTyped,
    PlateSeen,
    QrShown,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.core.snapshot import Snapshot
from tests.core.decision.worlds import DOORS, PERSONS, PRINTED, world
from tests.core.plain import AT, KEY

START = datetime(2026, 2, 28, tzinfo=UTC)
DAYS = 12
MOMENTS = sorted(
    {START + timedelta(minutes=30 * each) for each in range(48 * DAYS)}
    | {AT + timedelta(minutes=each) for each in (-1, 0, 1)}
)
NEVER_MIND = {AuthType.REX}
DIGITS = (CredentialKind.PIN, CredentialKind.DURESS_PIN)


@lru_cache(maxsize=64)
def quiet(number: int) -> Snapshot:
    """Give a world without what is no matter of rights, all doors with a printed code."""
    rows = world(number)
    doors = (
        replace(
            door, inside=None, outside=None, entry_code=PRINTED, exit_code=PRINTED, within_metres=None, in_service=True
        )
        for door in rows.doors
    )
    return replace(rows, doors=tuple(doors), areas=(), interlocks=(), lockdowns=())


def changed(rows: Snapshot, other: Snapshot, chance: Random) -> Snapshot:
    """Take some of the rows from another world."""
    kept = {
        "rules": other.rules,
        "schedules": other.schedules,
        "assignments": other.assignments,
        "persons": other.persons,
    }
    kept |= {"credentials": other.credentials, "doors": other.doors}
    return replace(
        rows, **{name: kept[name] for name in chance.sample(sorted(kept), chance.choice([0, 1, 1, 1, 2, 6]))}
    )


def held_to(rows: Snapshot, auth_type: AuthType) -> Snapshot:
    """Let nothing but one auth type be accepted anywhere."""

    def only(types: tuple[AuthType, ...]) -> tuple[AuthType, ...]:
        return tuple(each for each in types if each is auth_type)

    doors = tuple(replace(door, entry=only(door.entry), exit=only(door.exit)) for door in rows.doors)
    rules = tuple(
        replace(rule, doors=tuple(replace(each, entry=only(each.entry), exit=only(each.exit)) for each in rule.doors))
        for rule in rows.rules
    )
    return replace(rows, doors=doors, rules=rules)


Right = tuple[str, str, Side, datetime]


def rights(rows: Snapshot, auth_type: AuthType, moments: list[datetime] = MOMENTS) -> dict[Right, str]:
    """Give the rule by which each person is granted at each door side and moment with one auth type."""
    index = compile_snapshot(held_to(rows, auth_type))
    found: dict[Right, str] = {}
    for person, door, side, at in product(PERSONS, DOORS, Side, moments):
        for factors in presented(rows, person, auth_type, at):
            answer = decide(Request(door, side, at, factors), index, State(confirmed_at=at))
            if isinstance(answer, Granted):
                assert answer.person == person
                found[person, door, side, at] = answer.rule or ""
    return found


def presented(rows: Snapshot, person: str, auth_type: AuthType, at: datetime) -> Iterator[tuple[Factor, ...]]:
    """Give everything a person could present to come with an auth type."""
    own = [each for each in rows.credentials if each.person == person]
    pins = [each.digest for each in own if each.kind in DIGITS]
    typed: list[Factor] = [PinTyped(each) for each in pins]
    phone: list[Factor] = [PinOnPhone(person, each) for each in pins]
    cards: list[Factor] = [CardShown(each.digest) for each in own if each.kind is CredentialKind.KEY_CARD]
    step = int(at.timestamp()) // STEP_SECONDS
    codes: list[Factor] = [
        QrShown(each.digest, step, qr_proof(KEY, each.digest, step)) for each in own if each.kind is CredentialKind.QR
    ]
    codes += [GuestCodeShown(each.digest) for each in own if each.kind is CredentialKind.GUEST_CODE]
    scan: list[Factor] = [CodeScanned(person, PRINTED)]
    asked: list[Factor] = [RemoteOpening(person)]
    parts: dict[AuthType, tuple[list[Factor], ...]] = {
        AuthType.CARD: (codes,),
        AuthType.PIN: (typed,),
        AuthType.CARD_PLUS_PIN: (codes, typed),
        AuthType.SCAN: (scan,),
        AuthType.SCAN_PLUS_KEYPAD: (scan, typed),
        AuthType.SCAN_PLUS_PHONE: (scan, phone),
        AuthType.KEY_CARD: (cards,),
        AuthType.REMOTE: (asked,),
        AuthType.REMOTE_PLUS_PHONE: (asked, phone),
        AuthType.CARD_PLUS_PHONE: (codes, phone),
        AuthType.PASSCODE: ([PasscodeTyped(each.digest) for each in own if each.kind is CredentialKind.PASSCODE],),
        AuthType.KEY_CARD_PLUS_PIN: (cards, typed),
        AuthType.PLATE: ([PlateSeen(each.digest) for each in own if each.kind is CredentialKind.PLATE],),
    }
    yield from product(*parts[auth_type])
