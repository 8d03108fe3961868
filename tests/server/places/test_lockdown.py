"""Is a lockdown prepared, started once, ended, and rehearsed without locking anything; and is a door held unlocked?"""

from datetime import timedelta

import pytest
from django.utils import timezone

from portvakt.server.accounts.models import Role
from portvakt.server.places.actions import (
    add_controller,
    add_door,
    add_section,
    add_site,
    change_door,
    end_hold,
    end_lockdown,
    hold_open,
    rehearse_lockdown,
    remove_plan,
    save_plan,
    start_lockdown,
)
from portvakt.server.places.models import ControllerTask, DoorHold, Lockdown, LockdownDoor, LockdownPlan, in_effect
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast

PREMISES, DOORS = "premises_administration", "door_operation"


def a_plan(cast: Cast, minutes: int | None = None) -> LockdownPlan:
    plan = LockdownPlan(site_id=cast.site.pk, name="Whole house", rank=5, ends_after_minutes=minutes)
    with acting(PREMISES, cast.organisation.pk):
        save_plan(plan, [cast.door.pk, cast.cellar.pk], by=cast.by)
    return plan


def test_a_plan_keeps_to_its_site(cast: Cast) -> None:
    with acting(PREMISES, cast.organisation.pk):
        elsewhere, _ = add_site(by=cast.by, name="Elsewhere")
        section, _ = add_section(elsewhere, "Hall", by=cast.by)
        controller, _ = add_controller(elsewhere, "U", by=cast.by)
        far, _ = add_door(section, controller, by=cast.by, name="Far")
        with pytest.raises(Refused, match="plan_site"):
            save_plan(LockdownPlan(site=cast.site, name="P"), [far.pk], by=cast.by)
        with pytest.raises(Refused, match="plan_empty"):
            save_plan(LockdownPlan(site=cast.site, name="P"), [], by=cast.by)


def test_a_lockdown_is_started_once_and_ended(cast: Cast) -> None:
    plan = a_plan(cast)
    with acting(DOORS, cast.organisation.pk):
        lockdown, entry = start_lockdown(plan, by=cast.by)
        assert entry.snapshot_version
        assert lockdown.ends_at is None
        assert list(in_effect(timezone.now())) == [lockdown]
        with pytest.raises(Refused, match="lockdown_active"):
            start_lockdown(plan, by=cast.by)
    with acting(PREMISES, cast.organisation.pk), pytest.raises(Refused, match="lockdown_active"):
        remove_plan(plan, by=cast.by)
    with acting(DOORS, cast.organisation.pk):
        end_lockdown(lockdown, by=cast.by)
        assert not in_effect(timezone.now()).exists()
    with acting(PREMISES, cast.organisation.pk):
        remove_plan(plan, by=cast.by)
        assert not LockdownDoor.objects.exists()
        assert not Lockdown.objects.exists()


def test_a_lockdown_that_another_machines_clock_began_is_in_effect(cast: Cast) -> None:
    plan = a_plan(cast)
    with acting(DOORS, cast.organisation.pk):
        lockdown, _ = start_lockdown(plan, by=cast.by)
        Lockdown.objects.filter(pk=lockdown.pk).update(begun_at=timezone.now() + timedelta(seconds=5))
        assert list(in_effect(timezone.now())) == [lockdown]
        with pytest.raises(Refused, match="lockdown_active"):
            start_lockdown(plan, by=cast.by)


def test_a_plan_with_a_time_ends_by_itself(cast: Cast) -> None:
    plan = a_plan(cast, minutes=30)
    with acting(DOORS, cast.organisation.pk):
        lockdown, _ = start_lockdown(plan, by=cast.by)
        assert lockdown.ends_at == lockdown.begun_at + timedelta(minutes=30)
        assert not in_effect(lockdown.begun_at + timedelta(minutes=30)).exists()
        assert in_effect(lockdown.begun_at + timedelta(minutes=29)).exists()


def test_who_may_start_and_who_may_only_rehearse(cast: Cast) -> None:
    plan = a_plan(cast)
    with acting("account_sign_in"):
        actors = {role: account.memberships.get().actor() for role, account in cast.accounts.items()}
    with acting(DOORS, cast.organisation.pk):
        for role in (Role.HARDWARE_MANAGER, Role.REGULAR, Role.GUEST):
            with pytest.raises(Refused, match="not_permitted"):
                start_lockdown(plan, by=actors[role])
        rehearse_lockdown(plan, by=actors[Role.HARDWARE_MANAGER])
        with pytest.raises(Refused, match="not_permitted"):
            rehearse_lockdown(plan, by=actors[Role.REGULAR])
        lockdown, _ = start_lockdown(plan, by=actors[Role.OPERATOR])
        with pytest.raises(Refused, match="not_permitted"):
            end_lockdown(lockdown, by=actors[Role.HARDWARE_MANAGER])


def test_whoever_may_not_end_a_lockdown_takes_no_door_out_of_it(cast: Cast) -> None:
    plan = a_plan(cast)
    with acting("account_sign_in"):
        technician = cast.accounts[Role.HARDWARE_MANAGER].memberships.get().actor()
    with acting(PREMISES, cast.organisation.pk):
        save_plan(plan, [cast.door.pk, cast.cellar.pk], by=technician)
    with acting(DOORS, cast.organisation.pk):
        start_lockdown(plan, by=cast.by)
    with pytest.raises(Refused, match="lockdown_active"), acting(PREMISES, cast.organisation.pk):
        save_plan(plan, [cast.cellar.pk], by=technician)
    with acting(PREMISES, cast.organisation.pk):
        assert LockdownDoor.objects.filter(plan=plan).count() == 2
        save_plan(plan, [cast.cellar.pk], by=cast.by)


def test_a_rehearsal_asks_each_controller_once_and_locks_nothing(cast: Cast) -> None:
    plan = a_plan(cast)
    with acting(PREMISES, cast.organisation.pk):
        second, _ = add_controller(cast.site, "Undercentral B", by=cast.by)
        other, _ = add_door(cast.section, second, by=cast.by, name="Third")
        save_plan(plan, [cast.door.pk, cast.cellar.pk, other.pk], by=cast.by)
    with acting(DOORS, cast.organisation.pk):
        entry = rehearse_lockdown(plan, by=cast.by)
        assert entry.snapshot_version is None, "doors need not know"
        rehearse_lockdown(plan, by=cast.by)
        tasks = ControllerTask.objects.filter(plan=plan, action=ControllerTask.Action.REHEARSE)
        assert {task.controller_id for task in tasks} == {cast.controller.pk, second.pk}
        assert len(tasks) == 2, "only the newest rehearsal is kept"
        assert not in_effect(timezone.now()).exists()


def test_a_door_is_held_unlocked_until_a_moment_or_until_ended(cast: Cast) -> None:
    now = timezone.now()
    with acting(DOORS, cast.organisation.pk):
        with pytest.raises(Refused, match="hold_past"):
            hold_open(cast.door, until=now - timedelta(minutes=1), by=cast.by)
        entry = hold_open(cast.door, until=now + timedelta(hours=1), by=cast.by)
        assert entry.snapshot_version
        hold_open(cast.door, until=None, by=cast.by)
        assert DoorHold.objects.get(door=cast.door).ends_at is None
        end_hold(cast.door, by=cast.by)
        assert not DoorHold.objects.exists()
    with acting(PREMISES, cast.organisation.pk):
        change_door(cast.door, by=cast.by, in_service=False)
    with acting(DOORS, cast.organisation.pk), pytest.raises(Refused, match="door_out_of_service"):
        hold_open(cast.door, until=None, by=cast.by)
