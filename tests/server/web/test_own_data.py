"""Does a person, and an account, see what is held about them and nobody else, as much as there is, without a list made by hand?"""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portvakt.core.privacy import Kind, Privacy, Subject
from portvakt.server.accounts.actions import invite_person
from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.people.actions import change_person
from portvakt.server.places.actions import change_door
from portvakt.server.privacy.models import Disclosure, Way
from portvakt.server.privacy.own import held, longest_kept, not_counted, readable
from portvakt.server.privacy.words import KINDS
from portvakt.server.purpose import declare
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]


def own(cast: Cast) -> str:
    return f"/o/{cast.organisation.slug}/me/privacy/"


@pytest.fixture
def resident(cast: Cast, client_of: ClientOf) -> Client:
    account = cast.accounts[Role.REGULAR]
    with acting("person_invitation"):
        invite_person(account.email, cast.resident.pk, by=cast.by)
    return client_of(account)


def passages(cast: Cast, person: object, count: int) -> None:
    """What a controller told of a person's passages, straight into the rows."""
    journal, now = uuid4(), timezone.now()
    rows = [
        AccessEvent(
            organisation=cast.organisation, controller_id=cast.controller.pk, journal=journal, sequence=number, at=now,
            received_at=now, kind="access_granted", door_id=cast.door.pk, person_id=person,
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    with as_login("link"), acting("entry_log", cast.organisation.pk):
        AccessEvent.objects.bulk_create(rows)


def handed(cast: Cast, person: object) -> None:
    with as_login("board"), acting("access_administration", cast.organisation.pk):
        Disclosure.objects.bulk_create(
            [
                Disclosure(
                    organisation=cast.organisation, subject=Subject.HOLDER, subject_id=person, recipient="own_mail_server",
                    recipient_name="The mail carrier", purpose="access_administration", kinds=[Kind.CONTACT], way=Way.MAIL,
                    country="SE", note="Case 12-26, chapter 27", at=timezone.now(),
                )
            ]
        )  # fmt: skip


def counts(cast: Cast, person: object) -> dict[Kind, int]:
    about = {Subject.HOLDER: person, Subject.DATA_SUBJECT: person}
    with acting("own_data", cast.organisation.pk, person=person):  # type: ignore[arg-type]
        return {one.kind: one.count for one in held(about)}  # type: ignore[arg-type]


def test_what_is_held_is_counted_by_kind_and_what_is_empty_is_not(cast: Cast) -> None:
    passages(cast, cast.resident.pk, 3)
    passages(cast, cast.guest.pk, 5)
    found = counts(cast, cast.resident.pk)
    # The card and the PIN; no e-mail, no telephone.
    assert (found[Kind.IDENTITY], found[Kind.CREDENTIAL], found[Kind.PASSAGE]) == (1, 2, 3)
    assert Kind.CONTACT not in found
    with acting("access_administration", cast.organisation.pk):
        change_person(cast.resident, by=cast.by, email="maja@example.org")
    assert counts(cast, cast.resident.pk)[Kind.CONTACT] == 1


def test_the_purpose_sees_nobody_else_whoever_is_asked_for(cast: Cast) -> None:
    passages(cast, cast.resident.pk, 2)
    with acting("own_data", cast.organisation.pk, person=cast.guest.pk):
        assert held({Subject.HOLDER: cast.resident.pk}) == []


def test_a_persons_page_says_what_why_who_and_until_when(cast: Cast, resident: Client) -> None:
    passages(cast, cast.resident.pk, 3)
    handed(cast, cast.resident.pk)
    answer = resident.get(own(cast))
    lines = {line.name: line for line in answer.context["lines"]}
    line = lines[KINDS[Kind.PASSAGE].name.en]
    assert line.count == 3
    assert line.newest is not None
    assert "14 days" in line.kept
    assert "Access log" in line.purposes
    assert line.seen_by == ("Admin", "Operator", "Support, only with the organisation's leave")
    html = answer.content.decode()
    assert "The mail carrier" in html
    assert "Case 12-26, chapter 27" in html
    assert f'href="/o/{cast.organisation.slug}/me/consents/"' in html
    assert f'href="/privacy/{cast.organisation.slug}/"' in html
    assert "imy.se" in html


def test_how_long_the_log_is_kept_is_the_organisations_own_choice(cast: Cast, resident: Client) -> None:
    passages(cast, cast.resident.pk, 1)
    with acting("privacy_administration", cast.organisation.pk):
        type(cast.organisation).objects.filter(pk=cast.organisation.pk).update(entry_log_days=5)
    lines = {line.name: line for line in resident.get(own(cast)).context["lines"]}
    assert "5 days" in lines[KINDS[Kind.PASSAGE].name.en].kept


def test_the_page_takes_as_many_queries_for_much_as_for_little(cast: Cast, resident: Client) -> None:
    passages(cast, cast.resident.pk, 1)
    resident.get(own(cast))
    with CaptureQueriesContext(connection) as few:
        resident.get(own(cast))
    passages(cast, cast.resident.pk, 60)
    for _ in range(5):
        handed(cast, cast.resident.pk)
    with CaptureQueriesContext(connection) as many:
        resident.get(own(cast))
    assert len(many) == len(few)
    assert len(few) <= 40


def test_homes_are_mentioned_where_there_are_any(cast: Cast, resident: Client) -> None:
    assert "not logged" not in resident.get(own(cast)).content.decode()
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.cellar, by=cast.by, home=True)
    assert "Passages at doors that lead into homes are not logged." in resident.get(own(cast)).content.decode()


def test_an_account_sees_its_own_and_who_is_no_person_has_no_persons_page(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    assert client.get(own(cast)).status_code == 404
    answer = client.get("/my-data/")
    lines = {line.name: line for line in answer.context["lines"]}
    assert lines[KINDS[Kind.CONTACT].name.en].count >= 1
    assert lines[KINDS[Kind.ROLE].name.en].count == 1
    assert KINDS[Kind.SECRET].name.en in answer.context["not_counted"]
    assert answer.content.decode().split('id="rights"')[1].count('href="/consents/"') == 1
    assert 'href="/my-data/"' in client.get("/account/").content.decode()
    assert Client().get("/my-data/").status_code == 302


def test_every_kind_that_a_model_holds_about_somebody_is_shown_or_said_to_be_unreadable() -> None:
    for model in declare.tables():
        said = declare.declaration(model)
        if not (isinstance(said, Privacy) and said.who) or said.subject is Subject.CONTACT:
            continue
        for kind in {kind for kind in declare.kinds(model).values() if kind is not None}:
            assert kind in readable(said.subject) or kind in not_counted({said.subject: uuid4()})
            assert longest_kept(said.subject, kind) is not None, (
                f"nobody says how long {kind} of {said.subject} is kept"
            )
