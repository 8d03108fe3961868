"""How is something written into the logbook?"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from portvakt.server.logbook.models import (
    AccessEvent,
    Acknowledgement,
    AuditEntry,
    EventChain,
    EventSeal,
    LogFault,
    LogKey,
)
from portvakt.server.organisations.actions import next_snapshot_version
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.context import current_purpose

# As long as what operators did: a fault tells on a device or on whoever meddled with it.
FAULT_DAYS = 730
# Controllers seal every batch, which on a good link is every event; one seal for a hundred numbers proves as much.
SEALED_TOGETHER = 100


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


def put(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Give a row, unsaved, these values; return the names of those that differ, to save and to record."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def record_events(events: Iterable[AccessEvent]) -> None:
    """Add events from a controller; one that is there already stays as it is, so that sending twice records once."""
    AccessEvent.objects.bulk_create(events, ignore_conflicts=True, batch_size=500)


def record_seals(seals: Iterable[EventSeal], *, instead_of: Iterable[EventSeal] = ()) -> None:
    """Add seals, each once, and remove sound ones that are no longer needed, which were there before; these may be without an id."""
    outdated, organisations = Q(), set()
    for old in instead_of:
        outdated |= Q(controller_id=old.controller_id, journal=old.journal, sequence=old.sequence)
        organisations.add(old.organisation_id)
    if outdated:
        EventSeal.objects.filter(outdated, organisation__in=organisations, sound=True).delete()
    EventSeal.objects.bulk_create(seals, ignore_conflicts=True)


def sealed_together(earlier: int, later: int) -> bool:
    """Tell whether one seal is enough for both numbers."""
    return 0 < earlier < later and earlier // SEALED_TOGETHER == later // SEALED_TOGETHER


def begin_chains(heads: Iterable[EventChain]) -> None:
    """Keep how far new journals have come. Raises IntegrityError where one is there already."""
    EventChain.objects.bulk_create(heads)


def move_chains(heads: Iterable[EventChain]) -> None:
    """Keep how far journals have come whose rows are there, and are held."""
    # One statement for all of them: each conflicts with itself, and is changed for it.
    columns = ["sequence", "last_at", "digest", "public_key"]
    EventChain.objects.bulk_create(heads, update_conflicts=True, unique_fields=["id"], update_fields=columns)


def record_faults(faults: Iterable[LogFault]) -> None:
    """Add what is wrong with numbers of journals; said again, it stays as it was."""
    LogFault.objects.bulk_create(faults, ignore_conflicts=True)


def record_key(organisation: UUID, controller: UUID, public_key: bytes, *, accepted: bool) -> None:
    """Keep a key that a controller seals its events with; one that is there is from now on what `accepted` says."""
    own: dict[str, Any] = {"organisation_id": organisation, "controller_id": controller, "public_key": public_key}
    LogKey.objects.update_or_create(**own, defaults={"accepted": accepted, "first_seen_at": timezone.now()})


def record_look_up(person: models.Model, *, by: Actor) -> AuditEntry:
    """Add that an operator looks at what one person's passages were; `person` needs no more than its id."""
    by.require(Permission.ACCESS_LOG_READ)
    return record("access_log.looked_up", person, by=by)


def record_export(person: models.Model | None, *, by: Actor, fields: Iterable[str]) -> AuditEntry:
    """Add that an operator takes events out of the access log, narrowed by the filters in `fields`, perhaps to one person."""
    by.require(Permission.ACCESS_LOG_READ)
    return record("access_log.exported", person, by=by, fields=fields)


def record_evidence(*, by: Actor) -> AuditEntry:
    """Add that an operator takes the access log out as evidence: ids, times and digests, no names."""
    by.require(Permission.ACCESS_LOG_READ)
    return record("access_log.evidence_exported", None, by=by)


def acknowledge(event: int | None, fault: UUID | None, note: str, *, by: Actor) -> AuditEntry | None:
    """Note that an operator has seen to an alarm, an event or a log fault; None where another did so before."""
    by.require(Permission.DOOR_RELEASE)
    row = Acknowledgement(organisation_id=by.organisation, event_id=event, fault_id=fault, account_id=by.id, note=note)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return record("alarm.acknowledged", row, by=by, fields=["note"] if note else [])


def forget_proofs(now: datetime) -> None:
    """Remove what proves events that are gone, and what was said of them; the newest seal and journal of each controller stay."""
    events = AccessEvent.objects.filter(organisation_id=OuterRef("organisation_id"), journal=OuterRef("journal"))
    older = events.filter(sequence__lte=OuterRef("sequence"))
    newer_seal = EventSeal.objects.filter(journal=OuterRef("journal"), sequence__gt=OuterRef("sequence"))
    EventSeal.objects.filter(~Exists(older), Exists(newer_seal)).delete()
    newer = EventChain.objects.filter(controller_id=OuterRef("controller_id"), began_at__gt=OuterRef("began_at"))
    EventChain.objects.filter(~Exists(events), Exists(newer)).delete()
    gone = EventChain.objects.filter(journal=OuterRef("journal"))
    EventSeal.objects.filter(~Exists(gone)).delete()
    LogFault.objects.filter(at__lt=now - timedelta(days=FAULT_DAYS)).delete()
    event = AccessEvent.objects.filter(pk=OuterRef("event_id"))
    fault = LogFault.objects.filter(pk=OuterRef("fault_id"))
    Acknowledgement.objects.filter(~Exists(event), ~Exists(fault)).delete()
