"""Why was this the answer, and what would change it?

The answer is decide's own, never reckoned again. What it names tells how far the checks came: those before are passed,
the one that named the reason failed, and those after were not asked. Nobody is named whom the answer does not name.
"""

from enum import StrEnum

import msgspec

from portvakt.core.decision.compile import CompiledSide, Index, types_in
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import Decision, Denied, Granted, NeedFactor, NeedPerson, Reason, Request, State
from portvakt.core.decision.remedies import Asked, Remedies, areas_of, lockdowns_on, remedies
from portvakt.core.decision.shapes import SHAPES, Shape, Source


class CheckName(StrEnum):
    """What is asked, in the order it is asked; but for a PIN alone PINS comes before CREDENTIAL_KNOWN."""

    DOOR = "door"
    CLOCK = "clock"
    SNAPSHOT = "snapshot"
    LOCKDOWN = "lockdown"
    CREDENTIAL_KNOWN = "credential_known"
    CREDENTIAL_VALID = "credential_valid"
    CODE_UNUSED = "code_unused"
    PERSON_VALID = "person_valid"
    RULE = "rule"
    SCHEDULE = "schedule"
    AUTH_TYPE = "auth_type"
    PINS = "pins"
    POSITION = "position"
    INTERLOCK = "interlock"
    PASSBACK = "passback"
    OCCUPANCY = "occupancy"
    ESCORT = "escort"
    SECOND_PERSON = "second_person"


class Check(msgspec.Struct, frozen=True):
    """One check: passed, failed, or None where it was not asked or waits for something to follow.

    `detail`: the ids or values that it was about. `remedies`: what would change a check that was not passed.
    """

    name: CheckName
    passed: bool | None
    detail: tuple[str, ...] = ()
    remedies: Remedies = ()


class Explanation(msgspec.Struct, frozen=True):
    """The answer, and every check that concerns such an attempt, in order."""

    decision: Decision
    checks: tuple[Check, ...]


_OF_REASON = {
    Reason.DOOR_OUT_OF_SERVICE: CheckName.DOOR,
    Reason.CLOCK_WRONG: CheckName.CLOCK,
    Reason.SNAPSHOT_TOO_OLD: CheckName.SNAPSHOT,
    Reason.LOCKDOWN: CheckName.LOCKDOWN,
    Reason.UNKNOWN_CREDENTIAL: CheckName.CREDENTIAL_KNOWN,
    Reason.CREDENTIAL_NOT_ENABLED: CheckName.CREDENTIAL_VALID,
    Reason.CREDENTIAL_NOT_ACTIVE: CheckName.CREDENTIAL_VALID,
    Reason.CREDENTIAL_EXPIRED: CheckName.CREDENTIAL_VALID,
    Reason.REPLAYED_CODE: CheckName.CODE_UNUSED,
    Reason.PERSON_SUSPENDED: CheckName.PERSON_VALID,
    Reason.PERSON_NOT_ACTIVE: CheckName.PERSON_VALID,
    Reason.PERSON_EXPIRED: CheckName.PERSON_VALID,
    Reason.UNAUTHORISED: CheckName.RULE,
    Reason.NOT_PERMITTED_AT_THIS_TIME: CheckName.SCHEDULE,
    Reason.AUTH_TYPE_NOT_ACCEPTED: CheckName.AUTH_TYPE,
    Reason.WRONG_PIN: CheckName.PINS,
    Reason.PIN_LOCKED: CheckName.PINS,
    Reason.NO_POSITION: CheckName.POSITION,
    Reason.TOO_FAR: CheckName.POSITION,
    Reason.INTERLOCKED: CheckName.INTERLOCK,
    Reason.ANTI_PASSBACK: CheckName.PASSBACK,
    Reason.AREA_FULL: CheckName.OCCUPANCY,
    Reason.ESCORT_MISSING: CheckName.ESCORT,
    Reason.SECOND_PERSON_MISSING: CheckName.SECOND_PERSON,
}
_BY_CREDENTIAL = (Source.DIGEST, Source.PIN, Source.CODE)
_SHORT = (CheckName.DOOR, CheckName.AUTH_TYPE)


