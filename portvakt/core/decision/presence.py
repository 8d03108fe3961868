"""What is remembered after an attempt, after a passage, and when another snapshot comes in force?

A state is a value: each function returns the one that follows, and the same one where nothing changed. A door with a
contact tells when somebody passed; at a door without one a grant counts as the passage. The number of persons inside an
area is always the number of places that name it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from portvakt.core.credentials import STEP_SECONDS
from portvakt.core.decision.compile import Index
from portvakt.core.decision.lockout import with_tries
from portvakt.core.decision.model import (
    CodeScanned,
    Decision,
    Denied,
    ExitRequested,
    Granted,
    NeedFactor,
    NeedPerson,
    Place,
    QrShown,
    RemoteOpening,
    Request,
    Side,
    State,
    Waiting,
)

# How long the first of two waits for the other: long enough to step aside, short enough that both are still there.
COMPANY_SECONDS = 20
_COMPANY = timedelta(seconds=COMPANY_SECONDS)
# A code is judged within a step on either side (decide), by a clock that may be set back by five minutes unnoticed
# (decision 0034); older ones are refused for their age and need no memory.
_STEPS_KEPT = 2 + 5 * 60 // STEP_SECONDS
# What comes from elsewhere than the reader, and leaves a code that waits there waiting.
_NOT_AT_THE_READER = (ExitRequested, RemoteOpening, CodeScanned)


def after(request: Request, decision: Decision, state: State, index: Index) -> State:
    """Return the state that follows from a decision."""
    state = with_tries(request, decision, state, index)
    state = _with_codes(request, decision, state)
    state = _with_waiting(request, decision, state)
    if not isinstance(decision, Granted) or decision.person is None:
        return state
    door = index.doors.get(request.door)
    if door is None or door.contact:
        return state
    company = () if decision.companion is None else (decision.companion.person,)
    return passed(request.door, request.side, (*company, decision.person), request.at, state, index)


def passed(  # noqa: PLR0917 - what happened, in the order it is told, and then what it happened to
    door: str, side: Side, persons: Sequence[str], at: datetime, state: State, index: Index
) -> State:
    """Return the state after these persons went through a door at the aware moment `at`; unknown ones are not counted."""
    known = [person for person in persons if index.holders.find_person(person) >= 0]
    compiled = index.doors.get(door)
    if compiled is None or not known:
        return state
    if compiled.first_person_in and side is Side.ENTRY:
        state = msgspec.structs.replace(state, first_in={**state.first_in, door: at})
    there = compiled.side(side)
    if there.enters is there.leaves is None:
        return state
    state = _moved(known, Place(None if there.enters is None else there.enters.id, at), state)
    if there.enters is None or there.enters.timed_minutes is None:
        return state
    entered = {(person, there.enters.id): at for person in known}
    return msgspec.structs.replace(state, entered={**state.entered, **entered})


def forgiven(state: State, person: str | None) -> State:
    """Return the state in which nobody knows where a person is, or, without one, where anybody is."""
    if person is None:
        return msgspec.structs.replace(state, places={}, inside={}, entered={})
    entered = {key: at for key, at in state.entered.items() if key[0] != person}
    return msgspec.structs.replace(_without_places([person], state), entered=entered)


def after_swap(state: State, index: Index) -> State:
    """Return the state for another snapshot: persons, doors and areas that are not in it are forgotten."""
    find, areas, doors = index.holders.find_person, {None, *index.areas}, index.doors
    lost = [who for who, place in state.places.items() if place.area not in areas or find(who) < 0]
    # What stays as it is stays the very same, so that nobody writes it down again.
    gone = {key for key in state.entered if key[1] not in areas or find(key[0]) < 0}
    return msgspec.structs.replace(
        _without_places(lost, state) if lost else state,
        entered={key: at for key, at in state.entered.items() if key not in gone} if gone else state.entered,
        pin_tries={
            (name, side): tries
            for (name, side), tries in state.pin_tries.items()
            if (find(name) >= 0 if side is None else name in doors)
        },
        waiting={key: each for key, each in state.waiting.items() if key[0] in doors},
        codes_waiting={key: each for key, each in state.codes_waiting.items() if key[0] in doors},
        first_in=state.first_in
        if state.first_in.keys() <= doors.keys()
        else {door: at for door, at in state.first_in.items() if door in doors},
    )


def _with_codes(request: Request, decision: Decision, state: State) -> State:
    """Remember a code that was taken, and whether it waits at this side."""
    key = (request.door, request.side)
    shown = next((each for each in request.factors if isinstance(each, QrShown)), None)
    if shown is None or isinstance(decision, Denied):
        if key not in state.codes_waiting or _came_from_elsewhere(request):
            return state
        return msgspec.structs.replace(state, codes_waiting=_but(state.codes_waiting, key))
    oldest = int(request.at.timestamp()) // STEP_SECONDS - _STEPS_KEPT
    used = {handle: step for handle, step in state.codes_used.items() if step >= oldest}
    used[shown.handle] = max(shown.step, used.get(shown.handle, shown.step))
    waiting = _but(state.codes_waiting, key)
    if isinstance(decision, NeedFactor):
        waiting[key] = shown
    return msgspec.structs.replace(state, codes_used=used, codes_waiting=waiting)


def _with_waiting(request: Request, decision: Decision, state: State) -> State:
    """Remember who waits for company; whoever waited too long is forgotten with the next one."""
    key = (request.door, request.side)
    if isinstance(decision, NeedPerson):
        fresh = {key: each for key, each in state.waiting.items() if request.at - each.at <= _COMPANY}
        return msgspec.structs.replace(state, waiting={**fresh, key: Waiting(decision, request.at)})
    if isinstance(decision, Granted) and decision.companion is not None:
        return msgspec.structs.replace(state, waiting=_but(state.waiting, key))
    return state


_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")


def _but(kept: Mapping[_Key, _Kept], key: _Key) -> dict[_Key, _Kept]:
    return {each: value for each, value in kept.items() if each != key}


def _came_from_elsewhere(request: Request) -> bool:
    return len(request.factors) > 0 and isinstance(request.factors[0], _NOT_AT_THE_READER)


def _moved(persons: Sequence[str], place: Place, state: State) -> State:
    places, inside = dict(state.places), dict(state.inside)
    for person in persons:
        _count_out(places.get(person), inside)
        places[person] = place
    if place.area is not None:
        inside[place.area] = inside.get(place.area, 0) + len(persons)
    return msgspec.structs.replace(state, places=places, inside=inside)


def _without_places(persons: Sequence[str], state: State) -> State:
    places, inside = dict(state.places), dict(state.inside)
    for person in persons:
        _count_out(places.pop(person, None), inside)
    return msgspec.structs.replace(state, places=places, inside=inside)


def _count_out(place: Place | None, inside: dict[str, int]) -> None:
    if place is None or place.area is None:
        return
    inside[place.area] -= 1
    if inside[place.area] == 0:
        del inside[place.area]
