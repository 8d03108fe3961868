"""How does an organisation enter whom it discloses data to, change that, and end it?"""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from portvakt.server.logbook.actions import put, record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.privacy.models import OwnRecipient
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused


def add_recipient(values: Mapping[str, Any], *, by: Actor) -> tuple[OwnRecipient, AuditEntry]:
    """Enter a recipient of the organisation. Refused: name_taken."""
    by.require(Permission.PRIVACY_MANAGE)
    row = OwnRecipient(organisation_id=by.organisation, **values)
    _store(row)
    return row, record("recipient.added", row, by=by, fields=values)


def change_recipient(row: OwnRecipient, values: Mapping[str, Any], *, by: Actor) -> AuditEntry:
    """Change what is known of a recipient; holds from the next disclosure on. Refused: name_taken, recipient_ended."""
    by.require(Permission.PRIVACY_MANAGE)
    if row.ended_at is not None:
        raise Refused("recipient_ended", recipient=row.name)
    changed = put(row, values)
    _store(row)
    return record("recipient.changed", row, by=by, fields=changed)


def end_recipient(row: OwnRecipient, *, by: Actor) -> AuditEntry:
    """Disclose nothing more to a recipient; the row stays, because disclosures name it."""
    by.require(Permission.PRIVACY_MANAGE)
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    return record("recipient.ended", row, by=by)


def _store(row: OwnRecipient) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused("name_taken", field="name") from error
