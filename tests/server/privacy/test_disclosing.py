"""Is everything that leaves on record for each person, and refused where the register or the law does not allow it?"""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.models import PERMISSIONS, Role
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.models import Person
from portvakt.server.privacy.actions import About, Those, disclose, send_mail, send_sms
from portvakt.server.privacy.actions.recipients import add_recipient, change_recipient, end_recipient
from portvakt.server.privacy.actions.transfers import lift_stop, stop_mechanism
from portvakt.server.privacy.models import Disclosure, OwnRecipient, TransferStop, Way
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.register import LETTERS
from tests.cast import Cast, as_login

PURPOSE = "access_administration"
AT_HOME: dict[str, Any] = {
    "name": "Larmbolaget",
    "category": "processor",
    "what_for": "Larm",
    "purposes": [PURPOSE],
    "country": "SE",
    "agreement_signed": date(2024, 1, 1),
    "points": list(LETTERS),
}
CLAUSES: dict[str, Any] = AT_HOME | {
    "name": "Far Away Ltd",
    "country": "IN",
    "mechanism": "scc",
    "safeguard": "2021/914 module 2",
    "assessed": date(2025, 1, 1),
}


def recipient(cast: Cast, values: dict[str, Any]) -> OwnRecipient:
    with acting("privacy_administration", cast.organisation.pk):
        return add_recipient(values, by=cast.by)[0]


def hand_over(cast: Cast, to: str, purpose: str = PURPOSE, **more: Any) -> None:
    with acting(purpose, cast.organisation.pk):
        about = [About(Subject.HOLDER, cast.resident.pk)]
        disclose(to, about, [Kind.IDENTITY], way=Way.EXPORT, by=cast.by, organisation=cast.organisation.pk, **more)


def kept(cast: Cast, person: uuid.UUID | None = None) -> list[Disclosure]:
    """What a person's own page shows."""
    with acting("own_data", cast.organisation.pk, person=person or cast.resident.pk):
        return list(Disclosure.objects.order_by("at"))


