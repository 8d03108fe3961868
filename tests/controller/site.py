"""One small site: two doors with a reader on each side, four persons, and rules that are easy to keep in mind."""

from typing import Any

import msgspec

from portvakt.core.credentials import card_digest, pin_digest
from portvakt.core.decision.model import AuthType, CredentialKind, Side
from portvakt.core.snapshot import (
    Assignment,
    Credential,
    Door,
    Interval,
    PastAge,
    Person,
    Reader,
    Rule,
    RuleDoor,
    Schedule,
    Snapshot,
)

KEY = bytes(range(32))
CONTROLLER = "controller-1"

# front: card opens; back: card and PIN together, or a PIN alone with the rule that says so.
CARD_ANNA, CARD_BO, CARD_SUSPENDED, CARD_UNKNOWN = (bytes([number, 0, 0, 0]) for number in (1, 2, 3, 9))
BITS = 26
PIN_ANNA, PIN_BO = "4711", "902615"

FRONT, BACK = "front", "back"
FRONT_IN, BACK_IN = "reader-front-in", "reader-back-in"
RELEASE_SECONDS, HELD_OPEN_SECONDS = 5, 30

ALL_DAY = (Interval(0, 0),)
ENTRY = (AuthType.KEY_CARD, AuthType.KEY_CARD_PLUS_PIN, AuthType.PIN, AuthType.REMOTE)


def door(name: str, **changes: Any) -> Door:
    plain = Door(
        id=name,
        timezone="Europe/Stockholm",
        in_service=True,
        release_seconds=RELEASE_SECONDS,
        held_open_seconds=HELD_OPEN_SECONDS,
        entry=ENTRY,
        exit=(AuthType.REX,),
        past_age=PastAge(72, "keep"),
    )
    return msgspec.structs.replace(plain, **changes)


def card(name: str, person: str, data: bytes) -> Credential:
    return Credential(name, person, CredentialKind.KEY_CARD, card_digest(KEY, BITS, data), True, None, None)


def pin(name: str, person: str, digits: str) -> Credential:
    return Credential(name, person, CredentialKind.PIN, pin_digest(KEY, digits), True, None, None)


def person(name: str, *, suspended: bool = False) -> Person:
    return Person(name, suspended, None, None)


def rule(name: str, *doors: RuleDoor, schedule: str | None = None) -> Rule:
    return Rule(name, doors, schedule, None, None)


SITE = Snapshot(
    controller=CONTROLLER,
    organisation="organisation-1",
    version=1,
    compiled_at=1_795_000_000,
    digest_key=KEY,
    doors=(door(FRONT), door(BACK)),
    readers=(
        Reader(FRONT_IN, FRONT, Side.ENTRY, "bus0", 0, 115200),
        Reader(BACK_IN, BACK, Side.ENTRY, "bus0", 1, 115200),
    ),
    schedules=(Schedule("always", (ALL_DAY,) * 7, ()),),
    rules=(
        rule("rule-front", RuleDoor(FRONT, (AuthType.KEY_CARD, AuthType.REMOTE), ()), schedule="always"),
        rule("rule-back", RuleDoor(BACK, (AuthType.KEY_CARD_PLUS_PIN,), ())),
        rule("rule-pin", RuleDoor(BACK, (AuthType.PIN,), ())),
    ),
    persons=(person("anna"), person("bo"), person("suspended", suspended=True)),
    credentials=(
        card("card-anna", "anna", CARD_ANNA),
        card("card-bo", "bo", CARD_BO),
        card("card-suspended", "suspended", CARD_SUSPENDED),
        pin("pin-anna", "anna", PIN_ANNA),
        pin("pin-bo", "bo", PIN_BO),
    ),
    assignments=(
        Assignment("rule-front", "anna", None, None),
        Assignment("rule-front", "suspended", None, None),
        Assignment("rule-back", "anna", None, None),
        Assignment("rule-pin", "bo", None, None),
    ),
)


def site(**changes: object) -> Snapshot:
    """The site with some fields replaced."""
    return msgspec.structs.replace(SITE, **changes)
