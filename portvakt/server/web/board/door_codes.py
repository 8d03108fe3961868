"""How are the codes printed at a door shown, downloaded, printed as a sign and made anew?"""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control

from portvakt.core.decision.model import Side
from portvakt.server.places.actions import renew_codes
from portvakt.server.places.models import Door
from portvakt.server.privacy.actions import nothing_about_anyone
from portvakt.server.purpose.actor import Permission
from portvakt.server.web import qr
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.door_codes import address
from portvakt.server.web.files import file_answer

PURPOSE = "premises_administration"
FORMS = {"svg": (qr.svg, "image/svg+xml"), "png": (qr.png, "image/png")}


@page(PURPOSE, Permission.PLACE_MANAGE)
@cache_control(no_store=True)
def door_codes(request: BoardRequest, door: UUID) -> HttpResponse:
    """Show a door's codes, as signs to print."""
    found = _door(request, door)
    signs = [(side, address(code), qr.inline_svg(address(code))) for side in Side if (code := _code(found, side))]
    return render(request, "board/places/codes.html", {"door": found, "signs": signs})


@page(PURPOSE, Permission.PLACE_MANAGE)
@cache_control(no_store=True)
def door_code(request: BoardRequest, door: UUID, side: str, form: str) -> HttpResponse:
    """Answer with the code of one side as a file to download."""
    found = _door(request, door)
    if side not in set(Side) or form not in FORMS or not (code := _code(found, Side(side))):
        raise Http404
    drawn, kind = FORMS[form]
    name = f"{slugify(found.name) or 'door'}-{side}.{form}"
    return file_answer(name, drawn(address(code)), kind, after=nothing_about_anyone("a door's code to put up"))


@page(PURPOSE, Permission.PLACE_MANAGE)
def renew(request: BoardRequest, door: UUID) -> HttpResponse:
    """Make a door's codes anew, after asking."""
    found = _door(request, door)
    first = found.entry_code is None
    question = Question(
        title=_("Make codes for %(door)s?") % {"door": found.name},
        text=_("A code for each side is made, to be printed and put up at the door.")
        if first
        else _("The codes that are put up at the door now open nothing any more. Print the new ones and put them up."),
        button=_("Make codes") if first else _("Make new codes"),
        back=reverse("board:door_codes", args=[request.organisation.slug, found.pk]),
        danger=not first,
    )
    return confirm(request, question, lambda: renew_codes(found, by=request.operator))


def _door(request: BoardRequest, door: UUID) -> Door:
    own = Door.objects.filter(organisation=request.organisation).select_related("section__site")
    return get_object_or_404(own, pk=door)


def _code(door: Door, side: Side) -> bytes | None:
    code = door.entry_code if side is Side.ENTRY else door.exit_code
    return bytes(code) if code else None
