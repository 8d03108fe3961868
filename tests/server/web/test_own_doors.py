"""Can a person, and nobody else, ask for their own doors, and do they learn what became of it?"""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.server.access.actions import ASKS_A_MINUTE, assign, save_rule
from portvakt.server.access.models import AccessRule, RemoteAsk
from portvakt.server.accounts.actions import invite_person, part_from_person
from portvakt.server.accounts.models import Account, Membership, Role
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.actions import change_person, suspend_person
from portvakt.server.people.models import Person
from portvakt.server.places.actions import answer_wish, change_door, claim_wishes
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]
HX = {"HX-Request": "true"}


def me(cast: Cast, path: str = "") -> str:
    return f"/o/{cast.organisation.slug}/me/{path}"


def open_path(cast: Cast, door: uuid.UUID) -> str:
    return me(cast, f"doors/{door}/open/")


def text(answer: object) -> str:
    """The answer's words without its marks, blanks made one."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())  # type: ignore[attr-defined]


def link(cast: Cast, person: Person, role: Role = Role.REGULAR) -> Membership:
    """Make the account of a role be a person."""
    with acting("person_invitation"):
        return invite_person(cast.accounts[role].email, person.pk, by=cast.by)[0]


def allow(cast: Cast, **values: object) -> AccessRule:
    """Let the resident open the first door from a phone."""
    rule = AccessRule(name="Phone", **values)
    with acting("access_administration", cast.organisation.pk):
        save_rule(rule, {cast.door.pk: {Side.ENTRY: [AuthType.REMOTE]}}, by=cast.by)
        assign(cast.resident, rule, by=cast.by)
    return rule


@pytest.fixture
def resident(cast: Cast, client_of: ClientOf) -> Client:
    """The browser of the resident, who may open the first door."""
    allow(cast)
    link(cast, cast.resident)
    return client_of(cast.accounts[Role.REGULAR])


def newest_ask(cast: Cast) -> RemoteAsk:
    with acting("own_access", cast.organisation.pk):
        return RemoteAsk.objects.latest("asked_at")


def answered(cast: Cast, ask: RemoteAsk, reason: Reason | None) -> None:
    with as_login("link"), acting("entry", cast.organisation.pk):
        told = {"granted": reason is None, "reason": reason.value if reason else ""}
        answer_wish(RemoteAsk, ask.pk, cast.controller.pk, **told)


def test_the_first_page_leads_to_the_own_doors_and_offers_no_other(cast: Cast, resident: Client) -> None:
    assert resident.get("/").headers["Location"] == me(cast)
    page = resident.get(me(cast))
    assert "Port Björkgården 1, Trapphus A" in text(page)
    assert "Källare" not in text(page)
    assert f'href="/o/{cast.organisation.slug}/persons/"' not in page.content.decode()
    assert resident.get(f"/o/{cast.organisation.slug}/").status_code == 403


def test_the_ask_waits_for_the_controllers_answer_and_shows_it(cast: Cast, resident: Client) -> None:
    asked = resident.post(open_path(cast, cast.door.pk), headers=HX)
    ask = newest_ask(cast)
    where = me(cast, f"asks/{ask.pk}/")
    assert f'hx-get="{where}"' in asked.content.decode()
    with as_login("link"), acting("entry", cast.organisation.pk):
        (claimed,) = claim_wishes(RemoteAsk, cast.controller.pk)
        assert claimed.person_id == cast.resident.pk
    answered(cast, ask, None)
    shown = resident.get(where)
    assert "Port is open." in text(shown)
    assert "hx-get" not in shown.content.decode()
    with acting("audit_review", cast.organisation.pk):
        entry = AuditEntry.objects.get(pk=ask.pk)
    assert (entry.action, entry.actor_id, entry.object_id) == (
        "door.remote_asked", cast.accounts[Role.REGULAR].pk, cast.door.pk,
    )  # fmt: skip


def test_a_refusal_is_said_in_a_sentence(cast: Cast, resident: Client) -> None:
    answer = resident.post(open_path(cast, cast.door.pk))
    answered(cast, newest_ask(cast), Reason.NOT_PERMITTED_AT_THIS_TIME)
    shown = text(resident.get(answer.headers["Location"]))
    assert "Port was not opened. You do not have access at this time." in shown


def test_a_door_that_never_answers_is_not_waited_for(cast: Cast, resident: Client) -> None:
    resident.post(open_path(cast, cast.door.pk), headers=HX)
    ask = newest_ask(cast)
    with as_login("link"), acting("entry", cast.organisation.pk):
        RemoteAsk.objects.filter(pk=ask.pk).update(asked_at=timezone.now() - timedelta(seconds=11))
        assert claim_wishes(RemoteAsk, cast.controller.pk) == []
    shown = resident.get(me(cast, f"asks/{ask.pk}/"))
    assert "The door did not answer." in text(shown)
    assert "hx-get" not in shown.content.decode()


def test_no_door_but_ones_own_can_be_named(cast: Cast, other: Cast, resident: Client) -> None:
    for door in (cast.cellar.pk, other.door.pk, uuid.uuid4()):
        assert resident.post(open_path(cast, door), headers=HX).status_code == 404
    with acting("own_access", cast.organisation.pk):
        assert not RemoteAsk.objects.exists()


def test_somebody_elses_ask_is_not_there(cast: Cast, resident: Client, client_of: ClientOf) -> None:
    resident.post(open_path(cast, cast.door.pk), headers=HX)
    link(cast, cast.guest, Role.GUEST)
    where = me(cast, f"asks/{newest_ask(cast).pk}/")
    assert client_of(cast.accounts[Role.GUEST]).get(where).status_code == 404
    assert resident.get(where).status_code == 200


def test_the_pages_are_there_for_persons_only(cast: Cast, other: Cast, resident: Client, client_of: ClientOf) -> None:
    link(other, other.resident, Role.GUEST)
    for client in (client_of(cast.admin), client_of(other.accounts[Role.GUEST])):
        assert client.get(me(cast)).status_code == 404
        assert client.post(open_path(cast, cast.door.pk)).status_code == 404
        assert client.get(me(cast, f"asks/{uuid.uuid4()}/")).status_code == 404
    assert Client().get(me(cast)).headers["Location"].startswith("/account/login/?next=")
    assert resident.get(open_path(cast, cast.door.pk)).status_code == 405


def test_an_admin_who_is_a_person_has_both(cast: Cast, client_of: ClientOf) -> None:
    allow(cast)
    membership = link(cast, cast.resident, Role.ADMIN)
    client = client_of(cast.admin)
    assert "Port" in text(client.get(me(cast)))
    assert f'href="{me(cast)}"' in client.get(f"/o/{cast.organisation.slug}/").content.decode()
    with acting("person_invitation"):
        part_from_person(membership, by=cast.by)
    assert client.get(me(cast)).status_code == 404
    assert client.get(f"/o/{cast.organisation.slug}/").status_code == 200


def test_what_is_not_in_force_is_not_offered(cast: Cast, client_of: ClientOf) -> None:
    now = timezone.now()
    rule = allow(cast, valid_to=now + timedelta(days=1))
    link(cast, cast.resident)
    client = client_of(cast.accounts[Role.REGULAR])
    assert "Port" in text(client.get(me(cast)))
    with acting("access_administration", cast.organisation.pk):
        assign(cast.resident, rule, by=cast.by, valid_from=now + timedelta(hours=1))
    assert client.post(open_path(cast, cast.door.pk)).status_code == 404
    with acting("access_administration", cast.organisation.pk):
        assign(cast.resident, rule, by=cast.by)
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.door, by=cast.by, in_service=False)
    assert client.post(open_path(cast, cast.door.pk)).status_code == 404


def test_a_suspended_person_is_told(cast: Cast, resident: Client) -> None:
    with acting("access_administration", cast.organisation.pk):
        suspend_person(cast.resident, by=cast.by)
    assert "You are suspended: no door opens." in text(resident.get(me(cast)))


def test_the_schedule_of_a_door_is_named_unless_one_rule_has_none(cast: Cast, resident: Client) -> None:
    assert "Office hours" not in text(resident.get(me(cast)))
    with acting("access_administration", cast.organisation.pk):
        rule = AccessRule.objects.get(name="Phone")
        rule.schedule = cast.office_hours
        save_rule(rule, {cast.door.pk: {Side.ENTRY: [AuthType.REMOTE]}}, by=cast.by)
    assert "Office hours" in text(resident.get(me(cast)))


def test_too_many_asks_are_refused_clearly(cast: Cast, resident: Client) -> None:
    for _ask in range(ASKS_A_MINUTE):
        assert resident.post(open_path(cast, cast.door.pk), headers=HX).status_code == 200
    refused = resident.post(open_path(cast, cast.door.pk), headers=HX)
    assert refused.status_code == 429
    assert "Wait a minute and try again." in text(refused)
    assert resident.post(open_path(cast, cast.door.pk)).status_code == 429
    with as_login("link"), acting("entry", cast.organisation.pk):
        RemoteAsk.objects.update(asked_at=timezone.now() - timedelta(seconds=61))
    assert resident.post(open_path(cast, cast.door.pk), headers=HX).status_code == 200


def persons(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/persons/" + "".join(f"{part}/" for part in parts)


def give_address(cast: Cast, email: str) -> None:
    with acting("access_administration", cast.organisation.pk):
        change_person(cast.resident, by=cast.by, email=email)


def test_a_person_is_invited_and_parted_from_their_page(cast: Cast, client_of: ClientOf) -> None:
    mail.outbox = []
    allow(cast)
    operator, email = client_of(cast.accounts[Role.OPERATOR]), f"maja.{cast.organisation.slug}@example.org"
    assert "Give the person an e-mail address first." in text(operator.get(persons(cast, cast.resident.pk)))
    refused = operator.post(persons(cast, cast.resident.pk, "invite"))
    assert refused.status_code == 422
    assert "Give the person an e-mail address first." in text(refused)
    give_address(cast, email)
    assert operator.post(persons(cast, cast.resident.pk, "invite")).status_code == 302
    (sent,) = mail.outbox
    assert sent.to == [email]
    assert sent.subject == f"Öppna dina dörrar hos {cast.organisation.name} med telefonen"
    assert "/account/password/reset/key/" in str(sent.body)
    assert "Account linked" in text(operator.get(persons(cast, cast.resident.pk)))
    operator.post(persons(cast, cast.resident.pk, "invitation"))
    assert len(mail.outbox) == 2
    listed = client_of(cast.admin).get(f"/o/{cast.organisation.slug}/operators/").content.decode()
    assert email not in listed
    assert operator.post(persons(cast, cast.resident.pk, "part")).status_code == 302
    with acting("account_administration"):
        assert not Membership.objects.filter(organisation=cast.organisation, account__email=email).exists()
        assert Account.objects.filter(email=email).exists()
    assert "No account is linked" in text(operator.get(persons(cast, cast.resident.pk)))


def test_somebody_elses_person_is_not_invited(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    give_address(other, f"maja.{other.organisation.slug}@example.org")
    link(other, other.resident)
    client = client_of(cast.admin)
    for what in ("invite", "invitation", "part"):
        assert client.post(persons(cast, other.resident.pk, what)).status_code == 404


def test_an_account_is_one_person_and_a_person_has_one_account(cast: Cast) -> None:
    link(cast, cast.resident)
    with pytest.raises(Refused, match="account_has_person"), acting("person_invitation"):
        invite_person(cast.accounts[Role.REGULAR].email, cast.guest.pk, by=cast.by)
    with pytest.raises(Refused, match="person_has_account"), acting("person_invitation"):
        invite_person(cast.accounts[Role.GUEST].email, cast.resident.pk, by=cast.by)
    with pytest.raises(Refused, match="not_permitted"), acting("person_invitation"):
        invite_person("new@example.org", cast.suspended.pk, by=cast.by, role=Role.ADMIN)


def test_at_a_home_the_page_says_that_nothing_is_logged_and_the_wish_names_no_door(
    cast: Cast, resident: Client
) -> None:
    assert "Passages here are not logged." not in text(resident.get(me(cast)))
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.door, by=cast.by, home=True)
    assert "Passages here are not logged." in text(resident.get(me(cast)))
    assert resident.post(open_path(cast, cast.door.pk), headers=HX).status_code == 200
    with acting("audit_review", cast.organisation.pk):
        [entry] = AuditEntry.objects.filter(action="door.remote_asked")
    assert (entry.object_kind, entry.object_id) == ("", None)
