"""Which buses are there, and which of them carries a given reader?"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from portvakt.controller.readers.bus import Bus
from portvakt.controller.readers.keys import KeyFault, Keys
from portvakt.controller.readers.model import ReaderChanged, ReaderInput, ReaderState, Signal
from portvakt.core import snapshot

HIGHEST_ADDRESS = 126


class BusPlan(msgspec.Struct, frozen=True):
    """What a bus is made from; a bus whose plan did not change is left alone."""

    path: Path
    readers: tuple[snapshot.Reader, ...]
    keys: dict[str, bytes]


class Readers:
    """All readers of this controller; `deliver` is called in the event loop and must not block.

    `ports` is the folder that relative port paths of the snapshot start from. Everything belongs to one event loop.
    """

    def __init__(self, ports: Path, keys: Keys, deliver: Callable[[ReaderInput], None]) -> None:
        self._ports = ports
        self._keys = keys
        self._deliver = deliver
        self._watch: Callable[[str, int, bool], None] = _nobody
        self._plans: dict[Path, BusPlan] = {}
        self._buses: dict[Path, Bus] = {}
        self._faults: dict[str, str] = {}
        self._bus_of: dict[str, Path] = {}
        self._changed = asyncio.Event()
        self._running: dict[Path, tuple[BusPlan, asyncio.Task[None]]] = {}

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """Takes over a new list of readers; a bus that did not change goes on undisturbed."""
        before = self._faults
        self._faults = {}
        self._plans = self._planned(readers)
        self._bus_of = {one.id: path for path, plan in self._plans.items() for one in plan.readers}
        for reader, fault in self._faults.items():
            if before.get(reader) != fault:
                self._deliver(ReaderChanged(reader, ReaderState.OFFLINE, fault))
        self._changed.set()

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
        """Shows LED and buzzer at the reader; never blocks, and is given up after a second."""
        if bus := self._bus(reader):
            bus.signal(reader, signal)

    def output(self, reader: str, number: int, seconds: float) -> None:
        """Switches an output on for `seconds` (25.5 at most), then it falls back by itself; 0 switches it off."""
        if bus := self._bus(reader):
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

    def _bus(self, reader: str) -> Bus | None:
        bus = self._buses.get(self._bus_of.get(reader, Path()))
        return bus if bus is not None and reader in bus.states() else None

    def _planned(self, readers: Sequence[snapshot.Reader]) -> dict[Path, BusPlan]:
        grouped: dict[Path, dict[int, snapshot.Reader]] = {}
        keys: dict[str, bytes] = {}
        for reader in sorted(readers, key=lambda one: one.id):
            bus = grouped.setdefault(self._ports / reader.port, {})
            try:
                _refuse_misfit(reader, bus)
                keys[reader.id] = self._keys.read(reader.id)
                bus[reader.address] = reader
            except KeyFault as fault:
                self._faults[reader.id] = str(fault)
        return {path: _plan(path, list(bus.values()), keys) for path, bus in grouped.items() if bus}

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
                bus = Bus(path, plan.readers, plan.keys, self._deliver, self._input_changed)
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


def _plan(path: Path, readers: list[snapshot.Reader], keys: dict[str, bytes]) -> BusPlan:
    return BusPlan(path, tuple(readers), {reader.id: keys[reader.id] for reader in readers})


def _nobody(_reader: str, _number: int, _active: bool) -> None:  # noqa: FBT001
    """Nobody asked for inputs."""
