"""Can the premises be described, with what is wrong said beside the field?"""

from collections.abc import Callable

import pytest
from django.test import Client

from portvakt.core.decision.model import AuthType
from portvakt.server.accounts.models import Account, Role
from portvakt.server.places.models import Door, Reader, Section, Site
from portvakt.server.purpose.context import acting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
DOOR = {
    "name": "Garage", "in_service": "on", "entry_auth_types": ["8", "9"], "exit_auth_types": ["1"], "release_seconds": "5",
    "held_open_seconds": "30", "past_age_hours": "168", "past_age_behaviour": "keep",
}  # fmt: skip


@pytest.fixture
def technician(cast: Cast, client_of: ClientOf) -> Client:
    return client_of(cast.accounts[Role.HARDWARE_MANAGER])


def base(cast: Cast) -> str:
    return f"/o/{cast.organisation.slug}/places/"


def test_a_site_is_described_from_top_to_bottom(cast: Cast, technician: Client) -> None:
    technician.post(f"{base(cast)}sites/new/", {"name": "Björkgården 3", "timezone": "Europe/Stockholm"})
    with acting("premises_administration", cast.organisation.pk):
        site = Site.objects.get(name="Björkgården 3")
    technician.post(f"{base(cast)}sites/{site.pk}/sections/new/", {"name": "Plan 2"})
    technician.post(f"{base(cast)}sites/{site.pk}/controllers/new/", {"name": "Undercentral G"})
    with acting("premises_administration", cast.organisation.pk):
        section, controller = Section.objects.get(site=site), site.controllers.get()
    technician.post(f"{base(cast)}sections/{section.pk}/doors/new/", DOOR | {"controller": controller.pk})
    with acting("premises_administration", cast.organisation.pk):
        door = Door.objects.get(section=section)
    assert door.entry_auth_types == [AuthType.KEY_CARD, AuthType.REMOTE]
    reader = {"side": "entry", "port": "bus-3", "address": "4", "baud": "9600", "reads": "card"}
    assert technician.post(f"{base(cast)}doors/{door.pk}/readers/new/", reader).status_code == 302
    page = technician.get(base(cast)).content.decode()
    for word in ("Björkgården 3", "Plan 2", "Undercentral G", "Garage", "bus-3:4"):
        assert word in page


def test_a_taken_name_is_said_beside_the_name(cast: Cast, technician: Client) -> None:
    answer = technician.post(f"{base(cast)}sites/new/", {"name": cast.site.name, "timezone": "Europe/Stockholm"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["name"] == ["This name is taken."]
    assert 'id="id_name_error"' in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("release_seconds", "2"), ("release_seconds", "121"), ("release_seconds", "x"),
        ("held_open_seconds", "9"), ("past_age_hours", "0"), ("past_age_behaviour", "explode"),
        ("entry_auth_types", "1"), ("entry_auth_types", "99"), ("exit_auth_types", "99"), ("within_metres", "9"),
    ],
)  # fmt: skip
def test_a_bad_value_is_said_beside_its_field(cast: Cast, technician: Client, field: str, value: str) -> None:
    answer = technician.post(f"{base(cast)}doors/{cast.door.pk}/", DOOR | {field: value})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}


def test_a_door_is_changed(cast: Cast, technician: Client) -> None:
    values = DOOR | {"release_seconds": "12"}
    look = technician.post(f"{base(cast)}doors/{cast.door.pk}/", values)
    assert "1 person loses access" in look.content.decode(), "the PIN is no longer taken"
    assert "Ask" not in look.content.decode(), "who describes the premises sees nobody's name"
    with acting("premises_administration", cast.organisation.pk):
        assert Door.objects.get(pk=cast.door.pk).release_seconds == 5, "a look changes nothing"
    answer = technician.post(f"{base(cast)}doors/{cast.door.pk}/", values | {"confirmed": "1"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"/o/{cast.organisation.slug}/doors/{cast.door.pk}/?version=")
    with acting("premises_administration", cast.organisation.pk):
        assert Door.objects.get(pk=cast.door.pk).release_seconds == 12


def test_two_readers_cannot_share_an_address(cast: Cast, technician: Client) -> None:
    reader = {"side": "exit", "port": "bus-1", "address": "0", "baud": "9600", "reads": "card"}
    answer = technician.post(f"{base(cast)}doors/{cast.cellar.pk}/readers/new/", reader)
    assert answer.status_code == 422
    assert "already has a reader" in answer.context["form"].errors["address"][0]
    reader["address"] = "127"
    answer = technician.post(f"{base(cast)}doors/{cast.cellar.pk}/readers/new/", reader)
    assert set(answer.context["form"].errors) == {"address"}


def test_a_reader_is_removed_only_when_confirmed(cast: Cast, technician: Client) -> None:
    where = f"{base(cast)}readers/{cast.readers[0].pk}/remove/"
    assert "Remove the reader at Port?" in technician.get(where).content.decode()
    with acting("premises_administration", cast.organisation.pk):
        assert Reader.objects.filter(pk=cast.readers[0].pk).exists()
    assert technician.post(where).status_code == 302
    with acting("premises_administration", cast.organisation.pk):
        assert not Reader.objects.filter(pk=cast.readers[0].pk).exists()


def test_another_organisations_controller_cannot_be_chosen(cast: Cast, other: Cast, technician: Client) -> None:
    where = f"{base(cast)}sections/{cast.section.pk}/doors/new/"
    answer = technician.post(where, DOOR | {"controller": other.controller.pk})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"controller"}


def test_a_door_that_leads_into_a_home_is_ticked_and_its_page_says_what_that_means(
    cast: Cast, technician: Client
) -> None:
    form = technician.get(f"{base(cast)}doors/{cast.door.pk}/").content.decode()
    assert "who comes home when" in form, "the reason stands beside the box"
    technician.post(f"{base(cast)}doors/{cast.door.pk}/", DOOR | {"home": "on", "confirmed": "1"})
    with acting("premises_administration", cast.organisation.pk):
        assert Door.objects.get(pk=cast.door.pk).home is True
    page = technician.get(f"/o/{cast.organisation.slug}/doors/{cast.door.pk}/").content.decode()
    assert "passages here are not logged" in page
