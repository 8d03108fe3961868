"""What would change an answer that was not a grant?

A closed list of words, each with the values that say which: ids, names of auth types, moments in ISO 8601, metres. The
words say what would make the check pass that stopped the attempt; another may stop it after that.
"""

import functools
import operator
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from portvakt.core.decision.compile import ALL_TYPES, Index, Option, types_in
from portvakt.core.decision.lockout import pins_locked, typed_at
from portvakt.core.decision.model import (
    Decision,
    Granted,
    NeedFactor,
    PinOnPhone,
    PinTyped,
    Reason,
    Request,
    State,
    TypedAt,
)
from portvakt.core.decision.shapes import KEYPAD_PAIRS, SHAPES
from portvakt.core.schedule import next_change
from portvakt.core.snapshot import Credential, Lockdown, Person

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RemedyCode(StrEnum):
    """What to do; behind it what its values are."""

    PUT_IN_SERVICE = "put_in_service"  # door
    SET_CLOCK = "set_clock"
    RESTORE_CONTACT = "restore_contact"
    END_LOCKDOWN = "end_lockdown"  # plans
    RAISE_OVERRIDE = "raise_override"  # person, rank
    ISSUE_CREDENTIAL = "issue_credential"
    ENABLE_CREDENTIAL = "enable_credential"  # credential
    EXTEND_CREDENTIAL = "extend_credential"  # credential
    SHOW_NEW_CODE = "show_new_code"
    RESUME_PERSON = "resume_person"  # person
    EXTEND_PERSON = "extend_person"  # person
    ASSIGN_IN_RULE = "assign_in_rule"  # rules of which any would do at this moment
    EXTEND_ASSIGNMENT = "extend_assignment"  # rules that the person is in, at other times
    WAIT_UNTIL = "wait_until"  # moment
    USE_AUTH_TYPE = "use_auth_type"  # auth types of which any would do
    COMPLETE_PAIR = "complete_pair"  # auth types of which any may be completed
    TYPE_RIGHT_PIN = "type_right_pin"
    GIVE_POSITION = "give_position"
    COME_CLOSER = "come_closer"  # metres
    SECURE_DOORS = "secure_doors"  # doors
    LEAVE_AREA = "leave_area"  # areas
    FORGIVE = "forgive"  # person
    AWAIT_ROOM = "await_room"  # areas
    BRING_ESCORT = "bring_escort"
    BRING_SECOND_PERSON = "bring_second_person"


class Remedy(msgspec.Struct, frozen=True):
    """One thing that would help."""

    code: RemedyCode
    values: tuple[str, ...] = ()


Remedies = tuple[Remedy, ...]


class Asked:
    """An attempt at a door that is there, with its answer, and what the index knows of whom the answer names."""

    def __init__(self, request: Request, index: Index, state: State, decision: Decision) -> None:
        self.request, self.index, self.state, self.decision = request, index, state, decision
        self.door = index.doors[request.door]
        self.side = self.door.side(request.side)
        self.person, self.credential = decision.person, decision.credential
        self.second = (request.at - _EPOCH).days * 86_400 + (request.at - _EPOCH).seconds
        self._row = -1 if self.person is None else index.holders.find_person(self.person)

    def types(self) -> int:
        """Return the auth types that the factors make up or may become, as a set of bits."""
        shape = SHAPES.get(tuple(map(type, self.request.factors)))
        return ALL_TYPES if shape is None else shape.single_bit | shape.pair_bit | shape.pairs

    def own(self) -> Iterator[tuple[Option, int, int]]:
        """Give the person's options at this side, whenever in force, with their windows."""
        options, barred = self.side.options, self.state.barred
        for rule, since, until in self.index.holders.groups[self._row] if self._row >= 0 else ():
            taken = barred is not None and (self.person, rule) in barred.assignments
            if rule in options and not taken:
                option = options[rule]
                yield option, max(since, option.valid_from), min(until, option.valid_to)

    def in_force(self) -> list[Option]:
        """Return the person's options that are in force."""
        return [option for option, since, until in self.own() if since <= self.second < until]

    def active(self) -> list[Option]:
        """Return those of them whose schedule is active."""
        return [option for option in self.in_force() if self.is_active(option)]

    def is_active(self, option: Option) -> bool:
        """Tell whether an option's schedule is active."""
        return option.timetable is None or option.timetable.active(self.door.zone.local(self.second))

    def that_would_do(self) -> tuple[str, ...]:
        """Return the rules by which anybody in them could pass so now."""
        types = self.types()
        fitting = (each for each in self.side.options.values() if each.accepts & types)
        in_force = (each for each in fitting if each.valid_from <= self.second < each.valid_to)
        return tuple(sorted(each.rule for each in in_force if self.is_active(each)))

    def person_row(self) -> Person:
        """Return the person that the answer names."""
        return self.index.holders.person(self._row)

    def credential_row(self) -> Credential:
        """Return the credential that the answer names."""
        holders = self.index.holders
        rows = holders.credentials_of(self._row)
        return next(holders.credential(row) for row in rows if holders.credential_id(row) == self.credential)


