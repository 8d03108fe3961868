"""Which doors may I open with my phone, and what became of my wish to open one?

The server says which doors there are to ask for and passes the wish on; whether the door opens is decided by its controller.
"""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_list_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from portvakt.core.decision.model import AuthType
from portvakt.server.access.actions import Said
from portvakt.server.access.models import REMOTE_TYPES, RemoteAsk, RuleDoor, phone_parts
from portvakt.server.places.models import ControllerStatus, Door
from portvakt.server.web.board.page import BoardRequest, own_page
from portvakt.server.web.board.standing import standing
from portvakt.server.web.me.asking import PURPOSE, ask, asked_here, waiting
from portvakt.server.web.me.person import own_id, own_standing
from portvakt.server.web.me.position import metres_from


class OwnDoor(msgspec.Struct, frozen=True):
    """A door that a person may ask for; `schedules` names the times of its rules, and is empty where one of them has none.

    With `pin` it opens only with a PIN typed in the phone.
    """

    door: Door
    schedules: tuple[str, ...]
    online: bool
    pin: bool
    ask: RemoteAsk | None = None


@own_page(PURPOSE)
def doors(request: BoardRequest) -> HttpResponse:
    """Show the person's doors, each with its button, and beside one what became of a wish."""
    mine, asked = own_standing(request), asked_here(request)
    context = {"doors": own_doors(_own_parts(request), asked), "person": mine, "standing": standing(mine)}
    return render(request, "me/doors.html", context | waiting(asked))


def own_doors(parts: Iterable[RuleDoor], asked: RemoteAsk | None) -> list[OwnDoor]:
    """Return each door of parts of rules, already in order, once."""
    online = set(ControllerStatus.objects.filter(online=True).values_list("controller_id", flat=True))
    return [
        _own_door(door, list(group), asked, online=door.controller_id in online)
        for door, group in groupby(parts, key=lambda part: part.door)
    ]


def _own_door(door: Door, parts: list[RuleDoor], asked: RemoteAsk | None, *, online: bool) -> OwnDoor:
    touch = any(AuthType.REMOTE in set(part.entry_auth_types) & set(door.entry_auth_types) for part in parts)
    return OwnDoor(door, _schedules(parts), online, not touch, asked if asked and asked.door == door else None)


def _schedules(parts: Iterable[RuleDoor]) -> tuple[str, ...]:
    found = [part.rule.schedule for part in parts]
    return () if None in found else tuple(sorted({str(schedule) for schedule in found}))


@own_page(PURPOSE)
@require_POST
def open_door(request: BoardRequest, door: UUID) -> HttpResponse:
    """Pass the person's wish on to the door's controller; its answer is waited for by the page."""
    own = get_list_or_404(_own_parts(request), door=door)[0].door
    said = Said(metres=metres_from(own, request.POST), pin=request.POST.get("pin", ""))
    return ask(request, own, said, back=reverse("me:doors", args=[request.organisation.slug]))


def _own_parts(request: BoardRequest) -> QuerySet[RuleDoor]:
    parts = phone_parts(own_id(request), timezone.now(), REMOTE_TYPES)
    return parts.filter(organisation=request.organisation)
