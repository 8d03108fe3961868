"""What is the organisation's own record of processing? It is data controller for what is done at its doors (GDPR Art. 30(1))."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from portvakt.server.privacy.models import OwnRecipient
from portvakt.server.privacy.record.build import ground, of_organisation
from portvakt.server.privacy.record.model import Record
from portvakt.server.privacy.record.shown import shown
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.record_file import FORMATS, record_file

PURPOSE = "privacy_administration"


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def record(request: BoardRequest) -> HttpResponse:
    """Show the organisation's record."""
    return render(
        request, "board/privacy/record.html", shown(_record(request), get_language() or "") | {"formats": FORMATS}
    )


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def as_file(request: BoardRequest, form: str) -> HttpResponse:
    """Answer with the organisation's record as a file."""
    if form not in FORMATS:
        raise Http404
    return record_file(_record(request), form, get_language() or "")


def _record(request: BoardRequest) -> Record:
    own = OwnRecipient.objects.filter(organisation=request.organisation).order_by("name")
    return of_organisation(ground(timezone.localdate()), request.organisation, own)
