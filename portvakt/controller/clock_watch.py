"""Is this machine's clock right: did it jump, does a time server steer it, can it be as early as it says?

Three questions, decision 0034:
- A jump is found by comparing the wall clock with the monotonic one.
- Whether a time server steers the clock is asked of the kernel.
- The clock is trusted unless it is earlier than something that has happened: the making of the snapshot in force, or
  the latest moment that this controller itself has seen and written down.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from portvakt.controller.clock import Clock
from portvakt.controller.kernel_time import KernelTime, ask_kernel
from portvakt.core.event import Event, EventKind

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
JUMP_SECONDS = 2.0
# The two readings of a look belong together; when the machine held us up between them, the next look is soon enough.
READING_SECONDS = 0.2
# EN 60839-11-1 allows a clock 10 s a week. After a last word from a time server the kernel adds 0.5 ms a second to what
# the error can be at most, so that this is reached after some five hours.
MAX_ERROR_SECONDS = 10.0
# A machine that has just started needs some minutes to find its time server, and so does a router.
UNSYNCHRONISED_SECONDS = 15 * 60.0
# How much earlier than what has happened a clock may be: the server's clock and ours are never quite the same.
TOLERANCE_SECONDS = 5 * 60
MARK_FILE = "latest-moment"
MARK_SECONDS = 60.0


class Append(Protocol):
    """Keeps events; see Journal.append."""

    def __call__(self, events: Sequence[Event]) -> Coroutine[None, None, None]:
        """See Journal.append."""


class ClockFacts(msgspec.Struct, frozen=True):
    """How the clock stands; `kernel` is None where the kernel cannot be asked, `unsynchronised` is the alarm."""

    trusted: bool
    unsynchronised: bool
    kernel: KernelTime | None
    jumps: int
    last_jump_seconds: float


class Mark:
    """The latest moment this controller has seen by a clock it trusted, in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / MARK_FILE

    def read(self) -> datetime | None:
        """None when there is none that can be read."""
        try:
            moment = datetime.fromisoformat(self._path.read_text("ascii").strip())
        except (OSError, ValueError):
            return None
        return moment if moment.tzinfo is not None else None

    def write(self, at: datetime) -> None:
        """On disk as a whole or not at all; raises OSError when the disk refuses."""
        half = self._path.with_suffix(".new")
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{at.astimezone(UTC).isoformat()}\n")
            file.flush()
            os.fsync(file.fileno())
        half.replace(self._path)


