"""Which small worlds and attempts do the properties run over? Few names, so that rows meet; moments close to the attempt.

A world, and an attempt with a state around it, are functions of one whole number. Nearly everything in them is in force, so that
attempts come far through the checks; `test_every_answer_is_met` proves that they do.
"""

from collections import Counter
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from portvakt.core.credentials import qr_proof
from portvakt.core.decision.model import (
    AuthType,
    Barred,
    CardShown,
    CodeScanned,
    CredentialKind,
    Escort,
    ExitRequested,
    Factor,
    GuestCodeShown,
    NeedPerson,
    PasscodeTyped,
    PinOnPhone,
    PinTries,
    PinTyped,
    Place,
    PlateSeen,
    QrShown,
    Reason,
    RemoteOpening,
    Request,
    Side,
    State,
    TypedAt,
    Waiting,
)
from portvakt.core.snapshot import (
    Area,
    Assignment,
    Credential,
    Door,
    Interlock,
    Interval,
    Lockdown,
    PastAge,
    Person,
    Rule,
    RuleDoor,
    Schedule,
    Snapshot,
    SpecialDay,
)
from tests.core.plain import AT, HOUR, KEY, SECOND, snapshot

DOORS, RULES, PERSONS, SCHEDULES = ("d1", "d2"), ("r1", "r2", "r3"), ("p1", "p2", "p3"), ("s1", "s2")
AREAS = ("a1", "a2")
SPECIAL = ("2026-03-01", "2026-03-02", "2026-03-03")
TYPES = tuple(AuthType)
PRINTED = bytes(range(16))
Span = tuple[int | None, int | None]


def digest(name: str) -> bytes:
    return name.encode().ljust(16, b"=")


# One credential or two of each kind; a handle of changing codes is a digest as well.
KINDS = [*[CredentialKind.KEY_CARD] * 2, *[CredentialKind.PIN] * 2, *[CredentialKind.QR] * 2, *CredentialKind]
KEPT = tuple((f"c{number}", kind, digest(f"c{number}")) for number, kind in enumerate(KINDS))
OF_KIND = {
    kind: [each for _, of, each in KEPT if of is kind or {of, kind} == {CredentialKind.PIN, CredentialKind.DURESS_PIN}]
    for kind in CredentialKind
}
UNKNOWN = digest("unknown")


@lru_cache(maxsize=16)
def world(number: int) -> Snapshot:
    """Make a consistent snapshot."""
    chance = Random(number)
    return snapshot(
        doors=tuple(_door(chance, name) for name in DOORS),
        readers=(),
        schedules=tuple(_schedule(chance, name) for name in SCHEDULES),
        rules=tuple(_rule(chance, name) for name in RULES),
        persons=tuple(_person(chance, name) for name in PERSONS),
        credentials=tuple(_credential(chance, *each) for each in chance.sample(KEPT, len(KEPT) - chance.randrange(3))),
        assignments=tuple(
            Assignment(chance.choice(RULES), chance.choice(PERSONS), *_span(chance))
            for _ in range(chance.randrange(2, 8))
        ),
        areas=tuple(_area(chance, name) for name in AREAS),
        interlocks=(Interlock("i1", DOORS),) if chance.randrange(3) == 0 else (),
        lockdowns=tuple(
            Lockdown(f"l{each}", chance.choice([1, 2, 5]), tuple(chance.sample(DOORS, 1)), _edge(chance))
            for each in range(chance.choice([0, 0, 0, 1, 2]))
        ),
    )


def attempt(number: int) -> tuple[Request, State]:
    """Make a request and a state around it."""
    chance = Random(f"attempt {number}")
    at = AT + chance.choice([-15, -1, 0, 0, 1, 15]) * HOUR + chance.choice([0, 0, 29, 61]) * timedelta(seconds=1)
    name, side = chance.choice((*DOORS * 12, "cellar")), chance.choice(tuple(Side))
    step = int(at.timestamp()) // 30
    code = _code(chance, step)
    request = Request(name, side, at, _factors(chance, step, code))
    return request, _state(chance, request, code)


