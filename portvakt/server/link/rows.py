"""What does the link read and keep, each in one unit of work under its purpose?"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from portvakt.core.decision.model import Reason, Side
from portvakt.core.door import DoorState
from portvakt.core.snapshot import MAX_BODY_BYTES, inconsistencies, sign, to_bytes
from portvakt.proto import link_pb2
from portvakt.server.access import actions as access
from portvakt.server.access.models import RemoteAsk
from portvakt.server.access.snapshot import build
from portvakt.server.link.authority import Authority, Issued
from portvakt.server.link.device import Device, Presented
from portvakt.server.logbook.actions import record, record_events
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.places import actions as places
from portvakt.server.places.models import (
    Controller,
    ControllerStatus,
    Door,
    DoorCommand,
    DoorStatus,
    Reader,
    ReaderState,
    ReaderStatus,
)
from portvakt.server.purpose.actor import system
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.notices import Channel, Look, hint, notify

LINK, ENTRY, ENTRY_LOG = "controller_link", "entry", "entry_log"
# Controllers tell their status every 30 s; after three that did not come, whoever held the stream is gone.
SILENT_SECONDS = 90
MOST_WAITING = 2**31 - 1
DOOR_STATES = frozenset(state.value for state in DoorState)
READER_STATES = frozenset(ReaderState.values)


class SignedSnapshot(msgspec.Struct, frozen=True):
    """A snapshot ready to be sent."""

    version: int
    body: bytes
    signature: bytes


class SnapshotUnfit(Exception):
    """A snapshot that every controller would refuse; its version and what is wrong are the arguments."""


def admit(peer: Presented, stream: str) -> Device | None:
    """Let in the controller whose newest certificate was presented, and end its other streams; None for any other."""
    with acting(LINK):
        known = ControllerStatus.objects.filter(controller_id=peer.controller, certificate_serial=peer.serial)
        if (organisation := known.values_list("organisation_id", flat=True).first()) is None:
            return None
        places.report_controller(peer.controller, online=True, seen_at=timezone.now())
        notify(Channel.ATTACHED, f"{peer.controller}:{stream}")
        hint(organisation, Look.CONTROLLERS)
        return Device(peer.controller, organisation)


def detach(device: Device) -> None:
    """Keep that a controller's stream ended."""
    with acting(LINK):
        places.report_controller(device.controller, online=False)
        hint(device.organisation, Look.CONTROLLERS)


def greet(device: Device, hello: link_pb2.Hello) -> None:
    """Keep what a controller says of itself at the start of a stream."""
    with acting(LINK):
        places.report_controller(
            device.controller, software=_plain(hello.software, 60), snapshot_version=hello.snapshot_version
        )
        hint(device.organisation, Look.CONTROLLERS)


def catch_up(device: Device, in_force: int) -> None:
    """Ask for a new snapshot where the controller has a newer one than the database knows of, as after a restore from a backup.

    Versions follow the clock (organisations.actions), so one from the time to come was never given out here.
    """
    with acting(LINK):
        if wanted_version(device.organisation) < in_force < timezone.now().timestamp() * 1000:
            by = system("link", device.organisation)
            record("snapshot.renewed", Controller(pk=device.controller), by=by, doors=True)


def keep_events(device: Device, events: Iterable[AccessEvent]) -> None:
    """Record events, each once; they are committed when this returns."""
    events = list(events)
    with acting(ENTRY_LOG, device.organisation):
        record_events(events)
        for door in {event.door_id for event in events}:
            hint(device.organisation, Look.LOG, door or "")


def keep_status(device: Device, status: link_pb2.Status) -> None:
    """Keep what a controller tells of itself, its doors and its readers; pages are told to look only at what changed."""
    with acting(LINK):
        _keep_controller(device, status)
        doors = {row.door: row.state for row in status.doors if row.state in DOOR_STATES}
        for door in _changed(device, Door, DoorStatus, "door_id", doors):
            places.report_door(device.organisation, door, doors[str(door)])
            hint(device.organisation, Look.DOORS, door)
        readers = {row.reader: row.state for row in status.readers if row.state in READER_STATES}
        for reader in _changed(device, Reader, ReaderStatus, "reader_id", readers):
            places.report_reader(device.organisation, reader, readers[str(reader)])
            hint(device.organisation, Look.CONTROLLERS)


