"""When have so many wrong PINs been typed at a side, or in a person's phone, that none is taken there for a while?

Five wrong PINs at one side within five minutes lock PINs at that side for a minute. Five in one person's phone, at
whatever doors, lock PINs in that phone for a minute and nothing else: nobody who types from afar locks a keypad. A
person who mistypes waits a minute, a guesser gets some 300 tries an hour and needs 33 hours for all PINs of four
digits. Where many persons open the same side with a PIN alone one of theirs is found sooner in proportion: such a side
wants longer PINs. Only PINs are locked; whoever needs nothing but a card goes on passing. A right PIN does not forgive
the wrong ones before it, or a holder of one PIN could guess for others without end. Tries while locked do not lengthen
the lock.
"""

from datetime import datetime, timedelta

import msgspec

from portvakt.core.decision.compile import Index
from portvakt.core.decision.model import (
    AuthType,
    Decision,
    Denied,
    Factor,
    PinOnPhone,
    PinTries,
    PinTyped,
    Reason,
    Request,
    State,
    TypedAt,
)

WRONG_PINS = 5
COUNTED_FOR = timedelta(minutes=5)
LOCKED_FOR = timedelta(seconds=60)


def typed_at(pin: Factor, request: Request) -> TypedAt:
    """Return where a PIN was typed: in the phone of whoever is signed in there, or at the side itself."""
    return (pin.person, None) if isinstance(pin, PinOnPhone) else (request.door, request.side)


def pins_locked(state: State, where: TypedAt, at: datetime) -> bool:
    """Tell whether PINs are locked at one side, or in one phone, at the aware moment `at`."""
    tries = state.pin_tries.get(where)
    if tries is None or tries.locked_until is None:
        return False
    # Counted back from its end, a lock is never longer than stated, even where the clock was set back.
    return timedelta(0) < tries.locked_until - at <= LOCKED_FOR


def with_tries(request: Request, decision: Decision, state: State, index: Index) -> State:
    """Return the state with one more wrong PIN where the decision told of one; the same value where it did not."""
    if not isinstance(decision, Denied) or not _was_wrong_pin(request, decision, state, index):
        return state
    key = next(typed_at(each, request) for each in request.factors if isinstance(each, (PinTyped, PinOnPhone)))
    if key[1] is None and index.holders.find_person(key[0]) < 0:
        # Nobody's PIN is right in a stranger's phone: there is nothing to guess, and nothing to remember.
        return state
    tries = _with_one_more(state.pin_tries.get(key, PinTries()), request.at)
    return msgspec.structs.replace(state, pin_tries={**state.pin_tries, key: tries})


def _was_wrong_pin(request: Request, denied: Denied, state: State, index: Index) -> bool:
    if denied.reason is Reason.WRONG_PIN:
        return True
    alone = all(isinstance(each, PinTyped) for each in request.factors)
    if denied.reason is Reason.UNKNOWN_CREDENTIAL:
        return alone
    # A lockdown hides that a PIN was wrong; uncounted, it would be a time to guess the PINs of who may override it.
    return (
        denied.reason is Reason.LOCKDOWN and alone and denied.person is None and _was_looked_up(request, state, index)
    )


def _was_looked_up(request: Request, state: State, index: Index) -> bool:
    takes = index.doors[request.door].side(request.side).accepts
    return takes >> AuthType.PIN & 1 == 1 and not pins_locked(state, (request.door, request.side), request.at)


def _with_one_more(tries: PinTries, at: datetime) -> PinTries:
    wrong_at = (*(earlier for earlier in tries.wrong_at if timedelta(0) <= at - earlier < COUNTED_FOR), at)
    if len(wrong_at) < WRONG_PINS:
        return PinTries(wrong_at=wrong_at, locked_until=tries.locked_until)
    return PinTries(locked_until=at + LOCKED_FOR)
