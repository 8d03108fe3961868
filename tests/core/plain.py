"""With which small rows do the tests of core begin? Each maker gives a sound row; a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from portvakt.core.credentials import card_digest, pin_digest
from portvakt.core.decision.model import AuthType, CardShown, CredentialKind, Escort, PinTyped, Side
from portvakt.core.snapshot import (
    Area,
    Assignment,
    Credential,
    Door,
    Hold,
    Interlock,
    Interval,
    Lockdown,
    PastAge,
    Person,
    Reader,
    Rule,
    RuleDoor,
    Schedule,
    Snapshot,
)

KEY = bytes(range(32))
STOCKHOLM = ZoneInfo("Europe/Stockholm")
# A Monday, 10:00 in Stockholm.
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = int(AT.timestamp())
HOUR = timedelta(hours=1)

KEEP = PastAge(72, "keep")
EVERY_TYPE = (AuthType.REX, AuthType.PIN, AuthType.KEY_CARD, AuthType.REMOTE, AuthType.KEY_CARD_PLUS_PIN)
OFFICE_HOURS = Schedule("office", ((Interval(480, 1020),),) * 5 + ((), ()), ())
EVENINGS = Schedule("evenings", ((Interval(1080, 1200),),) * 7, ())


def digest_of_card(number: int) -> bytes:
    return card_digest(KEY, 32, number.to_bytes(4, "big"))


def card(number: int) -> CardShown:
    return CardShown(digest_of_card(number))


def pin(digits: str) -> PinTyped:
    return PinTyped(pin_digest(KEY, digits))


def door(
    name: str = "front",
    *,
    entry: tuple[AuthType, ...] = EVERY_TYPE,
    exits: tuple[AuthType, ...] = EVERY_TYPE,
    in_service: bool = True,
    past_age: PastAge = KEEP,
    timezone: str = "Europe/Stockholm",
) -> Door:
    return Door(name, timezone, in_service, 5, 30, entry, exits, past_age)


def reader(
    name: str = "front-in", *, at: str = "front", address: int = 1, port: str = "bus0", reads: str = "card"
) -> Reader:
    return Reader(name, at, Side.ENTRY, port, address, 9600, reads)


def rule(
    name: str = "staff",
    *,
    at: str = "front",
    entry: tuple[AuthType, ...] = (AuthType.KEY_CARD,),
    exits: tuple[AuthType, ...] = (),
    schedule: str | None = None,
    since: int | None = None,
    until: int | None = None,
) -> Rule:
    return Rule(name, (RuleDoor(at, entry, exits),), schedule, since, until)


def person(
    name: str = "holder",
    *,
    suspended: bool = False,
    since: int | None = None,
    until: int | None = None,
    overrides: int = 0,
    escort: Escort = Escort.NONE,
) -> Person:
    return Person(name, suspended, since, until, overrides, escort)


def key_card(
    number: int = 1,
    *,
    of: str = "holder",
    enabled: bool = True,
    since: int | None = None,
    until: int | None = None,
    name: str | None = None,
) -> Credential:
    kept = f"card-{number}" if name is None else name
    return Credential(kept, of, CredentialKind.KEY_CARD, digest_of_card(number), enabled, since, until)


def pin_of(
    digits: str = "2580",
    *,
    of: str = "holder",
    enabled: bool = True,
    since: int | None = None,
    until: int | None = None,
) -> Credential:
    return Credential(f"pin-{digits}", of, CredentialKind.PIN, pin_digest(KEY, digits), enabled, since, until)


def duress_pin_of(
    digits: str = "2580", *, of: str = "holder", enabled: bool = True, name: str | None = None
) -> Credential:
    kept = f"duress-{digits}" if name is None else name
    return Credential(kept, of, CredentialKind.DURESS_PIN, pin_digest(KEY, digits), enabled, None, None)


def kept_as(
    kind: CredentialKind, digest: bytes, *, of: str = "holder", enabled: bool = True, until: int | None = None
) -> Credential:
    return Credential(kind.value, of, kind, digest, enabled, None, until)


def assigned(
    to: str = "staff", *, who: str = "holder", since: int | None = None, until: int | None = None
) -> Assignment:
    return Assignment(to, who, since, until)


def snapshot(
    *,
    version: int = 1,
    doors: tuple[Door, ...] = (door(),),
    readers: tuple[Reader, ...] = (reader(),),
    schedules: tuple[Schedule, ...] = (EVENINGS, OFFICE_HOURS),
    rules: tuple[Rule, ...] = (rule(),),
    persons: tuple[Person, ...] = (person(),),
    credentials: tuple[Credential, ...] = (key_card(), pin_of()),
    assignments: tuple[Assignment, ...] = (assigned(),),
    digest_key: bytes = KEY,
    areas: tuple[Area, ...] = (),
    interlocks: tuple[Interlock, ...] = (),
    lockdowns: tuple[Lockdown, ...] = (),
    holds: tuple[Hold, ...] = (),
) -> Snapshot:
    return Snapshot(
        "controller-1",
        "organisation-1",
        version,
        SECOND,
        digest_key,
        doors,
        readers,
        schedules,
        rules,
        persons,
        credentials,
        assignments,
        areas,
        interlocks,
        lockdowns,
        holds,
    )
