"""How does a person show a changing code to a door's reader, and type the PIN that belongs to it?

The code's key is given to the page once and stays in its memory; the page then draws a new code every 30 seconds, also without contact with
the server. Where no script runs, the server draws the code and the page asks for it again.
"""

import time
from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

import msgspec
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_list_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.core.credentials import STEP_SECONDS, qr_key, qr_proof, qr_text
from portvakt.core.decision.model import CredentialKind, QrShown, Side
from portvakt.server.access.actions import Said
from portvakt.server.access.models import PHONE_PIN_TYPES, RuleDoor, phone_parts
from portvakt.server.organisations.actions import digest_key
from portvakt.server.people.actions import renew_qr
from portvakt.server.people.models import Credential
from portvakt.server.places.models import Door
from portvakt.server.web import qr
from portvakt.server.web.board.confirm import Nothing, Question
from portvakt.server.web.board.page import BoardRequest, own_page
from portvakt.server.web.board.standing import standing
from portvakt.server.web.forms import posted, refusals_beside, show_form
from portvakt.server.web.me.asking import PURPOSE as ASKING
from portvakt.server.web.me.asking import ask
from portvakt.server.web.me.person import own_id, own_standing

PURPOSE = "own_credentials"


class PinSide(msgspec.Struct, frozen=True):
    """A side of a door that opens with the code at its reader and a PIN in the phone."""

    door: Door
    side: Side


@own_page(PURPOSE)
def code(request: BoardRequest) -> HttpResponse:
    """Show the person's changing code, or offer to make one."""
    mine, shown = own_standing(request), _own_code(request)
    context = {
        "person": mine,
        "standing": standing(mine),
        "code": shown,
        "code_standing": standing(shown) if shown else None,
        "pin_sides": _pin_sides(request),
        "step_seconds": STEP_SECONDS,
    }
    return _private(render(request, "me/code.html", context))


@own_page(PURPOSE)
def key(request: BoardRequest) -> HttpResponse:
    """Answer with what the phone draws the code from: handle and key in hexadecimal, and the server's time in seconds."""
    shown = _code_or_404(request)
    handle = bytes(shown.digest)
    own = qr_key(digest_key(request.organisation.pk), handle)
    return _private(JsonResponse({"handle": handle.hex(), "key": own.hex(), "now": time.time()}))


@own_page(PURPOSE)
def image(request: BoardRequest) -> HttpResponse:
    """Answer with the code of this moment as a picture, for a phone without scripts."""
    handle = bytes(_code_or_404(request).digest)
    step = int(time.time()) // STEP_SECONDS
    text = qr_text(QrShown(handle, step, qr_proof(digest_key(request.organisation.pk), handle, step)))
    return _private(HttpResponse(qr.svg(text), content_type="image/svg+xml"))


@own_page(PURPOSE)
def renew(request: BoardRequest) -> HttpResponse:
    """Give the person a code with a new key, after asking."""
    back = reverse("me:code", args=[request.organisation.slug])
    question = Question(
        title=_("Make a new code?"),
        text=_(
            "The code you have now, and every picture of it, opens nothing any more. Other phones you use get the new one."
        ),
        button=_("Make a new code"),
        back=back,
    )
    form = Nothing(posted(request))
    if form.is_valid():
        with refusals_beside(form):
            renew_qr(own_standing(request), by=request.operator)
            messages.success(request, _("Your code is new. The doors know it within a few seconds."))
            return HttpResponseRedirect(back)
    return show_form(request, "board/confirm.html", form, question=question)


@own_page(ASKING)
@require_POST
def pin(request: BoardRequest, door: UUID, side: str) -> HttpResponse:
    """Pass a PIN on to a door where the person has just shown the code."""
    if side not in set(Side):
        raise Http404
    own = get_list_or_404(_pin_parts(request, Side(side)), door=door)[0].door
    said = Said(side=Side(side), pin=request.POST.get("pin", ""), pin_only=True)
    return ask(request, own, said, back=reverse("me:doors", args=[request.organisation.slug]))


def _own_code(request: BoardRequest) -> Credential | None:
    """Return the person's changing code that is not revoked, if there is one."""
    own = Credential.objects.filter(organisation=request.organisation, person=own_id(request), kind=CredentialKind.QR)
    return own.filter(revoked_at__isnull=True).order_by("-issued_at").first()


def _code_or_404(request: BoardRequest) -> Credential:
    own = _own_code(request)
    if own is None or own.suspended_at:
        raise Http404
    return own


def _pin_sides(request: BoardRequest) -> list[PinSide]:
    return [PinSide(door, side) for side in Side for door in _doors(_pin_parts(request, side))]


def _doors(parts: Iterable[RuleDoor]) -> list[Door]:
    return [door for door, _group in groupby(part.door for part in parts)]


def _pin_parts(request: BoardRequest, side: Side) -> QuerySet[RuleDoor]:
    parts = phone_parts(own_id(request), timezone.now(), PHONE_PIN_TYPES, side)
    return parts.filter(organisation=request.organisation)


def _private(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store"
    return answer