class ClockWatch:
    """Looks at the clock each second; `trust` is called, in the loop, whenever the trust in it changes.

    It begins trusted. `ask` says what the kernel knows.
    """

    def __init__(
        self,
        clock: Clock,
        mark: Mark,
        append: Append,
        trust: Callable[[bool], None],
        ask: Callable[[], KernelTime | None] = ask_kernel,
    ) -> None:
        self._clock = clock
        self._mark = mark
        self._append = append
        self._trust = trust
        self._ask = ask
        self._facts = ClockFacts(trusted=True, unsynchronised=False, kernel=None, jumps=0, last_jump_seconds=0.0)
        self._latest: datetime | None = None
        self._compiled_at = 0
        self._difference: float | None = None
        self._bad_since: float | None = None
        self._marked_at: float | None = None
        self._back_at_start: timedelta | None = None

    @property
    def facts(self) -> ClockFacts:
        """As of the last look."""
        return self._facts

    def begin(self, confirmed_at: datetime | None) -> None:
        """Take up what was written down before this start: the mark, or without one the snapshot's confirmation."""
        self._latest = self._mark.read() or confirmed_at
        self._judge()
        if not self._facts.trusted and self._latest is not None:
            self._back_at_start = self._latest - self._clock.now()

    def compiled(self, at: int) -> None:
        """The snapshot that came in force was made then, seconds since the Unix epoch; the earlier one's is forgotten."""
        self._compiled_at = at
        self._judge()

    async def run(self) -> None:
        """Look each second, until cancelled."""
        while True:
            if events := self.look():
                await self._append(events)
            await self._write_mark()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> list[Event]:
        """Look once; gives what is to be recorded."""
        jump = self._jump()
        self._judge()
        return [*self._tell_start(), *self._tell_jump(jump), *self._tell_kernel()]

    def _jump(self) -> float:
        """Seconds the wall clock was moved by, 0.0 when it was not; many small steps together count as one."""
        before = self._clock.monotonic()
        wall = self._clock.now().timestamp()
        after = self._clock.monotonic()
        if after - before > READING_SECONDS:
            return 0.0
        known, difference = self._difference, wall - after
        if known is None or abs(difference - known) > JUMP_SECONDS:
            self._difference = difference
        return 0.0 if known is None or self._difference == known else difference - known

    def _judge(self) -> None:
        now = self._clock.now()
        happened = max(self._compiled_at, self._latest.timestamp() if self._latest is not None else 0.0)
        trusted = now.timestamp() >= happened - TOLERANCE_SECONDS
        if trusted:
            self._latest = now if self._latest is None else max(self._latest, now)
        if trusted != self._facts.trusted:
            self._facts = msgspec.structs.replace(self._facts, trusted=trusted)
            log.warning("the clock is trusted again" if trusted else "the clock is earlier than what has happened")
            self._trust(trusted)

    def _tell_start(self) -> list[Event]:
        back, self._back_at_start = self._back_at_start, None
        return [] if back is None else [self._jumped(-back.total_seconds(), "while stopped")]

    def _tell_jump(self, seconds: float) -> list[Event]:
        return [self._jumped(seconds, "")] if seconds else []

    def _jumped(self, seconds: float, when: str) -> Event:
        jumps = self._facts.jumps + 1
        self._facts = msgspec.structs.replace(self._facts, jumps=jumps, last_jump_seconds=seconds)
        parts = (f"{seconds:+.0f} s", when, "" if self._facts.trusted else "not trusted")
        detail = ", ".join(part for part in parts if part)
        log.warning("the clock jumped", extra={"detail": detail})
        return Event(EventKind.CLOCK_JUMPED, self._clock.now(), detail=detail)

    def _tell_kernel(self) -> list[Event]:
        kernel = self._ask()
        self._facts = msgspec.structs.replace(self._facts, kernel=kernel)
        if kernel is None or _is_good(kernel):
            self._bad_since = None
            return [] if kernel is None or not self._facts.unsynchronised else [self._synchronised(kernel)]
        if self._bad_since is None:
            self._bad_since = self._clock.monotonic()
        if self._facts.unsynchronised or self._clock.monotonic() - self._bad_since < UNSYNCHRONISED_SECONDS:
            return []
        return [self._unsynchronised(kernel)]

    def _synchronised(self, kernel: KernelTime) -> Event:
        self._facts = msgspec.structs.replace(self._facts, unsynchronised=False)
        return Event(EventKind.CLOCK_SYNCHRONISED, self._clock.now(), detail=_quality(kernel))

    def _unsynchronised(self, kernel: KernelTime) -> Event:
        self._facts = msgspec.structs.replace(self._facts, unsynchronised=True)
        log.warning("no time server steers the clock", extra={"detail": _quality(kernel)})
        return Event(EventKind.CLOCK_UNSYNCHRONISED, self._clock.now(), detail=_quality(kernel))

    async def _write_mark(self) -> None:
        """Each minute, and never by a clock that is not trusted. A disk that refuses is told of by the store."""
        now = self._clock.monotonic()
        due = self._marked_at is None or now - self._marked_at >= MARK_SECONDS
        if due and self._facts.trusted and self._latest is not None:
            self._marked_at = now
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._mark.write, self._latest)


def _is_good(kernel: KernelTime) -> bool:
    return kernel.synchronised and kernel.max_error_seconds <= MAX_ERROR_SECONDS


def _quality(kernel: KernelTime) -> str:
    steered = "a time server steers it" if kernel.synchronised else "no time server steers it"
    return f"{steered}; at most {kernel.max_error_seconds:.3f} s wrong"
