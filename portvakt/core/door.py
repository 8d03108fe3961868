"""In which state is a door, and what follows when something happens to it?

The whole machine is one table: every state meets every cause. A door without a contact knows LOCKED and RELEASED only
and works by the same table. Timers are the controller's: it starts and stops them as the effects say and hands their
end back as a cause.

Three rules explain most cells. The strike is released on every RELEASE, in every state: a contact that is stuck open
must never keep people out. One release is for one passage: the strike locks as soon as the door has closed, however
much release time is left. Between UNLOCK and LOCK anybody may come and go: no release time runs, the strike does not
lock, and an open door is no alarm; LOCK ends that, and a release that nobody has used yet, and leaves an open door to
lock when it closes.
"""

from enum import StrEnum


class DoorState(StrEnum):
    """LOCKED, RELEASED and UNLOCKED (for long) are closed doors.

    OPEN was released before, UNLOCKED_OPEN is open while anybody may, HELD_OPEN too long, FORCED was never released.
    """

    LOCKED = "locked"
    RELEASED = "released"
    OPEN = "open"
    HELD_OPEN = "held_open"
    FORCED = "forced"
    UNLOCKED = "unlocked"
    UNLOCKED_OPEN = "unlocked_open"


class DoorCause(StrEnum):
    """RELEASE is a grant, an exit request or an operator; a contact reports without bounce; timers report their end.

    UNLOCK is the posture (core.posture) that became unlocked, LOCK that it ceased to be or that a lockdown began.
    """

    RELEASE = "release"
    RELEASE_ENDED = "release_ended"
    CONTACT_OPENED = "contact_opened"
    CONTACT_CLOSED = "contact_closed"
    OPEN_TOO_LONG = "open_too_long"
    UNLOCK = "unlock"
    LOCK = "lock"


class Effect(StrEnum):
    """What the controller does; starting a timer (release_seconds, held_open_seconds) that runs starts it anew."""

    STRIKE_RELEASE = "strike_release"
    STRIKE_LOCK = "strike_lock"
    START_RELEASE_TIMER = "start_release_timer"
    START_OPEN_TIMER = "start_open_timer"
    STOP_TIMERS = "stop_timers"
    EVENT_OPENED = "event_opened"
    EVENT_CLOSED = "event_closed"
    EVENT_FORCED = "event_forced"
    EVENT_HELD_OPEN = "event_held_open"


Effects = tuple[Effect, ...]

_NOTHING: Effects = ()
_LET_IN: Effects = (Effect.STRIKE_RELEASE, Effect.START_RELEASE_TIMER)
_LOCK: Effects = (Effect.STRIKE_LOCK,)
_SHUT: Effects = (Effect.STRIKE_LOCK, Effect.STOP_TIMERS, Effect.EVENT_CLOSED)
_FREE: Effects = (Effect.STRIKE_RELEASE, Effect.STOP_TIMERS)
_FREE_AGAIN: Effects = (Effect.STRIKE_RELEASE,)

