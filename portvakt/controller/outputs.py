"""How does a decision reach the lock, and how does the door tell that it moved?"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from portvakt.controller.readers import Readers
from portvakt.core import snapshot
from portvakt.core.decision.model import Side

RECONNECT_SECONDS = 0.5
STRIKE_OUTPUT, CONTACT_INPUT, EXIT_INPUT = 0, 0, 1
# A released strike is held by the reader's own timer and renewed: if controller or bus die, it locks within HOLD_SECONDS.
HOLD_SECONDS = 3.0
RENEW_SECONDS = 1.0

log = logging.getLogger(__name__)


class ContactChanged(msgspec.Struct, frozen=True):
    """The door's contact says open or closed; also sent once when it is first known."""

    door: str
    open: bool


class ExitPressed(msgspec.Struct, frozen=True):
    """The request-to-exit button or sensor inside the door was used."""

    door: str


DoorInput = ContactChanged | ExitPressed


class Outputs(Protocol):
    """What the doors need from the wiring; both drivers below keep it."""

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """Takes over the readers of a new snapshot; the entry reader of a door may carry its wires."""

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001  A strike's one property.
        """Releases or locks the strike; returns at once, and repeats by itself until the wire has it."""

    async def run(self) -> None:
        """Serves the wiring until cancelled, then leaves every strike locked."""


class InputLine(msgspec.Struct, frozen=True):
    """What the simulator may say: {"contact": door, "open": bool} or {"exit": door}."""

    contact: str | None = None
    open: bool = False
    exit: str | None = None


class SimulatedOutputs:
    """Strikes and inputs of a simulator, as JSON lines over its unix stream socket. Partner: simulator/wiring.py."""

    def __init__(self, path: Path, deliver: Callable[[DoorInput], None]) -> None:
        self._path = path
        self._deliver = deliver
        self._released: dict[str, bool] = {}
        self._contacts: dict[str, bool] = {}
        self._writer: asyncio.StreamWriter | None = None

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """The simulator knows its doors by id; readers carry no wires here."""

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001
        """Says it now, and again after each reconnection."""
        self._released[door] = released
        self._say(door)

    async def run(self) -> None:
        """Stays connected."""
        try:
            while True:
                with contextlib.suppress(OSError):
                    await self._serve()
                self._close()
                await asyncio.sleep(RECONNECT_SECONDS)
        finally:
            for door in self._released:
                self.strike(door, False)
            self._close()

    async def _serve(self) -> None:
        reader, self._writer = await asyncio.open_unix_connection(self._path)
        try:
            for door in self._released:
                self._say(door)
            while line := await reader.readline():
                self._hear(line)
        except ValueError:
            log.warning("a line from the simulator was too long; connecting anew")

    def _say(self, door: str) -> None:
        if self._writer is not None and not self._writer.is_closing():
            line = {"strike": door, "released": self._released[door]}
            self._writer.write(msgspec.json.encode(line) + b"\n")

    def _hear(self, line: bytes) -> None:
        try:
            said = msgspec.json.decode(line, type=InputLine)
        except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
            log.warning("a line from the simulator was skipped: %s", fault)
            return
        if said.exit is not None:
            self._deliver(ExitPressed(said.exit))
        if said.contact is not None and self._contacts.get(said.contact) is not said.open:
            self._contacts[said.contact] = said.open
            self._deliver(ContactChanged(said.contact, said.open))

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None


class ReaderOutputs:
    """Strike on output 0, contact on input 0 and exit button on input 1 of the door's entry reader.

    The reader reports its inputs by itself when they change; libosdp 3.2 takes the reader off the bus when it cannot
    answer a direct question about them, so none is asked, and a contact counts as closed until reported.
    """

    def __init__(self, readers: Readers, deliver: Callable[[DoorInput], None]) -> None:
        self._readers = readers
        self._deliver = deliver
        self._reader_of: dict[str, str] = {}
        self._door_of: dict[str, str] = {}
        self._released: set[str] = set()
        self._locked_once: set[str] = set()
        readers.watch_inputs(self._input_changed)

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """Learns which reader carries which door; a door that is gone is locked first."""
        reader_of = {one.door: one.id for one in readers if one.side is Side.ENTRY}
        for door in [door for door in self._released if reader_of.get(door) != self._reader_of.get(door)]:
            self.strike(door, False)
        self._reader_of = reader_of
        self._door_of = {reader: door for door, reader in reader_of.items()}

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001
        """Switches the output, and renews it while released; once locked, it is said twice in case the first got lost."""
        if released:
            self._released.add(door)
        else:
            self._released.discard(door)
            self._locked_once.add(door)
        self._switch(door)

    async def run(self) -> None:
        """Renews what is released."""
        try:
            while True:
                await asyncio.sleep(RENEW_SECONDS)
                again, self._locked_once = self._released | self._locked_once, set()
                for door in again:
                    self._switch(door)
        finally:
            for door in list(self._released):
                self.strike(door, False)

    def _switch(self, door: str) -> None:
        if reader := self._reader_of.get(door):
            self._readers.output(reader, STRIKE_OUTPUT, HOLD_SECONDS if door in self._released else 0)

    def _input_changed(self, reader: str, number: int, active: bool) -> None:  # noqa: FBT001
        door = self._door_of.get(reader)
        if door is None:
            return
        if number == CONTACT_INPUT:
            self._deliver(ContactChanged(door, active))
        elif number == EXIT_INPUT and active:
            self._deliver(ExitPressed(door))
