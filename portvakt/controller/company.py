"""Who waits at a side of a door for somebody to come along, and what is told when nobody does?

Nobody who waited is forgotten: they go in with somebody, or it is told that they waited in vain, also when another took
their place or the door left the snapshot meanwhile.
"""

from collections.abc import Callable

import msgspec

from portvakt.controller.clock import Clock, Timer
from portvakt.controller.deciding import Deciding
from portvakt.controller.entries import Origin
from portvakt.controller.sides import At
from portvakt.core.decision.model import NeedPerson
from portvakt.core.decision.presence import COMPANY_SECONDS

InVain = Callable[[At, NeedPerson, Origin], None]


class _Waits(msgspec.Struct, frozen=True):
    who: NeedPerson
    origin: Origin
    timer: Timer


class Company:
    """Whoever waits for company, at most one at each side; `in_vain` is told of each that nobody came for."""

    def __init__(self, clock: Clock, deciding: Deciding, in_vain: InVain) -> None:
        self._clock = clock
        self._deciding = deciding
        self._in_vain = in_vain
        self._waiting: dict[At, _Waits] = {}

    def wait(self, at: At, who: NeedPerson, origin: Origin) -> None:
        """Wait from now on, in the place of whoever waited here; the same person again begins anew."""
        earlier = self._end(at)
        timer = self._clock.call_later(COMPANY_SECONDS, lambda: self._nobody_came(at))
        self._waiting[at] = _Waits(who, origin, timer)
        if earlier is not None and earlier.who.person != who.person:
            self._in_vain(at, earlier.who, earlier.origin)

    def came(self, at: At) -> None:
        """Somebody came, and both go in."""
        self._end(at)

    def _nobody_came(self, at: At) -> None:
        if (waited := self._end(at)) is not None:
            self._deciding.give_up(*at)
            self._in_vain(at, waited.who, waited.origin)

    def _end(self, at: At) -> _Waits | None:
        if (waited := self._waiting.pop(at, None)) is not None:
            waited.timer.cancel()
        return waited
