"""What does a controller tell of itself, its doors and its readers, and what of it is news for the pages?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from portvakt.core.door import DoorState
from portvakt.core.posture import PostureKind
from portvakt.proto import link_pb2
from portvakt.server.link.device import Device, plain
from portvakt.server.places import actions as places
from portvakt.server.places.models import ControllerStatus, Door, DoorStatus, Reader, ReaderState, ReaderStatus
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.notices import Look, hint

LINK = "controller_link"
MOST_WAITING = 2**31 - 1
DOOR_STATES = frozenset(state.value for state in DoorState)
POSTURES = frozenset(kind.value for kind in PostureKind)
READER_STATES = frozenset(ReaderState.values)
CLOCKS = frozenset({"good", "unsynchronised", "wrong", "unknown"})


def keep_presence(device: Device) -> None:
    """Keep that a controller is there, and all is as it said before."""
    with acting(LINK):
        places.report_controller(device.controller, online=True, seen_at=timezone.now())


def keep_status(device: Device, status: link_pb2.Status) -> None:
    """Keep what a controller tells; pages are told to look only at what changed."""
    with acting(LINK):
        _keep_controller(device, status)
        own = Door.objects.filter(controller_id=device.controller).values_list("pk", flat=True)
        kept = {row.door_id: row for row in DoorStatus.objects.filter(door__in=own)}
        for door, told in _own(own, ((row.door, _door(row)) for row in status.doors if row.state in DOOR_STATES)):
            if _is_news(kept.get(door), told):
                places.report_door(device.organisation, door, **told)
                hint(device.organisation, Look.DOORS, door)
        _keep_readers(device, status)


def _keep_controller(device: Device, status: link_pb2.Status) -> None:
    told: dict[str, Any] = {
        "online": True,
        "waiting_events": min(status.waiting_events, MOST_WAITING),
        "events_in_memory": status.events_in_memory,
        "clock": status.clock if status.clock in CLOCKS else "",
        "fire": status.fire,
        "tampered": status.tampered,
    }
    if not ControllerStatus.objects.filter(controller_id=device.controller, **told).exists():
        hint(device.organisation, Look.CONTROLLERS)
    places.report_controller(device.controller, seen_at=timezone.now(), **told)


def _keep_readers(device: Device, status: link_pb2.Status) -> None:
    own = Reader.objects.filter(controller_id=device.controller).values_list("pk", flat=True)
    kept = {row.reader_id: row for row in ReaderStatus.objects.filter(reader__in=own)}
    said = ((row.reader, _reader(row)) for row in status.readers if row.state in READER_STATES)
    for reader, told in _own(own, said):
        if _is_news(kept.get(reader), told):
            places.report_reader(device.organisation, reader, **told)
            hint(device.organisation, Look.CONTROLLERS)


def _own(own: Any, said: Iterator[tuple[str, dict[str, Any]]]) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """Leave out what is not the controller's; of what is told twice the last counts."""
    named = {str(pk): pk for pk in own}
    return ((named[name], told) for name, told in dict(said).items() if name in named)


def _is_news(kept: DoorStatus | ReaderStatus | None, told: dict[str, Any]) -> bool:
    return kept is None or any(getattr(kept, name) != value for name, value in told.items())


def _door(row: link_pb2.DoorStatus) -> dict[str, Any]:
    posture = row.posture if row.posture in POSTURES else PostureKind.NORMAL.value
    return {
        "state": row.state,
        "posture": posture,
        "why": plain(row.why, 40),
        "until": _moment(row.until_us),
        "reachable": row.reachable,
    }


def _reader(row: link_pb2.ReaderStatus) -> dict[str, Any]:
    return {
        "state": row.state,
        "model": plain(row.model, 60),
        "firmware": plain(row.firmware, 30),
        "capabilities": plain(row.capabilities, 300),
    }


def _moment(microseconds: int) -> datetime | None:
    """A moment as it was told; None for none, and for one that no calendar has."""
    if not microseconds:
        return None
    try:
        return datetime.fromtimestamp(microseconds / 1e6, UTC)
    except (ValueError, OverflowError, OSError):
        return None
