"""What is a webhook told of an event, and how does the receiver know that it is us?"""

import base64
from uuid import UUID

import msgspec
from django.utils.crypto import salted_hmac

from portvakt.server.logbook.models import AccessEvent
from portvakt.server.privacy.models import Webhook, WebhookDelivery
from portvakt.server.privacy.outgoing import Message


def key_of(webhook: UUID) -> bytes:
    """Return the key that signs a webhook's messages: the same for as long as SECRET_KEY is, and in no table."""
    return salted_hmac("portvakt.webhook", str(webhook), algorithm="sha256").digest()


def secret_of(webhook: UUID) -> str:
    """Return the same as the receiver's software takes it; shown once."""
    return "whsec_" + base64.b64encode(key_of(webhook)).decode("ascii")


def message_of(webhook: Webhook, delivery: WebhookDelivery, event: AccessEvent) -> Message:
    """Return an event as it is told: ids and words, no names."""
    data = {
        "organisation": event.organisation_id,
        "event": event.pk,
        "controller": event.controller_id,
        "door": event.door_id,
        "side": event.side or None,
        "person": event.person_id,
        "credential": event.credential_id,
        "reason": event.reason or None,
    }
    body = msgspec.json.encode({"type": event.kind, "timestamp": event.at, "data": data})
    return Message(f"msg_{delivery.pk.hex}", webhook.address, key_of(webhook.pk), body)
