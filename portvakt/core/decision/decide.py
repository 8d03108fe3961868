"""May this passage happen, and if not, why not?

The checks run in a fixed order and the first that fails names the reason: door known and in service, snapshot not too
old, credential (known, enabled, begun, not expired), person (not suspended, begun, not expired), an assignment in
force, its schedule, the auth type, the PIN. Rules of its own:

- A side accepts what the door and the rule both list for it. An exit request (REX) needs the door's exit list alone: no
  person, no rule, no schedule, and no snapshot age, because a person inside must not depend on any of them.
- A card alone opens where one of its rules takes KEY_CARD; else, where one takes KEY_CARD_PLUS_PIN, it asks for the
  PIN. Where both are taken the card alone opens. The PIN of a pair must be in use and belong to the card's holder.
- A PIN alone identifies its holder. While PINs are locked at the side nothing is said about the PIN, not even that it
  is unknown.
- Of several assignments the one that came furthest names the reason: when one fails at its schedule and another at its
  auth type, the answer is AUTH_TYPE_NOT_ACCEPTED. Neither the answer nor the rule it names depends on the order of
  rows; of several rules that would grant, the one with the smallest id is named.
- Whatever is valid is so from its first second until before its last. An assignment or rule that is not in force gives
  no right: UNAUTHORISED. An unknown door counts as out of service.
- Past the age limit "deny" refuses everyone, "cards_only" refuses what needs no card (PIN alone, REMOTE), "keep"
  changes nothing.
- Factors that make up no auth type known here are AUTH_TYPE_NOT_ACCEPTED.
"""

from datetime import UTC, datetime
from typing import cast

import msgspec