def _state(chance: Random, request: Request, code: QrShown) -> State:
    at, key = request.at, (request.door, request.side)
    places = _places(chance, at)
    inside = Counter(place.area for place in places.values() if place.area is not None)
    step = int(at.timestamp()) // 30
    waits = code in request.factors and chance.randrange(3) == 0
    return State(
        confirmed_at=chance.choice([None, *[at - HOUR] * 12, at - 2 * HOUR, at - 100 * HOUR, at + 2 * HOUR]),
        clock_trusted=not _seldom(chance),
        pin_tries=_tries(chance, request),
        codes_used={code.handle: code.step + chance.choice([-1, 0])} if waits or chance.randrange(4) == 0 else {},
        codes_from=step + chance.choice([-2, -1, 0]) if _seldom(chance) else 0,
        codes_waiting={key: code} if waits else {},
        places=places,
        inside=dict(inside),
        entered=_entered(chance, at),
        waiting=_waiting(chance, request),
        unsecured=frozenset(door for door in DOORS if chance.randrange(6) == 0),
        barred=_barred(chance) if _seldom(chance) else None,
    )


def _tries(chance: Random, request: Request) -> dict[TypedAt, PinTries]:
    places: list[TypedAt] = [(request.door, request.side), *((who, None) for who in PERSONS)]
    until = request.at + timedelta(seconds=30)
    return {where: PinTries(locked_until=until) for where in places if _seldom(chance)}


def _places(chance: Random, at: datetime) -> dict[str, Place]:
    ago = [timedelta(0), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3)]
    some = chance.sample(("x1", "x2", *PERSONS), chance.choice([0, 0, 1, 2, 3, 5]))
    return {who: Place(chance.choice((None, *AREAS)), at - chance.choice(ago)) for who in some}


def _entered(chance: Random, at: datetime) -> dict[tuple[str, str], datetime]:
    ago = [timedelta(0), timedelta(minutes=5), timedelta(minutes=30)]
    return {(who, area): at - chance.choice(ago) for who in PERSONS for area in AREAS if chance.randrange(6) == 0}


def _waiting(chance: Random, request: Request) -> dict[tuple[str, Side], Waiting]:
    if chance.randrange(3):
        return {}
    reason = chance.choice([Reason.ESCORT_MISSING, Reason.SECOND_PERSON_MISSING])
    person, credential = chance.choice((*PERSONS, "x1")), chance.choice((None, None, "c0", "c1"))
    auth_type = chance.choice((AuthType.KEY_CARD, AuthType.REMOTE))
    who = NeedPerson(reason, auth_type, person, credential, chance.choice(RULES), _seldom(chance))
    since = chance.choice([0, 5, 20, 21, -1])
    return {(request.door, request.side): Waiting(who, request.at - timedelta(seconds=since))}


def _barred(chance: Random) -> Barred:
    credentials = frozenset(name for name, _, _ in KEPT if chance.randrange(3) == 0)
    pairs = frozenset((who, rule) for who in PERSONS for rule in RULES if chance.randrange(3) == 0)
    return Barred(frozenset(who for who in PERSONS if chance.randrange(4) == 0), credentials, pairs)


def _code(chance: Random, step: int) -> QrShown:
    handle = chance.choice([*OF_KIND[CredentialKind.QR] * 8, UNKNOWN])
    step += chance.choice([*[0] * 8, -1, 1, -2, 2, -3])
    proof = bytes(8) if _seldom(chance) else _proof(handle, step)
    return QrShown(handle, step, proof)


@lru_cache(maxsize=1024)
def _proof(handle: bytes, step: int) -> bytes:
    return qr_proof(KEY, handle, step)


def _factors(chance: Random, step: int, code: QrShown) -> tuple[Factor, ...]:
    one = _ones(chance, code)
    shown, typed, phone, scan, asked, rex = one[0], one[1], one[2], one[3], one[4], one[5]
    card = chance.choice([shown, code, one[6]])
    usual: list[tuple[Factor, ...]] = [
        *[(shown,), (card,), (typed,), (scan,), (asked,), (rex,), (one[7],), (one[8],)],
        *[(shown, typed), (shown, typed), (typed, shown), (card, typed), (typed, card), (card, phone), (phone, card)],
        *[(scan, typed), (typed, scan), (scan, phone), (asked, phone)],
    ]
    return chance.choice(usual) if chance.randrange(12) else tuple(chance.choices(one, k=chance.randrange(4)))


