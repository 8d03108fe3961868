"""Is every event told once, signed, without names, however often the receiver or we ourselves fall over, and only where it may be?"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from portvakt.core.event import EventKind
from portvakt.server.jobs.webhooks import MOST, SLOWED_AFTER, deliver
from portvakt.server.logbook.actions import record_events
from portvakt.server.logbook.models import AccessEvent, AuditEntry
from portvakt.server.privacy.actions.deliveries import KEPT, PAUSED_AFTER, PAUSES, UNANSWERED, claim, queue_events
from portvakt.server.privacy.actions.recipients import add_recipient, change_recipient
from portvakt.server.privacy.actions.transfers import lift_stop, stop_mechanism
from portvakt.server.privacy.actions.webhooks import (
    MOST_WEBHOOKS,
    add_webhook,
    end_webhook,
    pause_webhook,
    replay,
    resume_webhook,
)
from portvakt.server.privacy.messages import secret_of
from portvakt.server.privacy.models import Disclosure, OwnRecipient, TransferStop, Webhook, WebhookDelivery
from portvakt.server.privacy.outgoing import Network
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.register import LETTERS
from tests.cast import Cast, as_login
from tests.server.jobs.receiver import Receiver, receiver

HERE = Network(private=True)
ALARM_COMPANY: dict[str, Any] = {
    "name": "Larmbolaget",
    "category": "processor",
    "what_for": "Larm",
    "purposes": ["webhook_delivery"],
    "country": "SE",
    "agreement_signed": date(2024, 1, 1),
    "points": list(LETTERS),
}
TOLD = [EventKind.ACCESS_GRANTED, EventKind.DOOR_FORCED]
_numbers = count(1)


@pytest.fixture
def other_side() -> Iterator[Receiver]:
    with receiver() as known:
        yield known


@pytest.fixture
def hook(cast: Cast, other_side: Receiver) -> Iterator[Webhook]:
    made = webhook(cast, other_side.url)
    yield made
    # All tests share the queue: what one leaves waiting must not be sent in another.
    with acting("privacy_administration", cast.organisation.pk):
        for row in Webhook.objects.filter(ended_at=None):
            end_webhook(row, by=cast.by)


def webhook(cast: Cast, url: str, **values: Any) -> Webhook:
    with acting("privacy_administration", cast.organisation.pk):
        own = OwnRecipient.objects.filter(organisation=cast.organisation).first()
        to = own or add_recipient(ALARM_COMPANY | values, by=cast.by)[0]
        return add_webhook(to, url, TOLD, HERE, by=cast.by)[0]


def happen(cast: Cast, *kinds: EventKind, person: UUID | None = None, received: datetime | None = None) -> None:
    moment = received or timezone.now()
    rows = [
        AccessEvent(
            organisation=cast.organisation, controller_id=cast.controller.pk, journal=uuid4(), sequence=next(_numbers),
            at=datetime(2026, 11, 20, 12, tzinfo=UTC), received_at=moment, kind=kind, door_id=cast.door.pk,
            side="entry", person_id=person,
        )
        for kind in kinds
    ]  # fmt: skip
    with as_login("link"), acting("entry_log", cast.organisation.pk):
        record_events(rows)


def run(after: timedelta = timedelta()) -> int:
    with as_login("jobs"):
        return deliver(timezone.now() + after, HERE)


def deliveries(cast: Cast) -> list[WebhookDelivery]:
    with acting("privacy_administration", cast.organisation.pk):
        return list(WebhookDelivery.objects.order_by("event_id"))


def standing(cast: Cast, hook: Webhook) -> Webhook:
    with acting("privacy_administration", cast.organisation.pk):
        return Webhook.objects.get(pk=hook.pk)


def disclosed(cast: Cast, person: UUID) -> list[Disclosure]:
    with acting("own_data", cast.organisation.pk, person=person):
        return list(Disclosure.objects.order_by("at"))


@pytest.mark.row("S18")
def test_an_event_is_told_signed_and_without_names_and_the_person_can_see_it(
    cast: Cast, hook: Webhook, other_side: Receiver
) -> None:
    happen(cast, EventKind.ACCESS_GRANTED, person=cast.resident.pk)
    happen(cast, EventKind.DOOR_CLOSED, EventKind.DOOR_FORCED)
    assert run() == 2
    first, second = sorted(other_side.received, key=lambda one: one.said["type"])
    assert first.is_signed_with(secret_of(hook.pk))
    assert not first.is_signed_with(secret_of(uuid4()))
    assert first.said["type"] == "access_granted"
    assert first.said["timestamp"] == "2026-11-20T12:00:00Z"
    assert first.said["data"]["person"] == str(cast.resident.pk)
    assert first.said["data"]["door"] == str(cast.door.pk)
    assert b"Maja" not in first.body
    assert second.said["type"] == "door_forced"
    assert [row.state for row in deliveries(cast)] == ["delivered", "delivered"]
    (row,) = disclosed(cast, cast.resident.pk)
    assert (row.recipient_name, row.way, row.purpose) == ("Larmbolaget", "webhook", "webhook_delivery")
    assert row.kinds == ["door_event", "passage"]
    assert run() == 0


def test_another_organisations_events_are_not_told(cast: Cast, other: Cast, hook: Webhook) -> None:
    happen(other, EventKind.ACCESS_GRANTED, person=other.resident.pk)
    assert run() == 0
    assert deliveries(cast) == []


def test_nothing_from_before_the_webhook_is_told(cast: Cast, hook: Webhook) -> None:
    happen(cast, EventKind.ACCESS_GRANTED, received=timezone.now() - timedelta(minutes=5))
    assert run() == 0


def test_what_came_while_the_process_was_away_is_told_and_nothing_twice(
    cast: Cast, hook: Webhook, other_side: Receiver
) -> None:
    with acting("privacy_administration", cast.organisation.pk):
        long_ago = timezone.now() - timedelta(days=2)
        Webhook.objects.filter(pk=hook.pk).update(added_at=long_ago, looked_at=long_ago)
    for hours in (47, 20, 1):
        happen(cast, EventKind.DOOR_FORCED, received=timezone.now() - timedelta(hours=hours))
    assert run() == 3
    # One that was recorded in a transaction open for long has an earlier number and moment than what was told already.
    happen(cast, EventKind.DOOR_FORCED, received=timezone.now() - timedelta(minutes=30))
    assert run() == 1
    assert run() == 0
    assert len({one.headers["webhook-id"] for one in other_side.received}) == 4


def test_a_receiver_that_fails_is_asked_again_later_under_the_same_id(
    cast: Cast, hook: Webhook, other_side: Receiver
) -> None:
    other_side.answers = [500, 429]
    happen(cast, EventKind.ACCESS_GRANTED, person=cast.resident.pk)
    assert run() == 1
    assert run() == 0, "not before its time"
    assert run(timedelta(seconds=PAUSES[0] + 1)) == 1
    assert run(timedelta(seconds=PAUSES[0] + PAUSES[1] + 2)) == 1
    assert len({one.headers["webhook-id"] for one in other_side.received}) == 1
    (row,) = deliveries(cast)
    assert (row.state, row.attempts, row.status) == ("delivered", 3, 204)
    assert len(disclosed(cast, cast.resident.pk)) == 1, "disclosed once, however often it was tried"
    assert standing(cast, hook).failures == 0


def test_who_dies_before_saying_how_it_went_sends_it_again(cast: Cast, hook: Webhook, other_side: Receiver) -> None:
    happen(cast, EventKind.DOOR_FORCED)
    other_side.answers = [500]
    run()
    now = timezone.now() + timedelta(seconds=PAUSES[0] + 1)
    with as_login("jobs"), acting("webhook_delivery"):
        assert len(claim(standing_here(hook), now, MOST)) == 1
    assert run(timedelta(seconds=PAUSES[0] + 2)) == 0
    assert run(UNANSWERED + timedelta(seconds=PAUSES[0] + 2)) == 1
    assert [row.state for row in deliveries(cast)] == ["delivered"]


def standing_here(hook: Webhook) -> Webhook:
    return Webhook.objects.get(pk=hook.pk)


def test_after_the_last_attempt_it_is_given_up_and_can_be_played_again(
    cast: Cast, hook: Webhook, other_side: Receiver
) -> None:
    other_side.answers = [500] * (len(PAUSES) + 1)
    happen(cast, EventKind.DOOR_FORCED)
    assert run() == 1
    later = timedelta()
    for pause in PAUSES:
        later += timedelta(seconds=pause + 1)
        assert run(later) == 1
    (row,) = deliveries(cast)
    assert (row.state, row.attempts, row.status) == ("failed", len(PAUSES) + 1, 500)
    assert run(later + timedelta(days=2)) == 0
    with acting("privacy_administration", cast.organisation.pk):
        replay(row, by=cast.by)
    assert run(timedelta(seconds=1)) == 1
    assert [row.state for row in deliveries(cast)] == ["delivered"]
    assert len({one.headers["webhook-id"] for one in other_side.received}) == 1


def test_one_that_fails_is_asked_one_at_a_time_and_then_paused(cast: Cast, hook: Webhook, other_side: Receiver) -> None:
    other_side.answers = [500] * 1_000
    happen(cast, *[EventKind.DOOR_FORCED] * (MOST + 5))
    assert run() == MOST
    assert standing(cast, hook).failures == MOST
    assert MOST > SLOWED_AFTER
    assert run() == 1, "one that fails gets one at a time"
    with acting("privacy_administration", cast.organisation.pk):
        Webhook.objects.filter(pk=hook.pk).update(failures=PAUSED_AFTER - 1)
    assert run() == 1
    assert standing(cast, hook).paused_at is not None
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.filter(action="webhook.paused", actor_name="jobs").count() == 1
    happen(cast, EventKind.DOOR_FORCED)
    assert run() == 0
    assert len(deliveries(cast)) == MOST + 6, "what comes meanwhile waits"
    other_side.answers = []
    with acting("privacy_administration", cast.organisation.pk):
        resume_webhook(standing_here(hook), by=cast.by)
    assert run(timedelta(seconds=1)) == MOST
    assert run(timedelta(seconds=1)) == 6
    assert {row.state for row in deliveries(cast)} == {"delivered"}


def test_a_receiver_that_says_it_is_gone_is_paused(cast: Cast, hook: Webhook, other_side: Receiver) -> None:
    other_side.answers = [410]
    happen(cast, EventKind.DOOR_FORCED)
    run()
    assert standing(cast, hook).paused_at is not None


def test_a_paused_and_an_ended_one_get_nothing(cast: Cast, hook: Webhook, other_side: Receiver) -> None:
    with acting("privacy_administration", cast.organisation.pk):
        pause_webhook(hook, by=cast.by)
    happen(cast, EventKind.DOOR_FORCED)
    assert run() == 0
    with acting("privacy_administration", cast.organisation.pk):
        end_webhook(hook, by=cast.by)
    assert run() == 0
    assert [(row.state, row.fault) for row in deliveries(cast)] == [("failed", "ended")]
    happen(cast, EventKind.DOOR_FORCED)
    run()
    assert len(deliveries(cast)) == 1
    assert other_side.received == []


@pytest.mark.row("S19")
def test_a_stopped_transfer_holds_messages_back_and_none_is_lost(
    cast: Cast, provider: Cast, other_side: Receiver
) -> None:
    clauses = {"country": "IN", "mechanism": "scc", "safeguard": "2021/914", "assessed": date(2025, 1, 1)}
    hook = webhook(cast, other_side.url, **clauses)
    happen(cast, EventKind.ACCESS_GRANTED, person=cast.resident.pk)
    with acting("register_review"):
        stop_mechanism("scc:IN", "A court.", by=provider.by)
    assert run() == 0
    (row,) = deliveries(cast)
    assert (row.state, row.attempts) == ("waiting", 0)
    assert disclosed(cast, cast.resident.pk) == []
    with acting("register_review"):
        lift_stop(TransferStop.objects.get(mechanism="scc:IN", lifted_at=None), by=provider.by)
    assert run() == 1
    assert [row.safeguard for row in disclosed(cast, cast.resident.pk)] == ["2021/914"]
    with acting("privacy_administration", cast.organisation.pk):
        end_webhook(hook, by=cast.by)


def test_without_an_agreement_nothing_is_told(cast: Cast, hook: Webhook, other_side: Receiver) -> None:
    with acting("privacy_administration", cast.organisation.pk):
        change_recipient(hook.recipient, {"points": []}, by=cast.by)
    happen(cast, EventKind.ACCESS_GRANTED, person=cast.resident.pk)
    assert run() == 0
    assert other_side.received == []


def test_an_event_that_retention_took_first_is_said_to_be_gone(cast: Cast, hook: Webhook, owner: None) -> None:
    happen(cast, EventKind.DOOR_FORCED)
    with as_login("jobs"), acting("webhook_delivery"):
        queue_events(timezone.now())
    AccessEvent.objects.filter(organisation=cast.organisation).delete()
    assert run() == 0
    assert [row.state for row in WebhookDelivery.objects.filter(webhook=hook)] == ["gone"]


def test_deliveries_are_forgotten_in_time(cast: Cast, hook: Webhook) -> None:
    happen(cast, EventKind.DOOR_FORCED)
    run()
    assert len(deliveries(cast)) == 1
    run(KEPT + timedelta(minutes=1))
    assert deliveries(cast) == []


def test_an_address_that_may_lead_inside_is_refused(cast: Cast) -> None:
    with acting("privacy_administration", cast.organisation.pk):
        to, _ = add_recipient(ALARM_COMPANY, by=cast.by)
        for address in (
            "http://example.org/",
            "https://example.org:22/",
            "https://a:b@example.org/",
            "https:///x",
            "x",
        ):
            with pytest.raises(Refused, match="webhook_address"):
                add_webhook(to, address, TOLD, Network(), by=cast.by)
        for _number in range(MOST_WEBHOOKS):
            add_webhook(to, "https://example.org/", TOLD, Network(), by=cast.by)
        with pytest.raises(Refused, match="webhook_many"):
            add_webhook(to, "https://example.org/", TOLD, Network(), by=cast.by)
        Webhook.objects.filter(organisation=cast.organisation).update(ended_at=timezone.now())
