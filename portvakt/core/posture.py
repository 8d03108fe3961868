"""How does a door stand when nobody asks for it: locked as usual, unlocked for all, locked down, or out of service?

The first that applies: out of service; a lockdown; an operator's hold; the unlock schedule, which with `first_person_in`
unlocks only once somebody has passed in since it became active. Else the door is as usual. A fire never unlocks a door:
letting people out is wiring.

A clock that cannot be trusted neither starts what unlocks nor ends what locks: no schedule unlocks, a hold that has an
end does not, and a lockdown goes on past its end.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from portvakt.core.decision.compile import CompiledDoor, Index
from portvakt.core.decision.model import State
from portvakt.core.schedule import Schedule, is_active, next_change
from portvakt.core.snapshot import Hold, Lockdown


class PostureKind(StrEnum):
    """In order of what goes before what, the last first."""

    NORMAL = "normal"
    UNLOCKED = "unlocked"
    LOCKDOWN = "lockdown"
    OUT_OF_SERVICE = "out_of_service"


class Posture(msgspec.Struct, frozen=True):
    """How a door stands, why, and until when.

    `why` is empty, "operator", "schedule", "first_person" or the id of a lockdown's plan. `until` (aware, UTC) is when
    it becomes another by the clock alone; None where the clock changes nothing.
    """

    kind: PostureKind
    why: str = ""
    until: datetime | None = None


NORMAL = Posture(PostureKind.NORMAL)


def posture(door: CompiledDoor, at: datetime, index: Index, state: State) -> Posture:
    """Tell how a door stands at the aware moment `at`, and until when if nothing but time passes."""
    now = _standing(door, at, index, state)
    for moment in sorted(_moments(door, at, index)) if state.clock_trusted else ():
        if _standing(door, moment, index, state) != now:
            return msgspec.structs.replace(now, until=moment)
    return now


def _standing(door: CompiledDoor, at: datetime, index: Index, state: State) -> Posture:
    if not door.in_service:
        return Posture(PostureKind.OUT_OF_SERVICE)
    lockdown = _gravest_lockdown(door, at, state)
    if lockdown is not None:
        return Posture(PostureKind.LOCKDOWN, lockdown.plan)
    if any(_held(hold, at, state) for hold in index.holds if hold.door == door.id):
        return Posture(PostureKind.UNLOCKED, "operator")
    return _by_schedule(door, at, state)


def lockdowns_on(door: CompiledDoor, at: datetime, state: State) -> list[Lockdown]:
    """Give every lockdown in effect at a door; its posture names the gravest alone."""
    return [each for each in door.lockdowns if _lasts(each.ends_at, at, state)]


def _gravest_lockdown(door: CompiledDoor, at: datetime, state: State) -> Lockdown | None:
    # Of two with the same rank the smaller id is named, so that the order of rows never matters.
    return min(lockdowns_on(door, at, state), key=lambda each: (-each.rank, each.plan), default=None)


def _lasts(ends_at: int | None, at: datetime, state: State) -> bool:
    return ends_at is None or not state.clock_trusted or at.timestamp() < ends_at


def _held(hold: Hold, at: datetime, state: State) -> bool:
    return hold.ends_at is None or (state.clock_trusted and at.timestamp() < hold.ends_at)


def _by_schedule(door: CompiledDoor, at: datetime, state: State) -> Posture:
    plan = door.unlock_schedule
    if plan is None or not state.clock_trusted or not is_active(plan, at, door.timezone):
        return NORMAL
    if not door.first_person_in:
        return Posture(PostureKind.UNLOCKED, "schedule")
    first = state.first_in.get(door.id)
    if first is None or not _in_one_span(plan, first, at, door.timezone):
        return NORMAL
    return Posture(PostureKind.UNLOCKED, "first_person")


def _in_one_span(plan: Schedule, first: datetime, at: datetime, timezone: ZoneInfo) -> bool:
    """Tell whether the schedule has been active without a break from `first` to `at`."""
    if first > at or not is_active(plan, first, timezone):
        return False
    change = next_change(plan, first, timezone)
    return change is None or change > at


def _moments(door: CompiledDoor, at: datetime, index: Index) -> Iterator[datetime]:
    """Give the coming moments at which the posture may change."""
    ends = [each.ends_at for each in door.lockdowns]
    ends += [each.ends_at for each in index.holds if each.door == door.id]
    yield from (datetime.fromtimestamp(end, UTC) for end in ends if end is not None and end > at.timestamp())
    change = None if door.unlock_schedule is None else next_change(door.unlock_schedule, at, door.timezone)
    if change is not None:
        yield change
