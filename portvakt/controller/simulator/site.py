"""What is at the simulated site, and what can be done there?"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec import structs

from portvakt.controller.readers.keys import KEY_BYTES
from portvakt.controller.simulator.door import SimulatedDoor
from portvakt.controller.simulator.line import Line
from portvakt.controller.simulator.plan import Plan, PlanFault, ReaderPlan, checked
from portvakt.controller.simulator.reader import CONTACT, EXIT, ClearTextReader, SecureReader, SimulatedReader
from portvakt.controller.simulator.wiring import Wiring

TICK_SECONDS = 0.1  # Devices work as bytes come; this only lets their time-outs pass.
PRESS_SECONDS = 0.2
MOST_CARD_BITS = 256
MOST_KEYS = 32
MOST_TEXT = 64  # What one OSDP card report of libosdp holds.

Watcher = Callable[[str, str, bool], None]


class NoSuchThing(LookupError):
    """The site has no reader or door of that name."""


class BadInput(ValueError):
    """A card or keys that no reader could read."""


class Simulator:
    """A site in this event loop, open while the `async with` block lasts.

    `watch(what, door, value)` is told at once of every ("strike", door, released) and ("contact", door, open).
    """

    def __init__(self, plan: Plan, watch: Watcher | None = None) -> None:
        self._plan = checked(plan)
        self._watch = watch
        self._news = asyncio.Event()
        self._doors = {door.id: self._door(door.id) for door in plan.door}
        self._readers: dict[str, SimulatedReader] = {}
        self._lines: dict[str, Line] = {}
        self._fire = self._enclosure_open = False
        self._wiring = Wiring(self.outputs_path, self._strike, self._inputs)
        self._ticking: asyncio.Task[None] | None = None

    @property
    def outputs_path(self) -> Path:
        """The unix socket for the controller's `--outputs simulator:PATH`."""
        return self._plan.folder / self._plan.outputs

    @property
    def ports_path(self) -> Path:
        """The folder for the controller's `--ports`."""
        return self._plan.folder / self._plan.ports

    async def __aenter__(self) -> Self:
        for port in dict.fromkeys(reader.port for reader in self._plan.reader):
            self._open_bus(port)
        await self._wiring.open()
        self._ticking = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        for reader in self._readers.values():
            reader.power(False)
        for line in self._lines.values():
            line.close()
        for door in self._doors.values():
            door.leave()
        await self._wiring.close()

    def card(self, reader: str, bits: int, data: bytes) -> None:
        """Somebody shows a card of `bits` bits, left-aligned in `data`."""
        if not 0 < bits <= MOST_CARD_BITS or len(data) != (bits + 7) // 8:
            raise BadInput(f"a card has 1-{MOST_CARD_BITS} bits and just the bytes they fill")
        self._reader(reader).card(bits, data)

    def text(self, reader: str, text: str) -> None:
        """Somebody shows a QR code, or a car its plate, to a reader that can read it."""
        if not 0 < len(text) <= MOST_TEXT or not (text.isascii() and text.isprintable()):
            raise BadInput(f"a text is 1-{MOST_TEXT} printable ASCII signs")
        self._reader(reader).text(text)

    def keys(self, reader: str, digits: str) -> None:
        """Somebody types."""
        if not 0 < len(digits) <= MOST_KEYS or set(digits) - set("0123456789*#"):
            raise BadInput(f"keys are 1-{MOST_KEYS} of 0-9, * and #")
        self._reader(reader).keys(digits)

    def exit(self, door: str) -> None:
        """Somebody presses the exit button."""
        self._find_door(door)
        self._wiring.say({"exit": door})
        for reader in self._wired(door):
            reader.wire(EXIT, True)
            asyncio.get_running_loop().call_later(PRESS_SECONDS, reader.wire, EXIT, False)

    def fire(self, on: bool) -> None:  # noqa: FBT001  A contact's one property.
        """The fire alarm's contact closes, or opens again."""
        self._fire = on
        self._wiring.say({"fire": on})
        self._tell()

    def enclosure(self, open_: bool) -> None:  # noqa: FBT001  A contact's one property.
        """Somebody opens the controller's own enclosure, or closes it."""
        self._enclosure_open = open_
        self._wiring.say({"tamper": open_})
        self._tell()

    def contact(self, door: str, open_: bool) -> None:  # noqa: FBT001  A contact's one property.
        """Somebody pushes the door open or closes it."""
        self._find_door(door).move(open_)

    def power(self, reader: str, on: bool) -> None:  # noqa: FBT001  A switch's one property.
        """The reader's supply is cut or comes back."""
        self._reader(reader).power(on)
        self._tell()

    def tamper(self, reader: str, on: bool) -> None:  # noqa: FBT001  A contact's one property.
        """Somebody opens the reader's housing, or closes it."""
        self._reader(reader).tamper(on)

    def noise(self, reader: str, data: bytes) -> None:
        """Bytes that nobody sent arrive at the controller on this reader's bus."""
        self._lines[self._reader(reader).plan.port].send(data)

    def unplug(self, port: str) -> None:
        """The bus's serial adapter is pulled out."""
        self._lines[port].close()

    def plug(self, port: str) -> None:
        """The bus's serial adapter is back."""
        self._lines[port].open()

    def state(self) -> dict[str, Any]:
        """Everything that can be seen, as JSON."""
        readers = {one: {"door": reader.plan.door, **reader.state()} for one, reader in self._readers.items()}
        doors = {one: door.state() for one, door in self._doors.items()}
        site = {"fire": self._fire, "tamper": self._enclosure_open}
        return {
            "readers": readers,
            "doors": doors,
            **site,
            "people": [structs.asdict(one) for one in self._plan.person],
        }

    async def until(self, condition: Callable[[dict[str, Any]], bool], seconds: float = 20.0) -> None:
        """Waits until the state is as wished; TimeoutError otherwise."""
        async with asyncio.timeout(seconds):
            while not condition(self.state()):
                self._news.clear()
                await self._news.wait()

    def _reader(self, reader: str) -> SimulatedReader:
        if reader not in self._readers:
            raise NoSuchThing(f"there is no reader {reader}")
        return self._readers[reader]

    def _find_door(self, door: str) -> SimulatedDoor:
        if door not in self._doors:
            raise NoSuchThing(f"there is no door {door}")
        return self._doors[door]

    def _wired(self, door: str) -> list[SimulatedReader]:
        return [reader for reader in self._readers.values() if reader.plan.wires and reader.plan.door == door]

    def _door(self, door: str) -> SimulatedDoor:
        plan = next(one for one in self._plan.door if one.id == door)
        return SimulatedDoor(plan, lambda on: self._moved(door, on), lambda on: self._struck(door, on))

    def _inputs(self) -> list[dict[str, Any]]:
        contacts = [{"contact": one, "open": door.open} for one, door in self._doors.items()]
        return [*contacts, {"fire": self._fire}, {"tamper": self._enclosure_open}]

    def _strike(self, door: str, released: bool) -> None:  # noqa: FBT001
        self._find_door(door).strike(released)

    def _struck(self, door: str, released: bool) -> None:  # noqa: FBT001
        if self._watch:
            self._watch("strike", door, released)
        self._tell()

    def _moved(self, door: str, open_: bool) -> None:  # noqa: FBT001
        if self._watch:
            self._watch("contact", door, open_)
        self._wiring.say({"contact": door, "open": open_})
        for reader in self._wired(door):
            reader.wire(CONTACT, open_)
        self._tell()

    def _tell(self) -> None:
        self._news.set()

    def _open_bus(self, port: str) -> None:
        plans = [reader for reader in self._plan.reader if reader.port == port]
        baud = plans[0].baud if any(plan.paced for plan in plans) else None

        def receive(data: bytes) -> None:
            for plan in plans:
                self._readers[plan.id].receive(data)
            self._tell()

        line = Line(self.ports_path / port, baud, receive)
        for plan in plans:
            self._readers[plan.id] = self._made(plan, line)
        self._lines[port] = line
        line.open()

    def _made(self, plan: ReaderPlan, line: Line) -> SimulatedReader:
        if plan.mode == "clear-text":
            return ClearTextReader(plan, line.send)
        path = self._plan.folder / plan.key_file
        # A reader that was adopted in an earlier run has kept its key.
        key = _key(path) if plan.mode == "secure" or path.exists() else None

        def keep(new: bytes) -> None:
            path.write_bytes(new)

        return SecureReader(plan, key, line.send, lambda on: self._switched(plan, on), keep)

    def _switched(self, plan: ReaderPlan, on: bool) -> None:  # noqa: FBT001
        if plan.wires:
            self._strike(plan.door, on)

    async def _tick(self) -> None:
        while True:
            for reader in self._readers.values():
                reader.tick()
            self._tell()
            await asyncio.sleep(TICK_SECONDS)


def _key(path: Path) -> bytes:
    try:
        key = path.read_bytes()
    except OSError as fault:
        raise PlanFault(f"{path}: {fault.strerror}") from fault
    if len(key) != KEY_BYTES:
        raise PlanFault(f"{path} must hold {KEY_BYTES} bytes")
    return key
