"""How are events kept without the event loop ever waiting for the disk?

One thread owns the store. What is appended while a commit is on its way to the disk goes together with the next one, so
that a rush at many doors costs a few flushes instead of one each. Order is that of the calls.

What waits for the thread is bounded. While the disk hangs, an event past the bound is counted instead of kept and whoever brought it is
told, so that no door is released for it; how many they were is recorded when the thread comes back.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import perf_counter
from typing import ParamSpec, TypeVar

from portvakt.controller.chained import Dropped
from portvakt.controller.signed_store import Signed, StoredSnapshot
from portvakt.controller.store import MOST_IN_MEMORY, Batch, Cursor, Store
from portvakt.core.event import Event

# How often a disk that refused is tried again when no new event does it first.
RETRY_SECONDS = 3.0

log = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")


class JournalFull(Exception):
    """Too many events wait for the thread already; this one was counted and is not kept."""


class Journal:
    """The store for coroutines; `changed` is called in the loop after events were added or the disk came or went."""

    def __init__(self, store: Store, changed: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._changed = changed
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._pending: list[tuple[Sequence[Event], asyncio.Future[None]]] = []
        self._pending_count = 0
        self._dropped = Dropped()
        self._writer: asyncio.Task[None] | None = None
        self._written: Callable[[float], None] = lambda _seconds: None

    def on_change(self, changed: Callable[[], None]) -> None:
        """Name who is told from now on."""
        self._changed = changed

    def on_write(self, written: Callable[[float], None]) -> None:
        """Name who is told, after each commit, how many seconds it took, the wait for the thread included."""
        self._written = written

    @property
    def id(self) -> str:
        """The UUID of the journal that new events belong to."""
        return self._store.journal

    @property
    def log_key(self) -> bytes:
        """See Store.log_key."""
        return self._store.log_key

    @property
    def in_memory(self) -> bool:
        """Whether events wait in memory because the disk refuses them."""
        return self._store.in_memory

    async def append(self, events: Sequence[Event]) -> None:
        """Return when the events are kept; calls are served in order. A caller that gives up does not undo it.

        Raises JournalFull when MOST_IN_MEMORY events wait already: the disk hangs.
        """
        if self._pending_count + len(events) > MOST_IN_MEMORY:
            self._dropped = self._dropped.more(events)
            raise JournalFull
        kept = asyncio.get_running_loop().create_future()
        self._pending.append((events, kept))
        self._pending_count += len(events)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_pending())
        await asyncio.shield(kept)

    async def waiting(self, after: Cursor, limit: int) -> Batch | None:
        """See Store.waiting."""
        return await self._in_thread(self._store.waiting, after, limit)

    async def waiting_count(self) -> int:
        """See Store.waiting_count."""
        return await self._in_thread(self._store.waiting_count)

    async def acknowledge(self, journal: str, sequence: int) -> None:
        """See Store.acknowledge."""
        await self._in_thread(self._store.acknowledge, journal, sequence)

    async def save_snapshot(self, stored: StoredSnapshot) -> bool:
        """See Store.save_snapshot."""
        return await self._in_thread(self._store.save_snapshot, stored)

    async def save_delta(self, delta: Signed, at: datetime) -> bool:
        """See Store.save_delta."""
        return await self._in_thread(self._store.save_delta, delta, at)

    async def save_bars(self, bars: Signed) -> bool:
        """See Store.save_bars."""
        return await self._in_thread(self._store.save_bars, bars)

    async def confirm(self, at: datetime) -> bool:
        """See Store.confirm."""
        return await self._in_thread(self._store.confirm, at)

    async def run(self) -> None:
        """Try a disk that refused again and again, until cancelled."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            await self.retry()

    async def retry(self) -> None:
        """Write what is only in memory, if anything is."""
        if self._store.in_memory and await self._in_thread(self._store.flush):
            self._changed()

    async def close(self) -> None:
        """Finish what was begun and close the file."""
        if self._writer is not None:
            await asyncio.wait([self._writer])
        await self._in_thread(self._store.close)
        self._thread.shutdown()

    async def _write_pending(self) -> None:
        while self._pending:
            batch, self._pending, self._pending_count = self._pending, [], 0
            dropped, self._dropped = self._dropped, Dropped()
            events = [event for some, _ in batch for event in some]
            began = perf_counter()
            fault: Exception | None = None
            try:
                await self._in_thread(self._store.append, events, dropped)
            except Exception as trouble:
                log.exception("the store failed; whoever waits for it is told")
                fault = trouble
            self._written(perf_counter() - began)
            for _, kept in batch:
                _tell(kept, fault)
            self._changed()

    async def _in_thread(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: function(*args, **kwargs))


def _tell(kept: asyncio.Future[None], fault: Exception | None) -> None:
    if kept.done():
        return
    if fault is None:
        kept.set_result(None)
        return
    kept.set_exception(fault)
    # Looked at, so that asyncio does not report what a caller that gave up left behind.
    kept.exception()
