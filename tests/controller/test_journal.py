"""Do events reach the disk in the order of the calls, together where they can, and before the caller goes on?"""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from portvakt.controller import journal as journal_module
from portvakt.controller.chained import Dropped
from portvakt.controller.journal import Journal, JournalFull
from portvakt.controller.store import NOTHING_DROPPED, START, Store
from portvakt.core.event import Event, EventKind
from tests.controller.fakes import NOON, FakeClock


class CountingStore(Store):
    """The real store, which also notes how many events each commit carried."""

    def append(self, events: Sequence[Event], dropped: Dropped = NOTHING_DROPPED) -> int:
        last = super().append(events, dropped)
        self.commits = [*getattr(self, "commits", []), len(events)]
        return last


def event(number: int) -> Event:
    return Event(EventKind.DOOR_OPENED, NOON, detail=str(number))


def test_calls_at_the_same_time_share_a_commit_and_keep_their_order(tmp_path: Path) -> None:
    async def rush() -> None:
        store = CountingStore(tmp_path, FakeClock().now)
        journal = Journal(store)
        await asyncio.gather(*(journal.append([event(number)]) for number in range(50)))
        batch = store.waiting(START, 100)
        assert batch is not None
        assert [(sequence, kept.detail) for sequence, kept in batch.events] == [(n + 1, str(n)) for n in range(50)]
        assert sum(store.commits) == 50
        assert len(store.commits) < 5
        await journal.close()

    asyncio.run(rush())


def test_a_caller_that_is_cancelled_does_not_undo_its_event(tmp_path: Path) -> None:
    async def cancelled() -> None:
        journal = Journal(Store(tmp_path, FakeClock().now))
        caller = asyncio.create_task(journal.append([event(1)]))
        await asyncio.sleep(0)
        caller.cancel()
        await journal.append([event(2)])
        assert await journal.waiting_count() == 2
        await journal.close()

    asyncio.run(cancelled())


def test_a_disk_that_takes_events_again_is_noticed_without_a_new_event(tmp_path: Path) -> None:
    async def recover() -> None:
        changes: list[bool] = []
        store = Store(tmp_path, FakeClock().now)
        journal = Journal(store)
        journal.on_change(lambda: changes.append(journal.in_memory))
        pages = store._database.execute("PRAGMA page_count").fetchone()[0]
        store._database.execute(f"PRAGMA max_page_count = {pages}")
        while not journal.in_memory:
            await journal.append([event(1)] * 50)
        await journal.retry()
        assert journal.in_memory
        store._database.execute("PRAGMA max_page_count = 100000")
        await journal.retry()
        assert not journal.in_memory
        assert changes[-2:] == [True, False]
        await journal.close()

    asyncio.run(recover())


class HangingStore(Store):
    """The real store on a disk that does not answer until it is let."""

    answers = threading.Event()

    def append(self, events: Sequence[Event], dropped: Dropped = NOTHING_DROPPED) -> int:
        self.answers.wait()
        return super().append(events, dropped)


def test_a_disk_that_hangs_fills_no_memory_and_what_was_turned_away_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "MOST_IN_MEMORY", 5)

    async def hang() -> None:
        store = HangingStore(tmp_path, FakeClock().now)
        journal = Journal(store)
        first = asyncio.create_task(journal.append([event(0)]))
        await turns()  # on its way to the disk, where it stays
        callers = [asyncio.create_task(journal.append([event(number)])) for number in range(1, 10)]
        await turns()
        turned_away = [caller for caller in callers if caller.done()]
        assert [type(caller.exception()) for caller in turned_away] == [JournalFull] * 4
        store.answers.set()
        await asyncio.gather(first, *callers, return_exceptions=True)
        batch = store.waiting(START, 100)
        assert batch is not None
        opened = [kept.detail for _, kept in batch.events if kept.kind is EventKind.DOOR_OPENED]
        assert opened == [str(number) for number in range(6)]
        [dropped] = [kept.detail for _, kept in batch.events if kept.kind is EventKind.EVENTS_DROPPED]
        assert dropped.startswith("4 events ")
        await journal.close()

    asyncio.run(hang())


class BrokenOnce(Store):
    """The real store, which fails once in a way that nobody foresaw."""

    broken = True

    def append(self, events: Sequence[Event], dropped: Dropped = NOTHING_DROPPED) -> int:
        if self.broken:
            self.broken = False
            raise RuntimeError("unforeseen")
        return super().append(events, dropped)


def test_whoever_waits_for_a_store_that_fails_is_told_and_the_next_is_served(tmp_path: Path) -> None:
    async def fail() -> None:
        store = BrokenOnce(tmp_path, FakeClock().now)
        journal = Journal(store)
        told = await asyncio.gather(*(journal.append([event(number)]) for number in range(2)), return_exceptions=True)
        assert [type(each) for each in told] == [RuntimeError] * 2
        await journal.append([event(2)])
        batch = store.waiting(START, 100)
        assert batch is not None
        assert [kept.detail for _, kept in batch.events] == ["2"]
        await journal.close()

    asyncio.run(fail())


async def turns() -> None:
    """Let everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)
