"""Where do the doors get the time and their timers from, so that a test can move both by hand?"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Timer(Protocol):
    """Something that was asked to happen and can be called off."""

    def cancel(self) -> None:
        """Call it off; a timer that already ran is left alone."""


class Clock(Protocol):
    """Wall clock for what is written down, timers for what is waited for."""

    def now(self) -> datetime:
        """The moment, aware and in UTC."""

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Run the callback in the event loop after so many seconds, however the wall clock is set meanwhile."""


class LoopClock:
    """The machine's clock and the running loop's timers."""

    def now(self) -> datetime:
        """The moment, aware and in UTC."""
        return datetime.now(UTC)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """See Clock; must be called in the loop."""
        return asyncio.get_running_loop().call_later(seconds, callback)