def remedies(asked: Asked) -> Remedies:
    """Return what would help, the nearest first; nothing where it was granted."""
    decision = asked.decision
    if isinstance(decision, NeedFactor):
        return (Remedy(RemedyCode.COMPLETE_PAIR, tuple(each.name for each in decision.pairs)),)
    return () if isinstance(decision, Granted) else tuple(_OF_REASON[decision.reason](asked))


def lockdowns_on(asked: Asked) -> list[Lockdown]:
    """Return the lockdowns in effect at the door, the highest rank first."""
    trusted = asked.state.clock_trusted
    return [each for each in asked.door.lockdowns if each.ends_at is None or asked.second < each.ends_at or not trusted]


def areas_of(asked: Asked) -> tuple[str, ...]:
    """Return the areas that this side of the door leads between, the one entered first."""
    return tuple(area.id for area in (asked.side.enters, asked.side.leaves) if area is not None)


def _moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()


def _simply(code: RemedyCode) -> Callable[[Asked], Iterator[Remedy]]:
    def remedy(_: Asked) -> Iterator[Remedy]:
        yield Remedy(code)

    return remedy


def _door(asked: Asked) -> Iterator[Remedy]:
    yield Remedy(RemedyCode.PUT_IN_SERVICE, (asked.door.id,))


def _clock(asked: Asked) -> Iterator[Remedy]:
    yield Remedy(RemedyCode.SET_CLOCK)
    yield from _other_types(asked.side.accepts & ~asked.door.refused_when_old)


def _age(asked: Asked) -> Iterator[Remedy]:
    yield Remedy(RemedyCode.RESTORE_CONTACT)
    yield from _other_types(asked.side.accepts & ~asked.door.refused_when_old)


def _other_types(types: int) -> Iterator[Remedy]:
    if types:
        yield Remedy(RemedyCode.USE_AUTH_TYPE, tuple(each.name for each in types_in(types)))


def _lockdown(asked: Asked) -> Iterator[Remedy]:
    in_effect = lockdowns_on(asked)
    yield Remedy(RemedyCode.END_LOCKDOWN, tuple(each.plan for each in in_effect))
    if asked.person is not None:
        yield Remedy(RemedyCode.RAISE_OVERRIDE, (asked.person, str(in_effect[0].rank)))


def _credential(asked: Asked) -> Iterator[Remedy]:
    row = asked.credential_row()
    begun = row.valid_from is None or asked.second >= row.valid_from
    if begun and (row.valid_to is None or asked.second < row.valid_to):
        # The credential is in force: it was the changing code that was too old or too new.
        yield Remedy(RemedyCode.SHOW_NEW_CODE)
        return
    yield from _wait_for(row, asked.second)
    yield Remedy(RemedyCode.EXTEND_CREDENTIAL, (row.id,))


def _wait_for(row: Credential | Person, second: int) -> Iterator[Remedy]:
    """Give when a row begins, if it does and is not over before."""
    if (
        row.valid_from is not None
        and second < row.valid_from
        and (row.valid_to is None or row.valid_from < row.valid_to)
    ):
        yield Remedy(RemedyCode.WAIT_UNTIL, (_moment(row.valid_from),))


def _enable(asked: Asked) -> Iterator[Remedy]:
    yield Remedy(RemedyCode.ENABLE_CREDENTIAL, (asked.credential_row().id,))


def _resume(asked: Asked) -> Iterator[Remedy]:
    yield Remedy(RemedyCode.RESUME_PERSON, (asked.person_row().id,))


def _person(asked: Asked) -> Iterator[Remedy]:
    row = asked.person_row()
    yield from _wait_for(row, asked.second)
    yield Remedy(RemedyCode.EXTEND_PERSON, (row.id,))


def _rule(asked: Asked) -> Iterator[Remedy]:
    own = [(option, since) for option, since, until in asked.own() if since < until]
    coming = [since for _, since in own if since > asked.second]
    if coming:
        yield Remedy(RemedyCode.WAIT_UNTIL, (_moment(min(coming)),))
    if held := {option.rule for option, _, _ in asked.own()}:
        yield Remedy(RemedyCode.EXTEND_ASSIGNMENT, tuple(sorted(held)))
    yield from _assign(asked)


def _assign(asked: Asked) -> Iterator[Remedy]:
    if rules := asked.that_would_do():
        yield Remedy(RemedyCode.ASSIGN_IN_RULE, rules)


