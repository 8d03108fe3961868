"""Which sites, doors, controllers and readers are there, and in what state are they?

What is set up (by operators) and what is reported (by controllers) are different tables, so that each is written for one purpose only.
"""

from portvakt.server.places.models.lockdown import (
    DoorHold,
    Lockdown,
    LockdownDoor,
    LockdownPlan,
    in_effect,
)
from portvakt.server.places.models.premises import (
    AUTH_TYPES,
    SIDES,
    Area,
    Controller,
    Door,
    Interlock,
    InterlockDoor,
    Passback,
    PastAgeBehaviour,
    Reader,
    Section,
    Site,
)
from portvakt.server.places.models.status import (
    ControllerStatus,
    DoorStatus,
    Enrolment,
    ReaderState,
    ReaderStatus,
)
from portvakt.server.places.models.tasks import (
    ControllerTask,
    DoorCommand,
)

__all__ = [
    "AUTH_TYPES",
    "SIDES",
    "Area",
    "Controller",
    "ControllerStatus",
    "ControllerTask",
    "Door",
    "DoorCommand",
    "DoorHold",
    "DoorStatus",
    "Enrolment",
    "Interlock",
    "InterlockDoor",
    "Lockdown",
    "LockdownDoor",
    "LockdownPlan",
    "Passback",
    "PastAgeBehaviour",
    "Reader",
    "ReaderState",
    "ReaderStatus",
    "Section",
    "Site",
    "in_effect",
]
