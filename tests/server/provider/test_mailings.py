"""Do offers go to those who may be written to and to nobody else, and does a no hold from the next message on, for ever?"""

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError
from django.test import Client, override_settings
from django.utils import timezone

from portvakt.core.privacy import Kind
from portvakt.server.accounts.blocked import is_blocked
from portvakt.server.accounts.models import Account, Blocked
from portvakt.server.jobs.mailings import send_queued
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.people.models import Person
from portvakt.server.privacy.actions.consents import say_as_account
from portvakt.server.privacy.models import Consent, Disclosure
from portvakt.server.provider.actions import change_order_state, stop_mailing
from portvakt.server.provider.models import Mailing, Order, OrderContact
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.rights import consent_digest
from tests.cast import Cast, as_login, make_account
from tests.server.provider.wares import address, customer, mailing, ordered

OWN, PARTNER = Mailing.Sort.OWN, Mailing.Sort.PARTNER


@pytest.fixture(autouse=True)
def _nobody_else(provider: Cast) -> Iterator[None]:
    """Let no customer and no mailing of another test be there, and no mail."""
    with acting("ordering"):
        for other in Order.objects.filter(state=Order.State.ACCEPTED):
            change_order_state(other, Order.State.ENDED, by=provider.by)
    with acting("marketing"):
        Mailing.objects.filter(done_at=None).update(done_at=timezone.now())
    mail.outbox.clear()
    yield
    mail.outbox.clear()


def send() -> list[str]:
    """Run the job as its process; return who was written to, in order."""
    mail.outbox.clear()
    with as_login("jobs"):
        send_queued()
    return [one.to[0] for one in mail.outbox]


def refuse_link(message: mail.EmailMessage) -> str:
    found = re.search(r"http\S+(/unsubscribe/\S+/)", str(message.body))
    assert found
    return found[1]


def account() -> Account:
    with acting("account_administration"):
        return make_account("Ulla", "Ros")


def say(holder: Account, *, given: bool) -> None:
    digest = consent_digest(catalogue.in_force().activity("partner_offers"))
    with acting("terms", by=holder.pk, account=holder.pk):
        say_as_account("partner_offers", digest, "en", given=given, by=holder)


@pytest.mark.row("S13")
def test_only_customers_who_have_not_refused_get_offers(provider: Cast) -> None:  # M-01
    other = OrderContact(first_name="Bo", last_name="Ek", email=address())
    wants, says_no = customer(provider, contacts=(other,)), customer(provider, no_offers=True)
    asked_only, gone = ordered(), customer(provider)
    with acting("ordering"):
        change_order_state(gone, Order.State.ENDED, by=provider.by)
    written = mailing(provider)
    reached = send()
    assert reached == [wants.email]
    assert not {says_no.email, asked_only.email, gone.email, other.email} & set(reached)
    with acting("marketing"):
        written.refresh_from_db()
    assert (written.sent, written.passed_over, written.failed) == (1, 1, 0)
    assert written.done_at is not None
    assert send() == []
    with acting("register_review"):
        (row,) = Disclosure.objects.filter(subject_id=wants.pk, purpose="marketing")
    assert (row.recipient, row.kinds) == ("own_mail_server", [Kind.CONTACT, Kind.IDENTITY])


@pytest.mark.row("S14")
def test_every_message_says_who_sends_it_and_how_to_refuse(provider: Cast) -> None:  # M-01, M-02
    customer(provider)
    mailing(provider)
    send()
    (message,) = mail.outbox
    contact = catalogue.in_force().provider.contact
    for said in (contact.name, contact.address, contact.email, "Better than before."):
        assert said in message.body
    headers = message.message()
    assert headers["List-Unsubscribe"] == f"<http://localhost:8000{refuse_link(message)}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_one_address_gets_an_offer_once_however_often_it_ordered(provider: Cast) -> None:
    email = address()
    customer(provider, email)
    customer(provider, email.upper())
    mailing(provider)
    assert len(send()) == 1


