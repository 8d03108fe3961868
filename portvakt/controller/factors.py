"""What has been presented so far at one side of a door: a factor that waits for its partner, digits that wait for the rest?

What makes up a pair may come in either order. A first factor waits FACTOR_SECONDS for the second, whoever delivers it:
the same reader, or the phone by way of the server. Digits are collected until "#"; "*" clears them, and so does a pause
of KEY_SECONDS, so that nobody goes on where another gave up.
"""

from collections.abc import Callable

from portvakt.controller.clock import Clock, Timer
from portvakt.core.credentials import PASSCODE_DIGITS
from portvakt.core.decision.model import Factor, NeedFactor, PinOnPhone, PinTyped

# Long enough to put the card away and type eight digits, short enough that the next person in line does not inherit it.
FACTOR_SECONDS = 10.0
KEY_SECONDS = 5.0
END, CLEAR = "#", "*"
PINS = (PinTyped, PinOnPhone)


class Factors:
    """The factors at one side; `expired` is called with the need of a first factor that waited in vain."""

    def __init__(self, clock: Clock, expired: Callable[[NeedFactor], None]) -> None:
        self._clock = clock
        self._expired = expired
        self._digits = ""
        self._first: tuple[Factor, NeedFactor] | None = None
        self._window: Timer | None = None
        self._pause: Timer | None = None

    def with_factor(self, factor: Factor) -> tuple[Factor, ...]:
        """The factor together with the one that waits for it, if one does; else alone. Either way nothing waits any more."""
        waiting = self._first
        self.forget()
        if waiting is None:
            return (factor,)
        first, need = waiting
        # Of a pair exactly one is a PIN; two cards in a row are two attempts.
        if isinstance(first, PINS) is not isinstance(factor, PINS):
            return (first, factor)
        if first != factor:
            self._expired(need)
        return (factor,)

    def wait_after(self, first: Factor, need: NeedFactor) -> None:
        """From now on the first factor waits for the second; one that still waited here has waited in vain."""
        earlier = self._first
        self.forget()
        if earlier is not None:
            self._expired(earlier[1])
        self._first = first, need
        self._window = self._clock.call_later(FACTOR_SECONDS, self._give_up)

    def keys(self, keys: str) -> list[str]:
        """Take keys as typed and give each finished entry; one digit too many is kept, so that it stays wrong."""
        entries = []
        for key in keys:
            if key == END and self._digits:
                entries.append(self._digits)
            if key in (END, CLEAR):
                self._digits = ""
            elif key.isascii() and key.isdigit():
                self._digits = (self._digits + key)[: PASSCODE_DIGITS + 1]
        self._restart_pause()
        return entries

    def forget(self) -> None:
        """Nothing was presented."""
        self._digits = ""
        self._first = None
        for timer in (self._window, self._pause):
            if timer is not None:
                timer.cancel()
        self._window = self._pause = None

    def _restart_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._pause = self._clock.call_later(KEY_SECONDS, self._clear_digits) if self._digits else None

    def _clear_digits(self) -> None:
        self._digits = ""

    def _give_up(self) -> None:
        waiting = self._first
        self.forget()
        if waiting is not None:
            self._expired(waiting[1])
