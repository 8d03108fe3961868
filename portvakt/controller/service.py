"""How does the service manager know that this controller is up, alive and going down?

By systemd's notify protocol, sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names. Without one nothing is
said. A controller is alive when its event loop turns and its store's thread answers; the pulse asks the thread before
each word to the manager, so that either of them standing still ends the words, and the manager starts us anew.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Mapping
from typing import Protocol

log = logging.getLogger(__name__)

# Often enough for whoever looks at the status page; counting the events is work for the store's thread.
PULSE_SECONDS = 10.0
# Three words within the manager's patience: one may be late.
WORDS_IN_TIME = 3


class Manager:
    """The service manager, if there is one; nothing here ever fails or waits."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment` is that of the process: NOTIFY_SOCKET, WATCHDOG_USEC."""
        address = environment.get("NOTIFY_SOCKET", "")
        # An @ stands for the zero byte of an abstract address.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._patience = _seconds(environment.get("WATCHDOG_USEC", ""))

    @property
    def pulse_seconds(self) -> float:
        """How often the manager wants a word, or how often we look when it wants none."""
        return PULSE_SECONDS if self._patience is None else min(PULSE_SECONDS, self._patience / WORDS_IN_TIME)

    def ready(self) -> None:
        """The doors are served."""
        self._say("READY=1")

    def alive(self) -> None:
        """Loop and store answer."""
        self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """The doors are being locked."""
        self._say("STOPPING=1")

    def _say(self, words: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(words.encode("ascii"), self._address)
        except OSError as fault:
            log.warning("the service manager does not listen", extra={"cause": str(fault)})


class Counted(Protocol):
    """The part of the journal that the pulse asks."""

    def waiting_count(self) -> Coroutine[None, None, int]:
        """See Journal.waiting_count."""


class Pulse:
    """Asks the store's thread again and again, and tells the manager each time that it answered."""

    def __init__(self, journal: Counted, manager: Manager, monotonic: Callable[[], float]) -> None:
        self._journal = journal
        self._manager = manager
        self._monotonic = monotonic
        self._answered_at: float | None = None
        self.waiting: int | None = None

    @property
    def silent_seconds(self) -> float:
        """How long ago the store's thread last answered; 0.0 before the first time."""
        return 0.0 if self._answered_at is None else self._monotonic() - self._answered_at

    @property
    def alive(self) -> bool:
        """Whether the store's thread answers in time."""
        return self.silent_seconds <= WORDS_IN_TIME * self._manager.pulse_seconds

    async def run(self) -> None:
        """Until cancelled."""
        self._answered_at = self._monotonic()
        while True:
            try:
                self.waiting = await self._journal.waiting_count()
            except Exception:  # noqa: BLE001 - a disk that cannot be read is told of by the store; the thread did answer
                self.waiting = None
            self._answered_at = self._monotonic()
            self._manager.alive()
            await asyncio.sleep(self._manager.pulse_seconds)


def _seconds(microseconds: str) -> float | None:
    return int(microseconds) / 1e6 if microseconds.isdecimal() and int(microseconds) > 0 else None
