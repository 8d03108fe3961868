"""Which readers, simulated and real code alike, does a test of the controller's hardware half stand on?"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from portvakt.controller.readers import Keys, Language, ReaderChanged, ReaderInput, Readers, ReaderState, frames
from portvakt.controller.simulator import DoorPlan, Plan, ReaderPlan, Simulator
from portvakt.controller.simulator.reader import SecureReader, SimulatedReader
from portvakt.core import snapshot
from portvakt.core.decision.model import Side

PATIENCE_SECONDS = 20.0  # A bound on waiting, far above what is needed; nothing is concluded from time itself.
KEY = bytes(range(16))
STRANGERS_KEY = bytes(range(16, 32))


def reader_plan(name: str, port: str = "bus0", address: int = 0, **more: object) -> ReaderPlan:
    """A reader of the simulated site, its key in `keys/<name>.key`."""
    return ReaderPlan(id=name, door="door", port=port, address=address, key_file=f"site/{name}.key", **more)  # type: ignore[arg-type]


def snapshot_reader(plan: ReaderPlan, side: Side = Side.ENTRY) -> snapshot.Reader:
    """The same reader as the controller's snapshot describes it."""
    return snapshot.Reader(plan.id, plan.door, side, plan.port, plan.address, plan.baud)


class Stand:
    """A simulated site and the controller's `Readers` on it, running while the `async with` block lasts."""

    def __init__(
        self,
        folder: Path,
        plans: Sequence[ReaderPlan],
        keys: dict[str, bytes] | None = None,
        language: Language = Language.SWEDISH,
    ) -> None:
        """`keys` are those of the readers that hold another key than the controller has for them."""
        self.plans = list(plans)
        self.received: list[ReaderInput] = []
        self._news = asyncio.Event()
        self.keys = Keys(folder / "keys")
        (folder / "site").mkdir()
        for plan in plans:
            self.keys.write(plan.id, KEY)
            if plan.mode != "factory":
                (folder / plan.key_file).write_bytes((keys or {}).get(plan.id, KEY))
        door = DoorPlan("door", opens_after_seconds=0)
        self.site = Simulator(Plan(door=(door,), reader=tuple(plans), folder=folder))
        self.readers = Readers(self.site.ports_path, self.keys, self._take, language)
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.site.__aenter__()
        self.readers.configure([snapshot_reader(plan) for plan in self.plans])
        self._running = asyncio.create_task(self.readers.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self.site.__aexit__(kind, error, trace)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something received makes the condition true."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def until_state(self, reader: str, state: ReaderState) -> None:
        """Waits until the reader's latest change is to `state`."""
        await self.until(lambda: self.changes(reader)[-1:] == [state])

    async def until_online(self) -> None:
        """Waits until every reader's secure channel is up."""
        for plan in self.plans:
            await self.until_state(plan.id, ReaderState.ONLINE)

    def changes(self, reader: str) -> list[ReaderState]:
        """The states the reader has gone through."""
        return [one.state for one in self.received if isinstance(one, ReaderChanged) and one.reader == reader]

    def inputs(self, reader: str) -> list[ReaderInput]:
        """What was delivered from the reader besides its state."""
        return [one for one in self.received if one.reader == reader and not isinstance(one, ReaderChanged)]

    def _take(self, one: ReaderInput) -> None:
        self.received.append(one)
        self._news.set()


class Tap:
    """Every frame to and from a simulated reader from now on."""

    def __init__(self, reader: SimulatedReader) -> None:
        assert isinstance(reader, SecureReader)
        self.seen: list[frames.Frame] = []
        self._receive, self._send = reader.receive, reader._channel.send
        self._to, self._from = frames.Scanner(), frames.Scanner()
        reader.receive = self._to_reader  # type: ignore[method-assign]
        reader._channel.send = self._from_reader

    def challenges(self) -> list[frames.Frame]:
        """The beginnings of a handshake."""
        return [one for one in self.seen if one.code == frames.CHALLENGE and not one.reply]

    def cards(self) -> int:
        """How many polls were answered with a card and followed by another frame, so that the answer was taken."""
        return [one.code for one in self.seen[:-1] if one.reply].count(frames.CARD)

    def _to_reader(self, data: bytes) -> None:
        self.seen += self._to.feed(data)
        self._receive(data)

    def _from_reader(self, data: bytes) -> None:
        self.seen += self._from.feed(data)
        assert self._send is not None
        self._send(data)
