"""Is what a thread has begun over before anything is done about the cancellation of whoever asked for it?"""

import asyncio
from threading import Event

import pytest

from portvakt.server.purpose.work import Work


def test_who_is_cancelled_waits_for_the_unit_that_has_begun() -> None:
    begun, may_end, done = Event(), Event(), list[str]()

    def unit() -> None:
        begun.set()
        may_end.wait()
        done.append("committed")

    async def story() -> None:
        work = Work(1)
        asking = asyncio.create_task(work.do(unit))
        await asyncio.to_thread(begun.wait)
        asking.cancel()
        await asyncio.wait([asyncio.create_task(asyncio.to_thread(lambda: None))])
        assert not asking.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert done == ["committed"]
        work.finish()

    asyncio.run(asyncio.wait_for(story(), 10))


def test_a_unit_returns_and_raises() -> None:
    def broken() -> None:
        raise LookupError

    async def story() -> None:
        work = Work(1)
        assert await work.do(len, "abc") == 3
        with pytest.raises(LookupError):
            await work.do(broken)
        work.finish()

    asyncio.run(story())
