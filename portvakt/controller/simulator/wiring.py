"""How do the wires of the simulated site reach the controller?

JSON lines over a unix stream socket. Controller to site: {"strike": door, "released": bool}. Site to controller:
{"contact": door, "open": bool}, {"fire": bool} and {"tamper": bool}, all of them once at the start, and {"exit": door}.
Partner: outputs/simulated.py.
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
        self, path: Path, strike: Callable[[str, bool], None], inputs: Callable[[], list[dict[str, Any]]]
    ) -> None:
        """`inputs` gives the lines that say how everything stands."""
        self._path = path
        self._strike = strike
        self._inputs = inputs
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

    def say(self, line: dict[str, Any]) -> None:
        """Tells every controller that is connected that an input changed."""
        for writer in self._writers:
            writer.write(msgspec.json.encode(line) + b"\n")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers[writer] = set()
        for standing in self._inputs():
            writer.write(msgspec.json.encode(standing) + b"\n")
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
