"""How does each event that a webhook is told find its way there, losing none and repeating itself under the same id alone?

Events are found in the access log itself, so that nothing is lost while the process that delivers them is away. A delivery is claimed,
disclosed and committed before it is sent: if that process dies in between, it is sent again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import connection, transaction

from portvakt.core.privacy import Kind, Subject
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.privacy.actions.disclosing import About, disclose
from portvakt.server.privacy.messages import message_of
from portvakt.server.privacy.models import Way, Webhook, WebhookDelivery
from portvakt.server.privacy.outgoing import Answer, Message
from portvakt.server.purpose.actor import Actor

# What is told of: which door and when is about the person too, where one passed.
KINDS = (Kind.PASSAGE, Kind.DOOR_EVENT)
# Seconds to wait after each failed attempt (Standard Webhooks); after the last one it is given up, some three days on.
PAUSES = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
# How long nobody need say how an attempt went; then it is made again.
UNANSWERED = timedelta(minutes=10)
# Attempts in a row that fail before a webhook is paused.
PAUSED_AFTER = 50
GONE = 410
# Longer than any transaction that records events, so that one committed late is found all the same.
OVERLAP_SECONDS = 3_600
# As long as the access log is kept where nothing else is chosen.
KEPT = timedelta(days=14)
WAITING = WebhookDelivery.State.WAITING
# Events received since the last look, less the overlap, of the kinds each webhook asks for; those that are there stay as they are.
QUEUE = """
with looked as (select min(looked_at) - make_interval(secs => %(overlap)s) as since from privacy_webhook where ended_at is null),
     floor as (select coalesce((select e.id from logbook_accessevent e where e.received_at < (select since from looked)
                                 order by e.id desc limit 1), 0) as id)
insert into privacy_webhookdelivery
       (id, organisation_id, webhook_id, event_id, queued_at, state, attempts, due_at, fault)
select gen_random_uuid(), w.organisation_id, w.id, e.id, %(now)s, 'waiting', 0, %(now)s, ''
  from privacy_webhook w join logbook_accessevent e on e.organisation_id = w.organisation_id and e.kind = any(w.kinds)
 where w.ended_at is null and e.id > (select id from floor) and e.received_at >= w.added_at
   and e.received_at >= w.looked_at - make_interval(secs => %(overlap)s)
on conflict (webhook_id, event_id) do nothing
"""


class Claimed(msgspec.Struct, frozen=True):
    """A delivery that is about to be sent, and what is sent."""

    delivery: UUID
    attempts: int
    message: Message


def queue_events(now: datetime) -> int:
    """Queue every event that has come since the last look and is told somewhere; return how many."""
    if not Webhook.objects.filter(ended_at=None).exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(QUEUE, {"now": now, "overlap": OVERLAP_SECONDS})
        queued = int(cursor.rowcount)
    Webhook.objects.filter(ended_at=None).update(looked_at=now)
    return queued


def claim(webhook: Webhook, now: datetime, most: int) -> list[Claimed]:
    """Take what is due for a webhook, at most so many, as an attempt, and keep that it is disclosed.

    Refused as `disclose` does: then it all waits, and no attempt was made.
    """
    with transaction.atomic():
        due = WebhookDelivery.objects.filter(webhook=webhook, state=WAITING, due_at__lte=now)
        rows = list(due.select_for_update(skip_locked=True).order_by("queued_at", "event_id")[:most])
        events = AccessEvent.objects.defer("before", "digest", "journal").in_bulk({row.event_id for row in rows})
        here = [row for row in rows if row.event_id in events]
        _disclose(webhook, [events[row.event_id] for row in here if not row.attempts])
        _attempted(here, now)
        gone = [row.pk for row in rows if row.event_id not in events]
        WebhookDelivery.objects.filter(pk__in=gone).update(state=WebhookDelivery.State.GONE)
    return [Claimed(row.pk, row.attempts, message_of(webhook, row, events[row.event_id])) for row in here]


def _disclose(webhook: Webhook, events: Iterable[AccessEvent]) -> None:
    """Keep it at the first attempt; at every one it is asked whether it still may."""
    about = [About(Subject.HOLDER, event.person_id) for event in events if event.person_id]
    recipient, organisation = str(webhook.recipient_id), webhook.organisation_id
    disclose(recipient, about, KINDS, way=Way.WEBHOOK, by=None, organisation=organisation)


def _attempted(rows: list[WebhookDelivery], now: datetime) -> None:
    for row in rows:
        row.attempts, row.tried_at, row.due_at = row.attempts + 1, now, now + UNANSWERED
    WebhookDelivery.objects.bulk_update(rows, ["attempts", "tried_at", "due_at"])


def answered(webhook: Webhook, answers: Iterable[tuple[Claimed, Answer]], now: datetime, *, by: Actor) -> None:
    """Keep how attempts went: what failed waits for the next one, or is given up; a webhook that fails all too often is paused."""
    failures, pause = webhook.failures, False
    for claimed, answer in answers:
        _keep(claimed, answer, now)
        failures = 0 if answer.taken else min(failures + 1, 30_000)
        pause = pause or answer.status == GONE or failures >= PAUSED_AFTER
    Webhook.objects.filter(pk=webhook.pk).update(failures=failures)
    if pause and Webhook.objects.filter(pk=webhook.pk, paused_at=None).update(paused_at=now):
        record("webhook.paused", webhook, by=by)


def _keep(claimed: Claimed, answer: Answer, now: datetime) -> None:
    row = WebhookDelivery.objects.filter(pk=claimed.delivery, state=WAITING)
    said = {"status": answer.status, "fault": answer.fault}
    if answer.taken:
        row.update(state=WebhookDelivery.State.DELIVERED, **said)
    elif claimed.attempts > len(PAUSES):
        row.update(state=WebhookDelivery.State.FAILED, **said)
    else:
        row.update(due_at=now + timedelta(seconds=PAUSES[claimed.attempts - 1]), **said)


def forget_deliveries(now: datetime) -> int:
    """Remove the deliveries past their time, delivered or not; return how many."""
    return WebhookDelivery.objects.filter(queued_at__lt=now - KEPT).delete()[0]
