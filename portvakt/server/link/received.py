"""How does an event from a controller become a row of the access log?

An event that we cannot read (a word or an id we do not know, as a newer controller may send) must neither keep those behind it from being
recorded nor be lost: acknowledged, the controller deletes it. What can be read of it is recorded as an unknown message. Only an event
without a sound number cannot be recorded at all; it is skipped and reported.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from django.utils import timezone

from portvakt.core.chain import FIELDS, SALT_BYTES, event_text, next_digest
from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.core.event import EventKind
from portvakt.proto import link_pb2
from portvakt.server.link.chains import Claim
from portvakt.server.link.device import Device
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.logbook.proof import text_of

log = logging.getLogger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A controller whose clock says another year has none: retention would remove its events at once, and pages cannot show the year 9999
# in every time zone.
CLOCK_YEARS = range(2020, 2200)
# PostgreSQL's bigint.
LARGEST = 2**63 - 1
DETAIL_CHARACTERS = 200


class Sent(msgspec.Struct, frozen=True):
    """A batch as it came: whose it is, what is said of it, and its events."""

    device: Device
    claim: Claim
    events: Sequence[link_pb2.Event]


def events_of(device: Device, claim: Claim, batch: Iterable[link_pb2.Event]) -> list[AccessEvent]:
    """Return the rows of a batch; events that cannot be read, or not be recorded at all, are named in the log."""
    received_at, rows, journal = timezone.now(), [], claim.journal
    before = claim.before
    for event in batch:
        if not 1 <= event.sequence <= LARGEST:
            _tell("skipped", device, journal, event)
            continue
        row = _numbered(device, journal, event, received_at)
        try:
            _fill(row, event)
        except ValueError as fault:
            _tell("not understood", device, journal, event)
            row = _numbered(device, journal, event, received_at)
            row.kind, row.detail = EventKind.MESSAGE_UNKNOWN, _plain(f"event {event.kind}: {fault}")
        if claim.chained:
            before = _chain(row, event, before)
        rows.append(row)
    return rows


def _chain(row: AccessEvent, event: link_pb2.Event, before: bytes) -> bytes:
    """Give a row its place in the chain; return the digest after it. What the row cannot give back is kept as text."""
    text = event_text(str(row.journal), event.sequence, event.salt, [getattr(event, name) for name in FIELDS])
    row.before, row.digest, row.salt = before, next_digest(before, text), event.salt[:SALT_BYTES]
    if text != text_of(row):
        row.raw = text.decode("ascii")
    return row.digest


def _tell(what: str, device: Device, journal: UUID, event: link_pb2.Event) -> None:
    log.warning("event %s: controller %s journal %s sequence %s", what, device.controller, journal, event.sequence)


def _numbered(device: Device, journal: UUID, event: link_pb2.Event, received_at: datetime) -> AccessEvent:
    """Return a row that says whose event it is and when it was, and nothing else yet."""
    return AccessEvent(
        organisation_id=device.organisation,
        controller_id=device.controller,
        journal=journal,
        sequence=event.sequence,
        at=_moment(event.at_us) or received_at,
        received_at=received_at,
    )


def _moment(at_us: int) -> datetime | None:
    """Return when an event was; None where the controller had no clock."""
    try:
        at = EPOCH + timedelta(microseconds=at_us)
    except OverflowError:
        return None
    return at if at.year in CLOCK_YEARS else None


def _fill(row: AccessEvent, event: link_pb2.Event) -> None:
    """Fill in what happened; raises ValueError for a word or an id that is none."""
    row.kind = EventKind(event.kind)
    row.door_id, row.reader_id = _id(event.door), _id(event.reader)
    row.side = Side(event.side) if event.side else ""
    row.auth_type = AuthType(event.auth_type) if event.auth_type else None
    row.reason = Reason(event.reason) if event.reason else ""
    row.person_id, row.credential_id = _id(event.person), _id(event.credential)
    row.rule_id, row.command_id = _id(event.rule), _id(event.command)
    row.detail = _plain(event.detail)


def _plain(text: str) -> str:
    """Return what the column takes: PostgreSQL's text holds no NUL."""
    return text.replace("\0", "\ufffd")[:DETAIL_CHARACTERS]


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None
