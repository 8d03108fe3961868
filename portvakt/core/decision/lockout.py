"""When has a side seen so many wrong PINs that it takes none for a while?

Five wrong PINs at one side within five minutes lock PINs at that side for a minute: a person who mistypes waits a
minute, a guesser gets some 300 tries an hour and needs 33 hours for all PINs of four digits. Where many persons open
the same side with a PIN alone one of theirs is found sooner in proportion: such a side wants longer PINs. Only PINs are
locked; whoever needs nothing but a card goes on passing. A right PIN does not forgive the wrong ones before it, or a
holder of one PIN could guess for others without end. Tries while locked do not lengthen the lock.
"""

from datetime import datetime, timedelta

import msgspec

from portvakt.core.decision.model import (
    Decision,
    Denied,
    PinTries,
    PinTyped,
    Reason,
    Request,
    Side,
    State,
)

WRONG_PINS = 5
COUNTED_FOR = timedelta(minutes=5)
LOCKED_FOR = timedelta(seconds=60)


def pins_locked(state: State, door: str, side: Side, at: datetime) -> bool:
    """Tell whether PINs are locked at one side at the aware moment `at`."""
    tries = state.pin_tries.get((door, side))
    if tries is None or tries.locked_until is None:
        return False
    # Counted back from its end, a lock is never longer than stated, even where the clock was set back.
    return timedelta(0) < tries.locked_until - at <= LOCKED_FOR


def after(request: Request, decision: Decision, state: State) -> State:
    """Return the state that follows from a decision; the same value when nothing changed."""
    if not _was_wrong_pin(request, decision):
        return state
    key = (request.door, request.side)
    tries = _with_one_more(state.pin_tries.get(key, PinTries()), request.at)
    return msgspec.structs.replace(state, pin_tries={**state.pin_tries, key: tries})


def _was_wrong_pin(request: Request, decision: Decision) -> bool:
    if not isinstance(decision, Denied):
        return False
    if decision.reason is Reason.WRONG_PIN:
        return True
    return decision.reason is Reason.UNKNOWN_CREDENTIAL and all(isinstance(each, PinTyped) for each in request.factors)


def _with_one_more(tries: PinTries, at: datetime) -> PinTries:
    wrong_at = (*(earlier for earlier in tries.wrong_at if timedelta(0) <= at - earlier < COUNTED_FOR), at)
    if len(wrong_at) < WRONG_PINS:
        return PinTries(wrong_at=wrong_at, locked_until=tries.locked_until)
    return PinTries(locked_until=at + LOCKED_FOR)