@pytest.mark.row("S14")
def test_a_no_holds_from_the_next_message_on_and_after_everything_is_erased(provider: Cast) -> None:  # M-04
    first, second = customer(provider), customer(provider)
    mailing(provider)
    assert sorted(send()) == sorted([first.email, second.email])
    link = next(refuse_link(one) for one in mail.outbox if one.to == [second.email])
    mailing(provider)  # queued before the no
    assert Client(enforce_csrf_checks=True).post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert send() == [first.email]
    with as_login("jobs"), acting("retention"):
        Order.objects.filter(pk=second.pk).delete()
    # The same address comes again, written another way.
    customer(provider, f" {second.email.upper()} ".strip())
    mailing(provider)
    assert send() == [first.email]


def test_a_link_works_after_what_it_was_sent_about_is_erased(provider: Cast) -> None:
    gone = customer(provider)
    mailing(provider)
    send()
    link = refuse_link(mail.outbox[0])
    with as_login("jobs"), acting("retention"):
        Order.objects.filter(pk=gone.pk).delete()
    assert Client().post(link).status_code == 200
    with acting("marketing"):
        assert is_blocked(gone.email, Blocked.MARKETING)


def test_opening_the_link_alone_refuses_nothing(provider: Cast) -> None:
    reader = customer(provider)
    mailing(provider)
    send()
    link = refuse_link(mail.outbox[0])
    for method in ("get", "head"):
        assert getattr(Client(), method)(link).status_code == 200
    with acting("marketing"):
        assert not is_blocked(reader.email, Blocked.MARKETING)
    assert "No more offers, please" in Client().get(link, headers={"accept-language": "en"}).content.decode()


def test_a_link_that_is_not_ours_is_not_there() -> None:
    assert Client().get("/unsubscribe/eyJkIjoiMDAifQ:1abc:xyz/").status_code == 404
    assert Client().post("/unsubscribe/x/").status_code == 404


@pytest.mark.row("S13")
def test_partners_offers_go_only_to_those_who_have_consented(provider: Cast) -> None:  # M-01, C-04
    yes, no, changed = account(), account(), account()
    say(yes, given=True)
    say(changed, given=True)
    say(changed, given=False)
    customer(provider)
    mailing(provider, PARTNER)
    reached = send()
    assert yes.email in reached
    assert not {no.email, changed.email} & set(reached)
    link = next(refuse_link(one) for one in mail.outbox if one.to == [yes.email])
    mailing(provider, PARTNER)
    Client().post(link)
    assert yes.email not in send()
    with acting("register_review"):
        newest = Consent.objects.filter(subject_id=yes.pk, purpose="partner_offers").latest("at")
    assert not newest.given


def test_a_stop_holds_in_the_middle(provider: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    customer(provider)
    customer(provider)
    written = mailing(provider)
    monkeypatch.setattr("portvakt.server.jobs.mailings.AT_MOST", 1)
    assert len(send()) == 1
    with acting("marketing"):
        stop_mailing(written, by=provider.by)
    assert send() == []
    with acting("marketing"):
        written.refresh_from_db()
    assert written.sent == 1


class Broken(BaseEmailBackend):
    """A mail server that takes nothing."""

    def send_messages(self, email_messages: object) -> int:  # noqa: ARG002 - Django's signature
        raise OSError


def test_what_the_mail_server_does_not_take_is_counted_and_it_is_left_alone_for_a_while(provider: Cast) -> None:
    customer(provider)
    customer(provider)
    written = mailing(provider)
    with override_settings(EMAIL_BACKEND=f"{__name__}.Broken"):
        assert send() == []
    with acting("marketing"):
        written.refresh_from_db()
    assert (written.sent, written.failed, written.done_at) == (0, 1, None)
    assert len(send()) == 1


@pytest.mark.parametrize("purpose", ["ordering", "enquiries", "marketing"])
def test_these_purposes_see_nobody_of_the_organisations(purpose: str, cast: Cast) -> None:
    for model in (Person, AccessEvent, Account):
        with pytest.raises(DatabaseError, match="permission denied"), acting(purpose, cast.organisation.pk):
            model._default_manager.first()
