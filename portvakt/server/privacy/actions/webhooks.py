"""How does an organisation have events told to a system of its own, hold that back, and end it?"""

from collections.abc import Iterable

from django.utils import timezone

from portvakt.core.event import EventKind
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.privacy.models import OwnRecipient, Webhook, WebhookDelivery
from portvakt.server.privacy.outgoing import Forbidden, Network, require_allowed
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused

MOST_WEBHOOKS = 10


def add_webhook(
    recipient: OwnRecipient, address: str, kinds: Iterable[EventKind], network: Network, *, by: Actor
) -> tuple[Webhook, AuditEntry]:
    """Tell a recipient of events of some kinds from now on. Refused: webhook_address, webhook_many."""
    by.require(Permission.PRIVACY_MANAGE)
    try:
        require_allowed(address, network)
    except Forbidden as forbidden:
        raise Refused("webhook_address", field="address") from forbidden
    if Webhook.objects.filter(organisation_id=by.organisation, ended_at=None).count() >= MOST_WEBHOOKS:
        raise Refused("webhook_many")
    now = timezone.now()
    row = Webhook(
        organisation_id=by.organisation, recipient=recipient, address=address, kinds=sorted(kinds), added_at=now, looked_at=now
    )  # fmt: skip
    row.save(force_insert=True)
    return row, record("webhook.added", row, by=by, fields=["address", "kinds", "recipient"])


def end_webhook(row: Webhook, *, by: Actor) -> AuditEntry:
    """Tell it nothing more; what waits for it is given up."""
    by.require(Permission.PRIVACY_MANAGE)
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    waiting = WebhookDelivery.objects.filter(webhook=row, state=WebhookDelivery.State.WAITING)
    waiting.update(state=WebhookDelivery.State.FAILED, fault="ended")
    return record("webhook.ended", row, by=by)


def pause_webhook(row: Webhook, *, by: Actor) -> AuditEntry:
    """Hold back what it is told, without losing any of it for as long as deliveries are kept."""
    by.require(Permission.PRIVACY_MANAGE)
    row.paused_at = timezone.now()
    row.save(update_fields=["paused_at"])
    return record("webhook.paused", row, by=by)


def resume_webhook(row: Webhook, *, by: Actor) -> AuditEntry:
    """Send what waits, all of it at once."""
    by.require(Permission.PRIVACY_MANAGE)
    row.paused_at, row.failures = None, 0
    row.save(update_fields=["paused_at", "failures"])
    WebhookDelivery.objects.filter(webhook=row, state=WebhookDelivery.State.WAITING).update(due_at=timezone.now())
    return record("webhook.resumed", row, by=by)


def replay(delivery: WebhookDelivery, *, by: Actor) -> AuditEntry:
    """Send one event once more, under the same id, from the first attempt on."""
    by.require(Permission.PRIVACY_MANAGE)
    delivery.state, delivery.attempts, delivery.due_at = WebhookDelivery.State.WAITING, 0, timezone.now()
    delivery.save(update_fields=["state", "attempts", "due_at"])
    return record("webhook.replayed", delivery, by=by)
