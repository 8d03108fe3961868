"""Which doors stand unlocked or locked down now, and when does that change by itself?

One timer for all doors, to the next moment at which any of them changes. At the latest every LOOK_SECONDS it is seen
whether the clock was set, which moves all those moments.
"""

from collections.abc import Callable, Iterable, Mapping

from portvakt.controller.clock import Clock, Timer
from portvakt.controller.deciding import Deciding
from portvakt.controller.live_door import LiveDoor
from portvakt.core.decision.compile import Index
from portvakt.core.event import Event, EventKind
from portvakt.core.posture import Posture, PostureKind, lockdowns_on, posture

LOOK_SECONDS = 30.0
# More than a clock that is being steered by NTP gains on a monotonic one in that time.
SET_SECONDS = 1.0


class Postures:
    """Keeps every live door in the posture that the snapshot, the clock and the first person in give it."""

    def __init__(
        self, clock: Clock, deciding: Deciding, doors: Mapping[str, LiveDoor], tell: Callable[[Event], None]
    ) -> None:
        self._clock = clock
        self._deciding = deciding
        self._doors = doors
        self._tell = tell
        self._lockdowns: frozenset[str] = frozenset()
        self._offset = 0.0
        self._timer: Timer | None = None

    def look(self) -> None:
        """Bring every door into its posture: something changed that concerns them all."""
        self._offset = self._wall_ahead()
        self._look_at(self._doors.values())

    def look_at(self, door: str) -> None:
        """Bring one door into its posture: somebody may have been its first person in."""
        live, index = self._doors.get(door), self._deciding.index
        if live is not None and index is not None and index.doors[door].first_person_in:
            self._look_at([live])

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _due(self) -> None:
        if abs(self._wall_ahead() - self._offset) > SET_SECONDS:
            self.look()
            return
        now = self._clock.now()
        self._look_at([live for live in self._doors.values() if live.posture.until and live.posture.until <= now])

    def _look_at(self, doors: Iterable[LiveDoor]) -> None:
        self.stop()
        index, now = self._deciding.index, self._clock.now()
        if index is None:
            return
        for live in list(doors):
            self._take(live, posture(index.doors[live.id], now, index, self._deciding.state))
        self._tell_lockdowns(index)
        ends = [(door.posture.until - now).total_seconds() for door in self._doors.values() if door.posture.until]
        self._timer = self._clock.call_later(max(0.0, min([LOOK_SECONDS, *ends])), self._due)

    def _take(self, live: LiveDoor, found: Posture) -> None:
        before = live.posture.kind
        live.take_posture(found)
        unlocked = PostureKind.UNLOCKED
        if (before is unlocked) is not (found.kind is unlocked):
            kind = EventKind.DOOR_UNLOCKED if found.kind is unlocked else EventKind.DOOR_LOCKED
            self._tell(Event(kind, self._clock.now(), door=live.id, detail=found.why))

    def _tell_lockdowns(self, index: Index) -> None:
        """One event for each plan, however many of its doors are here, also while a graver one stands at all of them."""
        now, state = self._clock.now(), self._deciding.state
        locked = [index.doors[door.id] for door in self._doors.values() if door.posture.kind is PostureKind.LOCKDOWN]
        lockdowns = frozenset(each.plan for door in locked for each in lockdowns_on(door, now, state))
        for plan in sorted(lockdowns ^ self._lockdowns):
            kind = EventKind.LOCKDOWN_BEGUN if plan in lockdowns else EventKind.LOCKDOWN_ENDED
            self._tell(Event(kind, now, detail=f"plan {plan}"))
        self._lockdowns = lockdowns

    def _wall_ahead(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()