def _keep_controller(device: Device, status: link_pb2.Status) -> None:
    told: dict[str, Any] = {
        "online": True,
        "waiting_events": min(status.waiting_events, MOST_WAITING),
        "events_in_memory": status.events_in_memory,
    }
    if not ControllerStatus.objects.filter(controller_id=device.controller, **told).exists():
        hint(device.organisation, Look.CONTROLLERS)
    places.report_controller(device.controller, seen_at=timezone.now(), **told)


def _changed(
    device: Device,
    things: type[Door | Reader],
    states: type[DoorStatus | ReaderStatus],
    key: str,
    told: Mapping[str, str],
) -> list[UUID]:
    """Return those of a controller's own things of which it tells another state than the one that is kept."""
    own = things.objects.filter(controller_id=device.controller).values_list("pk", flat=True)
    kept = dict(states.objects.filter(**{f"{key}__in": own}).values_list(key, "state"))
    return [pk for pk in own if str(pk) in told and kept.get(pk) != told[str(pk)]]


def wanted(device: Device) -> int:
    """Return the version that the controller should have in force."""
    with acting(ENTRY, device.organisation):
        return wanted_version(device.organisation)


def signed_snapshot(device: Device, authority: Authority) -> SignedSnapshot | None:
    """Return the newest snapshot, or None for a controller that was removed. Raises SnapshotUnfit."""
    with acting(ENTRY, device.organisation, one_moment=True):
        if (controller := Controller.objects.filter(pk=device.controller).first()) is None:
            return None
        snapshot = build(controller)
    if fault := next(inconsistencies(snapshot), ""):
        raise SnapshotUnfit(snapshot.version, fault)
    body = to_bytes(snapshot)
    if len(body) > MAX_BODY_BYTES:
        raise SnapshotUnfit(snapshot.version, f"{len(body)} bytes are more than a controller takes")
    return SignedSnapshot(snapshot.version, body, sign(body, authority.snapshot_key))


def keep_answer(device: Device, version: int, refusal: str) -> None:
    """Keep what became of a snapshot; a refusal leaves the version in force as it is."""
    with acting(LINK):
        if refusal:
            places.report_controller(device.controller, snapshot_refusal=_plain(refusal, 200))
        else:
            places.report_controller(
                device.controller, snapshot_version=version, snapshot_in_force_at=timezone.now(), snapshot_refusal=""
            )
        hint(device.organisation, Look.CONTROLLERS)


def commands(device: Device) -> list[link_pb2.Command]:
    """Take the commands that must be sent to a controller now: operators' and persons' wishes."""
    with acting(LINK):
        released = places.claim_wishes(DoorCommand, device.controller)
    with acting(ENTRY, device.organisation):
        asked = places.claim_wishes(RemoteAsk, device.controller)
    return [*map(_release, released), *map(_open, asked)]


def _release(command: DoorCommand) -> link_pb2.Command:
    return link_pb2.Command(id=str(command.pk), release_door=link_pb2.ReleaseDoor(door=str(command.door_id)))


def _open(ask: RemoteAsk) -> link_pb2.Command:
    wish = link_pb2.RemoteOpen(door=str(ask.door_id), side=Side.ENTRY.value, person=str(ask.person_id))
    return link_pb2.Command(id=str(ask.pk), remote_open=wish)


def keep_command(device: Device, answer: link_pb2.CommandAnswer) -> None:
    """Keep what became of a command. Raises ValueError for an id that is none."""
    command, reason = UUID(answer.id), None if answer.granted else _reason(answer.reason)
    with acting(LINK):
        places.answer_command(command, device.controller, reason)
    with acting(ENTRY, device.organisation):
        access.answer_ask(command, device.controller, reason)


def _reason(word: str) -> Reason:
    try:
        return Reason(word)
    except ValueError:
        return Reason.FAULT


def enrol(authority: Authority, secret: bytes, request: bytes) -> tuple[UUID, Issued]:
    """Spend a one-time secret on a certificate. Raises Refused for the secret and RequestRefused, with it unspent, for the request."""
    with acting(LINK):
        enrolment = places.use_enrolment(secret)
        issued = authority.issue(request, str(enrolment.controller_id))
        by = system("link", enrolment.organisation_id)
        places.finish_enrolment(enrolment, issued.serial, issued.expires_at, by=by)
        return enrolment.controller_id, issued


def call_silent_ones_offline() -> None:
    """Keep as offline the controllers whose stream's process ended without saying so."""
    with acting(LINK):
        places.report_silence(timezone.now() - timedelta(seconds=SILENT_SECONDS))


def _plain(text: str, characters: int) -> str:
    """Return what a text column takes: PostgreSQL's text holds no NUL."""
    return text.replace("\0", "\ufffd")[:characters]
