"""Does the Board list who can open a door, now and ever, and put on record who took the list out?"""

import csv
import io
from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portvakt.core.decision.model import AuthType, Side
from portvakt.server.access.actions import assign, save_rule
from portvakt.server.access.models import AccessRule, Schedule
from portvakt.server.accounts.actions import invite_person
from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.actions import issue_card, suspend_credential, suspend_person
from portvakt.server.people.models import Person
from portvakt.server.places.actions import add_controller, add_door, save_plan, start_lockdown
from portvakt.server.places.models import LockdownPlan
from portvakt.server.purpose.context import acting
from portvakt.server.web.board.reach import Opening
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
WORK = "access_administration"


def url(cast: Cast, tail: str = "") -> str:
    return f"/o/{cast.organisation.slug}/doors/{cast.door.pk}/reach/{tail}"


def names(cast: Cast, client: Client, when: str = "") -> list[str]:
    page = client.get(url(cast, f"?when={when}"))
    return [opening.person.last_name for opening in page.context["page_obj"]]


def test_who_can_ever_and_who_can_now(cast: Cast, client_of: ClientOf) -> None:
    with acting(WORK, cast.organisation.pk):
        assign(cast.guest, cast.rule, by=cast.by)  # has nothing to present
        assign(cast.suspended, cast.rule, by=cast.by)
        closed = Schedule.objects.create(organisation=cast.organisation, name="Never", weekly=[[]] * 7)
        rule = AccessRule(name="Never", schedule=closed)
        save_rule(rule, {cast.cellar.pk: {Side.ENTRY: [AuthType.KEY_CARD]}}, by=cast.by)
        assign(cast.resident, rule, by=cast.by)
    client = client_of(cast.accounts[Role.OPERATOR])
    assert names(cast, client) == ["Al", "Ask", "Lind"]
    assert names(cast, client, "now") == ["Ask"]
    cellar = client.get(f"/o/{cast.organisation.slug}/doors/{cast.cellar.pk}/reach/?when=now")
    assert list(cellar.context["page_obj"]) == [], "its schedule is never active"


def openings(cast: Cast, client: Client) -> list[Opening]:
    page = client.get(f"/o/{cast.organisation.slug}/persons/{cast.resident.pk}/")
    reach: list[Opening] = page.context["reach"]
    return reach


def test_what_is_not_held_is_told_apart_and_a_phone_takes_an_account(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    with acting(WORK, cast.organisation.pk):
        every = {Side.ENTRY: [AuthType.KEY_CARD, AuthType.PIN, AuthType.REMOTE]}
        save_rule(cast.rule, {cast.door.pk: every}, by=cast.by)
        suspend_credential(cast.card, by=cast.by)
    (opening,) = openings(cast, client)
    assert (opening.auth_types, opening.not_held) == ((AuthType.PIN,), (AuthType.KEY_CARD, AuthType.REMOTE))
    with acting("account_administration", cast.organisation.pk):
        invite_person("maja@example.org", cast.resident.pk, by=cast.by)
    (opening,) = openings(cast, client)
    assert (opening.auth_types, opening.not_held) == ((AuthType.PIN, AuthType.REMOTE), (AuthType.KEY_CARD,))


def test_who_is_suspended_can_open_later_and_who_is_over_never(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    with acting(WORK, cast.organisation.pk):
        suspend_person(cast.resident, by=cast.by)
    (opening,) = openings(cast, client)
    assert (opening.auth_types, opening.now) == ((AuthType.PIN, AuthType.KEY_CARD), False)
    with acting(WORK, cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(valid_to=timezone.now())
    assert openings(cast, client) == []
    assert names(cast, client) == []


def test_a_lockdown_keeps_out_for_now_whoever_does_not_override_it(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    with acting("premises_administration", cast.organisation.pk):
        plan = LockdownPlan(site_id=cast.site.pk, name="Everything", rank=2)
        save_plan(plan, [cast.door.pk], by=cast.by)
    with acting("door_operation", cast.organisation.pk):
        start_lockdown(plan, by=cast.by)
    assert names(cast, client) == ["Ask"]
    assert names(cast, client, "now") == []
    assert [opening.now for opening in openings(cast, client)] == [False]
    with acting(WORK, cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(overrides=2)
    assert names(cast, client, "now") == ["Ask"]
    assert [opening.now for opening in openings(cast, client)] == [True]


def test_more_doors_controllers_and_persons_take_no_more_queries(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)

    def counted() -> list[int]:
        found = []
        for where in (url(cast), url(cast, "?when=now"), f"/o/{cast.organisation.slug}/persons/{cast.resident.pk}/"):
            client.get(where)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(where).status_code == 200
            found.append(len(queries))
        return found

    before = counted()
    doors = {cast.door.pk: {Side.ENTRY: [AuthType.KEY_CARD]}}
    with acting("premises_administration", cast.organisation.pk):
        for number in range(3):
            controller, _ = add_controller(cast.site, f"Undercentral {number}", by=cast.by)
            entry = [AuthType.KEY_CARD]
            door, _ = add_door(cast.section, controller, by=cast.by, name=str(number), entry_auth_types=entry)
            doors[door.pk] = doors[cast.door.pk]
    with acting(WORK, cast.organisation.pk):
        save_rule(cast.rule, doors, by=cast.by)
        assign(cast.guest, cast.rule, by=cast.by)
        issue_card(cast.guest, "12-2", by=cast.by)
    assert counted() == before
    assert [opening.door.name for opening in openings(cast, client)] == ["0", "1", "2", "Port"]


def test_the_list_leaves_as_a_file_that_cannot_run_formulas_and_is_on_record(cast: Cast, client_of: ClientOf) -> None:
    with acting(WORK, cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(first_name="=HYPERLINK(1)")
    client = client_of(cast.admin)
    answer = client.post(url(cast, "export/"), {"recipient": "the_organisation"})
    assert answer.headers["Cache-Control"] == "no-store"
    heads, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert heads[0] == "Person"
    assert row[0] == "'=HYPERLINK(1) Ask"
    assert {"Port", "Residents", "Always", "yes"} <= set(row)
    mine = client.post(
        f"/o/{cast.organisation.slug}/persons/{cast.resident.pk}/reach/", {"recipient": "the_organisation"}
    )
    assert "Residents" in mine.content.decode()
    with acting("audit_review", cast.organisation.pk):
        on_record = AuditEntry.objects.filter(action="reach.exported").values_list("object_kind", "object_id")
        assert set(on_record) == {("places.Door", cast.door.pk), ("people.Person", cast.resident.pk)}


def test_who_may_not_see_persons_sees_no_list(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    technician = client_of(cast.accounts[Role.HARDWARE_MANAGER])
    assert technician.get(url(cast)).status_code == 403
    assert (
        "Who can open this door"
        not in technician.get(f"/o/{cast.organisation.slug}/doors/{cast.door.pk}/").content.decode()
    )
    theirs = f"/o/{other.organisation.slug}/doors/{cast.door.pk}/reach/"
    assert client_of(other.admin).get(theirs).status_code == 404