def _ones(chance: Random, code: QrShown) -> list[Factor]:
    def known(kind: CredentialKind) -> bytes:
        return chance.choice([*OF_KIND[kind] * 6, UNKNOWN])

    who = chance.choice((*PERSONS * 4, "nobody"))
    metres = chance.choice([None, 10, 10, 50, 51])
    return [
        CardShown(known(CredentialKind.KEY_CARD)),
        PinTyped(known(CredentialKind.PIN)),
        PinOnPhone(chance.choice([who, who, who, *PERSONS]), known(CredentialKind.PIN)),
        CodeScanned(who, chance.choice([*[PRINTED] * 8, b"", bytes(16)]), metres),
        RemoteOpening(who, metres),
        ExitRequested(),
        GuestCodeShown(known(CredentialKind.GUEST_CODE)),
        PasscodeTyped(known(CredentialKind.PASSCODE)),
        PlateSeen(known(CredentialKind.PLATE)),
        code,
    ]


def _door(chance: Random, name: str) -> Door:
    inside, outside = chance.sample([None, None, None, *AREAS], 2)
    return Door(
        name,
        chance.choice(["Europe/Stockholm", "America/New_York"]),
        not _seldom(chance),
        5,
        30,
        _types(chance, 9),
        _types(chance, 9),
        PastAge(chance.choice([1, 72]), chance.choice(["keep", "cards_only", "deny"])),
        contact=chance.randrange(2) == 0,
        inside=inside,
        outside=outside,
        entry_code=chance.choice([PRINTED, PRINTED, PRINTED, b""]),
        exit_code=chance.choice([PRINTED, PRINTED, PRINTED, b""]),
        within_metres=chance.choice([None, None, 50]),
    )


def _area(chance: Random, name: str) -> Area:
    return Area(
        name,
        passback=chance.choice(["off", "off", "soft", "hard"]),
        forgive_minutes=chance.choice([None, 5, 60]),
        timed_minutes=chance.choice([None, None, 10]),
        limit=chance.choice([None, None, 2, 3]),
        two_person=chance.randrange(3) == 0,
        escort=chance.randrange(3) == 0,
    )


def _rule(chance: Random, name: str) -> Rule:
    places = chance.sample(DOORS, chance.choice([1, 2, 2]))
    at_doors = tuple(RuleDoor(each, _types(chance, 5), _types(chance, 5)) for each in places)
    return Rule(name, at_doors, chance.choice([None, None, *SCHEDULES]), *_span(chance))


def _schedule(chance: Random, name: str) -> Schedule:
    special = (SpecialDay(each, _intervals(chance)) for each in chance.sample(SPECIAL, chance.choice([0, 0, 1, 2])))
    return Schedule(name, tuple(_intervals(chance) for _ in range(7)), tuple(special))


def _intervals(chance: Random) -> tuple[Interval, ...]:
    starts, ends = [0, 240, 600, 1320], [0, 120, 601, 660, 1440]
    return tuple(Interval(chance.choice(starts), chance.choice(ends)) for _ in range(chance.choice([0, 1, 1, 2])))


def _person(chance: Random, name: str) -> Person:
    escort = chance.choice([Escort.NONE, Escort.NONE, Escort.NEEDED, Escort.GIVEN])
    return Person(name, _seldom(chance), *_span(chance), overrides=chance.choice([0, 0, 1, 5]), escort=escort)


def _credential(chance: Random, name: str, kind: CredentialKind, kept: bytes) -> Credential:
    return Credential(name, chance.choice(PERSONS), kind, kept, not _seldom(chance), *_span(chance))


def _types(chance: Random, least: int) -> tuple[AuthType, ...]:
    return tuple(chance.sample(TYPES, chance.randint(least, len(TYPES))))


def _span(chance: Random) -> Span:
    return (_edge(chance) if _seldom(chance) else None, _edge(chance) if _seldom(chance) else None)


def _edge(chance: Random) -> int:
    return chance.choice([SECOND - 60, SECOND, SECOND + 60])


def _seldom(chance: Random) -> bool:
    return chance.randrange(16) == 0
