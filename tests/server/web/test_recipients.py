"""Can an organisation enter whom it lets have data, see whether it may go there and why not, and have a system of theirs told of events?"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.privacy.messages import secret_of
from portvakt.server.privacy.models import OwnRecipient, Webhook, WebhookDelivery
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.register import LETTERS
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
ALARM_COMPANY: dict[str, Any] = {
    "name": "Larmbolaget",
    "category": "processor",
    "what_for": "Rycker ut på larm.",
    "purposes": ["webhook_delivery", "entry_log_review"],
    "country": "SE",
    "access_countries": "",
    "mechanism": "none",
    "agreement_signed": "2026-01-01",
    "points": list(LETTERS),
}


def url(cast: Cast, path: str = "recipients/") -> str:
    return f"/o/{cast.organisation.slug}/privacy/{path}"


def own(cast: Cast) -> list[OwnRecipient]:
    with acting("privacy_administration", cast.organisation.pk):
        return list(OwnRecipient.objects.order_by("name"))


def entered(cast: Cast, client: Client, **changes: Any) -> OwnRecipient:
    assert client.post(url(cast, "recipients/new/"), ALARM_COMPANY | changes).status_code == 302
    return next(row for row in own(cast) if row.name == changes.get("name", "Larmbolaget"))


def audited(cast: Cast, action: str) -> list[AuditEntry]:
    with acting("audit_review", cast.organisation.pk):
        return list(AuditEntry.objects.filter(action=action))


@pytest.mark.row("S18")
def test_a_recipient_is_entered_with_all_that_the_law_asks_for(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    row = entered(cast, client, access_countries="no, DE,no")
    assert (row.purposes, row.points, row.access_countries) == (
        ["webhook_delivery", "entry_log_review"], list(LETTERS), ["DE", "NO"],
    )  # fmt: skip
    page = client.get(url(cast)).content.decode()
    assert "Larmbolaget" in page
    assert "8 points of eight" in page
    assert "Sweden, Germany, Norway" in page
    assert "Looking into the access log" in page
    assert len(audited(cast, "recipient.added")) == 1


def test_why_nothing_goes_there_is_said(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    wrong = {
        "No agreement": (
            {"agreement_signed": "", "points": []},
            "There is no data processing agreement with No agreement",
        ),
        "Seven points": ({"points": list("abcdefg")}, "does not answer all eight points"),
        "Over": ({"agreement_ends": "2026-01-02"}, "The agreement with Over has ended"),
        "Far": ({"country": "IN"}, "without a safeguard that holds"),
        "Unseen": ({"access_countries": "IN", "mechanism": "scc", "safeguard": "2021/914"}, "has not been assessed"),
    }
    for name, (changes, _said) in wrong.items():
        entered(cast, client, name=name, **changes)
    page = client.get(url(cast)).content.decode()
    for _changes, said in wrong.values():
        assert said in page
    assert page.count("gets nothing") >= len(wrong)


def test_bad_values_stand_beside_their_fields_and_nothing_is_kept(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    for changes in (
        {"name": ""},
        {"access_countries": "XX"},
        {"purposes": []},
        {"country": "Sverige"},
        {"points": ["i"]},
    ):
        answer = client.post(url(cast, "recipients/new/"), ALARM_COMPANY | changes)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == list(changes)
    entered(cast, client)
    assert client.post(url(cast, "recipients/new/"), ALARM_COMPANY).status_code == 422
    assert len(own(cast)) == 1


def test_it_is_changed_and_ended(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    row = entered(cast, client)
    form = client.get(url(cast, f"recipients/{row.pk}/")).context["form"]
    assert (form.initial["points"], form.initial["country"], form.initial["what_for"]) == (
        list(LETTERS), "SE", "Rycker ut på larm.",
    )  # fmt: skip
    client.post(url(cast, f"recipients/{row.pk}/"), ALARM_COMPANY | {"points": ["a"]})
    assert own(cast)[0].points == ["a"]
    (entry,) = audited(cast, "recipient.changed")
    assert entry.fields == ["points"]
    client.post(url(cast, f"recipients/{row.pk}/end/"))
    assert own(cast)[0].ended_at is not None
    assert client.get(url(cast, f"recipients/{row.pk}/")).status_code == 404
    assert "ended" in client.get(url(cast)).content.decode()


def test_another_organisations_are_not_there(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    row = entered(other, client_of(other.admin))
    client = client_of(cast.admin)
    assert client.get(url(cast, f"recipients/{row.pk}/")).status_code == 404
    assert client.post(url(cast, f"recipients/{row.pk}/end/")).status_code == 404
    assert "Larmbolaget" not in client.get(url(cast)).content.decode()
    assert client_of(cast.accounts[Role.OPERATOR]).get(url(cast)).status_code == 403


def test_the_platforms_recipients_are_shown_in_the_readers_language(cast: Cast, client_of: ClientOf) -> None:
    page = client_of(cast.admin).get(url(cast)).content.decode()
    assert "Police and prosecutors" in page
    assert "A company that passes on text messages" in page


def webhook(cast: Cast, client: Client, **changes: Any) -> tuple[Webhook, str]:
    values = {"recipient": own(cast)[0].pk, "address": "https://example.org/in", "kinds": ["door_forced"]} | changes
    answer = client.post(url(cast, "webhooks/new/"), values)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", answer.content.decode())
    assert found
    with acting("privacy_administration", cast.organisation.pk):
        return Webhook.objects.get(ended_at=None, address=values["address"]), found[0]


def test_a_webhooks_secret_is_shown_once(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    assert "First a recipient" in client.get(url(cast, "webhooks/")).content.decode()
    entered(cast, client)
    row, secret = webhook(cast, client)
    assert secret == secret_of(row.pk)
    page = client.get(url(cast, f"webhooks/{row.pk}/")).content.decode()
    assert "https://example.org/in" in page
    assert "whsec_" not in page
    assert "https://example.org/in" in client.get(url(cast, "webhooks/")).content.decode()
    assert client.post(url(cast, f"webhooks/{row.pk}/end/")).status_code == 302
    assert client.get(url(cast, f"webhooks/{row.pk}/")).status_code == 404


def test_an_address_inside_is_refused_beside_the_field(
    cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(cast.admin)
    entered(cast, client)
    values = {"recipient": own(cast)[0].pk, "address": "http://localhost:8000/", "kinds": ["door_forced"]}
    answer = client.post(url(cast, "webhooks/new/"), values)
    assert answer.status_code == 422
    assert "address" in answer.context["form"].errors
    monkeypatch.setattr(settings, "WEBHOOK_PRIVATE", True)
    row, _secret = webhook(cast, client, address="http://localhost:8000/")
    assert row.address == "http://localhost:8000/"
    client.post(url(cast, f"webhooks/{row.pk}/end/"))


def test_it_is_paused_resumed_and_one_event_played_again(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    entered(cast, client)
    row, _secret = webhook(cast, client)
    client.post(url(cast, f"webhooks/{row.pk}/pause/"))
    assert "paused" in client.get(url(cast, f"webhooks/{row.pk}/")).content.decode()
    with acting("privacy_administration", cast.organisation.pk):
        moment = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
        told = WebhookDelivery(
            organisation=cast.organisation, webhook=row, event_id=17, queued_at=moment, due_at=moment,
            state=WebhookDelivery.State.FAILED, attempts=10, status=500,
        )  # fmt: skip
        told.save(force_insert=True)
    assert "HTTP 500" in client.get(url(cast, f"webhooks/{row.pk}/")).content.decode()
    assert client.post(url(cast, f"webhooks/{row.pk}/{told.pk}/again/")).status_code == 302
    assert client.post(url(cast, f"webhooks/{row.pk}/{uuid4()}/again/")).status_code == 404
    with acting("privacy_administration", cast.organisation.pk):
        told = WebhookDelivery.objects.get(pk=told.pk)
    assert (told.state, told.attempts) == ("waiting", 0)
    client.post(url(cast, f"webhooks/{row.pk}/resume/"))
    with acting("privacy_administration", cast.organisation.pk):
        assert Webhook.objects.get(pk=row.pk).paused_at is None
    client.post(url(cast, f"webhooks/{row.pk}/end/"))
    for action in ("added", "paused", "replayed", "resumed", "ended"):
        assert len(audited(cast, f"webhook.{action}")) == 1