def _schedule(asked: Asked) -> Iterator[Remedy]:
    moments = [moment for moment in _openings(asked) if moment is not None]
    if moments:
        yield Remedy(RemedyCode.WAIT_UNTIL, (min(moments).isoformat(),))
    yield from _assign(asked)


def _openings(asked: Asked) -> Iterator[datetime | None]:
    """Give when the person's rules become active, of those that take what was presented, else of all."""
    own = [each for each in asked.own() if each[1] <= asked.second < each[2]]
    fitting = [each for each in own if each[0].accepts & asked.types()] or own
    for timetable, until in [(option.timetable, until) for option, _, until in fitting if option.timetable is not None]:
        moment = next_change(asked.index.schedules[timetable.id], asked.request.at, asked.door.timezone)
        yield moment if moment is not None and moment.timestamp() < until else None


def _auth_type(asked: Asked) -> Iterator[Remedy]:
    if asked.person is None:
        yield from _other_types(asked.side.accepts)
        return
    yield from _other_types(functools.reduce(operator.or_, (option.accepts for option in asked.active()), 0))
    yield from _assign(asked)


def _pins(asked: Asked) -> Iterator[Remedy]:
    """Wait until PINs are taken again at one of the places where the one that is wanted can be typed."""
    places = [each for each in _typed_at(asked) if pins_locked(asked.state, each, asked.request.at)]
    ends = [asked.state.pin_tries[each].locked_until for each in places]
    yield Remedy(RemedyCode.WAIT_UNTIL, (min(end for end in ends if end is not None).isoformat(),))


def _typed_at(asked: Asked) -> list[TypedAt]:
    pins = [each for each in asked.request.factors if isinstance(each, (PinTyped, PinOnPhone))]
    if pins:
        return [typed_at(each, asked.request) for each in pins]
    pairs = functools.reduce(operator.or_, (option.accepts for option in asked.active()), 0) & asked.types()
    keypad: list[TypedAt] = [(asked.request.door, asked.request.side)] if pairs & KEYPAD_PAIRS else []
    return [*keypad, (asked.person_row().id, None)] if pairs & ~KEYPAD_PAIRS else keypad


def _closer(asked: Asked) -> Iterator[Remedy]:
    yield Remedy(RemedyCode.COME_CLOSER, (str(asked.door.within_metres),))


def _interlock(asked: Asked) -> Iterator[Remedy]:
    yield Remedy(RemedyCode.SECURE_DOORS, tuple(sorted(asked.door.interlocked & asked.state.unsecured)))


def _passback(asked: Asked) -> Iterator[Remedy]:
    person = asked.person_row().id
    place = asked.state.places.get(person)
    if place is not None and place.area is not None:
        yield Remedy(RemedyCode.LEAVE_AREA, (place.area,))
    yield Remedy(RemedyCode.FORGIVE, (person,))


def _room(asked: Asked) -> Iterator[Remedy]:
    yield Remedy(RemedyCode.AWAIT_ROOM, areas_of(asked)[:1])


_OF_REASON: dict[Reason, Callable[[Asked], Iterator[Remedy]]] = {
    Reason.DOOR_OUT_OF_SERVICE: _door,
    Reason.CLOCK_WRONG: _clock,
    Reason.SNAPSHOT_TOO_OLD: _age,
    Reason.LOCKDOWN: _lockdown,
    Reason.UNKNOWN_CREDENTIAL: _simply(RemedyCode.ISSUE_CREDENTIAL),
    Reason.CREDENTIAL_NOT_ENABLED: _enable,
    Reason.CREDENTIAL_NOT_ACTIVE: _credential,
    Reason.CREDENTIAL_EXPIRED: _credential,
    Reason.REPLAYED_CODE: _simply(RemedyCode.SHOW_NEW_CODE),
    Reason.PERSON_SUSPENDED: _resume,
    Reason.PERSON_NOT_ACTIVE: _person,
    Reason.PERSON_EXPIRED: _person,
    Reason.UNAUTHORISED: _rule,
    Reason.NOT_PERMITTED_AT_THIS_TIME: _schedule,
    Reason.AUTH_TYPE_NOT_ACCEPTED: _auth_type,
    Reason.WRONG_PIN: _simply(RemedyCode.TYPE_RIGHT_PIN),
    Reason.PIN_LOCKED: _pins,
    Reason.NO_POSITION: _simply(RemedyCode.GIVE_POSITION),
    Reason.TOO_FAR: _closer,
    Reason.INTERLOCKED: _interlock,
    Reason.ANTI_PASSBACK: _passback,
    Reason.AREA_FULL: _room,
    Reason.ESCORT_MISSING: _simply(RemedyCode.BRING_ESCORT),
    Reason.SECOND_PERSON_MISSING: _simply(RemedyCode.BRING_SECOND_PERSON),
}