def refused(cast: Cast, to: str, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        hand_over(cast, to, **more)
    return caught.value.code


@pytest.fixture
def stop(provider: Cast) -> Iterator[TransferStop]:
    """Standard contractual clauses for India are not relied on; lifted at the end, for all tests share what is stopped."""
    with acting("register_review"):
        stop_mechanism("scc:IN", "A court has said so.", by=provider.by)
        row = TransferStop.objects.get(mechanism="scc:IN", lifted_at=None)
    yield row
    with acting("register_review"):
        TransferStop.objects.filter(pk=row.pk, lifted_at=None).update(lifted_at=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.row("S18")
def test_who_got_what_stands_in_the_persons_own_extract(cast: Cast) -> None:
    row = recipient(cast, AT_HOME)
    hand_over(cast, str(row.pk))
    (found,) = kept(cast)
    assert (found.recipient, found.recipient_name, found.purpose) == (str(row.pk), "Larmbolaget", PURPOSE)
    assert (found.kinds, found.way, found.country, found.safeguard) == (["identity"], "export", "SE", "")
    assert kept(cast, cast.guest.pk) == []


@pytest.mark.row("S18")
def test_without_an_agreement_nothing_leaves_and_nothing_is_kept(cast: Cast) -> None:
    row = recipient(cast, AT_HOME | {"points": list("abcdefg")})
    assert refused(cast, str(row.pk)) == "agreement_incomplete"
    with acting("privacy_administration", cast.organisation.pk):
        change_recipient(row, {"agreement_signed": None, "points": []}, by=cast.by)
    assert refused(cast, str(row.pk)) == "agreement_missing"
    assert kept(cast) == []
    with acting("privacy_administration", cast.organisation.pk):
        change_recipient(row, {"agreement_signed": date(2024, 1, 1), "points": list(LETTERS)}, by=cast.by)
    hand_over(cast, str(row.pk))
    assert len(kept(cast)) == 1


def test_a_recipient_gets_data_only_for_what_it_is_entered_for(cast: Cast) -> None:
    row = recipient(cast, AT_HOME)
    assert refused(cast, str(row.pk), purpose="entry_log_review") == "recipient_not_listed"
    assert refused(cast, "own_mail_server", purpose="entry_log_review") == "recipient_not_listed"
    assert refused(cast, str(uuid.uuid4())) == "recipient_unknown"
    assert refused(cast, "nobody") == "recipient_unknown"


def test_another_organisations_recipient_is_unknown(cast: Cast, other: Cast) -> None:
    assert refused(cast, str(recipient(other, AT_HOME).pk)) == "recipient_unknown"


def test_an_ended_recipient_gets_nothing(cast: Cast) -> None:
    row = recipient(cast, AT_HOME)
    with acting("privacy_administration", cast.organisation.pk):
        end_recipient(row, by=cast.by)
    assert refused(cast, str(row.pk)) == "recipient_ended"


@pytest.mark.row("S19")
def test_a_third_country_needs_a_safeguard_and_the_record_names_it(cast: Cast) -> None:
    bare = recipient(cast, CLAUSES | {"name": "Bare", "mechanism": "none"})
    assert refused(cast, str(bare.pk)) == "transfer_unsafe"
    unassessed = recipient(cast, CLAUSES | {"name": "Unassessed", "assessed": None})
    assert refused(cast, str(unassessed.pk)) == "transfer_not_assessed"
    hand_over(cast, str(recipient(cast, CLAUSES).pk))
    (found,) = kept(cast)
    assert (found.country, found.safeguard) == ("IN", "2021/914 module 2")


def test_an_exception_in_a_single_case_is_kept_with_its_reason(cast: Cast) -> None:
    row = recipient(cast, CLAUSES | {"mechanism": "derogation", "safeguard": "", "assessed": None})
    assert refused(cast, str(row.pk)) == "disclosure_note_missing"
    hand_over(cast, str(row.pk), note="The person asked for it on 3 May.")
    (found,) = kept(cast)
    assert (found.safeguard, found.note) == ("Art. 49", "The person asked for it on 3 May.")


def test_the_police_get_something_only_with_the_case_noted(cast: Cast) -> None:
    assert refused(cast, "police") == "disclosure_note_missing"
    hand_over(cast, "police", note="Case 5000-K1-26, RB 23:14")
    assert [row.note for row in kept(cast)] == ["Case 5000-K1-26, RB 23:14"]


@pytest.mark.row("S19")
def test_a_job_in_the_middle_of_a_batch_stops_with_the_mechanism(cast: Cast, provider: Cast) -> None:
    row = recipient(cast, CLAUSES)
    hand_over(cast, str(row.pk))
    hand_over(cast, str(row.pk))
    with acting("register_review"):
        stop_mechanism("scc", "A court has said so.", by=provider.by)
    assert refused(cast, str(row.pk)) == "transfer_stopped"
    assert len(kept(cast)) == 2
    with acting("register_review"):
        lift_stop(TransferStop.objects.get(mechanism="scc", lifted_at=None), by=provider.by)
    hand_over(cast, str(row.pk))
    assert len(kept(cast)) == 3


def test_a_stop_is_on_record_where_the_provider_looks(stop: TransferStop, provider: Cast) -> None:
    with acting("audit_review", provider.organisation.pk):
        entries = AuditEntry.objects.filter(action="transfer.stopped", object_id=stop.pk)
        assert [entry.organisation_id for entry in entries] == [provider.organisation.pk]
    with acting("register_review"), pytest.raises(Refused, match="mechanism_stopped"):
        stop_mechanism("scc:IN", "Again.", by=provider.by)


def test_only_whoever_answers_for_the_register_stops_a_mechanism(cast: Cast) -> None:
    support = Actor("operator", cast.organisation.pk, cast.admin.pk, PERMISSIONS[Role.SUPPORT])
    with acting("register_review"), pytest.raises(Refused, match="not_permitted"):
        stop_mechanism("scc", "No.", by=support)


def test_another_country_is_not_concerned_by_a_stop(cast: Cast, stop: TransferStop) -> None:
    assert refused(cast, str(recipient(cast, CLAUSES).pk)) == "transfer_stopped"
    hand_over(cast, str(recipient(cast, CLAUSES | {"name": "Elsewhere", "country": "BR"}).pk))
    assert [row.country for row in kept(cast)] == ["BR"]


def test_many_are_kept_in_one_statement(cast: Cast) -> None:
    with acting(PURPOSE, cast.organisation.pk):
        ids = Person.objects.filter(organisation=cast.organisation).values("pk")
        with CaptureQueriesContext(
            connection,
        ) as run:
            disclose(
                "the_organisation", Those(Subject.HOLDER, ids), [Kind.IDENTITY, Kind.ACCESS_RIGHT],
                way=Way.EXPORT, by=cast.by, organisation=cast.organisation.pk,
            )  # fmt: skip
    assert sum(query["sql"].startswith("insert into privacy_disclosure") for query in run) == 1
    for person in (cast.resident, cast.guest, cast.suspended):
        (found,) = kept(cast, person.pk)
        assert (found.kinds, found.recipient, found.subject) == (
            ["access_right", "identity"],
            "the_organisation",
            "holder",
        )


def test_named_twice_it_is_kept_once(cast: Cast) -> None:
    with acting(PURPOSE, cast.organisation.pk):
        about = [About(Subject.HOLDER, cast.resident.pk)] * 2
        disclose(
            "the_organisation", about, [Kind.IDENTITY], way=Way.EXPORT, by=cast.by, organisation=cast.organisation.pk
        )
    assert len(kept(cast)) == 1


def test_what_fails_afterwards_leaves_no_record(cast: Cast) -> None:
    def work() -> None:
        with acting(PURPOSE, cast.organisation.pk):
            about, way = [About(Subject.HOLDER, cast.resident.pk)], Way.EXPORT
            disclose("the_organisation", about, [Kind.IDENTITY], way=way, by=None, organisation=cast.organisation.pk)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    assert kept(cast) == []


def test_a_mail_is_a_disclosure_to_the_mail_server(cast: Cast) -> None:
    mail.outbox = []
    with acting(PURPOSE, cast.organisation.pk):
        message = EmailMessage("Subject", "Text", to=["maja@example.org"])
        about = About(Subject.HOLDER, cast.resident.pk)
        assert send_mail(message, about, [Kind.CONTACT], by=cast.by, organisation=cast.organisation.pk)
    assert len(mail.outbox) == 1
    (found,) = kept(cast)
    assert (found.recipient, found.way, found.kinds) == ("own_mail_server", "mail", ["contact"])


def test_a_mail_that_the_server_did_not_take_stays_on_record(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_mail: EmailMessage) -> int:
        raise SMTPServerDisconnected

    monkeypatch.setattr(EmailMessage, "send", fail)
    with acting(PURPOSE, cast.organisation.pk):
        message, about = (
            EmailMessage("Subject", "Text", to=["maja@example.org"]),
            About(Subject.HOLDER, cast.resident.pk),
        )
        assert not send_mail(message, about, [Kind.CONTACT], by=cast.by, organisation=cast.organisation.pk)
    assert len(kept(cast)) == 1


def test_a_text_message_needs_a_gateway_with_an_agreement(cast: Cast, settings_of_sms: None) -> None:
    about = About(Subject.HOLDER, cast.resident.pk)
    with as_login("jobs"), acting("expiry_reminders"), pytest.raises(Refused) as caught:
        send_sms("Hello", "+46700000000", about, [Kind.CONTACT], by=None, organisation=cast.organisation.pk)
    assert caught.value.code == "agreement_missing"
    assert kept(cast) == []


@pytest.fixture
def settings_of_sms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SMS_URL", "http://127.0.0.1:1/")
