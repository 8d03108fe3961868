"""How is a person's wish for a door passed on to its controller, and what became of it?"""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from portvakt.core.decision.model import Reason
from portvakt.server.access.models import RemoteAsk, remote_parts
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.notices import Channel, notify

# Nobody presses a button more often; a program that does must not keep a door's controller busy.
ASKS_A_MINUTE = 20


def ask_to_open(door: Door, *, by: Actor) -> tuple[RemoteAsk, AuditEntry]:
    """Pass the wish of the person that `by` is on to the door's controller, which decides; its answer is in the row in time or never.

    Refused: not_permitted (not one of the person's doors), too_many_asks.
    """
    now = timezone.now()
    if by.person is None or not remote_parts(by.person, now).filter(door=door).exists():
        raise Refused("not_permitted")
    lately = RemoteAsk.objects.filter(person_id=by.person, asked_at__gt=now - timedelta(minutes=1))
    if lately.count() >= ASKS_A_MINUTE:
        raise Refused("too_many_asks")
    entry = record("door.remote_asked", door, by=by)
    ask = RemoteAsk(
        pk=entry.pk,
        organisation_id=by.organisation,
        person_id=by.person,
        controller_id=door.controller_id,
        door_id=door.pk,
        asked_at=now,
    )
    ask.save(force_insert=True)
    notify(Channel.COMMAND, door.controller_id)
    return ask, entry


def answer_ask(ask: UUID, controller: UUID, reason: Reason | None) -> None:
    """Keep what became of a wish: granted without a reason, else why not. Only the door's own controller can answer it, once."""
    RemoteAsk.objects.filter(pk=ask, controller_id=controller, answered_at__isnull=True).update(
        answered_at=timezone.now(), granted=reason is None, reason=reason.value if reason else ""
    )
