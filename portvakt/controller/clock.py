"""Where do the doors get the time and their timers from, so that a test can move both by hand?

The wall clock is for what is written down and for schedules. Every span of this process is counted on the monotonic
clock, which nobody can set.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Timer(Protocol):
    """Something that was asked to happen and can be called off."""

    def cancel(self) -> None:
        """Call it off; a timer that already ran is left alone."""


class Clock(Protocol):
    """Wall clock for what is written down, monotonic clock and timers for what is waited for."""

    def now(self) -> datetime:
        """The moment, aware and in UTC."""

    def monotonic(self) -> float:
        """Seconds since some moment in the past; never set, never back."""

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Run the callback in the event loop after so many seconds, however the wall clock is set meanwhile."""


class LoopClock:
    """The machine's clock and the running loop's timers."""

    def now(self) -> datetime:
        """The moment, aware and in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See Clock; must be called in the loop, whose timers count the same seconds."""
        return asyncio.get_running_loop().time()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """See Clock; must be called in the loop."""
        return asyncio.get_running_loop().call_later(seconds, callback)
