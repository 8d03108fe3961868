"""How does a person go whose time here is over: with all that was theirs, and with doors told?

What doors saw stays as long as the log is kept; without the person's row an id in it says nothing about anyone.
"""

from portvakt.server.access.models import Assignment, Forgiveness, RemoteAsk
from portvakt.server.accounts.actions import part_from_person
from portvakt.server.accounts.models import Membership
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.actions import take_back
from portvakt.server.people.models import Credential, Person
from portvakt.server.purpose.actor import Actor, Permission


def remove_person(person: Person, *, by: Actor) -> AuditEntry:
    """Remove a person with credentials, assignments, wishes and the link to an account; `person` needs no more than its id."""
    by.require(Permission.PERSON_ENROL)
    for membership in Membership.objects.filter(organisation=by.organisation, person_id=person.pk):
        part_from_person(membership, by=by)
    for rows in (RemoteAsk, Forgiveness, Assignment, Credential):
        rows._base_manager.filter(organisation=by.organisation, person=person.pk).delete()
    entry = record("person.removed", person, by=by, doors=True, holder=person.pk)
    take_back(by.organisation, entry.snapshot_version, person=person.pk)
    Person.objects.filter(organisation=by.organisation, pk=person.pk).delete()
    return entry
