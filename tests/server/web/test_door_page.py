"""Does a door's page say how it stands and why, what unlocks it, and what it would do if the link were cut?"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portvakt.server.access.models import UnlockSchedule
from portvakt.server.accounts.models import Account, Role
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.places.actions import change_door, report_controller
from portvakt.server.places.models import DoorHold, DoorStatus
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/doors/{cast.door.pk}/" + "".join(f"{part}/" for part in parts)


def page(cast: Cast, client: Client) -> str:
    return client.get(url(cast)).content.decode()


def test_a_door_is_held_unlocked_and_locked_again(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    assert client.post(url(cast, "hold"), {"until": "2001-01-01T00:00"}).context["form"].errors["until"]
    assert client.post(url(cast, "hold"), {"until": ""}).status_code == 302
    assert "Lock again" in page(cast, client)
    assert client.post(url(cast, "lock-again")).status_code == 302
    with acting("door_operation", cast.organisation.pk):
        assert not DoorHold.objects.exists()
    assert client_of(cast.accounts[Role.REGULAR]).post(url(cast, "hold"), {}).status_code == 403


def test_an_unlock_schedule_is_set_shown_with_its_next_change_and_taken_away(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.HARDWARE_MANAGER])
    values = {"schedule": str(cast.office_hours.pk), "first_person_in": "on"}
    assert client.post(url(cast, "unlock-schedule"), values).status_code == 302
    shown = page(cast, client)
    assert "Office hours" in shown
    assert "after the first person" in shown
    assert "active until" in shown or "active from" in shown
    with acting("premises_administration", cast.organisation.pk):
        assert UnlockSchedule.objects.get(door=cast.door).first_person_in
    client.post(url(cast, "unlock-schedule"), {"schedule": ""})
    with acting("premises_administration", cast.organisation.pk):
        assert not UnlockSchedule.objects.exists()


def test_a_door_says_how_it_stands_why_and_how_old_that_is(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    assert "not told yet" in page(cast, client)
    until = timezone.now() + timedelta(hours=2)
    with as_login("link"), acting("controller_link"):
        DoorStatus.objects.create(
            organisation=cast.organisation, door=cast.door, state="unlocked", at=timezone.now(), posture="unlocked",
            why="operator", until=until, reachable=False,
        )  # fmt: skip
    shown = page(cast, client)
    for words in (
        "stands unlocked",
        "held unlocked by an operator",
        "as told",
        "no contact now",
        "cannot reach its lock",
    ):
        assert words in shown


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (("keep", True, True), ("newest snapshot", "for as long as it takes", "If the link were cut now")),
        (("deny", True, False), ("older snapshot", "decides as now until", "refuse everyone")),
        (("cards_only", False, True), ("The link is cut", "refuse PIN alone")),
    ],
)
def test_what_a_door_would_do_without_the_link(
    cast: Cast, client_of: ClientOf, case: tuple[str, bool, bool], words: tuple[str, ...]
) -> None:
    behaviour, online, newest = case
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.door, by=cast.by, past_age_behaviour=behaviour)
        wanted = wanted_version(cast.organisation.pk)
    with as_login("link"), acting("controller_link"):
        report_controller(
            cast.controller.pk, online=online, seen_at=timezone.now() - timedelta(hours=1), enrolled_at=timezone.now(),
            snapshot_version=wanted if newest else 1, snapshot_in_force_at=timezone.now(), waiting_events=3,
        )  # fmt: skip
    client = client_of(cast.admin)
    shown = page(cast, client)
    for part in (*words, "Remote opening", "3 wait now"):
        assert part in shown
    summary = client.get(f"/o/{cast.organisation.slug}/link-cut/").content.decode()
    assert ("newest</span>" in summary) == newest


def test_past_its_age_limit_a_door_says_what_it_does_now(cast: Cast, client_of: ClientOf) -> None:
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.door, by=cast.by, past_age_behaviour="deny", past_age_hours=1)
    with as_login("link"), acting("controller_link"):
        seen = timezone.now() - timedelta(hours=2)
        report_controller(cast.controller.pk, online=False, seen_at=seen, snapshot_version=1, snapshot_in_force_at=seen)
    assert "Its age limit passed" in page(cast, client_of(cast.admin))


def test_a_controller_without_a_snapshot_lets_nobody_in(cast: Cast, client_of: ClientOf) -> None:
    assert "has no snapshot yet" in page(cast, client_of(cast.admin))


def test_a_side_that_needs_a_reader_and_has_none_is_said(cast: Cast, client_of: ClientOf) -> None:
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.door, by=cast.by, exit_auth_types=[8])
    assert "Exit accepts what only a reader can take" in page(cast, client_of(cast.admin))


def test_what_equipment_can_do_is_offered_in_groups(cast: Cast, client_of: ClientOf) -> None:
    form = client_of(cast.admin).get(f"/o/{cast.organisation.slug}/places/doors/{cast.door.pk}/").content.decode()
    for group in ("At a keypad", "With the phone, at the door", "Without identity"):
        assert group in form
