"""Is it asked who gets a file, refused where they may not, and on record for each person in it?"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.test import Client

from portvakt.core.event import EventKind
from portvakt.server.accounts.models import Account
from portvakt.server.logbook.actions import record_events
from portvakt.server.logbook.models import AccessEvent, AuditEntry
from portvakt.server.people.models import Person
from portvakt.server.privacy.actions.recipients import add_recipient
from portvakt.server.privacy.actions.transfers import stop_mechanism
from portvakt.server.privacy.models import Disclosure, OwnRecipient, TransferStop
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]
INSURER: dict[str, Any] = {
    "name": "Försäkringsbolaget",
    "category": "data_controller",
    "what_for": "Skador",
    "purposes": ["entry_log_review"],
    "country": "SE",
}


def happen(cast: Cast, *persons: UUID | None) -> None:
    rows = [
        AccessEvent(
            organisation=cast.organisation, controller_id=cast.controller.pk, journal=uuid4(), sequence=1,
            at=datetime(2026, 11, 20, 12, tzinfo=UTC), received_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
            kind=EventKind.ACCESS_GRANTED, door_id=cast.door.pk, side="entry", person_id=person,
        )
        for person in persons
    ]  # fmt: skip
    with as_login("link"), acting("entry_log", cast.organisation.pk):
        record_events(rows)


def kept(cast: Cast, person: UUID) -> list[Disclosure]:
    with acting("own_data", cast.organisation.pk, person=person):
        return list(Disclosure.objects.order_by("at"))


def url(cast: Cast, path: str) -> str:
    return f"/o/{cast.organisation.slug}/{path}"


@pytest.mark.parametrize("path", ["access-log/export/", "access-log/evidence/"])
def test_it_is_asked_who_gets_it_and_looking_at_the_question_keeps_nothing(
    path: str, cast: Cast, client_of: ClientOf
) -> None:
    happen(cast, cast.resident.pk)
    with acting("privacy_administration", cast.organisation.pk):
        own, _ = add_recipient(INSURER, by=cast.by)
        add_recipient(INSURER | {"name": "Not for this", "purposes": ["access_administration"]}, by=cast.by)
    answer = client_of(cast.admin).get(url(cast, path))
    assert answer.status_code == 200
    choices = [value for value, _name in answer.context["form"].fields["recipient"].choices]
    assert choices == ["the_organisation", str(own.pk), "authorities", "courts", "police"]
    assert kept(cast, cast.resident.pk) == []
    assert client_of(cast.admin).post(url(cast, path), {"recipient": "own_mail_server"}).status_code == 422


@pytest.mark.row("S18")
@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("access-log/export/", ["door_event", "identity", "passage"]),
        ("access-log/evidence/", ["door_event", "log_proof", "passage"]),
    ],
)
def test_each_person_in_the_file_can_be_told_who_got_it(
    path: str, kinds: list[str], cast: Cast, client_of: ClientOf
) -> None:
    happen(cast, cast.resident.pk, cast.resident.pk, cast.guest.pk, None)
    answer = client_of(cast.admin).post(url(cast, path), {"recipient": "police", "note": "Case 1, RB 23:14"})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    for person in (cast.resident.pk, cast.guest.pk):
        (row,) = kept(cast, person)
        assert (row.recipient, row.kinds, row.way, row.note) == ("police", kinds, "export", "Case 1, RB 23:14")
        assert row.by_id == cast.admin.pk
    assert kept(cast, cast.suspended.pk) == []


def test_the_police_get_no_file_without_a_case(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, cast.resident.pk)
    answer = client_of(cast.admin).post(url(cast, "access-log/export/"), {"recipient": "police"})
    assert answer.status_code == 422
    assert "the case, and the law relied on" in answer.content.decode()
    assert kept(cast, cast.resident.pk) == []
    with acting("audit_review", cast.organisation.pk):
        assert not AuditEntry.objects.filter(action="access_log.exported").exists()


def test_who_can_open_a_door_is_handed_out_for_the_organisation(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    for path in (f"doors/{cast.door.pk}/reach/export/", f"persons/{cast.resident.pk}/reach/"):
        assert client.post(url(cast, path), {"recipient": "the_organisation"}).status_code == 200
    assert [row.kinds for row in kept(cast, cast.resident.pk)] == [["access_right", "identity"]] * 2


def test_a_stopped_transfer_refuses_the_file_beside_the_question(
    cast: Cast, provider: Cast, client_of: ClientOf
) -> None:
    happen(cast, cast.resident.pk)
    abroad = INSURER | {"country": "IN", "mechanism": "scc", "safeguard": "2021/914", "assessed": date(2026, 1, 1)}
    with acting("privacy_administration", cast.organisation.pk):
        row = OwnRecipient.objects.get(pk=add_recipient(abroad, by=cast.by)[0].pk)
    with acting("register_review"):
        stop_mechanism("scc:IN", "A court.", by=provider.by)
    answer = client_of(cast.admin).post(url(cast, "access-log/export/"), {"recipient": str(row.pk)})
    with acting("register_review"):
        TransferStop.objects.filter(mechanism="scc:IN").update(lifted_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert answer.status_code == 422
    assert "is stopped for the time being" in answer.content.decode()
    assert client_of(cast.admin).post(url(cast, "access-log/export/"), {"recipient": str(row.pk)}).status_code == 200
    assert [row.safeguard for row in kept(cast, cast.resident.pk)] == ["2021/914"]


def disclosed_to_mail_server(account: Account) -> list[Disclosure]:
    with acting("own_data", account=account.pk):
        return list(Disclosure.objects.filter(recipient="own_mail_server").order_by("at"))


def test_a_mail_of_the_sign_in_library_is_a_disclosure(cast: Cast) -> None:
    mail.outbox = []
    assert Client().post("/account/password/reset/", {"email": cast.admin.email.upper()}).status_code == 302
    assert len(mail.outbox) == 1
    (row,) = disclosed_to_mail_server(cast.admin)
    assert (row.purpose, row.way, row.organisation_id) == ("account_sign_in", "mail", None)


def test_a_stranger_whose_address_nobody_knows_is_no_subject(cast: Cast) -> None:
    mail.outbox = []
    assert Client().post("/account/password/reset/", {"email": "nobody@example.org"}).status_code == 302
    assert disclosed_to_mail_server(cast.admin) == []


def test_a_mail_that_does_not_go_out_is_said_on_the_sign_in_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_mail: mail.EmailMessage) -> int:
        raise OSError

    monkeypatch.setattr(mail.EmailMessage, "send", fail)
    answer = Client().post("/account/password/reset/", {"email": cast.admin.email}, headers={"accept-language": "en"})
    assert answer.status_code == 503
    assert "The mail could not be sent" in answer.content.decode()


def test_an_invitation_and_a_guest_code_are_disclosures(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    mail.outbox = []
    with acting("access_administration", cast.organisation.pk):
        Person.objects.filter(pk=cast.guest.pk).update(email="nils@example.org")
    client.post(url(cast, f"persons/{cast.guest.pk}/invite/"))
    code = {"mail": "on", "valid_to": "2030-01-01T10:00"}
    client.post(url(cast, f"persons/{cast.guest.pk}/guest-codes/"), code)
    assert len(mail.outbox) == 2
    assert [(row.recipient, row.kinds) for row in kept(cast, cast.guest.pk)] == [
        ("own_mail_server", ["contact", "credential", "identity"])
    ]
