"""What does an operator ask of a controller now, and what became of it?"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions._rows import Row
from portvakt.server.places.models import Door, DoorCommand
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.notices import Channel, notify

# An operator who waits longer has walked on; a door that opens later opens for someone else.
COMMAND_SECONDS = 10


def release_door(door: Door, *, by: Actor) -> tuple[DoorCommand, AuditEntry]:
    """Ask the door's controller to release it now; the answer, if one comes, is in the command within COMMAND_SECONDS."""
    by.require(Permission.DOOR_RELEASE)
    entry = record("door.release_asked", door, by=by)
    command = DoorCommand(
        pk=entry.pk,
        organisation_id=by.organisation,
        controller_id=door.controller_id,
        door_id=door.pk,
        asked_at=timezone.now(),
    )
    command.save(force_insert=True)
    notify(Channel.COMMAND, door.controller_id)
    return command, entry


def claim_wishes(wishes: type[Row], controller: UUID) -> list[Row]:
    """Return the wishes (DoorCommand, RemoteAsk, …) to send to a controller now; nobody else gets them, and none is given out late."""
    now, rows = timezone.now(), wishes._default_manager
    waiting = rows.filter(
        controller_id=controller, claimed_at__isnull=True, asked_at__gt=now - timedelta(seconds=COMMAND_SECONDS)
    )
    claimed = list(waiting.select_for_update(skip_locked=True).order_by("asked_at"))
    if claimed:
        rows.filter(pk__in=[wish.pk for wish in claimed]).update(claimed_at=now)
    return claimed


def answer_wish(wishes: type[Row], wish: UUID, controller: UUID, **told: Any) -> list[Row]:
    """Keep what became of a wish, and return it; nothing when it is not the controller's own, or was answered before.

    `told` are columns: `granted`, `reason` (empty when granted) and what else such a wish is answered with.
    """
    own = wishes._default_manager.filter(pk=wish, controller_id=controller, answered_at__isnull=True)
    found = list(own)
    if found:
        own.update(answered_at=timezone.now(), **told)
    return found
