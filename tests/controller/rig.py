"""Where do the tests of doors and commands get their doors? From here, with everything around them in hand."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from portvakt.controller.commands import Commands
from portvakt.controller.doors import Doors
from portvakt.controller.outputs import ContactChanged
from portvakt.controller.readers import Adoption, AdoptionOutcome, CardRead, KeysTyped, Signal
from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.model import Decision, Side
from portvakt.core.event import Event
from portvakt.core.snapshot import Snapshot
from tests.controller.fakes import FakeClock, FakeOutputs
from tests.controller.site import (
    BACK_IN,
    BITS,
    FRONT,
    FRONT_IN,
    SITE,
)


class Rig:
    """Doors with a clock that moves when told, a journal that can be held up, and wires that keep a diary."""

    def __init__(self, snapshot: Snapshot | None = SITE) -> None:
        self.diary: list[str] = []
        self.events: list[Event] = []
        self.shown: list[tuple[str, Signal]] = []
        self.clock = FakeClock()
        self.outputs = FakeOutputs(self.diary)
        self.disk = asyncio.Event()
        self.disk.set()
        self.changes = 0
        self.doors = Doors(
            append=self._append, strikes=self.outputs, show=self._show, clock=self.clock, changed=self._changed
        )
        self.commands = Commands(self.doors, self._adopt)
        if snapshot is not None:
            self.put_in_force(snapshot)

    def put_in_force(self, snapshot: Snapshot) -> None:
        self.doors.put_in_force(snapshot, compile_snapshot(snapshot), self.clock.now())

    async def card(self, data: bytes, reader: str = FRONT_IN) -> None:
        self.doors.from_reader(CardRead(reader, BITS, data))
        await self.doors.settle()

    async def keys(self, keys: str, reader: str = BACK_IN) -> None:
        self.doors.from_reader(KeysTyped(reader, keys))
        await self.doors.settle()

    async def contact(self, *, open_: bool, at: str = FRONT) -> None:
        self.doors.from_door(ContactChanged(at, open_))
        await self.doors.settle()

    async def from_phone(self, door: str, person: str, **said: Any) -> Decision:
        plain: dict[str, Any] = {"metres": None, "code": b"", "pin": b"", "pin_only": False}
        decision = await self.doors.open_remotely("c1", door, Side.ENTRY, person, **(plain | said))
        await self.doors.settle()
        return decision

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await self.doors.settle()

    def said(self) -> list[str]:
        return [e.kind.value if e.reason is None else f"{e.kind.value}: {e.reason.value}" for e in self.events]

    async def _adopt(self, reader: str, seconds: int) -> Adoption:
        return Adoption(reader, AdoptionOutcome.TIMED_OUT, f"nobody answered within {seconds} s")

    async def _append(self, events: Sequence[Event]) -> None:
        await self.disk.wait()
        self.events += events
        self.diary += [event.kind.value for event in events]

    def _show(self, reader: str, signal: Signal) -> None:
        self.shown.append((reader, signal))

    def _changed(self) -> None:
        self.changes += 1


def run(story: Callable[[], object]) -> None:
    asyncio.run(story())  # type: ignore[arg-type]
