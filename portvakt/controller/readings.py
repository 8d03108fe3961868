"""What do cards say that an operator wants read before they are issued? For that while the reader opens nothing.

Two readings are reported and nothing is kept: a card that says something else each time cannot be used.
"""

from collections.abc import Callable

from portvakt.controller.clock import Clock, Timer
from portvakt.controller.readers import CardRead

READINGS = 2
LONGEST_SECONDS = 120

Report = Callable[[CardRead], None]


class Readings:
    """Readers that report instead of opening."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wanted: dict[str, tuple[int, Report]] = {}
        self._ends: dict[str, Timer] = {}

    def begin(self, reader: str, seconds: int, report: Report) -> None:
        """Report the next readings at a reader, within so many seconds; a later wish takes the place of an earlier one."""
        self._end(reader)
        self._wanted[reader] = (READINGS, report)
        self._ends[reader] = self._clock.call_later(min(max(seconds, 1), LONGEST_SECONDS), lambda: self._end(reader))

    def takes(self, said: CardRead) -> bool:
        """Report a reading if one is wanted at its reader; True when it was taken."""
        if said.reader not in self._wanted:
            return False
        left, report = self._wanted[said.reader]
        self._wanted[said.reader] = (left - 1, report)
        if left == 1:
            self._end(said.reader)
        report(said)
        return True

    def _end(self, reader: str) -> None:
        self._wanted.pop(reader, None)
        if (timer := self._ends.pop(reader, None)) is not None:
            timer.cancel()
