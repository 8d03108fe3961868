"""What can happen at a door or in a controller, in the words both sides share?

Events carry opaque ids only, never a name, a card number or a PIN.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from portvakt.core.decision.model import AuthType, Reason, Side


class EventKind(StrEnum):
    """The closed list of events; ACCESS_* answer a request, DOOR_* come from the door, the rest from the controller.

    PASSBACK follows the ACCESS_GRANTED it belongs to and is kept together with it, and so does DURESS, which follows an
    ACCESS_DENIED as well.
    """

    ACCESS_GRANTED = "access_granted"
    ACCESS_DENIED = "access_denied"
    DURESS = "duress"
    PASSBACK = "passback"
    DOOR_RELEASED_BY_OPERATOR = "door_released_by_operator"
    DOOR_UNLOCKED = "door_unlocked"
    DOOR_LOCKED = "door_locked"
    LOCKDOWN_BEGUN = "lockdown_begun"
    LOCKDOWN_ENDED = "lockdown_ended"
    DOOR_OPENED = "door_opened"
    DOOR_CLOSED = "door_closed"
    DOOR_FORCED = "door_forced"
    DOOR_HELD_OPEN = "door_held_open"
    READER_ONLINE = "reader_online"
    READER_OFFLINE = "reader_offline"
    READER_INSECURE = "reader_insecure"
    READER_TAMPERED = "reader_tampered"
    READER_ADOPTED = "reader_adopted"
    READER_NOT_ADOPTED = "reader_not_adopted"
    CONTROLLER_TAMPERED = "controller_tampered"
    FIRE_BEGUN = "fire_begun"
    FIRE_ENDED = "fire_ended"
    CLOCK_JUMPED = "clock_jumped"
    CLOCK_UNSYNCHRONISED = "clock_unsynchronised"
    CLOCK_SYNCHRONISED = "clock_synchronised"
    SNAPSHOT_REFUSED = "snapshot_refused"
    MESSAGE_UNKNOWN = "message_unknown"
    EVENTS_IN_MEMORY = "events_in_memory"
    EVENTS_ON_DISK = "events_on_disk"
    EVENTS_DROPPED = "events_dropped"
    CONTROLLER_STARTED = "controller_started"


# What tells of somebody's coming and going; at a door that leads into a home none of it is kept. Alarms and an operator's release are.
PASSAGES = frozenset(
    {
        EventKind.ACCESS_GRANTED,
        EventKind.ACCESS_DENIED,
        EventKind.PASSBACK,
        EventKind.DOOR_OPENED,
        EventKind.DOOR_CLOSED,
    }
)
ALARMS = frozenset(
    {
        EventKind.DURESS,
        EventKind.DOOR_FORCED,
        EventKind.DOOR_HELD_OPEN,
        EventKind.READER_OFFLINE,
        EventKind.READER_INSECURE,
        EventKind.READER_TAMPERED,
        EventKind.READER_NOT_ADOPTED,
        EventKind.CONTROLLER_TAMPERED,
        EventKind.LOCKDOWN_BEGUN,
        EventKind.FIRE_BEGUN,
        EventKind.CLOCK_JUMPED,
        EventKind.CLOCK_UNSYNCHRONISED,
        EventKind.SNAPSHOT_REFUSED,
        EventKind.EVENTS_IN_MEMORY,
        EventKind.EVENTS_DROPPED,
    }
)


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened; `at` is aware UTC; `detail` is at most 200 characters and never personal."""

    kind: EventKind
    at: datetime
    door: str | None = None
    side: Side | None = None
    reader: str | None = None
    auth_type: AuthType | None = None
    reason: Reason | None = None
    person: str | None = None
    credential: str | None = None
    rule: str | None = None
    command: str | None = None
    detail: str = ""
