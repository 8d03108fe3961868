"""What is set for one door beside its readers: who holds it open, when it unlocks by itself, what it does without the link?"""

import msgspec
from django.db.models import Q
from django.utils import timezone

from portvakt.server.access.calendar import Change, change_of
from portvakt.server.access.models import UnlockSchedule
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.places.models import Area, DoorHold, Interlock
from portvakt.server.web.board.door_standing import DoorNow
from portvakt.server.web.board.link_cut import LinkCut, link_cut


class Details(msgspec.Struct, frozen=True):
    """What is set for a door; `change` is when its unlock schedule opens or closes next."""

    hold: DoorHold | None
    unlock: UnlockSchedule | None
    change: Change | None
    inside: Area | None
    outside: Area | None
    interlocks: tuple[Interlock, ...]
    cut: LinkCut


def details(now: DoorNow) -> Details:
    """Return what is set for a door."""
    door, at = now.door, timezone.now()
    unlock = UnlockSchedule.objects.filter(door=door).select_related("schedule").first()
    areas = Area.objects.in_bulk([pk for pk in (door.inside_id, door.outside_id) if pk])
    return Details(
        hold=DoorHold.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), door=door).first(),
        unlock=unlock,
        change=change_of(unlock.schedule, door.section.site.timezone) if unlock else None,
        inside=areas.get(door.inside_id) if door.inside_id else None,
        outside=areas.get(door.outside_id) if door.outside_id else None,
        interlocks=tuple(Interlock.objects.filter(doors__door=door).order_by("name")),
        cut=link_cut(door, now.controller, wanted_version(door.organisation_id)),
    )
