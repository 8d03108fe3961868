"""Does the Board start a lockdown only when confirmed, say on every page that one is in effect, and show what a rehearsal said?"""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from portvakt.server.accounts.models import Account, Role
from portvakt.server.people.models import Person
from portvakt.server.places.actions import report_controller, save_plan, start_lockdown
from portvakt.server.places.models import ControllerTask, DoorStatus, LockdownPlan, in_effect
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]


@pytest.fixture
def plan(cast: Cast) -> LockdownPlan:
    plan = LockdownPlan(site_id=cast.site.pk, name="Whole house", rank=5, ends_after_minutes=60)
    with acting("premises_administration", cast.organisation.pk):
        save_plan(plan, [cast.door.pk, cast.cellar.pk], by=cast.by)
    return plan


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/lockdown/" + "".join(f"{part}/" for part in parts)


def tell(cast: Cast, **states: dict[str, object]) -> None:
    """Say what the controller says of its doors."""
    with as_login("link"), acting("controller_link"):
        report_controller(cast.controller.pk, online=True, seen_at=timezone.now())
        for door, told in ((cast.door, states["door"]), (cast.cellar, states["cellar"])):
            DoorStatus.objects.update_or_create(
                organisation_id=cast.organisation.pk, door=door, defaults={"at": timezone.now(), **told}
            )


def test_a_plan_is_made_with_its_doors(cast: Cast, client_of: ClientOf) -> None:
    technician = client_of(cast.accounts[Role.HARDWARE_MANAGER])
    where = url(cast, "sites", cast.site.pk, "plans", "new")
    assert technician.post(where, {"name": "Night", "rank": "3"}).context["form"].errors["doors"]
    assert technician.post(where, {"name": "N", "rank": "10", "doors": [cast.door.pk]}).context["form"].errors["rank"]
    answer = technician.post(where, {"name": "Night", "rank": "3", "doors": [cast.door.pk], "ends_after_minutes": ""})
    assert answer.status_code == 302
    page = technician.get(url(cast)).content.decode()
    assert "Night" in page
    assert "never rehearsed" in page


def test_a_lockdown_begins_only_when_confirmed_and_every_page_says_so(
    cast: Cast, client_of: ClientOf, plan: LockdownPlan
) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    start = url(cast, "plans", plan.pk, "start")
    assert "Whoever is inside can always get out" in client.get(start).content.decode()
    with acting("door_operation", cast.organisation.pk):
        assert not in_effect(timezone.now()).exists()
    assert "version=" in client.post(start).headers["Location"]
    assert client.post(start).status_code == 422, "it is in effect already"
    for where in ("", "persons/", "rules/", "areas/"):
        page = client.get(f"/o/{cast.organisation.slug}/{where}").content.decode()
        assert "Lockdown in effect: Whole house" in page
    with acting("door_operation", cast.organisation.pk):
        (lockdown,) = in_effect(timezone.now())
    assert client.get(url(cast, lockdown.pk, "end")).status_code == 200
    client.post(url(cast, lockdown.pk, "end"))
    assert "Lockdown in effect" not in client.get(url(cast)).content.decode()


def test_somebody_elses_lockdown_is_not_said(cast: Cast, other: Cast, client_of: ClientOf, plan: LockdownPlan) -> None:
    with acting("door_operation", cast.organisation.pk):
        start_lockdown(plan, by=cast.by)
    client = client_of(other.admin)
    assert "Lockdown in effect" not in client.get(f"/o/{other.organisation.slug}/operators/").content.decode()
    assert client.get(url(other, "plans", plan.pk)).status_code == 404
    assert client.post(url(other, "plans", plan.pk, "start")).status_code == 404


def test_each_door_says_whether_it_is_locked_down(cast: Cast, client_of: ClientOf, plan: LockdownPlan) -> None:
    with acting("door_operation", cast.organisation.pk):
        start_lockdown(plan, by=cast.by)
    client = client_of(cast.admin)
    assert client.get(url(cast, "plans", plan.pk)).content.decode().count("unreachable") == 2
    locked = {"state": "locked", "posture": "lockdown", "why": str(plan.pk)}
    tell(cast, door=locked, cellar={"state": "open", "posture": "lockdown"})
    page = client.get(url(cast, "plans", plan.pk), headers={"HX-Request": "true"}).content.decode()
    assert "1 of 2 doors are locked down and closed" in page
    assert "still open" in page
    assert "<html" not in page


def test_a_rehearsal_says_door_by_door_what_would_happen(cast: Cast, client_of: ClientOf, plan: LockdownPlan) -> None:
    client = client_of(cast.accounts[Role.HARDWARE_MANAGER])
    client.post(url(cast, "plans", plan.pk, "rehearse"))
    assert client.get(url(cast, "plans", plan.pk)).content.decode().count("asking…") == 2
    said = [
        {"door": str(cast.door.pk), "would_lock": True, "why_not": ""},
        {"door": str(cast.cellar.pk), "would_lock": False, "why_not": "held_open"},
    ]
    with as_login("link"), acting("controller_link"):
        ControllerTask.objects.filter(plan=plan).update(answered_at=timezone.now(), granted=True, doors=said)
    page = client.get(url(cast, "plans", plan.pk)).content.decode()
    assert page.count("would lock") == 1
    assert "it has stood open too long" in page
    with as_login("link"), acting("controller_link"):
        ControllerTask.objects.filter(plan=plan).update(
            answered_at=None, doors=[], asked_at=timezone.now() - timezone.timedelta(minutes=5)
        )
    assert "its controller did not answer" in client.get(url(cast, "plans", plan.pk)).content.decode()


def test_who_passes_a_lockdown_is_said_to_those_who_may_see_persons(
    cast: Cast, client_of: ClientOf, plan: LockdownPlan
) -> None:
    with acting("access_administration", cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(overrides=5)
        Person.objects.filter(pk=cast.guest.pk).update(overrides=4)
    page = client_of(cast.admin).get(url(cast, "plans", plan.pk, "persons")).content.decode()
    assert "Maja Ask" in page
    assert "Nils Al" not in page
    technician = client_of(cast.accounts[Role.HARDWARE_MANAGER])
    assert technician.get(url(cast, "plans", plan.pk, "persons")).status_code == 403
