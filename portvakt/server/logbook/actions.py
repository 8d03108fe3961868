"""How is something written into the logbook?"""

from collections.abc import Iterable
from uuid import UUID

from django.db import models

from portvakt.server.logbook.models import AccessEvent, AuditEntry
from portvakt.server.organisations.actions import next_snapshot_version
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.context import current_purpose


def record(
    action: str,
    on: models.Model | None,
    *,
    by: Actor,
    fields: Iterable[str] = (),
    doors: bool = False,
    holder: UUID | None = None,
) -> AuditEntry:
    """Add one audit entry for what `by` just did; `action` is object and verb such as "person.enrolled".

    With `doors`, the organisation's controllers must learn of it: a new snapshot version is asked for in the same
    transaction. With `holder` too, they need learn only of that person's rows, which changed alone.
    """
    return AuditEntry.objects.create(
        organisation_id=by.organisation,
        actor_id=by.id,
        actor_name="" if by.id else by.name,
        purpose=current_purpose(),
        action=action,
        object_kind=on._meta.label if on else "",
        object_id=on.pk if on and isinstance(on.pk, UUID) else None,
        fields=sorted(fields),
        snapshot_version=next_snapshot_version(by.organisation, holder) if doors else None,
    )


def record_events(events: Iterable[AccessEvent]) -> None:
    """Add events from a controller; one that is there already stays as it is, so that sending twice records once."""
    AccessEvent.objects.bulk_create(events, ignore_conflicts=True, batch_size=500)


def record_look_up(person: models.Model, *, by: Actor) -> AuditEntry:
    """Add that an operator looks at what one person's passages were; `person` needs no more than its id."""
    by.require(Permission.ACCESS_LOG_READ)
    return record("access_log.looked_up", person, by=by)


def record_export(person: models.Model | None, *, by: Actor, fields: Iterable[str]) -> AuditEntry:
    """Add that an operator takes events out of the access log, narrowed by the filters in `fields`, perhaps to one person."""
    by.require(Permission.ACCESS_LOG_READ)
    return record("access_log.exported", person, by=by, fields=fields)
