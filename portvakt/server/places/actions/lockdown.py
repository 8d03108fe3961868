"""How are lockdowns prepared, rehearsed, started and ended, and doors held unlocked?"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions._rows import ask, hold_doors, store
from portvakt.server.places.models import (
    Controller,
    ControllerTask,
    Door,
    DoorHold,
    Lockdown,
    LockdownDoor,
    LockdownPlan,
    in_effect,
)
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.notices import Look, hint


def save_plan(plan: LockdownPlan, doors: Collection[UUID], *, by: Actor) -> AuditEntry:
    """Insert or change a plan.

    Refused: name_taken, plan_empty, plan_site (a door of another site), lockdown_active (to whoever may not end it).
    """
    by.require(Permission.PLACE_MANAGE)
    wanted = set(doors)
    if not wanted:
        raise Refused("plan_empty", field="doors")
    if Door.objects.filter(pk__in=wanted, section__site=plan.site_id).count() != len(wanted):
        raise Refused("plan_site", field="doors")
    plan.organisation_id = by.organisation
    added = store(plan)
    hold_doors(LockdownDoor, wanted, by, plan=plan)
    fields = ["name", "rank", "ends_after_minutes", "doors"]
    entry = record("plan.added" if added else "plan.changed", plan, by=by, fields=fields, doors=True)
    # A door that is taken out of a plan in effect is locked down no more. Asked last, as a lockdown may just have been started.
    if not by.may(Permission.LOCKDOWN_START) and in_effect(timezone.now()).filter(plan=plan).exists():
        raise Refused("lockdown_active")
    return entry


def remove_plan(plan: LockdownPlan, *, by: Actor) -> AuditEntry:
    """Remove a plan with its rehearsals. Refused: lockdown_active."""
    by.require(Permission.PLACE_MANAGE)
    with transaction.atomic():
        entry = record("plan.removed", plan, by=by, doors=True)
        # Asked after it, as a lockdown may just have been started; see start_lockdown.
        if in_effect(timezone.now()).filter(plan=plan).exists():
            raise Refused("lockdown_active")
    for part in (LockdownDoor, Lockdown, ControllerTask):
        part._default_manager.filter(plan=plan).delete()
    LockdownPlan.objects.filter(pk=plan.pk).delete()
    return entry


def start_lockdown(plan: LockdownPlan, *, by: Actor) -> tuple[Lockdown, AuditEntry]:
    """Lock a plan's doors down until it is ended, or until the plan's time has passed. Refused: lockdown_active."""
    by.require(Permission.LOCKDOWN_START)
    now = timezone.now()
    ends_at = now + timedelta(minutes=plan.ends_after_minutes) if plan.ends_after_minutes else None
    with transaction.atomic():
        # It takes the organisation's next version: whoever presses second waits here for the first, and finds it in effect.
        entry = record("lockdown.started", plan, by=by, doors=True)
        if in_effect(now).filter(plan=plan).exists():
            raise Refused("lockdown_active")
    lockdown = Lockdown(pk=entry.pk, organisation_id=by.organisation, plan=plan, begun_at=now, ends_at=ends_at)
    lockdown.save(force_insert=True)
    hint(by.organisation, Look.DOORS)
    return lockdown, entry


def end_lockdown(lockdown: Lockdown, *, by: Actor) -> AuditEntry:
    """End a lockdown now; one that is over already stays as it is."""
    by.require(Permission.LOCKDOWN_START)
    Lockdown.objects.filter(pk=lockdown.pk, ended_at__isnull=True).update(ended_at=timezone.now())
    hint(by.organisation, Look.DOORS)
    return record("lockdown.ended", lockdown.plan, by=by, doors=True)


def rehearse_lockdown(plan: LockdownPlan, *, by: Actor) -> AuditEntry:
    """Ask every controller of a plan's doors which would lock; nothing is locked. One task for each controller."""
    by.require(Permission.LOCKDOWN_REHEARSE)
    ControllerTask.objects.filter(plan=plan).delete()
    for controller in Controller.objects.filter(doors__lockdown_plans__plan=plan).distinct():
        ask(uuid4(), ControllerTask.Action.REHEARSE, controller.pk, by, plan=plan)
    return record("lockdown.rehearsed", plan, by=by)


def hold_open(door: Door, *, until: datetime | None, by: Actor) -> AuditEntry:
    """Keep a door unlocked until a moment, or until it is ended. Refused: hold_past, door_out_of_service."""
    by.require(Permission.DOOR_RELEASE)
    if until and until <= timezone.now():
        raise Refused("hold_past", field="until")
    if not door.in_service:
        raise Refused("door_out_of_service")
    DoorHold.objects.update_or_create(organisation_id=by.organisation, door=door, defaults={"ends_at": until})
    hint(by.organisation, Look.DOORS, door.pk)
    return record("door.hold_begun", door, by=by, fields=["ends_at"], doors=True)


def end_hold(door: Door, *, by: Actor) -> AuditEntry:
    """Let a door lock again."""
    by.require(Permission.DOOR_RELEASE)
    DoorHold.objects.filter(door=door).delete()
    hint(by.organisation, Look.DOORS, door.pk)
    return record("door.hold_ended", door, by=by, doors=True)
