"""How do forms look, for which activity do they collect what, and how does an action's refusal come to stand beside its field?"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from portvakt.core.privacy import Kind, Subject
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.identity_numbers import holds_personal_identity_number
from portvakt.server.web.errors import sentence

UNPROCESSABLE = 422


class Renderer(TemplatesSetting):
    """Renders every form, the sign-in library's too, with our field template."""

    form_template_name = "components/form_fields.html"
    field_template_name = "components/field.html"


class Collecting:
    """Mixin for forms: for which activity of the register it collects personal data; see web/collection.py for what it then tells.

    A form that collects none says `collects = None` and why (`collects_nothing`). Of a model form's fields the model says the kinds; the
    kinds of others stand in `takes`, and whom these are about in `about`. `numbers` are fields for numbers of their own, such as a phone's,
    where ten digits are no personal identity number.
    """

    collects: ClassVar[str | None]
    collects_nothing: ClassVar[str] = ""
    about: ClassVar[Subject] = Subject.HOLDER
    takes: ClassVar[Mapping[str, Kind]] = {}
    numbers: ClassVar[tuple[str, ...]] = ()
    fields: dict[str, forms.Field]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        purpose = getattr(self, "collects", None)
        if purpose is not None and catalogue.in_force().activity(purpose).justification:
            return
        for name, field in self.fields.items():
            if _is_free_text(field) and name not in self.numbers:
                field.validators.append(refuse_identity_number)


def _is_free_text(field: forms.Field) -> bool:
    secret = isinstance(field.widget, forms.PasswordInput | forms.HiddenInput)
    return type(field) is forms.CharField and not secret


def refuse_identity_number(text: str) -> None:
    """Refuse free text with a Swedish personal identity number in it."""
    if holds_personal_identity_number(text):
        raise forms.ValidationError(
            _(
                "This looks like a personal identity number. It may be kept only where that is clearly justified, and here it is not:"
                " take it out and write, for example, a flat or an employee number instead."
            ),
            code="personal_identity_number",
        )


class Refusable(Collecting):
    """Mixin for forms: shows a refusal beside its field, or above the form where it has none of that name."""

    def add_refusal(self, refused: Refused) -> None:
        """Show why an action refused."""
        field = refused.field if refused.field in self.fields else None
        self.add_error(field, sentence(refused))  # type: ignore[attr-defined]


class BoardForm(Refusable, forms.Form):
    """A form of the Board."""


class FilterForm(forms.Form):
    """What a list is narrowed by; sent with GET, so that it can be bookmarked."""

    collects = None
    collects_nothing = "what is searched for is not kept"


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
