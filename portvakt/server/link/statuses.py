"""What do controllers tell of themselves, their doors and their readers, and what of it is news for the pages?"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from portvakt.core.door import DoorState
from portvakt.core.posture import PostureKind
from portvakt.proto import link_pb2
from portvakt.server.link.device import Device, plain
from portvakt.server.places import actions as places
from portvakt.server.places.models import ControllerStatus, Door, DoorStatus, Reader, ReaderState, ReaderStatus
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.notices import Look, hint, hints

LINK = "controller_link"
MOST_WAITING = 2**31 - 1
DOOR_STATES = frozenset(state.value for state in DoorState)
POSTURES = frozenset(kind.value for kind in PostureKind)
READER_STATES = frozenset(ReaderState.values)
CLOCKS = frozenset({"good", "unsynchronised", "wrong", "unknown"})

# What each controller told last.
Newest = Mapping[UUID, tuple[Device, link_pb2.Status]]


class Told(msgspec.Struct, frozen=True):
    """What a controller tells; no status where all is as it said before."""

    device: Device
    status: link_pb2.Status | None = None


def keep_statuses(told: Sequence[Told]) -> None:
    """Keep that controllers are there, and what they tell; pages are told to look only at what changed."""
    newest = {one.device.controller: (one.device, one.status) for one in told if one.status is not None}
    with acting(LINK):
        if newest:
            _keep_controllers(newest)
            _keep_doors(newest)
            _keep_readers(newest)
        places.report_controllers({one.device.controller for one in told}, online=True, seen_at=timezone.now())


def _keep_controllers(newest: Newest) -> None:
    """Of those that tell the same, all are changed at once."""
    alike: dict[tuple[tuple[str, Any], ...], list[UUID]] = defaultdict(list)
    looking = set()
    for row in ControllerStatus.objects.filter(controller_id__in=newest):
        device, status = newest[row.controller_id]
        if _is_news(row, told := _controller(status)):
            alike[tuple(told.items())].append(row.controller_id)
            looking.add(device.organisation)
    for values, controllers in alike.items():
        places.report_controllers(controllers, **dict(values))
    for organisation in looking:
        hint(organisation, Look.CONTROLLERS)


def _keep_doors(newest: Newest) -> None:
    own = Door.objects.filter(controller_id__in=newest)
    kept = {row.door_id: row for row in DoorStatus.objects.filter(door__in=own.values("pk"))}
    news, now = [], timezone.now()
    for device, door, said in _own(own, newest, "doors", DOOR_STATES):
        if _is_news(kept.get(door), told := _door(said)):
            news.append(DoorStatus(organisation_id=device.organisation, door_id=door, at=now, **told))
    places.report_doors(news)
    for organisation in {row.organisation_id for row in news}:
        hints(organisation, Look.DOORS, [row.door_id for row in news if row.organisation_id == organisation])


def _keep_readers(newest: Newest) -> None:
    own = Reader.objects.filter(controller_id__in=newest)
    kept = {row.reader_id: row for row in ReaderStatus.objects.filter(reader__in=own.values("pk"))}
    news, now = [], timezone.now()
    for device, reader, said in _own(own, newest, "readers", READER_STATES):
        if _is_news(kept.get(reader), told := _reader(said)):
            news.append(ReaderStatus(organisation_id=device.organisation, reader_id=reader, at=now, **told))
    places.report_readers(news)
    for organisation in {row.organisation_id for row in news}:
        hint(organisation, Look.CONTROLLERS)


def _own(own: Any, newest: Newest, rows: str, states: Collection[str]) -> Iterator[tuple[Device, UUID, Any]]:
    """Yield the rows that tell of a door or reader of the controller's own; of what is told twice the last counts."""
    belongs = {(controller, str(pk)): pk for pk, controller in own.values_list("pk", "controller_id")}
    name = rows.removesuffix("s")
    for controller, (device, status) in newest.items():
        said = {getattr(row, name): row for row in getattr(status, rows) if row.state in states}
        yield from (
            (device, belongs[controller, key], row) for key, row in said.items() if (controller, key) in belongs
        )


def _is_news(kept: ControllerStatus | DoorStatus | ReaderStatus | None, told: dict[str, Any]) -> bool:
    return kept is None or any(getattr(kept, name) != value for name, value in told.items())


def _controller(status: link_pb2.Status) -> dict[str, Any]:
    return {
        "online": True,
        "waiting_events": min(status.waiting_events, MOST_WAITING),
        "events_in_memory": status.events_in_memory,
        "clock": status.clock if status.clock in CLOCKS else "",
        "fire": status.fire,
        "tampered": status.tampered,
    }


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
