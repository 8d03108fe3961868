"""What is written down about an attempt to pass? One event, or several that are kept together or not at all."""

from datetime import datetime

import msgspec

from portvakt.controller.readers import Adoption, AdoptionOutcome, ReaderChanged, ReaderState
from portvakt.core.decision.model import Decision, Denied, Granted, NeedFactor, NeedPerson, Reason, Request
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import Reader

READERS = {
    ReaderState.ONLINE: EventKind.READER_ONLINE,
    ReaderState.OFFLINE: EventKind.READER_OFFLINE,
    ReaderState.INSECURE: EventKind.READER_INSECURE,
    ReaderState.TAMPERED: EventKind.READER_TAMPERED,
}


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
    return [_denied(decision, request, request.at, origin)]


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


def not_released(event: Event, at: datetime) -> Event:
    """What to record when a grant was kept too late to be carried out."""
    detail = "kept too late; the door was not released"
    return msgspec.structs.replace(event, kind=EventKind.ACCESS_DENIED, at=at, reason=Reason.FAULT, detail=detail)


def _at_reader(kind: EventKind, name: str, reader: Reader | None, at: datetime, detail: str) -> Event:
    door, side = (None, None) if reader is None else (reader.door, reader.side)
    return Event(kind, at, door=door, side=side, reader=name, detail=detail[:200])


def _granted(decision: Granted, request: Request, origin: Origin) -> list[Event]:
    events = []
    if (first := decision.companion) is not None:
        events.append(
            msgspec.structs.replace(
                _about(EventKind.ACCESS_GRANTED, request, request.at, origin),
                auth_type=first.auth_type,
                person=first.person,
                credential=first.credential,
                rule=first.rule,
            )
        )
    own = msgspec.structs.replace(
        _about(EventKind.ACCESS_GRANTED, request, request.at, origin),
        auth_type=decision.auth_type,
        person=decision.person,
        credential=decision.credential,
        rule=decision.rule,
    )
    events.append(own)
    for told, kind in ((decision.duress, EventKind.DURESS), (decision.passback, EventKind.PASSBACK)):
        if told:
            events.append(msgspec.structs.replace(own, kind=kind))
    return events


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
