"""How does one door carry out what the table in core.door says: its strike, its timers, its events?"""

from collections.abc import Callable

from portvakt.controller.clock import Clock, Timer
from portvakt.core import door, snapshot
from portvakt.core.decision.model import Side
from portvakt.core.door import DoorCause, DoorState, Effect
from portvakt.core.event import EventKind
from portvakt.core.posture import NORMAL, Posture, PostureKind

EVENTS = {
    Effect.EVENT_OPENED: EventKind.DOOR_OPENED,
    Effect.EVENT_CLOSED: EventKind.DOOR_CLOSED,
    Effect.EVENT_FORCED: EventKind.DOOR_FORCED,
    Effect.EVENT_HELD_OPEN: EventKind.DOOR_HELD_OPEN,
}


class LiveDoor:
    """One door of this controller.

    `report(door id, kind)` is called for what the door itself tells, `moved(this)` whenever its state may have changed.
    `coming` are the passages that were granted while it was closed, until it opens: side and persons.
    """

    def __init__(
        self,
        settings: snapshot.Door,
        strike: Callable[[str, bool], None],
        clock: Clock,
        report: Callable[[str, EventKind], None],
        moved: Callable[["LiveDoor"], None],
    ) -> None:
        """Begins locked, whatever the strike was before."""
        self.id = settings.id
        self.state = DoorState.LOCKED
        self.settings = settings
        self.posture = NORMAL
        self.coming: list[tuple[Side, tuple[str, ...]]] = []
        self._strike = strike
        self._clock = clock
        self._report = report
        self._moved = moved
        self._release_seconds = settings.release_seconds
        self._release_timer: Timer | None = None
        self._open_timer: Timer | None = None
        self._strike(self.id, False)

    def take_settings(self, settings: snapshot.Door) -> None:
        """Times from a new snapshot, for timers that start from now on."""
        self.settings = settings

    def take_posture(self, posture: Posture) -> None:
        """Stand unlocked from now on, or no longer; a lockdown also ends a release that has begun."""
        before, self.posture = self.posture, posture
        unlocked = posture.kind is PostureKind.UNLOCKED
        if unlocked is not (before.kind is PostureKind.UNLOCKED):
            self._take(DoorCause.UNLOCK if unlocked else DoorCause.LOCK)
        elif posture.kind is PostureKind.LOCKDOWN and before.kind is not PostureKind.LOCKDOWN:
            self._take(DoorCause.LOCK)
        elif posture != before:
            self._moved(self)

    def release(self, seconds: int) -> None:
        """Let one passage happen within so many seconds."""
        self._release_seconds = seconds
        self._take(DoorCause.RELEASE)

    def contact(self, *, open_: bool) -> None:
        """The contact says open or closed.

        A door found open at the start is forced until it is closed: nobody was let through that we know of.
        """
        self._take(DoorCause.CONTACT_OPENED if open_ else DoorCause.CONTACT_CLOSED)

    def obstacle(self, *, reachable: bool) -> str:
        """Say why a lockdown would not lock the door, in link.proto's words; empty where it would."""
        if self.posture.kind is PostureKind.OUT_OF_SERVICE:
            return "out_of_service"
        if not reachable:
            return "unreachable"
        if self.state in (DoorState.LOCKED, DoorState.RELEASED, DoorState.UNLOCKED):
            return ""
        return "open" if self.state is DoorState.UNLOCKED_OPEN else self.state.value

    def leave(self) -> None:
        """The door is no longer this controller's, or the controller stops: locked, and nothing happens later."""
        self._stop_timers()
        self.state = DoorState.LOCKED
        self._strike(self.id, False)

    def _take(self, cause: DoorCause) -> None:
        self.state, effects = door.step(self.state, cause)
        for effect in effects:
            self._carry_out(effect)
        self._moved(self)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Effect.STRIKE_RELEASE:
                self._strike(self.id, True)
            case Effect.STRIKE_LOCK:
                self._strike(self.id, False)
            case Effect.START_RELEASE_TIMER:
                self._release_timer = self._restart(self._release_timer, self._release_seconds, DoorCause.RELEASE_ENDED)
            case Effect.START_OPEN_TIMER:
                self._open_timer = self._restart(
                    self._open_timer, self.settings.held_open_seconds, DoorCause.OPEN_TOO_LONG
                )
            case Effect.STOP_TIMERS:
                self._stop_timers()
            case _:
                self._report(self.id, EVENTS[effect])

    def _restart(self, timer: Timer | None, seconds: int, cause: DoorCause) -> Timer:
        if timer is not None:
            timer.cancel()
        return self._clock.call_later(seconds, lambda: self._take(cause))

    def _stop_timers(self) -> None:
        for timer in (self._release_timer, self._open_timer):
            if timer is not None:
                timer.cancel()
        self._release_timer = self._open_timer = None
