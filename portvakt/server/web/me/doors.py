"""Which doors may I open with my phone, and what became of my wish to open one?

The server says which doors there are to ask for and passes the wish on; whether the door opens is decided by its controller.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import cast
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_list_or_404, get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from portvakt.server.access.actions import ask_to_open
from portvakt.server.access.models import RemoteAsk, RuleDoor, remote_parts
from portvakt.server.people.models import Person
from portvakt.server.places.actions import COMMAND_SECONDS
from portvakt.server.places.models import ControllerStatus, Door
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.board.page import BoardRequest, own_page
from portvakt.server.web.board.standing import standing
from portvakt.server.web.errors import sentence, status

PURPOSE = "own_access"


class OwnDoor(msgspec.Struct, frozen=True):
    """A door that a person may ask for; `schedules` names the times of its rules, and is empty where one of them has none."""

    door: Door
    schedules: tuple[str, ...]
    online: bool
    ask: RemoteAsk | None = None


@own_page(PURPOSE)
def doors(request: BoardRequest) -> HttpResponse:
    """Show the person's doors, each with its button, and beside one what became of a wish."""
    standing_only = Person.objects.only("suspended_at", "valid_from", "valid_to")
    mine = get_object_or_404(standing_only, pk=_person(request))
    asked = _own_asks(request).filter(pk=named).first() if (named := _uuid(request)) else None
    context = {
        "doors": own_doors(_own_parts(request), asked),
        "given_up": given_up(asked),
        "person": mine,
        "standing": standing(mine),
    }
    return render(request, "me/doors.html", context)


def own_doors(parts: Iterable[RuleDoor], asked: RemoteAsk | None) -> list[OwnDoor]:
    """Return each door of parts of rules, already in order, once."""
    online = set(ControllerStatus.objects.filter(online=True).values_list("controller_id", flat=True))
    return [
        OwnDoor(door, _schedules(group), door.controller_id in online, asked if asked and asked.door == door else None)
        for door, group in groupby(parts, key=lambda part: part.door)
    ]


def _schedules(parts: Iterable[RuleDoor]) -> tuple[str, ...]:
    found = [part.rule.schedule for part in parts]
    return () if None in found else tuple(sorted({str(schedule) for schedule in found}))


@own_page(PURPOSE)
@require_POST
def open_door(request: BoardRequest, door: UUID) -> HttpResponse:
    """Pass the person's wish on to the door's controller; its answer is waited for by the page."""
    own = get_list_or_404(_own_parts(request), door=door)[0].door
    try:
        with transaction.atomic():
            ask, _entry = ask_to_open(own, by=request.operator)
    except Refused as refused:
        if "HX-Request" not in request.headers:
            raise
        return render(request, "me/refused.html", {"sentence": sentence(refused)}, status=status(refused))
    if "HX-Request" in request.headers:
        return render(request, "me/answer.html", {"ask": ask})
    address = reverse("me:doors", args=[request.organisation.slug])
    return HttpResponseRedirect(f"{address}?ask={ask.pk}")


@own_page(PURPOSE)
def answer(request: BoardRequest, ask: UUID) -> HttpResponse:
    """Answer with what has become of the person's wish."""
    found = get_object_or_404(_own_asks(request), pk=ask)
    return render(request, "me/answer.html", {"ask": found, "given_up": given_up(found)})


def _own_parts(request: BoardRequest) -> QuerySet[RuleDoor]:
    return remote_parts(_person(request), timezone.now()).filter(organisation=request.organisation)


def _own_asks(request: BoardRequest) -> QuerySet[RemoteAsk]:
    return RemoteAsk.objects.filter(organisation=request.organisation, person=_person(request)).select_related("door")


def _person(request: BoardRequest) -> UUID:
    """Return who the account is here; own_page has let nobody in who is no person."""
    return cast("UUID", request.operator.person)


def given_up(ask: RemoteAsk | None) -> bool:
    """Tell whether an answer will not come any more: a controller that did not take the wish in time is never given it."""
    return ask is not None and (timezone.now() - ask.asked_at).total_seconds() > COMMAND_SECONDS


def _uuid(request: BoardRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("ask", ""))
    except ValueError:
        return None
