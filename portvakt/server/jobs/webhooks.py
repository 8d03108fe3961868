"""How are webhooks told what happened? Every few seconds: what is new is queued, what is due is sent, all webhooks at once.

One that does not answer is given one message at a time, so that it delays nobody; what may not be disclosed at the moment waits.
"""

import asyncio
import logging
from datetime import datetime

import msgspec
from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from portvakt.server.privacy.actions.deliveries import Claimed, answered, claim, forget_deliveries, queue_events
from portvakt.server.privacy.models import Webhook, WebhookDelivery
from portvakt.server.privacy.outgoing import Answer, Network, post_all
from portvakt.server.purpose.actor import system
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused

log = logging.getLogger(__name__)

PURPOSE = "webhook_delivery"
# Of one webhook in one run; with a run every ten seconds, two messages a second.
MOST = 20
# Attempts in a row that fail before it gets one message at a time.
SLOWED_AFTER = 3


class Batch(msgspec.Struct, frozen=True):
    """What is about to be sent to one webhook."""

    webhook: Webhook
    claimed: list[Claimed]


@app.periodic(cron="* * * * * */10")
@app.task(name="webhook_delivery", queueing_lock="webhook_delivery", lock="webhook_delivery")
def webhook_delivery(timestamp: int = 0) -> None:  # noqa: ARG001 - the queue gives it by this name
    """Queue and send what is due; `timestamp` is when it was due."""
    deliver(timezone.now(), Network(private=settings.WEBHOOK_PRIVATE))


def deliver(now: datetime, network: Network) -> int:
    """Queue what has come, send what is due, keep how it went; return how many messages were sent."""
    with acting(PURPOSE):
        queue_events(now)
        # Afterwards: what was told long ago would be found as new once more if this process had been away for as long.
        forget_deliveries(now)
    batches = [batch for webhook in _due(now) if (batch := _claim(webhook, now)).claimed]
    claimed = [one for batch in batches for one in batch.claimed]
    if not claimed:
        return 0
    answers = iter(asyncio.run(post_all([one.message for one in claimed], now, network)))
    for batch in batches:
        # As many as were claimed: the answers come in the same order.
        _keep(batch, [(one, next(answers)) for one in batch.claimed], now)
    return len(claimed)


def _due(now: datetime) -> list[Webhook]:
    """Return the webhooks for which something is due, paused and ended ones left out."""
    with acting(PURPOSE):
        due = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING, due_at__lte=now)
        rows = Webhook.objects.filter(pk__in=due.values("webhook"), paused_at=None, ended_at=None)
        return list(rows.order_by("pk"))


def _claim(webhook: Webhook, now: datetime) -> Batch:
    """Take what is due for one webhook; nothing where it may not be disclosed now."""
    try:
        with acting(PURPOSE):
            return Batch(webhook, claim(webhook, now, 1 if webhook.failures >= SLOWED_AFTER else MOST))
    except Refused as refused:
        log.warning("webhook %s waits: %s", webhook.pk, refused.code)
        return Batch(webhook, [])


def _keep(batch: Batch, answers: list[tuple[Claimed, Answer]], now: datetime) -> None:
    with acting(PURPOSE):
        answered(batch.webhook, answers, now, by=system("jobs", batch.webhook.organisation_id))