def explain(request: Request, index: Index, state: State) -> Explanation:
    """Give decide's answer with the checks behind it. Like decide it never raises: of a fault there are no checks."""
    decision = decide(request, index, state)
    if isinstance(decision, Denied) and decision.reason is Reason.FAULT:
        return Explanation(decision, ())
    if request.door not in index.doors:
        return Explanation(decision, (Check(CheckName.DOOR, passed=False, detail=(request.door,)),))
    asked = Asked(request, index, state, decision)
    stopped = _stopped_at(decision)
    stopped_as = False if isinstance(decision, Denied) else None
    checks, reached = [], True
    for name in _concerning(asked):
        if name is stopped:
            checks.append(Check(name, stopped_as, _detail(name, asked), remedies(asked)))
            reached = False
        else:
            checks.append(Check(name, True, _detail(name, asked)) if reached else Check(name, None))
    return Explanation(decision, tuple(checks))


def _stopped_at(decision: Decision) -> CheckName | None:
    """Name the check at which it ended; None where all were passed."""
    match decision:
        case Denied(reason) | NeedPerson(reason):
            return _OF_REASON[reason]
        case NeedFactor(person=person):
            # Digits that came first are not looked at until the rest is there.
            return CheckName.PINS if person is None else CheckName.AUTH_TYPE
    return None


def _concerning(asked: Asked) -> list[CheckName]:
    """Name the checks that such an attempt meets, in order."""
    shape = SHAPES.get(tuple(map(type, asked.request.factors)))
    if shape is None or shape.source is Source.EXIT:
        return list(_SHORT)
    names = [name for name in CheckName if _concerns(name, asked, shape)]
    if shape.source is Source.PIN:
        names.remove(CheckName.PINS)
        names.insert(names.index(CheckName.CREDENTIAL_KNOWN), CheckName.PINS)
    return names


def _concerns(name: CheckName, asked: Asked, shape: Shape) -> bool:
    match name:
        case CheckName.CREDENTIAL_VALID:
            return shape.source in _BY_CREDENTIAL
        case CheckName.CODE_UNUSED:
            return shape.source is Source.CODE
        case CheckName.PINS:
            return shape.pin >= 0 or shape.source is Source.PIN or _stopped_at(asked.decision) is CheckName.PINS
        case CheckName.POSITION:
            return shape.needs_position and asked.door.within_metres is not None
        case CheckName.INTERLOCK:
            return bool(asked.door.interlocked)
    return _concerns_areas(name, asked.side)


def _concerns_areas(name: CheckName, side: CompiledSide) -> bool:
    entered, left = side.enters, side.leaves
    match name:
        case CheckName.PASSBACK:
            return entered is not None or left is not None
        case CheckName.OCCUPANCY:
            return entered is not None and entered.limit is not None
        case CheckName.ESCORT:
            return entered is not None and entered.escort
        case CheckName.SECOND_PERSON:
            return any(area is not None and area.two_person for area in (entered, left))
    return True


def _detail(name: CheckName, asked: Asked) -> tuple[str, ...]:
    """Give what a check was about; of the person and the credential only what the answer names."""
    match name:
        case CheckName.DOOR:
            return (asked.door.id,)
        case CheckName.LOCKDOWN:
            return tuple(each.plan for each in lockdowns_on(asked))
        case CheckName.CREDENTIAL_KNOWN | CheckName.CREDENTIAL_VALID | CheckName.CODE_UNUSED:
            return () if asked.credential is None else (asked.credential,)
        case CheckName.PERSON_VALID:
            return () if asked.person is None else (asked.person,)
        case CheckName.RULE:
            return tuple(option.rule for option in asked.in_force())
        case CheckName.SCHEDULE:
            return tuple(option.rule for option in asked.active())
        case CheckName.AUTH_TYPE:
            return tuple(each.name for each in types_in(asked.side.accepts))
    return _detail_of_passage(name, asked)


def _detail_of_passage(name: CheckName, asked: Asked) -> tuple[str, ...]:
    match name:
        case CheckName.POSITION:
            return (str(asked.door.within_metres),)
        case CheckName.INTERLOCK:
            return tuple(sorted(asked.door.interlocked & asked.state.unsecured))
        case CheckName.PASSBACK:
            soft = isinstance(asked.decision, Granted) and asked.decision.passback
            return (*areas_of(asked), *(("soft",) if soft else ()))
        case CheckName.OCCUPANCY | CheckName.ESCORT | CheckName.SECOND_PERSON:
            return areas_of(asked)
    return ()
