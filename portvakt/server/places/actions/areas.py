"""How are areas and interlocks described, and how is everybody's place forgotten?"""

from collections.abc import Collection
from uuid import UUID

from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions._rows import ask, hold_doors, store
from portvakt.server.places.models import Area, Controller, ControllerTask, Door, Interlock, InterlockDoor
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused

AREA_FIELDS = ("name", "passback", "forgive_minutes", "timed_minutes", "limit", "two_person", "escort")
FEWEST_INTERLOCKED = 2


def save_area(area: Area, *, inside: Collection[UUID], outside: Collection[UUID], by: Actor) -> AuditEntry:
    """Insert or change an area; entry through the doors of `inside` and exit through those of `outside` lead into it.

    Refused: name_taken, area_controllers (a door of another controller), area_both_sides, door_in_other_area.
    """
    by.require(Permission.PLACE_MANAGE)
    if set(inside) & set(outside):
        raise Refused("area_both_sides", field="outside_doors")
    for field, doors, held in (("inside", inside, "inside_id"), ("outside", outside, "outside_id")):
        rows = list(Door.objects.filter(pk__in=doors))
        if len(rows) != len(set(doors)) or any(row.controller_id != area.controller_id for row in rows):
            raise Refused("area_controllers", field=f"{field}_doors")
        if any(getattr(row, held) not in {None, area.pk} for row in rows):
            raise Refused("door_in_other_area", field=f"{field}_doors")
    area.organisation_id = by.organisation
    added = store(area)
    _lead(area, inside, outside)
    return record("area.added" if added else "area.changed", area, by=by, fields=[*AREA_FIELDS, "doors"], doors=True)


def _lead(area: Area, inside: Collection[UUID], outside: Collection[UUID]) -> None:
    """Let the sides of exactly these doors lead into the area."""
    Door.objects.filter(inside=area).exclude(pk__in=inside).update(inside=None)
    Door.objects.filter(outside=area).exclude(pk__in=outside).update(outside=None)
    Door.objects.filter(pk__in=inside).update(inside=area)
    Door.objects.filter(pk__in=outside).update(outside=area)


def remove_area(area: Area, *, by: Actor) -> AuditEntry:
    """Remove an area; its doors lead into none, and where anybody is inside is forgotten with it."""
    by.require(Permission.PLACE_MANAGE)
    entry = record("area.removed", area, by=by, doors=True)
    _lead(area, (), ())
    Area.objects.filter(pk=area.pk).delete()
    return entry


def forgive_everybody(controller: Controller, *, by: Actor) -> tuple[ControllerTask, AuditEntry]:
    """Ask a controller to forget in which of its areas everybody is; it answers in the task, or never."""
    by.require(Permission.DOOR_RELEASE)
    entry = record("controller.forgive_asked", controller, by=by)
    return ask(entry.pk, ControllerTask.Action.FORGIVE, controller.pk, by), entry


def save_interlock(interlock: Interlock, doors: Collection[UUID], *, by: Actor) -> AuditEntry:
    """Insert or change an interlock. Refused: name_taken, interlock_few, interlock_controllers."""
    by.require(Permission.PLACE_MANAGE)
    if len(set(doors)) < FEWEST_INTERLOCKED:
        raise Refused("interlock_few", field="doors")
    if Door.objects.filter(pk__in=doors, controller=interlock.controller_id).count() != len(set(doors)):
        raise Refused("interlock_controllers", field="doors")
    interlock.organisation_id = by.organisation
    added = store(interlock)
    hold_doors(InterlockDoor, doors, by, interlock=interlock)
    action = "interlock.added" if added else "interlock.changed"
    return record(action, interlock, by=by, fields=["name", "doors"], doors=True)


def remove_interlock(interlock: Interlock, *, by: Actor) -> AuditEntry:
    """Let the doors of an interlock open regardless of one another."""
    by.require(Permission.PLACE_MANAGE)
    entry = record("interlock.removed", interlock, by=by, doors=True)
    InterlockDoor.objects.filter(interlock=interlock).delete()
    Interlock.objects.filter(pk=interlock.pk).delete()
    return entry
