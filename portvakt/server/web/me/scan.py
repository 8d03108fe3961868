"""Where does a phone that scanned a door's printed code come to, and what is needed there to open?"""

from typing import Any

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from portvakt.core.decision.model import AuthType, Side
from portvakt.server.access.actions import Said
from portvakt.server.access.models import SCAN_TYPES, phone_parts
from portvakt.server.places.models import ControllerStatus, Door
from portvakt.server.purpose.context import acting
from portvakt.server.web.board.page import BoardRequest, own_page
from portvakt.server.web.board.standing import standing
from portvakt.server.web.door_codes import code_of
from portvakt.server.web.me.asking import PURPOSE, ask, asked_here, waiting
from portvakt.server.web.me.person import own_id, own_standing
from portvakt.server.web.me.position import metres_from


class Scanned(msgspec.Struct, frozen=True):
    """The side of a door that a code is printed at, and with which auth types the person may open it."""

    door: Door
    side: Side
    code: bytes
    auth_types: frozenset[AuthType]

    @property
    def pin(self) -> bool:
        """Tell whether a PIN is asked for in the phone."""
        return AuthType.SCAN_PLUS_PHONE in self.auth_types and AuthType.SCAN not in self.auth_types

    @property
    def keypad(self) -> bool:
        """Tell whether a PIN is to be typed at the door afterwards."""
        return self.auth_types == {AuthType.SCAN_PLUS_KEYPAD}


@login_required
def scanned(request: HttpRequest, code: str) -> HttpResponse:
    """Lead whoever scanned a code to the page of the organisation whose door it is at, among those where they are a person."""
    if (plain := code_of(code)) is None:
        raise Http404
    for membership in request.memberships:  # type: ignore[attr-defined]
        organisation = membership.organisation
        if membership.person_id is None or not organisation.active:
            continue
        with acting(PURPOSE, organisation.pk, membership.account_id):
            found = _side(organisation.pk, plain) is not None
        if found:
            return HttpResponseRedirect(reverse("me:scan", args=[organisation.slug, code.upper()]))
    return render(request, "me/unknown_code.html", status=404)


@own_page(PURPOSE)
def scan(request: BoardRequest, code: str) -> HttpResponse:
    """Show the door that the code is at and what is needed, with the button that opens it."""
    mine, asked = own_standing(request), asked_here(request)
    if (found := _scanned(request, code)) is None:
        return render(request, "me/unknown_code.html", status=404)
    online = ControllerStatus.objects.filter(controller=found.door.controller_id, online=True).exists()
    context = {"scanned": found, "code": code, "online": online, "person": mine, "standing": standing(mine)}
    return render(request, "me/scan.html", context | waiting(asked))


@own_page(PURPOSE)
@require_POST
def scan_open(request: BoardRequest, code: str) -> HttpResponse:
    """Pass the wish of whoever stands at the code on to the door's controller."""
    if (found := _scanned(request, code)) is None:
        raise Http404
    said = Said(
        side=found.side, metres=metres_from(found.door, request.POST), code=found.code, pin=request.POST.get("pin", "")
    )
    return ask(request, found.door, said, back=reverse("me:scan", args=[request.organisation.slug, code]))


def _scanned(request: BoardRequest, code: str) -> Scanned | None:
    """Return the person's own door at whose side a code is printed; None where there is none, without saying why."""
    plain = code_of(code)
    if plain is None or (at := _side(request.organisation.pk, plain)) is None:
        return None
    door, side = at
    parts = phone_parts(own_id(request), timezone.now(), SCAN_TYPES, side).filter(door=door)
    column = f"{side.value}_auth_types"
    accepted = set(getattr(door, column)) & set(SCAN_TYPES)
    usable = frozenset(AuthType(number) for part in parts for number in accepted & set(getattr(part, column)))
    return Scanned(door, side, plain, usable) if usable else None


def _side(organisation: Any, code: bytes) -> tuple[Door, Side] | None:
    own = Door.objects.filter(organisation=organisation).select_related("section__site")
    for side in Side:
        if door := own.filter(**{f"{side.value}_code": code}).first():
            return door, side
    return None
