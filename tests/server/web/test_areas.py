"""Are areas and interlocks described on the Board, with what is wrong said beside the field?"""

from collections.abc import Callable

from django.test import Client

from portvakt.server.access.models import Forgiveness
from portvakt.server.accounts.models import Account, Role
from portvakt.server.places.actions import add_controller
from portvakt.server.places.models import Area, ControllerTask, Interlock
from portvakt.server.purpose.context import acting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
PREMISES = "premises_administration"


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/areas/" + "".join(f"{part}/" for part in parts)


def test_an_area_is_made_changed_and_removed(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.HARDWARE_MANAGER])
    where = client.get(url(cast, "new")).headers["Location"]
    values = {"name": "Garage", "passback": "hard", "limit": "5", "two_person": "on"}
    assert client.post(where, values).context["form"].errors["inside_doors"]
    both = values | {"inside_doors": [cast.door.pk], "outside_doors": [cast.door.pk]}
    assert client.post(where, both).context["form"].errors["outside_doors"]
    answer = client.post(where, values | {"inside_doors": [cast.door.pk]})
    assert answer.headers["Location"].startswith(f"{url(cast)}?version=")
    page = client.get(url(cast)).content.decode()
    for word in ("Garage", "5 persons at most", "nobody alone", "deny"):
        assert word in page
    with acting(PREMISES, cast.organisation.pk):
        area = Area.objects.get(name="Garage")
    form = client.get(url(cast, area.pk)).context["form"]
    assert form["inside_doors"].value() == [str(cast.door.pk)]
    client.post(url(cast, area.pk), values | {"name": "Depot", "inside_doors": [cast.cellar.pk]})
    assert "Depot" in client.get(url(cast)).content.decode()
    client.post(url(cast, area.pk, "remove"))
    assert "Depot" not in client.get(url(cast)).content.decode()


def test_only_the_controllers_own_doors_can_be_ticked(cast: Cast, client_of: ClientOf) -> None:
    with acting(PREMISES, cast.organisation.pk):
        second, _ = add_controller(cast.site, "Undercentral B", by=cast.by)
    client = client_of(cast.admin)
    assert client.get(url(cast, "new")).status_code == 200, "with two controllers it is asked which"
    answer = client.post(
        f"{url(cast, 'new')}?controller={second.pk}", {"name": "X", "passback": "off", "inside_doors": [cast.door.pk]}
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors["inside_doors"]


def test_an_interlock_is_made_and_removed(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    where = f"{url(cast, 'interlocks', 'new')}?controller={cast.controller.pk}"
    assert client.post(where, {"name": "Lock", "doors": [cast.door.pk]}).context["form"].errors["doors"]
    client.post(where, {"name": "Lock", "doors": [cast.door.pk, cast.cellar.pk]})
    with acting(PREMISES, cast.organisation.pk):
        interlock = Interlock.objects.get(name="Lock")
    assert "Lock" in client.get(url(cast)).content.decode()
    assert client.post(url(cast, "interlocks", interlock.pk, "remove")).status_code == 302
    assert client.get(url(cast, "interlocks", interlock.pk)).status_code == 404


def test_operators_see_areas_and_ask_to_forget_but_change_nothing(cast: Cast, client_of: ClientOf) -> None:
    with acting(PREMISES, cast.organisation.pk):
        area = Area.objects.create(organisation=cast.organisation, controller=cast.controller, name="Garage")
    client = client_of(cast.accounts[Role.OPERATOR])
    page = client.get(url(cast)).content.decode()
    assert "Forget where everybody is" in page
    assert url(cast, area.pk) not in page
    assert client.get(url(cast, area.pk)).status_code == 403
    assert client.post(url(cast, "controllers", cast.controller.pk, "forgive")).status_code == 302
    with acting("door_operation", cast.organisation.pk):
        assert ControllerTask.objects.filter(action=ControllerTask.Action.FORGIVE).count() == 1


def test_somebody_elses_areas_are_not_there(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    with acting(PREMISES, cast.organisation.pk):
        area = Area.objects.create(organisation=cast.organisation, controller=cast.controller, name="Garage")
    client = client_of(other.admin)
    assert client.get(url(other, area.pk)).status_code == 404
    assert client.post(url(other, "controllers", cast.controller.pk, "forgive")).status_code == 404


def test_it_is_forgotten_where_one_person_is(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    where = f"/o/{cast.organisation.slug}/persons/{cast.resident.pk}/"
    assert client.post(f"{where}forgive/").status_code == 422, "there is no area"
    assert "Forget where the person is" not in client.get(where).content.decode()
    with acting(PREMISES, cast.organisation.pk):
        Area.objects.create(organisation=cast.organisation, controller=cast.controller, name="Garage")
    assert "Forget where the person is" in client.get(where).content.decode()
    assert client.post(f"{where}forgive/").status_code == 302
    with acting("access_administration", cast.organisation.pk):
        (row,) = Forgiveness.objects.filter(person=cast.resident)
    assert row.controller_id == cast.controller.pk
