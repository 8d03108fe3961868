"""How does anything about a person leave? Through `disclose()`, which refuses what the register does not allow and keeps who got what.

Refused: recipient_unknown, recipient_not_listed (the open purpose does not name it), agreement_missing, transfer_unsafe,
transfer_stopped. Nothing has left then, and nothing is kept.
"""

from collections.abc import Iterable
from uuid import UUID

import msgspec
from django.utils import timezone

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy.models import Disclosure, Way
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.context import current_purpose
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.register import Recipient


class About(msgspec.Struct, frozen=True):
    """Whom something is about."""

    subject: Subject
    id: UUID


def disclose(
    recipient: str,
    about: Iterable[About],
    kinds: Iterable[Kind],
    *,
    way: Way,
    by: Actor | None,
    organisation: UUID | None,
) -> None:
    """Keep that data of some kinds about some subjects goes to a recipient, for the open purpose; call it before anything leaves.

    `by` is None where no account asked for it; `organisation` is None where the provider is data controller.
    """
    to, purpose, now = _allowed(recipient), current_purpose(), timezone.now()
    sorted_kinds = sorted(kinds)
    Disclosure.objects.bulk_create(
        Disclosure(
            organisation_id=organisation,
            subject=one.subject,
            subject_id=one.id,
            recipient=to.id,
            recipient_name=to.name.sv,
            purpose=purpose,
            kinds=sorted_kinds,
            way=way,
            country=to.country,
            safeguard=to.safeguard.detail if to.safeguard else "",
            by_id=by.id if by else None,
            at=now,
        )
        for one in about
    )


def _allowed(recipient: str) -> Recipient:
    """Return the recipient, or refuse."""
    register = catalogue.in_force()
    try:
        found = register.recipient(recipient)
    except KeyError as unknown:
        raise Refused("recipient_unknown", recipient=recipient) from unknown
    if recipient not in register.activity(current_purpose()).recipients:
        raise Refused("recipient_not_listed", recipient=recipient)
    return found
