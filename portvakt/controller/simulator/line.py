"""How do the bytes of one simulated bus travel, and how long do they take?

The controller opens the slave end of a pseudo-terminal as if it were its serial port; the readers sit at the master.
"""

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable
from pathlib import Path

BITS_PER_BYTE = 10  # Start bit, eight data bits, stop bit.
READ_BYTES = 4096


class Line:
    """One pseudo-terminal at `path`; `baud` None is as fast as it goes. `receive` gets what the controller sends."""

    def __init__(self, path: Path, baud: int | None, receive: Callable[[bytes], None]) -> None:
        self._path = path
        self._baud = baud
        self._receive = receive
        self._free_at = 0.0
        self._master = -1
        self._slave = -1
        self._due: set[asyncio.TimerHandle] = set()

    def open(self) -> None:
        """Makes the terminal and lays a link to it where the plan wants the port."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._path.symlink_to(os.ttyname(self._slave))
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def close(self) -> None:
        """Takes the terminal away, as if the adapter were unplugged."""
        if self._master < 0:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        for handle in self._due:
            handle.cancel()
        self._due.clear()
        self._path.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def send(self, data: bytes) -> None:
        """Sends to the controller, at the line's pace."""
        self._after_travel(data, self._write)

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._after_travel(os.read(self._master, READ_BYTES), self._receive)

    def _write(self, data: bytes) -> None:
        if self._master >= 0:
            with contextlib.suppress(BlockingIOError):  # Nobody reads at the other end: a wire would lose it, too.
                os.write(self._master, data)

    def _after_travel(self, data: bytes, arrive: Callable[[bytes], None]) -> None:
        if self._baud is None:
            arrive(data)
            return
        loop = asyncio.get_running_loop()
        self._free_at = max(self._free_at, loop.time()) + len(data) * BITS_PER_BYTE / self._baud
        handle: asyncio.TimerHandle

        def arrived() -> None:
            self._due.discard(handle)
            arrive(data)

        handle = loop.call_at(self._free_at, arrived)
        self._due.add(handle)
