"""How are offers written, tried and sent, and to how many would one go (S13)?

A mailing to those who have consented has pages of its own: only their purpose sees who that is.
"""

from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portvakt.server.provider.actions import queue_mailing, stop_mailing, try_mailing, write_mailing
from portvakt.server.provider.models import Mailing
from portvakt.server.provider.readers import PURPOSES, count
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.desk.page import DeskRequest, desk_page
from portvakt.server.web.forms import BoardForm, Refusable, posted, refusals_beside, show_form

MOST_ROWS = 100
STEPS = [("try", "try"), ("send", "send"), ("stop", "stop")]


class WriteForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """An offer in both languages."""

    collects = None
    collects_nothing = "the same text goes to everybody"

    class Meta:
        model = Mailing
        fields = ("sort", "subject_sv", "text_sv", "subject_en", "text_en")
        widgets = {
            "sort": forms.RadioSelect,
            "text_sv": forms.Textarea({"rows": 6}),
            "text_en": forms.Textarea({"rows": 6}),
        }

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data)
        # Neither is chosen beforehand, and no empty choice is offered.
        self.fields["sort"].choices = Mailing.Sort.choices  # type: ignore[attr-defined]


class StepForm(BoardForm):
    """What is done with an offer; before it is sent somebody answers for what it is about (M-01)."""

    collects = None
    collects_nothing = "says what is done with a text"

    step = forms.ChoiceField(choices=STEPS, widget=forms.HiddenInput)
    similar = forms.BooleanField(required=False)

    def __init__(self, data: object, sort: str) -> None:
        super().__init__(data)
        own = sort == Mailing.Sort.OWN
        self.fields["similar"].label = (
            _("It offers our own services alone, similar to what they ordered.")
            if own
            else _("It offers what the text of the consent says, and tells the partner nothing of who gets it.")
        )

    def clean(self) -> None:
        """Send nothing for which nobody answers."""
        if self.cleaned_data.get("step") == "send" and not self.cleaned_data.get("similar"):
            self.add_error("similar", _("Tick this to send it."))


@desk_page(PURPOSES[Mailing.Sort.OWN], Permission.MAILING_SEND)
def mailings(request: DeskRequest) -> HttpResponse:
    """List the mailings and write a new one."""
    form = WriteForm(posted(request))
    if form.is_valid():
        with refusals_beside(form):
            written = form.instance
            entry = write_mailing(written, by=request.operator)
            return done(request, entry, to=_address(written))
    rows = Mailing.objects.order_by("-written_at")[:MOST_ROWS]
    return show_form(request, "desk/mailings.html", form, rows=[(row, _address(row)) for row in rows])


def _address(mailing: Mailing) -> str:
    return reverse(f"desk:mailing_{mailing.sort}", args=[mailing.pk])


def _mailing(request: DeskRequest, mailing_id: UUID, sort: str) -> HttpResponse:
    """Show a mailing with how many it would go to; try it, send it or stop it."""
    found = get_object_or_404(_rows(request), pk=mailing_id, sort=sort)
    form = StepForm(posted(request), sort)
    if form.is_valid():
        with refusals_beside(form):
            return _step(request, found, form.cleaned_data["step"])
    return show_form(request, "desk/mailing.html", form, mailing=found, count=count(sort))


def _step(request: DeskRequest, mailing: Mailing, step: str) -> HttpResponse:
    by = request.operator
    if step == "try":
        entry, said = try_mailing(mailing, request.user, by=by), gettext("It was sent to you in both languages.")  # type: ignore[arg-type]
    elif step == "send":
        entry, said = queue_mailing(mailing, by=by), gettext("It is being sent.")
    else:
        entry, said = stop_mailing(mailing, by=by), gettext("It is sent to nobody more.")
    return done(request, entry, to=_address(mailing), message=said)


@desk_page(PURPOSES[Mailing.Sort.OWN], Permission.MAILING_SEND)
def own(request: DeskRequest, mailing_id: UUID) -> HttpResponse:
    """Show a mailing to customers."""
    return _mailing(request, mailing_id, Mailing.Sort.OWN)


@desk_page(PURPOSES[Mailing.Sort.PARTNER], Permission.MAILING_SEND)
def partner(request: DeskRequest, mailing_id: UUID) -> HttpResponse:
    """Show a mailing to those who have consented."""
    return _mailing(request, mailing_id, Mailing.Sort.PARTNER)


def _rows(request: DeskRequest) -> QuerySet[Mailing]:
    """Return the rows, each held while it is changed: two of the staff may press at once."""
    rows = Mailing.objects.all()
    return rows.select_for_update() if request.method == "POST" else rows
