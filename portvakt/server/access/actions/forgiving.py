"""How are controllers asked to forget where one person is?"""

from uuid import uuid4

from django.utils import timezone

from portvakt.server.access.models import Forgiveness
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.models import Person
from portvakt.server.places.models import Controller
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.notices import Channel, notify


def forgive_person(person: Person, *, by: Actor) -> AuditEntry:
    """Ask every controller with areas to forget where a person is: they then count as outside. Refused: no_areas."""
    by.require(Permission.RULE_ASSIGN)
    controllers = list(Controller.objects.filter(organisation=by.organisation, areas__isnull=False).distinct())
    if not controllers:
        raise Refused("no_areas")
    Forgiveness.objects.bulk_create(
        Forgiveness(
            pk=uuid4(), organisation_id=by.organisation, person=person, controller=controller, asked_at=timezone.now()
        )
        for controller in controllers
    )
    for controller in controllers:
        notify(Channel.COMMAND, controller.pk)
    return record("person.forgive_asked", person, by=by)
