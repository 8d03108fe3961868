"""Do events reach the disk in the order of the calls, together where they can, and before the caller goes on?"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from portvakt.controller.journal import Journal
from portvakt.controller.store import START, Store
from portvakt.core.event import Event, EventKind
from tests.controller.fakes import NOON, FakeClock


class CountingStore(Store):
    """The real store, which also notes how many events each commit carried."""

    def append(self, events: Sequence[Event]) -> int:
        last = super().append(events)
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
