"""Is everybody told once, in their language, with a receipt only for what the mail server took?"""

from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from portvakt.server.jobs.notices import deliver, deliver_notices, publish_changed
from portvakt.server.people.models import Person
from portvakt.server.privacy.models import Disclosure, NoticeReceipt, NoticeVersion, Way
from portvakt.server.privacy.told import newest_notice, notice_in_force, owed
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.models import RegisterVersion
from tests.cast import Cast, as_login


class Refusing(EmailBackend):
    """A mail server that takes nothing for addresses that begin with "refused"."""

    def send_messages(self, messages: list) -> int:
        if any(address.startswith("refused") for message in messages for address in message.to):
            raise SMTPException("no such mailbox: refused@example.org")
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def _backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EMAIL_BACKEND", f"{__name__}.Refusing")


@pytest.fixture
def told(cast: Cast, provider: Cast) -> Cast:
    """An organisation whose resident has an address; everybody of other tests has been told before."""
    with acting("access_administration", cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(email=f"{cast.organisation.slug}@example.org", language="sv")
    with as_login("jobs"):
        publish_changed()
    return cast


def mails_to(address: str) -> list:
    return [one for one in mail.outbox if address in one.to]


def receipts(cast: Cast) -> list[NoticeReceipt]:
    with acting("notice_handover", cast.organisation.pk):
        return list(NoticeReceipt.objects.filter(organisation=cast.organisation))


def run(**more: int) -> None:
    with as_login("jobs"):
        deliver(timezone.now(), most=10_000, **more)


@pytest.mark.row("S34")
def test_everybody_with_an_address_is_told_once_and_in_their_language(told: Cast) -> None:  # N-02, N-03, N-06
    run()
    run()
    sent = mails_to(f"{told.organisation.slug}@example.org")
    assert len(sent) == 1
    assert sent[0].subject == f"Så behandlar {told.organisation.name} dina personuppgifter"
    assert "Hej Maja!" in sent[0].body
    assert f"/privacy/{told.organisation.slug}/?language=sv" in sent[0].body
    assert "invända" in sent[0].body  # D-21c: at the first communication
    found = receipts(told)
    assert [(one.subject_id, one.way, one.language) for one in found] == [(told.resident.pk, Way.MAIL, "sv")]
    with acting("notice_handover", told.organisation.pk):
        assert {one.person for one in owed(told.organisation)} == {told.guest, told.suspended}


def test_an_account_is_told_of_the_providers_notice(told: Cast) -> None:
    # So many at a time: those of other tests may come first.
    for _ in range(100):
        run()
        if mails_to(told.admin.email):
            break
    sent = [one for one in mails_to(told.admin.email) if "personal data" in one.subject]
    assert len(sent) == 1
    assert "/privacy/?language=en" in sent[0].body


@pytest.mark.row("S34")
def test_a_newer_version_is_told_with_what_is_new(told: Cast) -> None:  # N-05, N-06
    run()
    told.organisation.entry_log_days, told.organisation.entry_log_reason = 30, "Upprepade inbrott"
    with acting("privacy_administration", told.organisation.pk):
        told.organisation.save()
    with as_login("jobs"):
        publish_changed()
    run()
    newest = mails_to(f"{told.organisation.slug}@example.org")[-1]
    assert newest.subject == f"Nytt i hur {told.organisation.name} behandlar dina personuppgifter"
    assert "- Ändrat: Passerlogg (hur länge)" in newest.body
    assert "/versions/2/changes/?language=sv&since=1" in newest.body
    assert len(receipts(told)) == 2


@pytest.mark.row("S18")
def test_each_mail_is_a_disclosure_that_the_person_can_see(told: Cast) -> None:
    run()
    with as_login("jobs"), acting("notice_delivery"):
        row = Disclosure.objects.get(subject_id=told.resident.pk)
        assert (row.recipient, row.way, row.organisation_id) == ("own_mail_server", Way.MAIL, told.organisation.pk)


def test_what_the_server_did_not_take_leaves_no_receipt_and_is_tried_again_the_next_day(told: Cast) -> None:
    address = f"refused-{told.organisation.slug}@example.org"
    with acting("access_administration", told.organisation.pk):
        Person.objects.filter(pk=told.guest.pk).update(email=address)
    run()
    assert told.guest.pk not in {one.subject_id for one in receipts(told)}
    assert told.resident.pk in {one.subject_id for one in receipts(told)}
    with as_login("jobs"), acting("notice_delivery"):
        tried = Disclosure.objects.filter(subject_id=told.guest.pk)
        assert tried.count() == 1
    run()
    with as_login("jobs"), acting("notice_delivery"):
        assert Disclosure.objects.filter(subject_id=told.guest.pk).count() == 1
    with acting("access_administration", told.organisation.pk):
        Person.objects.filter(pk=told.guest.pk).update(email=address.removeprefix("refused-"))
    with as_login("jobs"):
        deliver(timezone.now() + timedelta(days=1, minutes=1), most=10_000)
    assert told.guest.pk in {one.subject_id for one in receipts(told)}


def test_no_more_than_so_many_go_in_a_minute(told: Cast, other: Cast) -> None:
    run()
    with acting("access_administration", told.organisation.pk):
        Person.objects.filter(pk__in=[told.guest.pk, told.suspended.pk]).update(
            email=f"two-{told.organisation.slug}@example.org"
        )
    with as_login("jobs"):
        assert deliver(timezone.now(), most=1) == 1
    assert len(mails_to(f"two-{told.organisation.slug}@example.org")) == 1


def test_a_server_that_takes_nothing_is_not_asked_for_everybody(told: Cast) -> None:
    run()
    with acting("access_administration", told.organisation.pk):
        persons = [
            Person(organisation=told.organisation, first_name="X", email=f"refused{number}@example.org")
            for number in range(6)
        ]
        Person.objects.bulk_create(persons)
    with as_login("jobs"):
        assert deliver(timezone.now(), most=10_000) == 0
        with acting("notice_delivery"):
            assert Disclosure.objects.filter(subject_id__in=[one.pk for one in persons]).count() == 3


def test_the_job_publishes_for_whoever_has_no_notice_yet_and_then_no_more(cast: Cast, provider: Cast) -> None:
    with as_login("jobs"):
        deliver_notices()
        with acting("notice_delivery"):
            first = newest_notice(cast.organisation.pk)
            assert first is not None
            count = NoticeVersion.objects.count()
        deliver_notices()
        with acting("notice_delivery"):
            assert NoticeVersion.objects.count() == count


def test_a_name_that_no_header_can_have_and_an_address_that_is_none_keep_nobody_waiting(
    told: Cast, other: Cast
) -> None:
    """One organisation's slip of the pen must not stop the mails of all."""
    told.organisation.legal_name = "Brf\nBjörken"
    with acting("privacy_administration", told.organisation.pk):
        told.organisation.save()
    with acting("access_administration", told.organisation.pk):
        Person.objects.filter(pk=told.guest.pk).update(email="åsa utan adress")
    with acting("access_administration", other.organisation.pk):
        Person.objects.filter(pk=other.resident.pk).update(email=f"{other.organisation.slug}@example.org")
    with as_login("jobs"):
        publish_changed()
    run()
    assert len(mails_to(f"{other.organisation.slug}@example.org")) == 1
    assert "Brf Björken" in mails_to(f"{told.organisation.slug}@example.org")[-1].subject
    assert told.guest.pk not in {one.subject_id for one in receipts(told)}


def test_a_notice_that_waited_begins_with_a_register_that_waits_no_more(told: Cast, owner: None) -> None:  # N-05
    """Also in the process that has compared both before: `portvakt rights --apply --told` is another process."""
    version = RegisterVersion.objects.order_by("-number").first()
    assert version is not None
    before = version.in_force_at
    RegisterVersion.objects.filter(pk=version.pk).update(in_force_at=None, held=["entry_log"])
    NoticeVersion.objects.filter(organisation=told.organisation).update(in_force_at=None)
    try:
        with as_login("jobs"):
            publish_changed()
            with acting("notice_delivery"):
                assert notice_in_force(told.organisation.pk) is None
    finally:
        RegisterVersion.objects.filter(pk=version.pk).update(in_force_at=before, held=[])
    with as_login("jobs"):
        publish_changed()
        with acting("notice_delivery"):
            assert notice_in_force(told.organisation.pk) == newest_notice(told.organisation.pk)
