"""When does a door stand unlocked by itself?"""

from portvakt.server.access.models import Schedule, UnlockSchedule
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Actor, Permission


def set_unlock_schedule(door: Door, schedule: Schedule | None, *, first_person_in: bool, by: Actor) -> AuditEntry:
    """Let a door stand unlocked while a schedule is active, or never by itself where there is none."""
    by.require(Permission.PLACE_MANAGE)
    if schedule is None:
        UnlockSchedule.objects.filter(door=door).delete()
        return record("unlock_schedule.removed", door, by=by, doors=True)
    UnlockSchedule.objects.update_or_create(
        organisation_id=by.organisation,
        door=door,
        defaults={"schedule": schedule, "first_person_in": first_person_in},
    )
    return record("unlock_schedule.set", door, by=by, fields=["schedule", "first_person_in"], doors=True)
