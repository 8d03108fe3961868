"""What would the data protection officer show the authority today? Each record of processing, on a page and as a file."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language

from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.record.build import as_controller, as_processor, ground
from portvakt.server.privacy.record.model import Record
from portvakt.server.privacy.record.shown import shown
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.desk.page import DeskRequest, desk_page
from portvakt.server.web.record_file import FORMATS, record_file

PURPOSE = "register_review"
CONTROLLER, PROCESSOR = "controller", "processor"


def organisations() -> list[Organisation]:
    """Return those for whom the provider is data processor."""
    return list(Organisation.objects.filter(active=True, provider=False).order_by("name"))


@desk_page(PURPOSE, Permission.REGISTER_READ)
def records(request: DeskRequest) -> HttpResponse:
    """List the records that there are, and how each stands."""
    drawn, all_of_them = ground(timezone.localdate()), organisations()
    found = {
        "records": [
            (shown(as_controller(drawn), get_language() or ""), CONTROLLER),
            (shown(as_processor(drawn, all_of_them), get_language() or ""), PROCESSOR),
        ],
        "organisations": all_of_them,
    }
    return render(request, "desk/records.html", found)


@desk_page(PURPOSE, Permission.REGISTER_READ)
def record(request: DeskRequest, which: str) -> HttpResponse:
    """Show one record."""
    slug = request.GET.get("organisation", "")
    found = shown(_record(which, slug), get_language() or "")
    return render(request, "desk/record.html", found | {"which": which, "slug": slug, "formats": FORMATS})


@desk_page(PURPOSE, Permission.REGISTER_READ)
def as_file(request: DeskRequest, which: str, form: str) -> HttpResponse:
    """Answer with one record as a file."""
    if form not in FORMATS:
        raise Http404
    return record_file(_record(which, request.GET.get("organisation", "")), form, get_language() or "")


def _record(which: str, slug: str) -> Record:
    """Return the provider's record in one role; as data processor for one organisation where its address is given, else for all."""
    if which == CONTROLLER and not slug:
        return as_controller(ground(timezone.localdate()))
    if which != PROCESSOR:
        raise Http404
    chosen = [get_object_or_404(Organisation, slug=slug, active=True, provider=False)] if slug else organisations()
    return as_processor(ground(timezone.localdate()), chosen)
