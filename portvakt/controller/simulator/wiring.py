"""How do strikes, contacts and exit buttons of the simulated doors reach the controller?

JSON lines over a unix stream socket. Controller to doors: {"strike": door, "released": bool}. Doors to controller:
{"contact": door, "open": bool}, all of them once at the start, and {"exit": door}. Partner: SimulatedOutputs in
outputs.py.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

log = logging.getLogger(__name__)


class StrikeLine(msgspec.Struct, frozen=True):
    """What the controller may say."""

    strike: str
    released: bool


class Wiring:
    """The doors' end; a strike locks when the controller that released it is gone, as a relay without power does."""

    def __init__(
        self, path: Path, strike: Callable[[str, bool], None], contacts: Callable[[], dict[str, bool]]
    ) -> None:
        self._path = path
        self._strike = strike
        self._contacts = contacts
        self._server: asyncio.Server | None = None
        self._writers: dict[asyncio.StreamWriter, set[str]] = {}

    async def open(self) -> None:
        """Listens; only this user may connect."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        self._path.chmod(0o600)

    async def close(self) -> None:
        """Cuts every connection."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.close()
        self._path.unlink(missing_ok=True)

    def contact(self, door: str, open_: bool) -> None:  # noqa: FBT001  A contact's one property.
        """The contact of a door changed."""
        self._tell({"contact": door, "open": open_})

    def exit(self, door: str) -> None:
        """The exit button of a door was pressed."""
        self._tell({"exit": door})

    def _tell(self, message: dict[str, Any]) -> None:
        for writer in self._writers:
            writer.write(msgspec.json.encode(message) + b"\n")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers[writer] = set()
        for door, open_ in self._contacts().items():
            writer.write(msgspec.json.encode({"contact": door, "open": open_}) + b"\n")
        with contextlib.suppress(ConnectionError, ValueError):  # ValueError is a line beyond the reader's limit.
            while line := await reader.readline():
                self._obey(line, self._writers[writer])
        released = self._writers.pop(writer)
        for door in released:
            self._strike(door, False)
        writer.close()

    def _obey(self, line: bytes, released: set[str]) -> None:
        try:
            said = msgspec.json.decode(line, type=StrikeLine)
            self._strike(said.strike, said.released)
        except (msgspec.MsgspecError, LookupError, UnicodeDecodeError) as fault:
            log.warning("a line from the controller was skipped: %s", fault)
            return
        (released.add if said.released else released.discard)(said.strike)
