"""Are areas and interlocks kept to one controller, and is everybody's place forgotten on request?"""

import pytest

from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.places.actions import (
    add_controller,
    add_door,
    forgive_everybody,
    remove_area,
    remove_interlock,
    save_area,
    save_interlock,
)
from portvakt.server.places.models import Area, ControllerTask, Door, Interlock, InterlockDoor, Passback
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast

PREMISES = "premises_administration"


def an_area(cast: Cast, name: str = "Garage") -> Area:
    return Area(controller_id=cast.controller.pk, name=name, passback=Passback.HARD, limit=10)


def test_an_area_has_its_doors_on_both_sides_and_doors_learn_of_it(cast: Cast) -> None:
    with acting(PREMISES, cast.organisation.pk):
        before = wanted_version(cast.organisation.pk)
        entry = save_area(area := an_area(cast), inside=[cast.door.pk], outside=[cast.cellar.pk], by=cast.by)
        assert entry.snapshot_version
        assert entry.snapshot_version > before
        assert Door.objects.get(pk=cast.door.pk).inside_id == area.pk
        assert Door.objects.get(pk=cast.cellar.pk).outside_id == area.pk
        save_area(area, inside=[cast.cellar.pk], outside=[], by=cast.by)
        assert Door.objects.get(pk=cast.door.pk).inside_id is None
        assert Door.objects.get(pk=cast.cellar.pk).outside_id is None
        assert Door.objects.get(pk=cast.cellar.pk).inside_id == area.pk
        remove_area(area, by=cast.by)
        assert not Area.objects.filter(pk=area.pk).exists()
        assert Door.objects.get(pk=cast.cellar.pk).inside_id is None


def test_a_door_of_another_controller_is_refused(cast: Cast) -> None:
    with acting(PREMISES, cast.organisation.pk):
        second, _ = add_controller(cast.site, "Undercentral B", by=cast.by)
        far, _ = add_door(cast.section, second, by=cast.by, name="Far")
        for sides in ({"inside": [far.pk], "outside": []}, {"inside": [cast.door.pk], "outside": [far.pk]}):
            with pytest.raises(Refused, match="area_controllers"):
                save_area(an_area(cast), **sides, by=cast.by)
        with pytest.raises(Refused, match="interlock_controllers"):
            save_interlock(Interlock(controller=cast.controller, name="L"), [cast.door.pk, far.pk], by=cast.by)
        assert not Area.objects.filter(name="Garage").exists()


def test_one_side_leads_into_one_area_only(cast: Cast) -> None:
    with acting(PREMISES, cast.organisation.pk):
        save_area(an_area(cast), inside=[cast.door.pk], outside=[], by=cast.by)
        with pytest.raises(Refused, match="door_in_other_area"):
            save_area(an_area(cast, "Depot"), inside=[cast.door.pk], outside=[], by=cast.by)
        with pytest.raises(Refused, match="area_both_sides"):
            save_area(an_area(cast, "Depot"), inside=[cast.cellar.pk], outside=[cast.cellar.pk], by=cast.by)
        with pytest.raises(Refused, match="name_taken"):
            save_area(an_area(cast), inside=[cast.cellar.pk], outside=[], by=cast.by)


def test_somebody_elses_door_is_no_door(cast: Cast, other: Cast) -> None:
    with acting(PREMISES, cast.organisation.pk), pytest.raises(Refused, match="area_controllers"):
        save_area(an_area(cast), inside=[other.door.pk], outside=[], by=cast.by)


def test_an_interlock_holds_at_least_two_doors(cast: Cast) -> None:
    with acting(PREMISES, cast.organisation.pk):
        lock = Interlock(controller=cast.controller, name="Lock")
        with pytest.raises(Refused, match="interlock_few"):
            save_interlock(lock, [cast.door.pk], by=cast.by)
        save_interlock(lock, [cast.door.pk, cast.cellar.pk], by=cast.by)
        save_interlock(lock, [cast.door.pk, cast.cellar.pk], by=cast.by)
        assert InterlockDoor.objects.filter(interlock=lock).count() == 2
        remove_interlock(lock, by=cast.by)
        assert not InterlockDoor.objects.filter(interlock=lock).exists()


def test_forgetting_where_everybody_is_is_asked_of_the_controller(cast: Cast) -> None:
    with acting("door_operation", cast.organisation.pk):
        task, entry = forgive_everybody(cast.controller, by=cast.by)
        assert task.pk == entry.pk
        (row,) = ControllerTask.objects.filter(controller=cast.controller)
        assert (row.action, row.answered_at) == (ControllerTask.Action.FORGIVE, None)
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.filter(action="controller.forgive_asked").exists()
