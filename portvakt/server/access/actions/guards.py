"""How is said what no rule may ever make possible?"""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from portvakt.server.access.actions._rows import store
from portvakt.server.access.guards import check_guards
from portvakt.server.access.models import GuardDoor, GuardRule
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused


def save_guard(guard: GuardRule, doors: Collection[UUID], *, by: Actor) -> AuditEntry:
    """Insert or change a guard rule. Refused: name_taken, guard_empty, guard_broken (somebody can already do what it forbids)."""
    by.require(Permission.RULE_MANAGE)
    wanted = set(doors)
    if not wanted or Door.objects.filter(pk__in=wanted, organisation=by.organisation).count() != len(wanted):
        raise Refused("guard_empty", field="doors")
    action = "guard.changed" if GuardRule.objects.filter(pk=guard.pk).exists() else "guard.added"
    guard.organisation_id = by.organisation
    store(guard)
    GuardDoor.objects.filter(~Q(door__in=wanted), guard=guard).delete()
    held = set(GuardDoor.objects.filter(guard=guard).values_list("door_id", flat=True))
    GuardDoor.objects.bulk_create(
        GuardDoor(organisation_id=by.organisation, guard=guard, door_id=door) for door in wanted - held
    )
    check_guards(by.organisation)
    return record(action, guard, by=by, fields=["name", "category", "schedule", "doors"])


def remove_guard(guard: GuardRule, *, by: Actor) -> AuditEntry:
    """Forbid no longer what a guard rule forbids."""
    by.require(Permission.RULE_MANAGE)
    entry = record("guard.removed", guard, by=by)
    GuardDoor.objects.filter(guard=guard).delete()
    GuardRule.objects.filter(pk=guard.pk).delete()
    return entry