TABLE: dict[DoorState, dict[DoorCause, tuple[DoorState, Effects]]] = {
    DoorState.LOCKED: {
        DoorCause.RELEASE: (DoorState.RELEASED, _LET_IN),
        # A timer that ended just as it was stopped; locking twice does no harm.
        DoorCause.RELEASE_ENDED: (DoorState.LOCKED, _LOCK),
        DoorCause.CONTACT_OPENED: (DoorState.FORCED, (Effect.EVENT_FORCED,)),
        # The first report after a start, or a repeated one.
        DoorCause.CONTACT_CLOSED: (DoorState.LOCKED, _NOTHING),
        DoorCause.OPEN_TOO_LONG: (DoorState.LOCKED, _NOTHING),
        DoorCause.UNLOCK: (DoorState.UNLOCKED, _FREE),
        # A posture that did not change; a strike that hangs is locked once more.
        DoorCause.LOCK: (DoorState.LOCKED, _LOCK),
    },
    DoorState.RELEASED: {
        # The second person's release time counts from their own grant.
        DoorCause.RELEASE: (DoorState.RELEASED, _LET_IN),
        DoorCause.RELEASE_ENDED: (DoorState.LOCKED, _LOCK),
        # The strike stays released for the rest of its time: a strike that locks while the latch is in it may jam.
        DoorCause.CONTACT_OPENED: (DoorState.OPEN, (Effect.START_OPEN_TIMER, Effect.EVENT_OPENED)),
        DoorCause.CONTACT_CLOSED: (DoorState.RELEASED, _NOTHING),
        DoorCause.OPEN_TOO_LONG: (DoorState.RELEASED, _NOTHING),
        DoorCause.UNLOCK: (DoorState.UNLOCKED, _FREE),
        # Nobody has opened yet, and a lockdown ends what has only been promised.
        DoorCause.LOCK: (DoorState.LOCKED, (Effect.STRIKE_LOCK, Effect.STOP_TIMERS)),
    },
    DoorState.OPEN: {
        # A second person walks through the open door: the time it may stay open starts over. Should it fall shut before
        # them it locks like after any passage, and they present again.
        DoorCause.RELEASE: (DoorState.OPEN, (*_LET_IN, Effect.START_OPEN_TIMER)),
        DoorCause.RELEASE_ENDED: (DoorState.OPEN, _LOCK),
        DoorCause.CONTACT_OPENED: (DoorState.OPEN, _NOTHING),
        DoorCause.CONTACT_CLOSED: (DoorState.LOCKED, _SHUT),
        DoorCause.OPEN_TOO_LONG: (DoorState.HELD_OPEN, (Effect.EVENT_HELD_OPEN,)),
        DoorCause.UNLOCK: (DoorState.UNLOCKED_OPEN, _FREE),
        DoorCause.LOCK: (DoorState.OPEN, _NOTHING),
    },
    DoorState.HELD_OPEN: {
        # Somebody who may pass does not end the alarm; closing the door does.
        DoorCause.RELEASE: (DoorState.HELD_OPEN, _LET_IN),
        DoorCause.RELEASE_ENDED: (DoorState.HELD_OPEN, _LOCK),
        DoorCause.CONTACT_OPENED: (DoorState.HELD_OPEN, _NOTHING),
        DoorCause.CONTACT_CLOSED: (DoorState.LOCKED, _SHUT),
        DoorCause.OPEN_TOO_LONG: (DoorState.HELD_OPEN, _NOTHING),
        # From now on it may stand open, which ends the alarm.
        DoorCause.UNLOCK: (DoorState.UNLOCKED_OPEN, _FREE),
        DoorCause.LOCK: (DoorState.HELD_OPEN, _NOTHING),
    },
    DoorState.FORCED: {
        # A grant afterwards does not explain how the door came open.
        DoorCause.RELEASE: (DoorState.FORCED, _LET_IN),
        DoorCause.RELEASE_ENDED: (DoorState.FORCED, _LOCK),
        DoorCause.CONTACT_OPENED: (DoorState.FORCED, _NOTHING),
        DoorCause.CONTACT_CLOSED: (DoorState.LOCKED, _SHUT),
        # Forced is the graver alarm and goes on; no second one is raised for the same opening.
        DoorCause.OPEN_TOO_LONG: (DoorState.FORCED, _NOTHING),
        DoorCause.UNLOCK: (DoorState.UNLOCKED_OPEN, _FREE),
        DoorCause.LOCK: (DoorState.FORCED, _NOTHING),
    },
    DoorState.UNLOCKED: {
        # Whoever presents anyway passes; no release time may end what is unlocked.
        DoorCause.RELEASE: (DoorState.UNLOCKED, _FREE_AGAIN),
        DoorCause.RELEASE_ENDED: (DoorState.UNLOCKED, _NOTHING),
        DoorCause.CONTACT_OPENED: (DoorState.UNLOCKED_OPEN, (Effect.EVENT_OPENED,)),
        DoorCause.CONTACT_CLOSED: (DoorState.UNLOCKED, _NOTHING),
        DoorCause.OPEN_TOO_LONG: (DoorState.UNLOCKED, _NOTHING),
        # Said again after a strike could not be driven.
        DoorCause.UNLOCK: (DoorState.UNLOCKED, _FREE_AGAIN),
        DoorCause.LOCK: (DoorState.LOCKED, _LOCK),
    },
    DoorState.UNLOCKED_OPEN: {
        DoorCause.RELEASE: (DoorState.UNLOCKED_OPEN, _FREE_AGAIN),
        DoorCause.RELEASE_ENDED: (DoorState.UNLOCKED_OPEN, _NOTHING),
        DoorCause.CONTACT_OPENED: (DoorState.UNLOCKED_OPEN, _NOTHING),
        DoorCause.CONTACT_CLOSED: (DoorState.UNLOCKED, (Effect.EVENT_CLOSED,)),
        DoorCause.OPEN_TOO_LONG: (DoorState.UNLOCKED_OPEN, _NOTHING),
        DoorCause.UNLOCK: (DoorState.UNLOCKED_OPEN, _FREE_AGAIN),
        # It locks when it closes; until then it is a door like any that was opened just now.
        DoorCause.LOCK: (DoorState.OPEN, (Effect.START_OPEN_TIMER,)),
    },
}


def step(state: DoorState, cause: DoorCause) -> tuple[DoorState, Effects]:
    """Return the state that follows and what is to be done for it, in order."""
    return TABLE[state][cause]
