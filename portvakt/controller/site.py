"""How do readers, doors, wires, disk and link make one running controller?"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from portvakt.controller.clock import Clock, LoopClock
from portvakt.controller.clock_watch import ClockWatch, Mark
from portvakt.controller.commands import Commands
from portvakt.controller.deciding import Deciding
from portvakt.controller.doors import Doors
from portvakt.controller.identity import Identity
from portvakt.controller.journal import Journal
from portvakt.controller.link import Link
from portvakt.controller.outputs import DoorInput, Outputs, SiteInput
from portvakt.controller.readers import Adoption, Keys, Language, ReaderInput, Readers, Signal
from portvakt.controller.report import Report
from portvakt.controller.service import Manager, Pulse
from portvakt.controller.snapshots import Snapshots
from portvakt.controller.standing import Standing
from portvakt.controller.status import Address, Facts, Metrics, StatusServer
from portvakt.controller.store import Store
from portvakt.core.credentials import STEP_SECONDS
from portvakt.core.decision.compile import Index
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import Reader, Snapshot

log = logging.getLogger(__name__)

# A part that fails for a reason nobody foresaw is started again, not so often that the log fills the disk.
RESTART_SECONDS = 1.0
# A bus is polled every 50 ms; this lets the last orders to lock reach every reader before the buses stop.
LOCKING_SECONDS = 0.3

# A service manager waits 10 s or more before it kills; by then the store must be closed in good order.
ENDING_SECONDS = 5.0

MakeOutputs = Callable[[Readers, Callable[[DoorInput], None]], Outputs]
MakeReaders = Callable[[Callable[[ReaderInput], None]], Readers]


class Site:
    """The running controller of one site; made and used in one event loop."""

    def __init__(
        self,
        *,
        state: Path,
        ports: Path,
        keys: Keys,
        identity: Identity,
        make_outputs: MakeOutputs,
        software: str,
        language: Language = Language.SWEDISH,
        status: Address | None = None,
        manager: Manager | None = None,
        clock: Clock | None = None,
        make_readers: MakeReaders | None = None,
        make_link: type[Link] = Link,
        make_journal: Callable[[Store], Journal] = Journal,
    ) -> None:
        """`state` is the folder of the store, `ports` the folder that relative port paths start from.

        Without `status` there is no page, without `manager` nobody is told, and the machine's clock is the `clock`.
        `make_readers`, `make_link` and `make_journal` are for who simulates what is beyond the wires (simulator.fleet).
        """
        self._software = software
        self._identity = identity
        self._clock = clock or LoopClock()
        self._manager = manager or Manager({})
        self._began = self._clock.monotonic()
        self._reader_rows: tuple[Reader, ...] = ()
        self._store = Store(state, self._clock.now)
        self._journal = make_journal(self._store)
        self._metrics = Metrics(self.facts)
        self._journal.on_write(self._metrics.written)
        self._pulse = Pulse(self._journal, self._manager, self._clock.monotonic)
        self._status = None if status is None else StatusServer(status, self.facts, self._metrics)
        make_readers = make_readers or (lambda deliver: Readers(ports, keys, deliver, language))
        self._readers = make_readers(self._from_reader)
        self._outputs = make_outputs(self._readers, self._from_door)
        self._outputs.watch_site(self._from_door)
        self._mark = Mark(state)
        self._doors = self._make_doors()
        self._standing = Standing(state, lambda: self._doors.deciding.state)
        self._doors.deciding.restore(self._standing.load())
        self._clock_watch = ClockWatch(self._clock, self._mark, self._journal.append, self._doors.trust_clock)
        self._snapshots = self._make_snapshots()
        self._link = self._make_link(make_link)
        self._memory_told = False
        self._journal.on_change(self._journal_changed)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve the doors until `stop` is set, then leave every strike locked and everything written."""
        await self._begin()
        parts = {
            "outputs": self._outputs.run,
            "readers": self._readers.run,
            "journal": self._journal.run,
            "link": self._link.run,
            "clock": self._clock_watch.run,
            "pulse": self._pulse.run,
            "standing": self._standing.run,
        }
        if self._status is not None:
            parts["status"] = self._status.run
        restarted = self._metrics.restarted
        tasks = [asyncio.create_task(_keep_running(name, part, restarted), name=name) for name, part in parts.items()]
        self._manager.ready()
        try:
            await stop.wait()
        finally:
            await self._end(tasks)

    def read_keys_again(self) -> None:
        """Take reader keys that changed on disk; buses whose keys did not change go on undisturbed."""
        self._readers.configure(self._reader_rows)

    @property
    def deciding(self) -> Deciding:
        """What the doors decide by now."""
        return self._doors.deciding

    def facts(self) -> Facts:
        """How this controller stands now."""
        return Facts(
            controller=self._identity.controller,
            software=self._software,
            at=self._clock.now(),
            up_seconds=self._clock.monotonic() - self._began,
            server=self._identity.link,
            link_up=self._link.up,
            snapshot_version=self._snapshots.version,
            confirmed_at=self._snapshots.confirmed_at,
            events_waiting=self._pulse.waiting,
            events_in_memory=self._journal.in_memory,
            store_answers=self._pulse.alive,
            store_silent_seconds=self._pulse.silent_seconds,
            clock=self._clock_watch.facts,
            doors=self._doors.states(),
            readers=self._readers.states(),
        )

    def _make_snapshots(self) -> Snapshots:
        return Snapshots(
            identity=self._identity,
            journal=self._journal,
            clock=self._clock,
            put_in_force=self._put_in_force,
            confirmed=self._doors.deciding.confirm,
            bar=self._doors.deciding.bar,
        )

    def _make_doors(self) -> Doors:
        return Doors(
            append=self._journal.append,
            strikes=self._outputs,
            show=self._show,
            clock=self._clock,
            changed=self._state_changed,
            decided=self._metrics.decided,
            codes_from=self._codes_from(),
        )

    def _codes_from(self) -> int:
        """The newest step whose code may have been used before a restart: one ahead of the clock was taken too.

        A clock that was set back meanwhile must not make those codes good again.
        """
        if not self._store.has_snapshot():
            return 0
        now, seen = self._clock.now(), self._mark.read()
        latest = now if seen is None else max(now, seen)
        return int(latest.timestamp()) // STEP_SECONDS + 1

    def _make_link(self, make_link: type[Link]) -> Link:
        return make_link(
            identity=self._identity,
            journal=self._journal,
            snapshots=self._snapshots,
            commands=Commands(self._doors, self._adopt),
            status=Report(self._doors, self._readers, lambda: self._clock_watch.facts).status,
            clock=self._clock,
            software=self._software,
        )

    async def _begin(self) -> None:
        stored = self._store.snapshot()
        self._clock_watch.begin(None if stored is None else stored.confirmed_at)
        held = "no snapshot" if stored is None else f"snapshot {stored.version}"
        detail = f"software {self._software}, {held}"
        await self._journal.append([Event(EventKind.CONTROLLER_STARTED, self._clock.now(), detail=detail)])
        log.info("started", extra={"detail": detail})
        if not await self._snapshots.restore(stored):
            log.warning("no snapshot: every door stays locked")

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        self._manager.stopping()
        self._doors.lock_all()
        await asyncio.sleep(LOCKING_SECONDS)
        for task in tasks:
            task.cancel()
        _, stuck = await asyncio.wait(tasks, timeout=ENDING_SECONDS)
        for task in stuck:
            log.error("%s did not end in time", task.get_name())
        await self._doors.settle()
        await self._journal.close()
        log.info("stopped; every strike was locked")

    def _put_in_force(self, snapshot: Snapshot, index: Index, confirmed_at: datetime) -> None:
        """Wires first, so that a door that leaves is locked over the wire it had; readers last, when the doors know them."""
        self._clock_watch.compiled(snapshot.compiled_at)
        self._reader_rows = snapshot.readers
        self._outputs.configure(snapshot.readers)
        self._doors.put_in_force(snapshot, index, confirmed_at)
        self._readers.configure(snapshot.readers)

    def _from_reader(self, said: ReaderInput) -> None:
        self._doors.from_reader(said)

    async def _adopt(self, reader: str, seconds: int) -> Adoption:
        adoption = await self._readers.adopt(reader, seconds)
        self._doors.conditions.adopted(adoption)
        return adoption

    def _from_door(self, said: DoorInput | SiteInput) -> None:
        self._doors.from_door(said)

    def _show(self, reader: str, signal: Signal) -> None:
        self._readers.signal(reader, signal)

    def _state_changed(self) -> None:
        self._link.status_changed()

    def _journal_changed(self) -> None:
        if self._journal.in_memory != self._memory_told:
            self._memory_told = self._journal.in_memory
            log.warning("events wait in memory" if self._memory_told else "events are on disk again")
            self._link.status_changed()
        self._link.events_waiting()


async def _keep_running(name: str, part: Callable[[], Awaitable[None]], restarted: Callable[[str], None]) -> None:
    while True:
        try:
            await part()
            log.error("%s ended; starting it again", name)
        except Exception:
            log.exception("%s failed; starting it again", name)
        restarted(name)
        await asyncio.sleep(RESTART_SECONDS)