from portvakt.core.credentials import same_digest
from portvakt.core.decision.compile import CompiledDoor, Index, Option
from portvakt.core.decision.lockout import pins_locked
from portvakt.core.decision.model import (
    AuthType,
    CardShown,
    CredentialKind,
    Decision,
    Denied,
    ExitRequested,
    Factor,
    Granted,
    NeedFactor,
    PinTyped,
    Reason,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.core.schedule import is_active
from portvakt.core.snapshot import Credential, Person

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WITH_CARD = frozenset({AuthType.KEY_CARD, AuthType.KEY_CARD_PLUS_PIN})


class _Attempt(msgspec.Struct, frozen=True):
    """A request with what is known about it so far; `second` is its moment in whole seconds since the epoch."""

    request: Request
    index: Index
    state: State
    door: CompiledDoor
    second: int
    auth_type: AuthType
    person: Person | None = None
    credential: Credential | None = None

    def denied(self, reason: Reason) -> Denied:
        return Denied(reason, self.auth_type, _id_of(self.person), _id_of(self.credential))

    def granted(self, auth_type: AuthType, rule: str) -> Granted:
        return Granted(auth_type, self.door.release_seconds, _id_of(self.person), _id_of(self.credential), rule)


def decide(request: Request, index: Index, state: State) -> Decision:
    """Answer one attempt to pass. Never raises: unforeseen trouble is Denied(FAULT), and the door stays locked."""
    try:
        return _decide(request, index, state)
    except Exception:  # noqa: BLE001 - a door must answer whatever is broken; FAULT is how it tells
        return Denied(Reason.FAULT)


def _decide(request: Request, index: Index, state: State) -> Decision:
    auth_type = _auth_type(request.factors)
    door = index.doors.get(request.door)
    if door is None or not door.in_service:
        return Denied(Reason.DOOR_OUT_OF_SERVICE, auth_type)
    if auth_type is None:
        return Denied(Reason.AUTH_TYPE_NOT_ACCEPTED)
    if auth_type is AuthType.REX:
        return _exit(door)
    if _too_old(door, auth_type, request.at, state):
        return Denied(Reason.SNAPSHOT_TOO_OLD, auth_type)
    second = int((request.at - _EPOCH).total_seconds())
    return _identify(_Attempt(request, index, state, door, second, auth_type))


def _auth_type(factors: tuple[Factor, ...]) -> AuthType | None:
    """Name the auth type that the factors make up, in the order presented."""
    match factors:
        case (ExitRequested(),):
            return AuthType.REX
        case (CardShown(),):
            return AuthType.KEY_CARD
        case (CardShown(), PinTyped()):
            return AuthType.KEY_CARD_PLUS_PIN
        case (PinTyped(),):
            return AuthType.PIN
        case (RemoteOpening(),):
            return AuthType.REMOTE
    return None


def _exit(door: CompiledDoor) -> Decision:
    if AuthType.REX in door.accepts[Side.EXIT]:
        return Granted(AuthType.REX, door.release_seconds)
    return Denied(Reason.AUTH_TYPE_NOT_ACCEPTED, AuthType.REX)


def _too_old(door: CompiledDoor, auth_type: AuthType, at: datetime, state: State) -> bool:
    # A confirmation from the future means that the clock was set back: it proves no more than one as far in the past.
    if state.confirmed_at is not None and abs(at - state.confirmed_at) <= door.age_limit:
        return False
    if door.past_age == "keep":
        return False
    return door.past_age != "cards_only" or auth_type not in _WITH_CARD


def _identify(attempt: _Attempt) -> Decision:
    """Find whose attempt this is."""
    first = attempt.request.factors[0]
    if isinstance(first, CardShown):
        return _with_credential(attempt, attempt.index.cards.get(first.digest))
    if isinstance(first, RemoteOpening):
        return _with_person(attempt, attempt.index.persons.get(first.person))
    if _pins_locked(attempt):
        return attempt.denied(Reason.PIN_LOCKED)
    # Nothing else is left: _auth_type knows no other first factor, and an exit request was answered before.
    return _with_credential(attempt, attempt.index.pins.get(cast("PinTyped", first).digest))


def _with_credential(attempt: _Attempt, credential: Credential | None) -> Decision:
    if credential is None:
        return attempt.denied(Reason.UNKNOWN_CREDENTIAL)
    attempt = msgspec.structs.replace(attempt, credential=credential)
    reason = _credential_trouble(credential, attempt.second)
    if reason is not None:
        return msgspec.structs.replace(attempt, person=attempt.index.persons[credential.person]).denied(reason)
    return _with_person(attempt, attempt.index.persons[credential.person])


def _with_person(attempt: _Attempt, person: Person | None) -> Decision:
    if person is None:
        return attempt.denied(Reason.UNKNOWN_CREDENTIAL)
    attempt = msgspec.structs.replace(attempt, person=person)
    reason = _person_trouble(person, attempt.second)
    if reason is not None:
        return attempt.denied(reason)
    in_force = [option for option in _options(attempt, person) if _within(option, attempt.second)]
    if not in_force:
        return attempt.denied(Reason.UNAUTHORISED)
    active = [option for option in in_force if _active(option, attempt)]
    if not active:
        return attempt.denied(Reason.NOT_PERMITTED_AT_THIS_TIME)
    return _by_auth_type(attempt, person, active)


def _by_auth_type(attempt: _Attempt, person: Person, active: list[Option]) -> Decision:
    single = AuthType.KEY_CARD if attempt.auth_type in _WITH_CARD else attempt.auth_type
    rule = _rule_that_accepts(active, attempt.request.side, single)
    if rule is not None:
        return attempt.granted(single, rule)
    pair = _rule_that_accepts(active, attempt.request.side, AuthType.KEY_CARD_PLUS_PIN)
    if pair is None or attempt.credential is None or attempt.auth_type not in _WITH_CARD:
        return attempt.denied(Reason.AUTH_TYPE_NOT_ACCEPTED)
    return _pair(attempt, person, attempt.credential, pair)


def _pair(attempt: _Attempt, person: Person, card: Credential, rule: str) -> Decision:
    if _pins_locked(attempt):
        return attempt.denied(Reason.PIN_LOCKED)
    match attempt.request.factors:
        case (_, PinTyped(digest)):
            if _is_pin_of(attempt, person, digest):
                return attempt.granted(AuthType.KEY_CARD_PLUS_PIN, rule)
            return attempt.denied(Reason.WRONG_PIN)
    return NeedFactor((AuthType.KEY_CARD_PLUS_PIN,), person.id, card.id)


def _id_of(row: Person | Credential | None) -> str | None:
    return None if row is None else row.id


def _is_pin_of(attempt: _Attempt, person: Person, digest: bytes) -> bool:
    return any(
        same_digest(pin.digest, digest) and _credential_trouble(pin, attempt.second) is None
        for pin in attempt.index.person_pins.get(person.id, ())
    )


def _credential_trouble(credential: Credential, second: int) -> Reason | None:
    if not credential.enabled:
        return Reason.CREDENTIAL_NOT_ENABLED
    if _not_begun(credential, second):
        return Reason.CREDENTIAL_NOT_ACTIVE
    return Reason.CREDENTIAL_EXPIRED if _ended(credential, second) else None


def _person_trouble(person: Person, second: int) -> Reason | None:
    if person.suspended:
        return Reason.PERSON_SUSPENDED
    if _not_begun(person, second):
        return Reason.PERSON_NOT_ACTIVE
    return Reason.PERSON_EXPIRED if _ended(person, second) else None


def _within(option: Option, second: int) -> bool:
    return not _not_begun(option, second) and not _ended(option, second)


def _not_begun(row: Credential | Person | Option, second: int) -> bool:
    return row.valid_from is not None and second < row.valid_from


def _ended(row: Credential | Person | Option, second: int) -> bool:
    return row.valid_to is not None and second >= row.valid_to


def _active(option: Option, attempt: _Attempt) -> bool:
    return option.schedule is None or is_active(option.schedule, attempt.request.at, attempt.door.timezone)


def _options(attempt: _Attempt, person: Person) -> tuple[Option, ...]:
    return attempt.index.options.get(person.id, {}).get(attempt.door.id, ())


def _rule_that_accepts(active: list[Option], side: Side, auth_type: AuthType) -> str | None:
    return next((option.rule for option in active if auth_type in option.accepts[side]), None)


def _pins_locked(attempt: _Attempt) -> bool:
    return pins_locked(attempt.state, attempt.door.id, attempt.request.side, attempt.request.at)
