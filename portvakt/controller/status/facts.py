"""How does the controller stand, and what of it is somebody's work?"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from portvakt.controller.clock_watch import ClockFacts
from portvakt.controller.readers import ReaderState
from portvakt.core.door import DoorState


class Facts(msgspec.Struct, frozen=True):
    """One look at the controller; moments are aware, spans in seconds, ids opaque; None is unknown or never."""

    controller: str
    software: str
    at: datetime
    up_seconds: float
    server: str
    link_up: bool
    snapshot_version: int
    confirmed_at: datetime | None
    events_waiting: int | None
    events_in_memory: bool
    store_answers: bool
    store_silent_seconds: float
    clock: ClockFacts
    doors: Mapping[str, str]
    readers: Mapping[str, str]

    @property
    def snapshot_age_seconds(self) -> float | None:
        """Since the server last said that the snapshot in force is the newest, by the wall clock."""
        return None if self.confirmed_at is None else (self.at - self.confirmed_at).total_seconds()


class Trouble(StrEnum):
    """What can be wrong, the gravest first; the words and what to do are in words.py."""

    STORE_SILENT = "store_silent"
    EVENTS_IN_MEMORY = "events_in_memory"
    CLOCK_NOT_TRUSTED = "clock_not_trusted"
    NO_SNAPSHOT = "no_snapshot"
    DOOR_FORCED = "door_forced"
    READER_INSECURE = "reader_insecure"
    READER_TAMPERED = "reader_tampered"
    READER_OFFLINE = "reader_offline"
    DOOR_HELD_OPEN = "door_held_open"
    LINK_DOWN = "link_down"
    CLOCK_UNSYNCHRONISED = "clock_unsynchronised"


def troubles(facts: Facts) -> list[Trouble]:
    """What is wrong now, the gravest first; empty when all is well."""
    found = set(_troubles(facts))
    return [trouble for trouble in Trouble if trouble in found]


def _troubles(facts: Facts) -> Iterator[Trouble]:
    states = {*facts.doors.values(), *facts.readers.values()}
    signs = {
        Trouble.STORE_SILENT: not facts.store_answers,
        Trouble.EVENTS_IN_MEMORY: facts.events_in_memory,
        Trouble.CLOCK_NOT_TRUSTED: not facts.clock.trusted,
        Trouble.NO_SNAPSHOT: not facts.snapshot_version,
        Trouble.DOOR_FORCED: DoorState.FORCED in states,
        Trouble.READER_INSECURE: ReaderState.INSECURE in states,
        Trouble.READER_TAMPERED: ReaderState.TAMPERED in states,
        Trouble.READER_OFFLINE: ReaderState.OFFLINE in states,
        Trouble.DOOR_HELD_OPEN: DoorState.HELD_OPEN in states,
        Trouble.LINK_DOWN: not facts.link_up,
        Trouble.CLOCK_UNSYNCHRONISED: facts.clock.unsynchronised,
    }
    return (trouble for trouble, so in signs.items() if so)
