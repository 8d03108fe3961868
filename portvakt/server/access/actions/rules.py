"""How are access rules made, and persons put into them and taken out?"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from portvakt.core.decision.model import Side
from portvakt.server.access.actions._rows import store
from portvakt.server.access.guards import check_guards
from portvakt.server.access.models import AccessRule, Assignment, RuleDoor
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.actions import take_back
from portvakt.server.people.models import Person
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused


def save_rule(rule: AccessRule, doors: Mapping[UUID, Mapping[Side, Iterable[int]]], *, by: Actor) -> AuditEntry:
    """Insert or change a rule together with its doors and the auth types on each side.

    Refused: name_taken, period_backwards, auth_type_not_supported (a door's equipment cannot do what the rule asks), guard_broken.
    """
    by.require(Permission.RULE_MANAGE)
    if rule.valid_from and rule.valid_to and rule.valid_to <= rule.valid_from:
        raise Refused("period_backwards", field="valid_to")
    action = "rule.changed" if AccessRule.objects.filter(pk=rule.pk).exists() else "rule.added"
    rule.organisation_id = by.organisation
    store(rule)
    RuleDoor.objects.filter(rule=rule).delete()
    RuleDoor.objects.bulk_create(_rule_doors(rule, doors))
    check_guards(by.organisation)
    return record(action, rule, by=by, fields=["schedule", "valid_from", "valid_to", "doors"], doors=True)


def remove_rule(rule: AccessRule, *, by: Actor) -> AuditEntry:
    """Remove a rule with its doors and assignments."""
    by.require(Permission.RULE_MANAGE)
    entry = record("rule.removed", rule, by=by, doors=True)
    for part in (Assignment, RuleDoor):
        part._default_manager.filter(rule=rule).delete()
    AccessRule.objects.filter(pk=rule.pk).delete()
    return entry


def assign(
    person: Person, rule: AccessRule, *, by: Actor, valid_from: datetime | None = None, valid_to: datetime | None = None
) -> AuditEntry:
    """Put a person into a rule, or change from when to when. Refused: period_backwards, guard_broken."""
    by.require(Permission.RULE_ASSIGN)
    if valid_from and valid_to and valid_to <= valid_from:
        raise Refused("period_backwards", field="valid_to")
    Assignment.objects.update_or_create(
        organisation_id=by.organisation,
        rule=rule,
        person=person,
        defaults={"valid_from": valid_from, "valid_to": valid_to},
    )
    check_guards(by.organisation)
    return record("person.assigned", person, by=by, fields=["rule"], doors=True, holder=person.pk)


def withdraw(assignment: Assignment, *, by: Actor) -> AuditEntry:
    """Take a person out of a rule."""
    by.require(Permission.RULE_ASSIGN)
    person, rule = assignment.person_id, assignment.rule_id
    entry = record("person.withdrawn", assignment.person, by=by, fields=["rule"], doors=True, holder=person)
    take_back(by.organisation, entry.snapshot_version, person=person, rule=rule)
    Assignment.objects.filter(pk=assignment.pk).delete()
    return entry


def _rule_doors(rule: AccessRule, doors: Mapping[UUID, Mapping[Side, Iterable[int]]]) -> list[RuleDoor]:
    known = Door.objects.in_bulk(list(doors))
    rows = []
    for door_id, sides in doors.items():
        door = known.get(door_id)
        entry, leave = sorted(sides.get(Side.ENTRY, ())), sorted(sides.get(Side.EXIT, ()))
        if door is None or set(entry) - set(door.entry_auth_types) or set(leave) - set(door.exit_auth_types):
            raise Refused("auth_type_not_supported", field="doors")
        rows.append(
            RuleDoor(
                organisation_id=rule.organisation_id,
                rule_id=rule.pk,
                door_id=door_id,
                entry_auth_types=entry,
                exit_auth_types=leave,
            )
        )
    return rows
