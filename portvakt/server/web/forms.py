"""How do forms look, and how does an action's refusal come to stand beside the field it is about?"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.db import transaction
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from portvakt.server.purpose.errors import Refused
from portvakt.server.web.errors import sentence

UNPROCESSABLE = 422


class Renderer(TemplatesSetting):
    """Renders every form, the sign-in library's too, with our field template."""

    form_template_name = "components/form_fields.html"
    field_template_name = "components/field.html"


class Refusable:
    """Mixin for forms: shows a refusal beside its field, or above the form where it has none of that name."""

    fields: dict[str, forms.Field]

    def add_refusal(self, refused: Refused) -> None:
        """Show why an action refused."""
        field = refused.field if refused.field in self.fields else None
        self.add_error(field, sentence(refused))  # type: ignore[attr-defined]


class BoardForm(Refusable, forms.Form):
    """A form of the Board."""


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form was sent with, or None for a form that is only shown."""
    return request.POST if request.method == "POST" else None


@contextmanager
def refusals_beside(form: Refusable) -> Iterator[None]:
    """Do all of the block or, when an action in it refuses, nothing of it; the form then says why: look at form.errors."""
    try:
        with transaction.atomic():
            yield
    except Refused as refused:
        form.add_refusal(refused)


def show_form(request: HttpRequest, template: str, form: forms.BaseForm, **context: Any) -> HttpResponse:
    """Answer with a page around a form: 422 where the form has errors, 200 where it is fresh."""
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)
