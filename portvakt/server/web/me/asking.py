"""How is a person's wish for a door passed on from a page, and how does the page wait for what became of it?"""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from portvakt.server.access.actions import Said, ask_to_open
from portvakt.server.access.models import RemoteAsk
from portvakt.server.places.actions import COMMAND_SECONDS
from portvakt.server.places.models import Door
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.board.page import BoardRequest, own_page
from portvakt.server.web.door_codes import code_text
from portvakt.server.web.errors import sentence, status
from portvakt.server.web.me.person import own_id

PURPOSE = "own_access"


def ask(request: BoardRequest, door: Door, said: Said, *, back: str) -> HttpResponse:
    """Pass the wish on; answer with the part of the page that waits, or without htmx go to `back`, which shows that part."""
    try:
        with transaction.atomic():
            asked, _entry = ask_to_open(door, by=request.operator, said=said)
    except Refused as refused:
        if "HX-Request" not in request.headers:
            raise
        return render(request, "me/refused.html", {"sentence": sentence(refused)}, status=status(refused))
    if "HX-Request" in request.headers:
        return render(request, "me/answer.html", {"ask": asked})
    return HttpResponseRedirect(f"{back}?ask={asked.pk}")


@own_page(PURPOSE)
def answer(request: BoardRequest, ask: UUID) -> HttpResponse:
    """Answer with what has become of the person's wish."""
    found = get_object_or_404(_own_asks(request), pk=ask)
    return render(request, "me/answer.html", waiting(found))


def waiting(ask: RemoteAsk | None) -> dict[str, object]:
    """Return what the part of a page that shows an answer needs."""
    code = code_text(ask.code) if ask and ask.code else ""
    return {"ask": ask, "given_up": given_up(ask), "scanned_code": code}


def asked_here(request: BoardRequest) -> RemoteAsk | None:
    """Return the person's own wish that the address names, if any."""
    try:
        named = UUID(request.GET.get("ask", ""))
    except ValueError:
        return None
    return _own_asks(request).filter(pk=named).first()


def given_up(ask: RemoteAsk | None) -> bool:
    """Tell whether an answer will not come any more: a controller that did not take the wish in time is never given it."""
    return ask is not None and (timezone.now() - ask.asked_at).total_seconds() > COMMAND_SECONDS


def _own_asks(request: BoardRequest) -> QuerySet[RemoteAsk]:
    return RemoteAsk.objects.filter(organisation=request.organisation, person=own_id(request)).select_related("door")
