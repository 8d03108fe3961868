"""How does a loop that holds many streams use the database without waiting for it?

Each unit of work runs in one of a few threads, each with a database connection of its own that is kept and checked before use. A unit
that has begun is finished, also when the stream that asked for it is gone.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# As many database connections as one link process has; PostgreSQL's default limit is 100 for all processes together.
THREADS = 8


class Work:
    """A few threads that do units of work."""

    def __init__(self, threads: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="work")

    async def do(
        self, unit: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        """Return what a unit of work returns, or raise what it raises; who is cancelled meanwhile waits for its end.

        A thread cannot be stopped: what it commits would otherwise come after what is done because of the cancellation.
        """
        begun = asyncio.get_running_loop().run_in_executor(
            self._pool, partial(_in_thread, partial(unit, *args, **kwargs))
        )
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:
            await asyncio.wait([begun])
            raise

    def finish(self) -> None:
        """Wait for what has begun; nothing can be begun after."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _in_thread(unit: Callable[[], Result]) -> Result:
    close_old_connections()
    try:
        return unit()
    except Exception:
        # A connection that failed in the middle is not asked whether it still works.
        connections.close_all()
        raise
