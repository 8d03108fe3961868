"""Does the Board say what a door would answer a person, check by check, what would change it, and put the question on record?"""

from collections.abc import Callable

import pytest
from django.test import Client

from portvakt.core.decision.model import AuthType
from portvakt.server.access.actions import save_rule
from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.actions import suspend_person
from portvakt.server.places.actions import save_plan, start_lockdown
from portvakt.server.places.models import LockdownPlan
from portvakt.server.purpose.context import acting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
WORK = "access_administration"
CARD, PIN, BOTH = (int(each) for each in (AuthType.KEY_CARD, AuthType.PIN, AuthType.KEY_CARD_PLUS_PIN))


def ask(cast: Cast, client: Client, **values: object) -> str:
    asked = {"person": cast.resident.pk, "door": cast.door.pk, "side": "entry", "auth_type": CARD, "at": ""} | values
    answer = client.get(f"/o/{cast.organisation.slug}/why/", {name: str(value) for name, value in asked.items()})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def operator(cast: Cast, client_of: ClientOf) -> Client:
    return client_of(cast.accounts[Role.OPERATOR])


def test_a_grant_names_its_rule_and_every_check(cast: Cast, operator: Client) -> None:
    page = ask(cast, operator)
    for words in ("Granted", "Residents", "The card or code is in use and valid", "The rule&#x27;s schedule is active"):
        assert words in page
    assert "What would change it" not in page
    assert "Granted" in ask(cast, operator, auth_type=PIN)


def test_a_suspended_person_is_told_from_one_without_a_rule(cast: Cast, operator: Client) -> None:
    elsewhere = ask(cast, operator, door=cast.cellar.pk)
    assert "No access rule gives entry through this door" in elsewhere
    with acting(WORK, cast.organisation.pk):
        suspend_person(cast.resident, by=cast.by)
    page = ask(cast, operator)
    assert "The person is suspended" in page
    assert "Resume the person." in page


def test_at_the_wrong_time_it_says_until_when_to_wait(cast: Cast, operator: Client) -> None:
    with acting(WORK, cast.organisation.pk):
        cast.rule.schedule = cast.office_hours
        save_rule(cast.rule, {cast.door.pk: {"entry": [CARD]}}, by=cast.by)  # type: ignore[dict-item]
    page = ask(cast, operator, at="2027-03-06T12:00")
    assert "Not at this time" in page
    assert "Wait until 03/08/2027 8 a.m." in page
    assert "Granted" in ask(cast, operator, at="2027-03-08T08:00")


def test_what_the_side_does_not_take_says_what_would_do(cast: Cast, operator: Client) -> None:
    page = ask(cast, operator, auth_type=int(AuthType.PLATE))
    assert "Denied" in page
    assert "Issue the person what is presented" in page
    assert "Come with: PIN, Card." in ask(cast, operator, auth_type=int(AuthType.REMOTE))


def test_a_lockdown_in_effect_is_named(cast: Cast, operator: Client) -> None:
    plan = LockdownPlan(site_id=cast.site.pk, name="Whole house", rank=5)
    with acting("premises_administration", cast.organisation.pk):
        save_plan(plan, [cast.door.pk], by=cast.by)
    with acting("door_operation", cast.organisation.pk):
        start_lockdown(plan, by=cast.by)
    assert "End the lockdown: Whole house." in ask(cast, operator)


def test_a_name_leads_to_the_person_or_to_a_choice(cast: Cast, operator: Client) -> None:
    assert "Granted" in ask(cast, operator, person="", who="maja ask")
    several = ask(cast, operator, person="", who="a")
    assert "Whom do you mean?" in several
    where = f"/o/{cast.organisation.slug}/why/"
    missing = operator.get(where, {"door": cast.door.pk, "side": "entry", "auth_type": CARD, "who": "zzz"})
    assert missing.status_code == 422
    assert "Maja Ask" in operator.get(where, {"person": str(cast.resident.pk)}).content.decode()
    assert operator.get(where, {"person": "no id"}).status_code == 200


def test_each_answer_is_on_record_and_somebody_elses_person_is_nobody(
    cast: Cast, other: Cast, operator: Client
) -> None:
    ask(cast, operator)
    with acting("audit_review", cast.organisation.pk):
        (entry,) = AuditEntry.objects.filter(action="person.explained")
        assert entry.object_id == cast.resident.pk
    where = f"/o/{cast.organisation.slug}/why/"
    theirs = {"person": other.resident.pk, "door": cast.door.pk, "side": "entry", "auth_type": CARD}
    assert operator.get(where, theirs).status_code == 422
    assert operator.get(where, theirs | {"person": cast.resident.pk, "door": other.door.pk}).status_code == 422
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.filter(action="person.explained").count() == 1
