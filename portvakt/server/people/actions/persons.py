"""How are persons enrolled, changed, suspended and resumed?"""

from typing import Any

from django.utils import timezone

from portvakt.server.logbook.actions import put, record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.actions import take_back
from portvakt.server.people.actions._rows import check_period
from portvakt.server.people.models import Person
from portvakt.server.purpose.actor import Actor, Permission

PERSON_FIELDS = (
    "first_name",
    "last_name",
    "unit",
    "email",
    "phone",
    "language",
    "category",
    "escort",
    "overrides",
    "valid_from",
    "valid_to",
)
# What doors must learn of at once.
DOOR_FIELDS = frozenset({"valid_from", "valid_to", "overrides", "escort"})


def enrol_person(*, by: Actor, **values: Any) -> tuple[Person, AuditEntry]:
    """Add a person with the values of PERSON_FIELDS. Refused: period_backwards."""
    by.require(Permission.PERSON_ENROL)
    check_period(values)
    person = Person(organisation_id=by.organisation, **values)
    person.save(force_insert=True)
    return person, record("person.enrolled", person, by=by, fields=values, doors=True, holder=person.pk)


def change_person(person: Person, *, by: Actor, **values: Any) -> AuditEntry:
    """Change the given fields of a person. Refused: period_backwards."""
    by.require(Permission.PERSON_ENROL)
    changed = put(person, values)
    check_period(vars(person))
    person.save(update_fields=changed)
    at_doors = bool(DOOR_FIELDS & set(changed))
    return record("person.changed", person, by=by, fields=changed, doors=at_doors, holder=person.pk)


def suspend_person(person: Person, *, by: Actor) -> AuditEntry:
    """Stop a person at every door until resumed; suspending twice is the same as once."""
    by.require(Permission.PERSON_ENROL)
    person.suspended_at = person.suspended_at or timezone.now()
    person.save(update_fields=["suspended_at"])
    entry = record("person.suspended", person, by=by, fields=["suspended_at"], doors=True, holder=person.pk)
    take_back(by.organisation, entry.snapshot_version, person=person.pk)
    return entry


def resume_person(person: Person, *, by: Actor) -> AuditEntry:
    """Let a suspended person pass again."""
    by.require(Permission.PERSON_ENROL)
    person.suspended_at = None
    person.save(update_fields=["suspended_at"])
    return record("person.resumed", person, by=by, fields=["suspended_at"], doors=True, holder=person.pk)
