"""Does the Board list who can open a door, now and ever, and put on record who took the list out?"""

import csv
import io
from collections.abc import Callable

from django.test import Client

from portvakt.core.decision.model import AuthType, Side
from portvakt.server.access.actions import assign, save_rule
from portvakt.server.access.models import AccessRule, Schedule
from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.models import Person
from portvakt.server.purpose.context import acting
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


def test_the_list_leaves_as_a_file_that_cannot_run_formulas_and_is_on_record(cast: Cast, client_of: ClientOf) -> None:
    with acting(WORK, cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(first_name="=HYPERLINK(1)")
    client = client_of(cast.admin)
    answer = client.get(url(cast, "export/"))
    assert answer.headers["Cache-Control"] == "no-store"
    heads, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert heads[0] == "Person"
    assert row[0] == "'=HYPERLINK(1) Ask"
    assert {"Port", "Residents", "Always", "yes"} <= set(row)
    mine = client.get(f"/o/{cast.organisation.slug}/persons/{cast.resident.pk}/reach/")
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
