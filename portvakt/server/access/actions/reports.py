"""How is it put on record that somebody takes out who can open what, or asks why a person was let in or denied?"""

from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.models import Person
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Actor, Permission


def record_reach_export(on: Door | Person, *, by: Actor) -> AuditEntry:
    """Add that an operator takes out who can open a door, or what a person can open."""
    by.require(Permission.PERSON_READ)
    return record("reach.exported", on, by=by)


def record_explained(person: Person, *, by: Actor) -> AuditEntry:
    """Add that an operator asks what a door would answer a person; `person` needs no more than its id."""
    by.require(Permission.PERSON_READ)
    return record("person.explained", person, by=by)
