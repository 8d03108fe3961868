"""Who gets a file about persons? Asked before it is made, so that each of them can be told."""

from collections.abc import Callable, Iterable

import msgspec
from django import forms
from django.http import HttpResponse, QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Kind
from portvakt.server.privacy.actions import About, Disclosed, Those, disclose
from portvakt.server.privacy.models import OwnRecipient, Way
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.context import current_purpose
from portvakt.server.web.board.page import BoardRequest
from portvakt.server.web.forms import BoardForm, posted, refusals_beside, show_form

# What carries messages gets no files.
CARRIERS = {"own_mail_server", "sms_gateway"}
Make = Callable[["Chosen"], HttpResponse]


class WhoGetsIt(BoardForm):
    """The recipient of a file, and why where that must be said."""

    collects = None
    collects_nothing = "says who gets data that is there already"

    recipient = forms.ChoiceField(label=_("Who gets it?"))
    note = forms.CharField(
        label=_("Why"),
        max_length=200,
        required=False,
        help_text=_("Needed for the police, a court or another authority: the case and the law relied on."),
    )

    def __init__(self, data: QueryDict | None, *, choices: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["recipient"].choices = choices  # type: ignore[attr-defined]


class File(msgspec.Struct, frozen=True):
    """What is taken out: the page's heading, a sentence on what the file holds, and where one came from."""

    title: str
    text: str
    back: str


class Chosen(msgspec.Struct, frozen=True):
    """Who gets the file, and why."""

    request: BoardRequest
    recipient: str
    note: str

    def disclosed(self, about: Iterable[About] | Those, kinds: Iterable[Kind]) -> Disclosed:
        """Keep for each whom the file is about that it goes there. Refused as `disclose` does."""
        organisation, by = self.request.organisation.pk, self.request.operator
        return disclose(
            self.recipient, about, kinds, way=Way.EXPORT, by=by, organisation=organisation, note=self.note
        )  # fmt: skip


def hand_over(request: BoardRequest, file: File, make: Make) -> HttpResponse:
    """Ask who gets a file; once answered, make it. A refusal stands above the question, and then nothing has left."""
    form = WhoGetsIt(posted(request), choices=recipients(request))
    if form.is_valid():
        with refusals_beside(form):
            return make(Chosen(request, form.cleaned_data["recipient"], form.cleaned_data["note"]))
    return show_form(request, "board/hand_over.html", form, file=file)


def recipients(request: BoardRequest) -> list[tuple[str, str]]:
    """Return whom the open purpose may disclose to, the organisation itself first, then its own, then authorities."""
    purpose, register = current_purpose(), catalogue.in_force()
    listed = [register.recipient(one) for one in register.activity(purpose).recipients if one not in CARRIERS]
    named = [(one.category != "own", one.id, one.name.within(get_language() or "")) for one in listed]
    own = OwnRecipient.objects.filter(organisation=request.organisation, ended_at=None, purposes__contains=[purpose])
    ours = [(str(row.pk), row.name) for row in own.order_by("name")]
    first = [(one, name) for later, one, name in named if not later]
    return [*first, *ours, *((one, name) for later, one, name in named if later)]
