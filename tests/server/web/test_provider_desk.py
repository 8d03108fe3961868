"""Can the provider's staff see to orders, answer questions in their channel, and send offers?"""

from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client, override_settings

from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.privacy.models import Disclosure
from portvakt.server.provider.actions import change_order_state
from portvakt.server.provider.models import Enquiry, Mailing, Order, OrderContact
from portvakt.server.purpose.context import acting
from tests.cast import Cast
from tests.server.provider.wares import address, customer, mailing, ordered

ClientOf = Callable[[Account], Client]


@pytest.fixture
def desk(provider: Cast, client_of: ClientOf) -> Client:
    mail.outbox.clear()
    return client_of(provider.accounts[Role.SUPPORT])


def actions(provider: Cast, about: object) -> list[str]:
    with acting("audit_review", provider.organisation.pk):
        return list(AuditEntry.objects.filter(object_id=about).order_by("at", "id").values_list("action", flat=True))


@pytest.mark.row("S04")
def test_an_order_is_seen_accepted_and_ended(desk: Client, provider: Cast) -> None:
    order = ordered()
    page = desk.get("/desk/orders/?state=received").content.decode()
    assert f"/desk/orders/{order.pk}/" in page
    where = f"/desk/orders/{order.pk}/"
    assert order.email in desk.get(where).content.decode()
    assert desk.post(f"{where}state/", {"state": "ended"}).status_code == 422
    assert desk.post(f"{where}state/", {"state": "nonsense"}).status_code == 422
    assert desk.post(f"{where}state/", {"state": "accepted"}).status_code == 302
    assert "portvakt open_organisation" in desk.get(where).content.decode()
    assert desk.post(f"{where}state/", {"state": "ended"}).status_code == 302
    with acting("ordering"):
        order.refresh_from_db()
    assert (order.state, order.ended_at is None) == (Order.State.ENDED, False)
    assert actions(provider, order.pk) == ["order.accepted", "order.ended"]


def test_whoever_was_named_by_somebody_else_is_told_when_the_order_is_accepted(provider: Cast) -> None:  # N-03
    other = OrderContact(first_name="Bo", last_name="Ek", email=address())
    mail.outbox.clear()
    order = ordered(contacts=(other,))
    assert [one.to for one in mail.outbox] == [[order.email]]
    mail.outbox.clear()
    with acting("ordering"):
        change_order_state(order, Order.State.ACCEPTED, by=provider.by)
    (message,) = mail.outbox
    assert message.to == [other.email]
    for said in (order.company, order.name, "/privacy/", "You are sent no offers."):
        assert said in message.body
    with acting("register_review"):
        assert Disclosure.objects.filter(subject_id=other.pk).count() == 1


def written(desk: Client, channel: str, **changes: str) -> Enquiry:
    known = {"channel": channel, "first_name": "Siv", "last_name": "", "question": "Does it work in the rain?"}
    answer = desk.post("/desk/enquiries/write/", known | changes)
    assert answer.status_code == 302, answer.content.decode()
    with acting("enquiries"):
        return Enquiry.objects.get(pk=answer.headers["Location"].rstrip("/").rpartition("/")[2])


@pytest.mark.row("S06")
def test_a_question_by_mail_is_answered_by_mail(desk: Client, provider: Cast) -> None:
    email = address()
    asked = written(desk, "mail", email=email)
    assert desk.post(f"/desk/enquiries/{asked.pk}/", {"answer": "Yes, it does."}).status_code == 302
    (message,) = mail.outbox
    assert message.to == [email]
    assert "Yes, it does." in message.body
    assert desk.post(f"/desk/enquiries/{asked.pk}/", {"answer": "Again."}).status_code == 422
    assert actions(provider, asked.pk) == ["enquiry.written", "enquiry.answered"]
    assert "Yes, it does." in desk.get(f"/desk/enquiries/{asked.pk}/").content.decode()


@pytest.mark.row("S07")
@pytest.mark.row("S08")
@pytest.mark.parametrize("channel", ["phone", "facebook", "linkedin", "twitter"])
def test_a_question_by_telephone_or_in_a_channel_is_answered_there_and_put_on_record(
    channel: str, desk: Client, provider: Cast
) -> None:
    asked = written(desk, channel, phone="070-123 45 67")
    page = desk.get(f"/desk/enquiries/{asked.pk}/").content.decode()
    assert "Answer in the channel where it was asked" in page
    desk.post(f"/desk/enquiries/{asked.pk}/", {"answer": "Yes, told there."})
    assert mail.outbox == []
    with acting("enquiries"):
        asked.refresh_from_db()
    assert asked.answer == "Yes, told there."
    assert actions(provider, asked.pk) == ["enquiry.written", "enquiry.answered"]


def test_a_question_by_mail_needs_an_address(desk: Client) -> None:
    answer = desk.post("/desk/enquiries/write/", {"channel": "mail", "first_name": "Siv", "question": "?"})
    assert answer.status_code == 422
    assert "cannot be answered by e-mail" in answer.content.decode()


def test_an_answer_that_cannot_be_sent_is_not_kept(desk: Client) -> None:
    asked = written(desk, "mail", email=address())
    with override_settings(EMAIL_BACKEND="tests.server.provider.test_mailings.Broken"):
        answer = desk.post(f"/desk/enquiries/{asked.pk}/", {"answer": "Yes."})
    assert answer.status_code == 422
    with acting("enquiries"):
        asked.refresh_from_db()
    assert (asked.answer, asked.answered_at) == ("", None)


@pytest.mark.row("S13")
def test_a_mailing_is_written_counted_tried_and_sent_off(desk: Client, provider: Cast) -> None:
    customer(provider)
    given = {"sort": "own", "subject_sv": "Hej", "text_sv": "Ny läsare", "subject_en": "Hi", "text_en": "New reader"}
    where = desk.post("/desk/mailings/", given).headers["Location"]
    page = desk.get(where).content.decode()
    assert "It goes to " in page
    mail.outbox.clear()
    assert desk.post(where, {"step": "try"}).status_code == 302
    assert [one.to for one in mail.outbox] == [[provider.accounts[Role.SUPPORT].email]] * 2
    assert {one.subject for one in mail.outbox} == {"Hej", "Hi"}
    unanswered = desk.post(where, {"step": "send"})
    assert unanswered.status_code == 422
    assert "Tick this to send it." in unanswered.content.decode()
    assert desk.post(where, {"step": "send", "similar": "on"}).status_code == 302
    assert desk.post(where, {"step": "send", "similar": "on"}).status_code == 422
    assert desk.post(where, {"step": "stop"}).status_code == 302
    assert "It was stopped." in desk.get(where).content.decode()
    pk = where.rstrip("/").rpartition("/")[2]
    assert actions(provider, pk) == ["mailing.written", "mailing.tried", "mailing.queued", "mailing.stopped"]


def test_a_mailing_to_those_who_consented_has_a_page_of_its_own(desk: Client, provider: Cast) -> None:
    row = mailing(provider, Mailing.Sort.PARTNER, queued=False)
    assert desk.get(f"/desk/mailings/partner/{row.pk}/").status_code == 200
    assert desk.get(f"/desk/mailings/own/{row.pk}/").status_code == 404


def test_whoever_may_not_does_not(provider: Cast, client_of: ClientOf) -> None:
    order = ordered()
    dpo = client_of(provider.accounts[Role.DPO])
    for where in ("orders/", f"orders/{order.pk}/", "enquiries/", "mailings/"):
        assert dpo.get(f"/desk/{where}").status_code == 403
