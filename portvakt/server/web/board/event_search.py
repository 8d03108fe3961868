"""Which access events fit a filter, and whose names belong beside them?"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from portvakt.server.logbook.models import AccessEvent
from portvakt.server.organisations.models import Organisation
from portvakt.server.people.models import Person
from portvakt.server.web.board.forms_logs import OUTCOMES, AccessLogFilter

# What may be read of a person for this purpose: who it is, not how they are reached.
IDENTITY = ("pk", "first_name", "last_name", "unit")


def events(organisation: Organisation, by: AccessLogFilter) -> QuerySet[AccessEvent]:
    """Return the organisation's events that fit a valid filter, newest first."""
    values, doors = by.cleaned_data, by.door_ids()
    exact = {
        "at__gte": values["since"],
        "at__lt": values["until"],
        "door_id__in": doors,
        "person_id": values["person"],
        "kind__in": OUTCOMES.get(values["outcome"]),
        "reason": values["reason"] or None,
        "auth_type": values["auth_type"],
    }
    found = AccessEvent.objects.filter(organisation=organisation)
    return found.filter(**{name: value for name, value in exact.items() if value is not None}).order_by("-at", "-id")


def persons_of(rows: Iterable[AccessEvent]) -> dict[UUID, Person]:
    """Return the persons of some rows by id; one who has been erased is not there."""
    wanted = {row.person_id for row in rows if row.person_id}
    return Person.objects.only(*IDENTITY).in_bulk(list(wanted))


def newest(organisation: Organisation) -> int:
    """Return the id of the event recorded last, 0 before the first."""
    last = AccessEvent.objects.filter(organisation=organisation).order_by("-pk").values_list("pk", flat=True).first()
    return last or 0
