"""May these persons go from the one area into the other now: anti-passback, occupancy, escorts, two persons?

Persons are given with what they are where escorts are asked for. Every answer follows from where they are believed to
be (`State.places`) and how many are inside (`State.inside`).

A belief breaks anti-passback when somebody enters an area they are in, or leaves one while known to be in another or
in none; entering again too soon (`timed_minutes`) breaks it even after an exit. The word of the area that was broken
decides, and of two broken ones the harder.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from portvakt.core.decision.compile import CompiledSide
from portvakt.core.decision.model import Escort, Place, Reason, State
from portvakt.core.snapshot import PASSBACKS, Area

_OFF = PASSBACKS[0]
Passing = tuple[str, Escort]
"""A person who wants to pass: id, and what they are where escorts are asked for."""


def passback(side: CompiledSide, person: str, state: State, at: datetime) -> str:
    """Say how a passage breaks anti-passback: "off" where it does not, "soft", or "hard"."""
    broken = [_OFF]
    if side.enters is not None and _enters_again(side.enters, person, state, at):
        broken.append(side.enters.passback)
    if side.leaves is not None and _leaves_from_elsewhere(side.leaves, state.places.get(person), at):
        broken.append(side.leaves.passback)
    return max(broken, key=PASSBACKS.index)


def is_full(side: CompiledSide, persons: Sequence[str], state: State) -> bool:
    """Tell whether the area has no room for all of these."""
    area = side.enters
    if area is None or area.limit is None:
        return False
    coming = _coming(area, persons, state)
    return coming > 0 and state.inside.get(area.id, 0) + coming > area.limit


def company_missing(side: CompiledSide, passing: Sequence[Passing], state: State) -> Reason | None:
    """Say for want of whom these persons may not pass: of an escort, of a second person, or None of nobody."""
    persons = [person for person, _ in passing]
    escorts = {escort for _, escort in passing}
    entered, left = side.enters, side.leaves
    if entered is not None and entered.escort and Escort.NEEDED in escorts and Escort.GIVEN not in escorts:
        return Reason.ESCORT_MISSING
    if entered is not None and entered.two_person and _leaves_one(entered, _coming(entered, persons, state), state):
        return Reason.SECOND_PERSON_MISSING
    if left is not None and left.two_person and _leaves_one(left, -_inside(left, persons, state), state):
        return Reason.SECOND_PERSON_MISSING
    return None


def _enters_again(area: Area, person: str, state: State, at: datetime) -> bool:
    place = state.places.get(person)
    if place is not None and place.area == area.id and not _forgotten(area, place, at):
        return True
    last = state.entered.get((person, area.id))
    if area.timed_minutes is None or last is None:
        return False
    return timedelta(0) <= at - last < timedelta(minutes=area.timed_minutes)


def _leaves_from_elsewhere(area: Area, place: Place | None, at: datetime) -> bool:
    return place is not None and place.area != area.id and not _forgotten(area, place, at)


def _forgotten(area: Area, place: Place, at: datetime) -> bool:
    return area.forgive_minutes is not None and place.since + timedelta(minutes=area.forgive_minutes) <= at


def _leaves_one(area: Area, change: int, state: State) -> bool:
    """Tell whether a passage that changes the number of persons inside leaves one alone."""
    return change != 0 and state.inside.get(area.id, 0) + change == 1


def _inside(area: Area, persons: Sequence[str], state: State) -> int:
    places = [state.places.get(person) for person in persons]
    return sum(place is not None and place.area == area.id for place in places)


def _coming(area: Area, persons: Sequence[str], state: State) -> int:
    return len(persons) - _inside(area, persons, state)
