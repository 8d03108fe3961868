"""How does an event from a controller become a row of the access log?

An event that cannot be one (a word or an id we do not know) is skipped and reported: it must not keep those behind it from being recorded.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.core.event import EventKind
from portvakt.proto import link_pb2
from portvakt.server.link.device import Device
from portvakt.server.logbook.models import AccessEvent

log = logging.getLogger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# PostgreSQL's bigint.
LARGEST = 2**63 - 1
DETAIL_CHARACTERS = 200


def events_of(device: Device, journal: UUID, batch: Iterable[link_pb2.Event]) -> list[AccessEvent]:
    """Return the rows of a batch, without those events that cannot be recorded; these are named in the log."""
    received_at, rows = timezone.now(), []
    for event in batch:
        try:
            rows.append(_row(device, journal, event, received_at))
        except (ValueError, OverflowError) as fault:
            log.warning(
                "event skipped: controller %s journal %s sequence %s: %s",
                device.controller, journal, event.sequence, type(fault).__name__,
            )  # fmt: skip
    return rows


def report_gaps(device: Device, journal: UUID, last: int, batch: Iterable[link_pb2.Event]) -> int:
    """Return the newest sequence number; a number left out is reported: a stream keeps its order, so nobody can send it any more."""
    for event in batch:
        if last and event.sequence > last + 1:
            log.error(
                "events missing: controller %s journal %s, after %s came %s",
                device.controller, journal, last, event.sequence,
            )  # fmt: skip
        last = max(last, event.sequence)
    return last


def _row(device: Device, journal: UUID, event: link_pb2.Event, received_at: datetime) -> AccessEvent:
    """Return one row; raises ValueError or OverflowError for an event that cannot be one."""
    if not 1 <= event.sequence <= LARGEST:
        raise ValueError(event.sequence)
    return AccessEvent(
        organisation_id=device.organisation,
        controller_id=device.controller,
        journal=journal,
        sequence=event.sequence,
        at=EPOCH + timedelta(microseconds=event.at_us),
        received_at=received_at,
        kind=EventKind(event.kind),
        door_id=_id(event.door),
        side=Side(event.side) if event.side else "",
        reader_id=_id(event.reader),
        auth_type=AuthType(event.auth_type) if event.auth_type else None,
        reason=Reason(event.reason) if event.reason else "",
        person_id=_id(event.person),
        credential_id=_id(event.credential),
        rule_id=_id(event.rule),
        command_id=_id(event.command),
        # PostgreSQL's text holds no NUL.
        detail=event.detail.replace("\0", "\ufffd")[:DETAIL_CHARACTERS],
    )


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None
