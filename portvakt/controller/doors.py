"""What does each door do about what readers, wires and the server tell it?

Everything that may open a door goes one way: factors → decide → event kept → strike released. The decision is made at
once and in the order of arrival; only the release waits for the disk. Whoever is inside and wants out waits for nothing,
and so does locking.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from time import perf_counter

from portvakt.controller import entries, presented
from portvakt.controller.clock import Clock
from portvakt.controller.company import Company
from portvakt.controller.conditions import Conditions
from portvakt.controller.deciding import Deciding
from portvakt.controller.entries import Origin
from portvakt.controller.homes import Append, Logged
from portvakt.controller.live_door import LiveDoor
from portvakt.controller.outputs import (
    ContactChanged,
    DoorInput,
    ExitPressed,
    FireChanged,
    Outputs,
    SiteInput,
    TamperChanged,
)
from portvakt.controller.postures import Postures
from portvakt.controller.readers import CardRead, KeysTyped, ReaderChanged, ReaderInput, Signal
from portvakt.controller.readings import Readings
from portvakt.controller.sides import At, Sides
from portvakt.core.decision.compile import Index
from portvakt.core.decision.model import (
    AuthType,
    CodeScanned,
    Decision,
    Denied,
    ExitRequested,
    Factor,
    Granted,
    NeedFactor,
    NeedPerson,
    PinOnPhone,
    Reason,
    RemoteOpening,
    Request,
    Side,
)
from portvakt.core.door import DoorState
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import Reader, Snapshot

log = logging.getLogger(__name__)

# As long as the server lets a command live: who waited longer has walked on, and the door must not open to nobody.
RELEASE_WITHIN_SECONDS = 10


class Doors:
    """All doors of this controller; every method is called in the event loop."""

    def __init__(
        self,
        *,
        append: Append,
        strikes: Outputs,
        show: Callable[[str, Signal], None],
        clock: Clock,
        changed: Callable[[], None],
        decided: Callable[[Decision, float], None] = lambda _decision, _seconds: None,
        codes_from: int = 0,
    ) -> None:
        """`show` lights a reader; `changed` is called when a door or a reader changed its state.

        `decided` is told every decision and how many seconds it took to make. `codes_from`: see Deciding.
        """
        self._strikes = strikes
        self._clock = clock
        self._changed = changed
        self._decided = decided
        self.deciding = Deciding(codes_from=codes_from)
        self._digest_key = b""
        self._doors: dict[str, LiveDoor] = {}
        self._logged = Logged(append, self._doors)
        self._append = self._logged.append
        self._sides = Sides(clock, show, self._waited_in_vain)
        self._company = Company(clock, self.deciding, self._waited_in_vain)
        self._postures = Postures(clock, self.deciding, self._doors, self._tell)
        self._readings = Readings(clock)
        # Granted, but the disk has not taken it yet: an interlock must count these doors as open already.
        self._granted: Counter[str] = Counter()
        self._running: set[asyncio.Task[object]] = set()
        self.conditions = Conditions(clock, self._sides.reader, self._tell, changed)
        self._ended = False

    def put_in_force(self, snapshot: Snapshot, index: Index, confirmed_at: datetime) -> None:
        """Swap a compiled snapshot in; doors that stay keep state and timers, doors that leave are locked.

        Of a delta without rows about the site, `snapshot` is the one before it.
        """
        if self._ended:
            return
        before = self.deciding.index
        self.deciding.take(index, confirmed_at)
        self._take_doors(snapshot)
        # A door that left open would hold its interlock for good.
        self._count_unsecured()
        self._sides.take_readers(snapshot.readers, same_key=snapshot.digest_key == self._digest_key)
        self._digest_key = snapshot.digest_key
        # Most changes are about persons, and no door stands otherwise for them; on a large site to look takes a while.
        if before is None or before.doors is not index.doors or before.holds is not index.holds:
            self._postures.look()
        self._changed()

    def trust_clock(self, trusted: bool) -> None:  # noqa: FBT001  What ClockWatch found, and nothing else.
        """While the clock is not trusted, each door does what it does with an old snapshot."""
        self.deciding.trust_clock(trusted)
        self._postures.look()

    def forgive(self, person: str | None) -> None:
        """Forget where a person, or everybody, is believed to be."""
        self.deciding.forgive(person)

    def states(self) -> dict[str, str]:
        """Every door's state (core.door.DoorState) by its id."""
        return {door.id: door.state.value for door in self._doors.values()}

    def live(self) -> Mapping[str, LiveDoor]:
        """Every door as it stands, by its id."""
        return self._doors

    def reachable(self, door: str) -> bool:
        """Tell whether a door's strike can be driven now."""
        return self._strikes.reachable(door)

    def rehearse(self, doors: Iterable[str]) -> dict[str, str]:
        """Say of each door why a lockdown would not lock it; empty where it would."""
        return {door: self._obstacle(door) for door in doors}

    def read_card(self, reader: str, seconds: int, report: Callable[[CardRead], None]) -> bool:
        """Report the next two cards at a reader instead of deciding on them; False for a reader that is not ours."""
        if self._sides.reader(reader) is None:
            return False
        self._readings.begin(reader, seconds, report)
        return True

    def from_reader(self, said: ReaderInput) -> None:
        """A card, keys, or a change of the reader itself."""
        if isinstance(said, ReaderChanged):
            self.conditions.reader_changed(said)
        elif (reader := self._sides.reader(said.reader)) is not None:
            self._presented(reader, said)

    def from_door(self, said: DoorInput | SiteInput) -> None:
        """What a wire tells; a door that is not in the snapshot is not ours."""
        match said:
            case ContactChanged(door, open_):
                if door in self._doors:
                    self._doors[door].contact(open_=open_)
            case ExitPressed(door):
                if door in self._doors:
                    self._start(self._attempt((door, Side.EXIT), (ExitRequested(),), Origin()))
            case FireChanged():
                self.conditions.fire_changed(said)
            case TamperChanged():
                self.conditions.tamper_changed(said)

    async def open_remotely(
        self,
        command: str,
        door: str,
        side: Side,
        person: str,
        *,
        metres: int | None,
        code: bytes,
        pin: bytes,
        pin_only: bool,
    ) -> Decision:
        """A person asks from a phone; returns when it was acted on, or with what must follow at the door.

        `code` is of the code scanned there, `pin` the digest of a PIN typed in the app; both empty for none.
        """
        first: tuple[Factor, ...] = (RemoteOpening(person, metres),)
        if pin_only:
            first = ()
        elif code:
            first = (CodeScanned(person, code, metres),)
        last: tuple[Factor, ...] = (PinOnPhone(person, pin),) if pin else ()
        return await self._attempt(
            (door, side), self._sides.joined((door, side), first + last), Origin(command=command)
        )

    async def release(self, door: str, command: str) -> Reason | None:
        """An operator releases the door; the server checked the right. Gives the reason when it is not released."""
        index, now = self.deciding.index, self._clock.now()
        known = None if index is None else index.doors.get(door)
        if known is None or not known.in_service:
            reason = Reason.DOOR_OUT_OF_SERVICE
            await self._append([Event(EventKind.ACCESS_DENIED, now, door=door, reason=reason, command=command)])
            return reason
        self._promise(door, 1)
        released = Event(EventKind.DOOR_RELEASED_BY_OPERATOR, now, door=door, command=command)
        if in_time := await self._kept_in_time([released]):
            self._release(door, known.release_seconds, None, ())
        self._promise(door, -1)
        return None if in_time else Reason.FAULT

    def lock_all(self) -> None:
        """Lock every strike and stop every timer, for good: the controller is going down."""
        self._ended = True
        self._postures.stop()
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
                self._doors[door.id] = LiveDoor(door, self._strikes.strike, self._clock, self._door_event, self._moved)

    def _presented(self, reader: Reader, said: CardRead | KeysTyped) -> None:
        at, origin = (reader.door, reader.side), Origin(reader=reader.id)
        if isinstance(said, CardRead):
            if not self._readings.takes(said):
                factor = presented.shown(self._digest_key, said, reader.reads)
                self._start(self._attempt(at, self._sides.joined(at, (factor,)), origin))
            return
        for digits in self._sides.at(at).keys(said.digits):
            factor = presented.typed(self._digest_key, digits)
            self._start(self._attempt(at, self._sides.joined(at, (factor,)), origin))

    def _attempt(self, at: At, factors: tuple[Factor, ...], origin: Origin) -> Coroutine[None, None, Decision]:
        """Decide now; the coroutine that is returned does what has to wait for the disk."""
        request = Request(*at, self._clock.now(), factors)
        decision = self._decide(request)
        if isinstance(decision, NeedFactor):
            self._sides.at(at).wait_after(factors[0], decision)
            return self._ask(at, decision, Signal.NEED_PIN)
        if isinstance(decision, NeedPerson):
            if decision.duress:
                self._tell(entries.of_duress(decision, request, origin))
            self._company.wait(at, decision, origin)
            return self._ask(at, decision, Signal.WAIT_FOR_PERSON)
        if isinstance(decision, Granted) and decision.auth_type is AuthType.REX:
            return self._let_out(decision, request, origin)
        if isinstance(decision, Granted):
            self._promise(request.door, 1)
            if decision.companion is not None:
                self._company.came(at)
        return self._act(decision, request, origin)

    def _decide(self, request: Request) -> Decision:
        began = perf_counter()
        decision = self.deciding.decide(request)
        self._decided(decision, perf_counter() - began)
        return decision

    def _let_out(self, granted: Granted, request: Request, origin: Origin) -> Coroutine[None, None, Decision]:
        """Open to whoever is inside; the coroutine that is returned keeps the event beside it."""
        self._release(request.door, granted.release_seconds, request.side, ())
        self._sides.signal((request.door, request.side), Signal.GRANTED)
        return self._keep_beside(granted, entries.of_decision(granted, request, origin))

    async def _keep_beside(self, done: Granted, events: list[Event]) -> Decision:
        """Keep the events of what was done already: too late or not at all, they take nothing back."""
        self._logged.mention(events[0])
        try:
            await self._append(events)
        except Exception:
            log.exception("the event of an exit cannot be kept; the door opened all the same")
        return done

    async def _act(self, decision: Decision, request: Request, origin: Origin) -> Decision:
        """Keep the events, then do what was decided; returns what was done, which is nothing if the disk took too long."""
        events = entries.of_decision(decision, request, origin)
        # The first alone: that somebody was under duress is nothing for a log that lies at the door.
        self._logged.mention(events[0])
        in_time = await self._kept_in_time(events)
        done = decision if in_time else Denied(Reason.FAULT)
        if isinstance(decision, Granted):
            if in_time and self.deciding.shut_out(request.door, entries.persons(decision), self._clock.now()):
                # A lockdown began while the disk had the event: it ends what has only been promised.
                done = Denied(Reason.LOCKDOWN)
                self._tell(*entries.not_released(events, self._clock.now(), Reason.LOCKDOWN))
            if isinstance(done, Granted):
                self._release(request.door, done.release_seconds, request.side, entries.persons(done))
                self._postures.look_at(request.door)
            self._promise(request.door, -1)
        locked_down = isinstance(done, Denied) and done.reason is Reason.LOCKDOWN
        refused = Signal.LOCKED_DOWN if locked_down else Signal.DENIED
        self._sides.signal((request.door, request.side), Signal.GRANTED if isinstance(done, Granted) else refused)
        return done

    async def _kept_in_time(self, events: list[Event]) -> bool:
        """Keep events; tell whether whoever is at the door may still be there. If not, the log says that nothing opened.

        What cannot be kept did not happen: a journal that is full or broken opens no door.
        """
        late = asyncio.Event()
        timer = self._clock.call_later(RELEASE_WITHIN_SECONDS, late.set)
        try:
            await self._append(events)
        except Exception:
            log.exception("an event cannot be kept; the door stays as it is")
            return False
        finally:
            timer.cancel()
        if late.is_set() and events[0].kind is not EventKind.ACCESS_DENIED:
            self._tell(*entries.not_released(events, self._clock.now()))
        return not late.is_set()

    async def _ask(self, at: At, decision: Decision, signal: Signal) -> Decision:
        self._sides.signal(at, signal)
        return decision

    def _waited_in_vain(self, at: At, need: NeedFactor | NeedPerson, origin: Origin | None = None) -> None:
        origin, now = origin or Origin(reader=self._sides.reader_at(at)), self._clock.now()
        self._tell(entries.of_waiting_in_vain(need, Request(*at, now, ()), now, origin))
        self._sides.signal(at, Signal.DENIED)

    def _release(self, door: str, seconds: int, side: Side | None, persons: Sequence[str]) -> None:
        """The events are kept; a door that left the snapshot meanwhile stays locked."""
        if (live := self._doors.get(door)) is None:
            return
        live.release(seconds)
        if side is None or not persons or not live.settings.contact:
            return
        if live.state is DoorState.RELEASED:
            live.coming.append((side, tuple(persons)))
        else:
            # Through a door that stands open already nobody can be seen to go.
            self._passed(door, side, persons)

    def _passed(self, door: str, side: Side, persons: Sequence[str]) -> None:
        self.deciding.passed(door, side, persons, self._clock.now())
        self._postures.look_at(door)

    def _door_event(self, door: str, kind: EventKind) -> None:
        """What the door itself tells. People who run from a fire push doors open: that is no break-in."""
        now = self._clock.now()
        detail = ""
        if self.conditions.fire and kind in (EventKind.DOOR_FORCED, EventKind.DOOR_HELD_OPEN):
            kind, detail = EventKind.DOOR_OPENED, f"{kind.value} during a fire alarm"
        # Before what follows from it, such as a door that stands unlocked since the first person came in.
        self._tell(Event(kind, now, door=door, detail=detail))
        if kind is EventKind.DOOR_OPENED and (live := self._doors.get(door)) is not None:
            for side, persons in live.coming:
                self._passed(door, side, persons)
            live.coming.clear()

    def _moved(self, door: LiveDoor) -> None:
        if door.state is DoorState.LOCKED:
            door.coming.clear()
        self._count_unsecured()
        self._changed()

    def _promise(self, door: str, change: int) -> None:
        self._granted[door] += change
        self._count_unsecured()

    def _count_unsecured(self) -> None:
        released = {door.id for door in self._doors.values() if door.state is not DoorState.LOCKED}
        self.deciding.unsecured(released | {door for door, count in self._granted.items() if count > 0})

    def _obstacle(self, door: str) -> str:
        live = self._doors.get(door)
        return "unknown" if live is None else live.obstacle(reachable=self._strikes.reachable(door))

    def _tell(self, *events: Event) -> None:
        self._start(self._append(events))

    def _start(self, action: Coroutine[None, None, object]) -> None:
        task = asyncio.get_running_loop().create_task(action)
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("an action failed; the door stays as it is", exc_info=fault)
