"""What is written down about an attempt to pass? One event, or several that are kept together or not at all."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from portvakt.controller.readers import Adoption, AdoptionOutcome, ReaderChanged, ReaderState
from portvakt.core.decision.model import Companion, Decision, Denied, Granted, NeedFactor, NeedPerson, Reason, Request
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import Reader

READERS = {
    ReaderState.ONLINE: EventKind.READER_ONLINE,
    ReaderState.OFFLINE: EventKind.READER_OFFLINE,
    ReaderState.INSECURE: EventKind.READER_INSECURE,
    ReaderState.TAMPERED: EventKind.READER_TAMPERED,
}
_OPENING = (EventKind.ACCESS_GRANTED, EventKind.DOOR_RELEASED_BY_OPERATOR)


class Origin(msgspec.Struct, frozen=True):
    """Where an attempt came from: a reader, or a command of the server's; the exit button is neither."""

    reader: str | None = None
    command: str | None = None


def of_decision(decision: Decision, request: Request, origin: Origin) -> list[Event]:
    """The events of an attempt; what is still waited for counts as not accepted."""
    if isinstance(decision, Granted):
        return _granted(decision, request, origin)
    if not isinstance(decision, Denied):
        # A pair that nobody can complete is an auth type that is not accepted.
        person, credential = decision.person, decision.credential
        decision = Denied(Reason.AUTH_TYPE_NOT_ACCEPTED, person=person, credential=credential)
    denied = _denied(decision, request, request.at, origin)
    return (
        [denied, msgspec.structs.replace(denied, kind=EventKind.DURESS, reason=None)] if decision.duress else [denied]
    )


def of_duress(who: NeedPerson, request: Request, origin: Origin) -> Event:
    """Somebody under duress waits for company: the alarm does not wait with them."""
    event = _about(EventKind.DURESS, request, request.at, origin)
    return msgspec.structs.replace(event, person=who.person, credential=who.credential)


def of_waiting_in_vain(need: NeedFactor | NeedPerson, request: Request, at: datetime, origin: Origin) -> Event:
    """What was to follow never came."""
    if isinstance(need, NeedPerson):
        reason, auth_type = need.reason, need.auth_type
    else:
        reason, auth_type = Reason.FACTOR_MISSING, need.pairs[0]
    return _denied(Denied(reason, auth_type, need.person, need.credential), request, at, origin)


def of_reader(said: ReaderChanged, reader: Reader | None, at: datetime) -> Event:
    """A reader's state became another; one that is not in the snapshot has no door."""
    return _at_reader(READERS[said.state], said.reader, reader, at, said.detail)


def of_adoption(adoption: Adoption, reader: Reader | None, at: datetime) -> Event:
    """A reader was given its key, or could not be."""
    adopted = adoption.outcome is AdoptionOutcome.ADOPTED
    kind = EventKind.READER_ADOPTED if adopted else EventKind.READER_NOT_ADOPTED
    return _at_reader(kind, adoption.reader, reader, at, adoption.detail)


def persons(decision: Granted) -> tuple[str, ...]:
    """Who passes: the person granted, after the one who waited for them."""
    first = () if decision.companion is None else (decision.companion.person,)
    return first if decision.person is None else (*first, decision.person)


def not_released(events: Iterable[Event], at: datetime, why: Reason = Reason.FAULT) -> list[Event]:
    """What to record when a grant could not be carried out any more, for everybody who was to pass by it."""
    detail = "kept too late; the door was not released"
    return [
        msgspec.structs.replace(event, kind=EventKind.ACCESS_DENIED, at=at, reason=why, detail=detail)
        for event in events
        if event.kind in _OPENING
    ]


def _at_reader(kind: EventKind, name: str, reader: Reader | None, at: datetime, detail: str) -> Event:
    door, side = (None, None) if reader is None else (reader.door, reader.side)
    return Event(kind, at, door=door, side=side, reader=name, detail=detail[:200])


def _granted(decision: Granted, request: Request, origin: Origin) -> list[Event]:
    passing = (decision,) if decision.companion is None else (decision.companion, decision)
    return [event for one in passing for event in _granted_to(one, request, origin)]


def _granted_to(one: Granted | Companion, request: Request, origin: Origin) -> list[Event]:
    """The passage of one person, followed by what else is to be told of them."""
    own = msgspec.structs.replace(
        _about(EventKind.ACCESS_GRANTED, request, request.at, origin),
        auth_type=one.auth_type,
        person=one.person,
        credential=one.credential,
        rule=one.rule,
    )
    told = ((one.duress, EventKind.DURESS), (one.passback, EventKind.PASSBACK))
    return [own, *(msgspec.structs.replace(own, kind=kind) for is_so, kind in told if is_so)]


def _denied(decision: Denied, request: Request, at: datetime, origin: Origin) -> Event:
    return msgspec.structs.replace(
        _about(EventKind.ACCESS_DENIED, request, at, origin),
        auth_type=decision.auth_type,
        reason=decision.reason,
        person=decision.person,
        credential=decision.credential,
    )


def _about(kind: EventKind, request: Request, at: datetime, origin: Origin) -> Event:
    return Event(kind, at, door=request.door, side=request.side, reader=origin.reader, command=origin.command)
