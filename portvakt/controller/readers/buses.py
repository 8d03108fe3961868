"""Which buses are there, and which of them carries a given reader?"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from portvakt.controller.readers.adoption import DEFAULT_SECONDS, LONGEST_SECONDS, SHORTEST_SECONDS, Ceremony
from portvakt.controller.readers.bus import Bus
from portvakt.controller.readers.keys import Held, KeyFault, Keys
from portvakt.controller.readers.model import (
    Adoption,
    AdoptionOutcome,
    Language,
    ReaderChanged,
    ReaderDetails,
    ReaderInput,
    ReaderState,
    Signal,
)
from portvakt.core import snapshot

HIGHEST_ADDRESS = 126

log = logging.getLogger(__name__)


class BusPlan(msgspec.Struct, frozen=True):
    """What a bus is made from; a bus whose plan did not change is left alone."""

    path: Path
    readers: tuple[snapshot.Reader, ...]


class Readers:
    """All readers of this controller; `deliver` is called in the event loop and must not block.

    `ports` is the folder that relative port paths of the snapshot start from, `language` that of the readers' displays.
    Everything belongs to one event loop.
    """

    def __init__(
        self,
        ports: Path,
        keys: Keys,
        deliver: Callable[[ReaderInput], None],
        language: Language = Language.SWEDISH,
    ) -> None:
        self._ports = ports
        self._keys = keys
        self._language = language
        self._held: dict[str, Held] = {}
        self._adopting: set[str] = set()
        self._deliver = deliver
        self._watch: Callable[[str, int, bool], None] = _nobody
        self._plans: dict[Path, BusPlan] = {}
        self._buses: dict[Path, Bus] = {}
        self._faults: dict[str, str] = {}
        self._bus_of: dict[str, Path] = {}
        self._changed = asyncio.Event()
        self._running: dict[Path, tuple[BusPlan, asyncio.Task[None]]] = {}

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """Takes over a new list of readers, and keys that changed on disk; what did not change goes on undisturbed."""
        told, held = self._faults, self._held
        self._faults, self._held = {}, {}
        self._plans = self._planned(readers)
        self._bus_of = {one.id: path for path, plan in self._plans.items() for one in plan.readers}
        for reader in self._bus_of:
            self.settle(reader)
            if self._held.get(reader) != held.get(reader):
                self._use(reader)
        for reader, fault in self._faults.items():
            if told.get(reader) != fault:
                self._deliver(ReaderChanged(reader, ReaderState.OFFLINE, fault))
        self._changed.set()

    async def adopt(self, reader: str, seconds: int = DEFAULT_SECONDS) -> Adoption:
        """Gives a reader that is new, or is to have a new key, its key, within `seconds` (30 to 600).

        Returns how it ended; a refusal is FAILED. Cancelled, it ends at once and leaves nothing open.
        """
        if refusal := self._no_adoption(reader, seconds):
            return Adoption(reader, AdoptionOutcome.FAILED, refusal)
        self._adopting.add(reader)
        try:
            return await Ceremony(reader, self._keys, self, self._held.get(reader)).run(seconds)
        finally:
            self._adopting.discard(reader)

    async def run(self) -> None:
        """Serves the buses until cancelled."""
        try:
            while True:
                self._changed.clear()
                await self._stop_changed()
                self._start_new()
                await self._changed.wait()
        finally:
            self._plans = {}
            await self._stop_changed()

    def signal(self, reader: str, signal: Signal) -> None:
        """Shows LED, buzzer and text at the reader; never blocks, and is given up after a second."""
        if bus := self._speaking(reader):
            bus.signal(reader, signal)

    def output(self, reader: str, number: int, seconds: float) -> None:
        """Switches an output on for `seconds` (25.5 at most), then it falls back by itself; 0 switches it off."""
        if bus := self._speaking(reader):
            bus.output(reader, number, seconds)

    def watch_inputs(self, deliver: Callable[[str, int, bool], None]) -> None:
        """Calls `deliver(reader, input number, active)` for each change of an input terminal."""
        self._watch = deliver

    def states(self) -> dict[str, ReaderState]:
        """Every configured reader's state by its id."""
        states = dict.fromkeys([*self._faults, *self._bus_of], ReaderState.OFFLINE)
        for path, bus in self._buses.items():
            states |= {one: state for one, state in bus.states().items() if self._bus_of.get(one) == path}
        return states

    def details(self) -> Mapping[str, ReaderDetails]:
        """What each reader says of itself, by its id; a reader that has not been online since the start is not there."""
        return {one: details for bus in self._buses.values() for one, details in bus.details().items()}

    def bus(self, reader: str) -> Bus | None:
        """The bus that carries the reader and is running."""
        path = self._bus_of.get(reader)
        running = self._running.get(path) if path is not None else None
        if path is None or running is None or running[0] != self._plans.get(path):
            return None
        return self._buses[path]

    def settle(self, reader: str) -> Held | None:
        """Takes over what is on disk for the reader and says what that is."""
        self._held.pop(reader, None)
        self._faults.pop(reader, None)
        try:
            self._held[reader] = self._keys.held(reader)
        except KeyFault as fault:
            self._faults[reader] = str(fault)
        return self._held.get(reader)

    def _use(self, reader: str) -> None:
        """A reader whose adoption is going on is left to it."""
        if reader not in self._adopting and (bus := self.bus(reader)):
            bus.use(reader, self._held.get(reader))

    def _speaking(self, reader: str) -> Bus | None:
        bus = self.bus(reader)
        return bus if bus is not None and bus.peer(reader) is not None else None

    def _no_adoption(self, reader: str, seconds: int) -> str:
        if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
            return f"An adoption lasts {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds."
        if reader in self._adopting:
            return "The reader is being adopted already."
        if reader not in self._bus_of:
            return self._faults.get(reader, "This controller has no such reader.")
        return ""

    def _proved(self, reader: str, key: bytes) -> None:
        """An adoption that was interrupted is brought to its end, now that the reader has shown which key it holds."""
        held = self._held.get(reader)
        if reader in self._adopting or held is None or not held.pending:
            return
        try:
            if key == held.pending:
                self._keys.promote(reader)
            else:
                self._keys.drop_pending(reader)
        except OSError as fault:
            log.warning("reader %s: its key could not be put in order: %s", reader, fault.strerror)
            return
        self.settle(reader)
        if key != held.key:
            self._use(reader)

    def _planned(self, readers: Sequence[snapshot.Reader]) -> dict[Path, BusPlan]:
        grouped: dict[Path, dict[int, snapshot.Reader]] = {}
        for reader in sorted(readers, key=lambda one: one.id):
            bus = grouped.setdefault(self._ports / reader.port, {})
            try:
                _refuse_misfit(reader, bus)
                bus[reader.address] = reader
            except KeyFault as fault:
                self._faults[reader.id] = str(fault)
        return {path: BusPlan(path, tuple(bus.values())) for path, bus in grouped.items() if bus}

    async def _stop_changed(self) -> None:
        gone = [path for path, (plan, _) in self._running.items() if self._plans.get(path) != plan]
        tasks = [self._running.pop(path)[1] for path in gone]
        for path, task in zip(gone, tasks, strict=True):
            self._buses.pop(path)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start_new(self) -> None:
        for path, plan in self._plans.items():
            if path not in self._running:
                bus = Bus(
                    path,
                    plan.readers,
                    self._held,
                    deliver=self._deliver,
                    watch=self._input_changed,
                    proved=self._proved,
                    language=self._language,
                )
                self._buses[path] = bus
                self._running[path] = plan, asyncio.create_task(bus.run(), name=f"bus {path.name}")

    def _input_changed(self, reader: str, number: int, active: bool) -> None:  # noqa: FBT001  A wire's one property.
        self._watch(reader, number, active)


def _refuse_misfit(reader: snapshot.Reader, bus: dict[int, snapshot.Reader]) -> None:
    if not 0 <= reader.address <= HIGHEST_ADDRESS:
        raise KeyFault(f"address {reader.address} is outside 0-{HIGHEST_ADDRESS}")
    if reader.address in bus:
        raise KeyFault(f"address {reader.address} on port {reader.port} is taken by another reader")
    if any(other.baud != reader.baud for other in bus.values()):
        raise KeyFault(f"port {reader.port} runs at another speed than {reader.baud} baud")


def _nobody(_reader: str, _number: int, _active: bool) -> None:  # noqa: FBT001
    """Nobody asked for inputs."""
