"""Where does data flow? The map for the data protection officer: on a page, as SVG, and as PDF for a wall."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portvakt.server.privacy.actions import nothing_about_anyone
from portvakt.server.privacy.pdf import as_pdf
from portvakt.server.privacy.record.flow_svg import as_svg, size
from portvakt.server.privacy.record.flows import Flows, flows
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.register import Register
from portvakt.server.web.desk.page import DeskRequest, desk_page
from portvakt.server.web.files import file_answer
from portvakt.server.web.forms import FilterForm

PURPOSE = "register_review"
NOBODYS = nothing_about_anyone("a map of data flows says what is processed, not about whom")
FORMS = (("svg", "SVG"), ("a3", "PDF A3"), ("a4", "PDF A4"))
# Sides of a sheet that lies down, within its margins, in mm.
SHEETS = {"a3": (404, 281), "a4": (281, 194)}


class MapFilter(FilterForm):
    """Which activities to show."""

    role = forms.ChoiceField(
        label=_("The provider is"),
        required=False,
        choices=[("", _("both")), ("controller", _("data controller")), ("processor", _("data processor"))],
    )
    activity = forms.ChoiceField(label=_("Activity"), required=False)

    def __init__(self, *args: Any, register: Register, **options: Any) -> None:
        super().__init__(*args, **options)
        language = get_language() or ""
        named = sorted((one.name.within(language), one.id) for one in register.activities if one.data)
        self.fields["activity"].choices = [("", _("All")), *((key, name) for name, key in named)]  # type: ignore[attr-defined]


@desk_page(PURPOSE, Permission.REGISTER_READ)
def data_map(request: DeskRequest) -> HttpResponse:
    """Show the map of the activities that fit the filter, and the same as a list."""
    register = catalogue.in_force()
    chosen = MapFilter(request.GET, register=register)
    found: dict[str, Any] = {"filter": chosen, "forms": FORMS}
    if chosen.is_valid():
        shown = _chosen(register, chosen)
        found |= {"svg": as_svg(shown, get_language() or ""), "rows": _rows(shown)}
    return render(request, "desk/map.html", found, status=200 if chosen.is_valid() else 422)


@desk_page(PURPOSE, Permission.REGISTER_READ)
def as_file(request: DeskRequest, form: str) -> HttpResponse:
    """Answer with the map as SVG or as PDF on one sheet."""
    register, language = catalogue.in_force(), get_language() or ""
    chosen = MapFilter(request.GET, register=register)
    if not chosen.is_valid() or form not in {"svg", *SHEETS}:
        raise Http404
    shown = _chosen(register, chosen)
    if form == "svg":
        return file_answer("data-flows.svg", as_svg(shown, language, by_itself=True), "image/svg+xml", after=NOBODYS)
    return file_answer(f"data-flows-{form}.pdf", _sheet(shown, language, form), "application/pdf", after=NOBODYS)


def _chosen(register: Register, chosen: MapFilter) -> Flows:
    return flows(register, get_language() or "", chosen.cleaned_data["role"], chosen.cleaned_data["activity"])


def _sheet(shown: Flows, language: str, form: str) -> bytes:
    """Return the map as PDF, as large as it fits on one sheet."""
    (width, height), (across, down) = size(shown), SHEETS[form]
    scale = min(across / width, down / height)
    found = {
        "svg": as_svg(shown, language),
        "sheet": form.upper(),
        "width": f"{width * scale:.2f}",
        "height": f"{height * scale:.2f}",
    }
    return as_pdf(render_to_string("record/map_paper.html", found | {"language": language}))


def _rows(shown: Flows) -> list[dict[str, Any]]:
    """Return each activity with what it is joined to."""
    return [
        {
            "activity": box,
            "subjects": shown.beside(box, "subject"),
            "stores": shown.beside(box, "store"),
            "recipients": shown.beside(box, "recipient"),
        }
        for box in shown.column("controller", "processor")
    ]
