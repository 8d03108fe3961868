"""What does each door do about what readers, wires and the server tell it?

Everything that may open a door goes one way: factors → decide → event kept → strike released. The decision is made at
once and in the order of arrival; only the release waits for the disk. Locking waits for nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Protocol

import msgspec

from portvakt.controller.clock import Clock
from portvakt.controller.factors import Factors
from portvakt.controller.live_door import LiveDoor
from portvakt.controller.outputs import ContactChanged, DoorInput, ExitPressed
from portvakt.controller.readers import CardRead, KeysTyped, ReaderChanged, ReaderInput, ReaderState, Signal
from portvakt.core.credentials import CredentialError, card_digest, pin_digest
from portvakt.core.decision.compile import Index
from portvakt.core.decision.decide import decide
from portvakt.core.decision.lockout import after
from portvakt.core.decision.model import (
    Barred,
    CardShown,
    Decision,
    Denied,
    ExitRequested,
    Factor,
    Granted,
    NeedFactor,
    PinTyped,
    Reason,
    Request,
    Side,
    State,
)
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import Reader, Snapshot

log = logging.getLogger(__name__)

# As long as the server lets a command live: who waited longer has walked on, and the door must not open to nobody.
RELEASE_WITHIN_SECONDS = 10

READER_EVENTS = {
    ReaderState.ONLINE: EventKind.READER_ONLINE,
    ReaderState.OFFLINE: EventKind.READER_OFFLINE,
    ReaderState.INSECURE: EventKind.READER_INSECURE,
    ReaderState.TAMPERED: EventKind.READER_TAMPERED,
}


class Append(Protocol):
    """Keeps events; returns when they are kept (see journal)."""

    def __call__(self, events: Sequence[Event]) -> Coroutine[None, None, None]:
        """See Journal.append."""


class Strikes(Protocol):
    """The part of the outputs that doors use."""

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001 - see Outputs
        """See Outputs.strike."""


class Doors:
    """All doors of this controller; every method is called in the event loop."""

    def __init__(
        self,
        *,
        append: Append,
        strikes: Strikes,
        show: Callable[[str, Signal], None],
        clock: Clock,
        changed: Callable[[], None],
        decided: Callable[[Decision, float], None] = lambda _decision, _seconds: None,
    ) -> None:
        """`show` lights a reader; `changed` is called when a door or a reader changed its state.

        `decided` is told every decision and how many seconds it took to make.
        """
        self._append = append
        self._strikes = strikes
        self._show = show
        self._clock = clock
        self._changed = changed
        self._decided = decided
        self._index: Index | None = None
        self._digest_key = b""
        self._state = State()
        self._doors: dict[str, LiveDoor] = {}
        self._readers: dict[str, Reader] = {}
        self._factors: dict[str, Factors] = {}
        self._running: set[asyncio.Task[object]] = set()

    def put_in_force(self, snapshot: Snapshot, index: Index, confirmed_at: datetime) -> None:
        """Swap a compiled snapshot in; doors that stay keep state and timers, doors that leave are locked."""
        self._index = index
        self.confirm(confirmed_at)
        self._take_doors(snapshot)
        self._take_readers(snapshot)
        self._changed()

    def confirm(self, at: datetime) -> None:
        """The snapshot in force was the newest at this moment."""
        self._state = msgspec.structs.replace(self._state, confirmed_at=at)

    def trust_clock(self, trusted: bool) -> None:  # noqa: FBT001  What ClockWatch found, and nothing else.
        """While the clock is not trusted, each door does what it does with an old snapshot."""
        self._state = msgspec.structs.replace(self._state, clock_trusted=trusted)

    def bar(self, barred: Barred | None) -> None:
        """Open to nothing of this until a newer snapshot is in force."""
        self._state = msgspec.structs.replace(self._state, barred=barred)

    def states(self) -> dict[str, str]:
        """Every door's state (core.door.DoorState) by its id."""
        return {door.id: door.state.value for door in self._doors.values()}

    def from_reader(self, said: ReaderInput) -> None:
        """A card, keys, or a change of the reader itself."""
        if isinstance(said, ReaderChanged):
            self._reader_changed(said)
        elif (reader := self._readers.get(said.reader)) is not None:
            self._presented(reader, said)

    def from_door(self, said: DoorInput) -> None:
        """The contact moved or the exit button was pressed; a door that is not in the snapshot is not ours."""
        door = self._doors.get(said.door)
        if door is None:
            return
        match said:
            case ContactChanged():
                door.contact(open_=said.open)
            case ExitPressed():
                self._start(self._try(door.id, Side.EXIT, (ExitRequested(),), None))

    async def decide_and_act(self, door: str, side: Side, factors: tuple[Factor, ...], command: str) -> Decision:
        """Decide a request that came as a command; returns when it was acted on."""
        decision = self._decide(Request(door, side, self._clock.now(), factors))
        return await self._act(decision, _event(decision, door, side, self._clock.now(), command=command))

    async def release(self, door: str, command: str) -> Reason | None:
        """An operator releases the door; the server checked the right. Gives the reason when it is not released."""
        known = None if self._index is None else self._index.doors.get(door)
        now = self._clock.now()
        if known is None or not known.in_service:
            reason = Reason.DOOR_OUT_OF_SERVICE
            await self._append([Event(EventKind.ACCESS_DENIED, now, door=door, reason=reason, command=command)])
            return reason
        if not await self._kept_in_time(Event(EventKind.DOOR_RELEASED_BY_OPERATOR, now, door=door, command=command)):
            return Reason.FAULT
        self._release(door, known.release_seconds)
        return None

    def lock_all(self) -> None:
        """Lock every strike and stop every timer: the controller is going down."""
        for door in self._doors.values():
            door.leave()
        self._doors.clear()
        self._changed()

    async def settle(self) -> None:
        """Return when everything that was begun has been kept and acted on."""
        while self._running:
            await asyncio.wait(self._running)

    def _take_doors(self, snapshot: Snapshot) -> None:
        wanted = {door.id: door for door in snapshot.doors}
        for gone in self._doors.keys() - wanted.keys():
            self._doors.pop(gone).leave()
        for door in wanted.values():
            if door.id in self._doors:
                self._doors[door.id].take_settings(door)
            else:
                self._doors[door.id] = LiveDoor(
                    door, self._strikes.strike, self._clock, self._door_event, self._changed
                )

    def _take_readers(self, snapshot: Snapshot) -> None:
        same_key = snapshot.digest_key == self._digest_key
        self._digest_key = snapshot.digest_key
        before, self._readers = self._readers, {reader.id: reader for reader in snapshot.readers}
        for reader in before.values():
            # A factor waits only at the very same reader: another door, side or key is another question.
            if not same_key or self._readers.get(reader.id) != reader:
                self._factors.pop(reader.id).forget()
        for name in self._readers.keys() - self._factors.keys():
            self._factors[name] = Factors(self._clock, partial(self._show, name, Signal.DENIED))

    def _presented(self, reader: Reader, said: CardRead | KeysTyped) -> None:
        factors = self._factors[reader.id]
        if isinstance(said, CardRead):
            self._attempt(reader, factors.with_card(self._card(said)))
            return
        for digits in factors.keys(said.digits):
            self._attempt(reader, factors.with_pin(self._pin(digits)))

    def _card(self, said: CardRead) -> CardShown:
        try:
            return CardShown(card_digest(self._digest_key, said.bits, said.data))
        except CredentialError:
            # What no card can be is nobody's: an empty digest is denied as unknown, and logged like any other attempt.
            return CardShown(b"")

    def _pin(self, digits: str) -> PinTyped:
        try:
            return PinTyped(pin_digest(self._digest_key, digits))
        except CredentialError:
            return PinTyped(b"")

    def _attempt(self, reader: Reader, factors: tuple[Factor, ...]) -> None:
        self._start(self._try(reader.door, reader.side, factors, reader.id))

    def _try(
        self, door: str, side: Side, factors: tuple[Factor, ...], reader: str | None
    ) -> Coroutine[None, None, object]:
        """Decide now; the coroutine that is returned does what has to wait for the disk."""
        at = self._clock.now()
        decision = self._decide(Request(door, side, at, factors))
        if isinstance(decision, NeedFactor) and reader is not None:
            self._factors[reader].wait_after(factors[0])
            return self._ask_pin(reader)
        return self._act(decision, _event(decision, door, side, at, reader=reader))

    def _decide(self, request: Request) -> Decision:
        if self._index is None:
            return Denied(Reason.FAULT)
        began = perf_counter()
        decision = decide(request, self._index, self._state)
        self._state = after(request, decision, self._state)
        self._decided(decision, perf_counter() - began)
        return decision

    async def _act(self, decision: Decision, event: Event) -> Decision:
        """Keep the event, then do what was decided; returns what was done, which is nothing if the disk took too long."""
        log.info(event.kind.value, extra={"door": event.door, "reader": event.reader, "reason": event.reason})
        in_time = await self._kept_in_time(event)
        done = decision if in_time else Denied(Reason.FAULT)
        if isinstance(done, Granted) and event.door is not None:
            self._release(event.door, done.release_seconds)
        if event.reader is not None:
            self._show(event.reader, Signal.GRANTED if isinstance(done, Granted) else Signal.DENIED)
        return done

    async def _kept_in_time(self, event: Event) -> bool:
        """Keep an event; tell whether whoever is at the door may still be there. If not, the log says that nothing opened."""
        late = asyncio.Event()
        timer = self._clock.call_later(RELEASE_WITHIN_SECONDS, late.set)
        await self._append([event])
        timer.cancel()
        if late.is_set() and event.kind is not EventKind.ACCESS_DENIED:
            self._start(self._append([_not_released(event, self._clock.now())]))
        return not late.is_set()

    async def _ask_pin(self, reader: str) -> None:
        self._show(reader, Signal.NEED_PIN)

    def _release(self, door: str, seconds: int) -> None:
        """The event is kept; a door that left the snapshot meanwhile stays locked."""
        if (live := self._doors.get(door)) is not None:
            live.release(seconds)

    def _reader_changed(self, said: ReaderChanged) -> None:
        reader = self._readers.get(said.reader)
        event = Event(
            READER_EVENTS[said.state],
            self._clock.now(),
            door=None if reader is None else reader.door,
            side=None if reader is None else reader.side,
            reader=said.reader,
            detail=said.detail[:200],
        )
        log.warning(event.kind.value, extra={"reader": said.reader, "detail": said.detail})
        self._start(self._append([event]))
        self._changed()

    def _door_event(self, door: str, kind: EventKind) -> None:
        self._start(self._append([Event(kind, self._clock.now(), door=door)]))

    def _start(self, action: Coroutine[None, None, object]) -> None:
        task = asyncio.get_running_loop().create_task(action)
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("an action failed; the door stays as it is", exc_info=fault)


def _not_released(event: Event, at: datetime) -> Event:
    """What to record when a grant was kept too late to be carried out."""
    detail = "kept too late; the door was not released"
    return msgspec.structs.replace(event, kind=EventKind.ACCESS_DENIED, at=at, reason=Reason.FAULT, detail=detail)


def _event(
    decision: Decision,
    door: str,
    side: Side,
    at: datetime,
    *,
    reader: str | None = None,
    command: str | None = None,
) -> Event:
    if isinstance(decision, Granted):
        return Event(
            EventKind.ACCESS_GRANTED,
            at,
            door=door,
            side=side,
            reader=reader,
            auth_type=decision.auth_type,
            person=decision.person,
            credential=decision.credential,
            rule=decision.rule,
            command=command,
        )
    # A pair that nobody can complete (a command carries one factor) is an auth type that is not accepted.
    reason = decision.reason if isinstance(decision, Denied) else Reason.AUTH_TYPE_NOT_ACCEPTED
    return Event(
        EventKind.ACCESS_DENIED,
        at,
        door=door,
        side=side,
        reader=reader,
        auth_type=decision.auth_type if isinstance(decision, Denied) else None,
        reason=reason,
        person=decision.person,
        credential=decision.credential,
        command=command,
    )
