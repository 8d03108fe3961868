"""What has the person at one reader presented so far: a card that waits for its PIN, digits that wait for the rest?

A card that needs a PIN waits FACTOR_SECONDS for it. Digits are collected until "#"; "*" clears them, and so does a
pause of KEY_SECONDS, so that nobody goes on where another gave up.
"""

from collections.abc import Callable

from portvakt.controller.clock import Clock, Timer
from portvakt.core.credentials import PIN_DIGITS
from portvakt.core.decision.model import Factor

# Long enough to put the card away and type eight digits, short enough that the next person in line does not inherit it.
FACTOR_SECONDS = 10.0
KEY_SECONDS = 5.0
END, CLEAR = "#", "*"


class Factors:
    """The factors at one reader; `expired` is called when a card waited in vain."""

    def __init__(self, clock: Clock, expired: Callable[[], None]) -> None:
        self._clock = clock
        self._expired = expired
        self._digits = ""
        self._first: Factor | None = None
        self._window: Timer | None = None
        self._pause: Timer | None = None

    def with_card(self, card: Factor) -> tuple[Factor, ...]:
        """A card always begins anew."""
        self.forget()
        return (card,)

    def with_pin(self, pin: Factor) -> tuple[Factor, ...]:
        """The PIN together with the card that waits for it, if one does; either way nothing waits any more."""
        first = self._first
        self.forget()
        return (pin,) if first is None else (first, pin)

    def wait_after(self, first: Factor) -> None:
        """From now on the first factor waits for the second."""
        self.forget()
        self._first = first
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
                self._digits = (self._digits + key)[: PIN_DIGITS.stop]
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
        self.forget()
        self._expired()
