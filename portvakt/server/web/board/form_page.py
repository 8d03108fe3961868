"""How does a page around one form answer: shown, filled in wrongly, and done?"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from django import forms
from django.http import HttpResponse

from portvakt.server.logbook.models import AuditEntry
from portvakt.server.web.answers import done
from portvakt.server.web.board.page import BoardRequest
from portvakt.server.web.forms import Refusable, refusals_beside, show_form


class Around(msgspec.Struct, frozen=True):
    """What stands around a form: heading, where one came from as (address, name), a sentence, where to go afterwards."""

    title: str
    crumbs: tuple[tuple[str, str], ...]
    back: str
    text: str = ""


def form_page(
    request: BoardRequest, form: forms.BaseForm, around: Around, act: Callable[[dict[str, Any]], AuditEntry]
) -> HttpResponse:
    """Show a form; once it is filled in well, act with its values and go back."""
    if form.is_bound and form.is_valid() and isinstance(form, Refusable):
        with refusals_beside(form):
            return done(request, act(dict(form.cleaned_data)), to=around.back)
    return show_form(request, "board/form_page.html", form, around=around)


def crumbs(*parts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return where one came from, outermost first."""
    return tuple((address, name) for address, name in parts)
