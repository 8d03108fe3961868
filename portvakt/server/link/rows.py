"""What does the link read and keep, each in one unit of work under its purpose?"""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from portvakt.proto import link_pb2
from portvakt.server.link.authority import Authority, Issued
from portvakt.server.link.device import Device, Presented, plain
from portvakt.server.link.kept import Batch, keep_batches, keep_key
from portvakt.server.link.received import Sent, events_of
from portvakt.server.places import actions as places
from portvakt.server.places.models import ControllerStatus
from portvakt.server.purpose.actor import system
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.notices import Channel, Look, hint, hints, notify

LINK, ENTRY_LOG = "controller_link", "entry_log"


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
            device.controller, software=plain(hello.software, 60), snapshot_version=hello.snapshot_version
        )
        hint(device.organisation, Look.CONTROLLERS)


def keep_events(sent: Sequence[Sent]) -> None:
    """Record events of one organisation's controllers, each once, and what is wrong with them; all is committed when this returns."""
    received = [Batch(one.device, one.claim, events_of(one.device, one.claim, one.events)) for one in sent]
    if not (batches := [batch for batch in received if batch.rows]):
        return
    organisation = batches[0].device.organisation
    with acting(ENTRY_LOG, organisation):
        keep_batches(batches)
        doors = {row.door_id or "" for batch in batches for row in batch.rows}
        hints(organisation, Look.LOG, doors)


def keep_log_key(device: Device, hello: link_pb2.Hello) -> None:
    """Hold on to the key that a controller seals its events with."""
    with acting(ENTRY_LOG, device.organisation):
        keep_key(device, hello)
        hint(device.organisation, Look.LOG)


def keep_answer(device: Device, version: int, refusal: str) -> None:
    """Keep what became of a snapshot; a refusal leaves the version in force as it is."""
    with acting(LINK):
        if refusal:
            places.report_controller(device.controller, snapshot_refusal=plain(refusal, 200))
        else:
            places.report_controller(
                device.controller, snapshot_version=version, snapshot_in_force_at=timezone.now(), snapshot_refusal=""
            )
        hint(device.organisation, Look.CONTROLLERS)


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
        places.report_silence(timezone.now())
