"""Which readers are at each side of a door, and what has been presented there so far?"""

from collections.abc import Callable, Iterable
from functools import partial

from portvakt.controller.clock import Clock
from portvakt.controller.factors import Factors
from portvakt.controller.readers import Signal
from portvakt.core.decision.model import Factor, NeedFactor, RemoteOpening, Side
from portvakt.core.snapshot import Reader

At = tuple[str, Side]


class Sides:
    """The sides of all doors; `expired` is called where a first factor waited in vain."""

    def __init__(
        self, clock: Clock, show: Callable[[str, Signal], None], expired: Callable[[At, NeedFactor], None]
    ) -> None:
        self._clock = clock
        self._show = show
        self._expired = expired
        self._readers: dict[str, Reader] = {}
        self._factors: dict[At, Factors] = {}

    def take_readers(self, readers: Iterable[Reader], *, same_key: bool) -> None:
        """Learn the readers of a new snapshot; a factor goes on waiting only where nothing about it changed."""
        before, self._readers = self._readers, {reader.id: reader for reader in readers}
        for reader in before.values():
            # A factor waits only at the very same reader: another door, side or key is another question.
            waiting = self._factors.get((reader.door, reader.side))
            if waiting is not None and not (same_key and self._readers.get(reader.id) == reader):
                waiting.forget()

    def reader(self, name: str) -> Reader | None:
        """A reader of the snapshot in force, by its id."""
        return self._readers.get(name)

    def reader_at(self, at: At) -> str | None:
        """The id of a reader at a side, if there is one."""
        return next((reader.id for reader in self._at_side(at)), None)

    def at(self, at: At) -> Factors:
        """What was presented at a side."""
        if at not in self._factors:
            self._factors[at] = Factors(self._clock, partial(self._expired, at))
        return self._factors[at]

    def joined(self, at: At, factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
        """The factors with the one that waits for its partner at this side; what is a pair already needs none.

        Whoever asks from a distance has nothing to do with what is presented at the door, and leaves it alone.
        """
        waiting = self._factors.get(at)
        if waiting is None or len(factors) != 1 or isinstance(factors[0], RemoteOpening):
            return factors
        return waiting.with_factor(factors[0])

    def signal(self, at: At, signal: Signal) -> None:
        """Show it to whoever stands at a side."""
        for reader in self._at_side(at):
            self._show(reader.id, signal)

    def _at_side(self, at: At) -> list[Reader]:
        return [reader for reader in self._readers.values() if (reader.door, reader.side) == at]
