"""How do the wires of a simulated site reach us?"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from portvakt.controller.outputs.model import (
    ContactChanged,
    DoorInput,
    ExitPressed,
    FireChanged,
    SiteInput,
    TamperChanged,
    nobody,
)
from portvakt.core import snapshot

RECONNECT_SECONDS = 0.5

log = logging.getLogger(__name__)


class InputLine(msgspec.Struct, frozen=True):
    """What the simulator may say: {"contact": door, "open": bool}, {"exit": door}, {"fire": bool} or {"tamper": bool}."""

    contact: str | None = None
    open: bool = False
    exit: str | None = None
    fire: bool | None = None
    tamper: bool | None = None


class SimulatedOutputs:
    """Strikes and inputs of a simulator, as JSON lines over its unix stream socket. Partner: simulator/wiring.py."""

    def __init__(self, path: Path, deliver: Callable[[DoorInput], None]) -> None:
        self._path = path
        self._deliver = deliver
        self._released: dict[str, bool] = {}
        self._watch: Callable[[SiteInput], None] = nobody
        self._contacts: dict[str, bool] = {}
        self._fire = self._tamper = False
        self._writer: asyncio.StreamWriter | None = None

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """The simulator knows its doors by id; readers carry no wires here."""

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001
        """Says it now, and again after each reconnection."""
        self._released[door] = released
        self._say(door)

    def reachable(self, door: str) -> bool:
        """Connected, and the simulator has such a door."""
        return self._writer is not None and not self._writer.is_closing() and door in self._contacts

    def watch_site(self, deliver: Callable[[SiteInput], None]) -> None:
        """See Outputs."""
        self._watch = deliver

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
        if said.fire is not None and said.fire is not self._fire:
            self._fire = said.fire
            self._watch(FireChanged(said.fire))
        if said.tamper is not None and said.tamper is not self._tamper:
            self._tamper = said.tamper
            self._watch(TamperChanged(said.tamper))

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None
