"""How does the provider's support answer the organisations' cases, and look where it has leave?"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.models import Account
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.actions import About, send_mail
from portvakt.server.privacy.actions import support as actions
from portvakt.server.privacy.leaves import leaves, open_leaves
from portvakt.server.privacy.models import Channel, SupportCase, SupportMessage
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.board.support import CaseForm, MessageForm, what_is_seen
from portvakt.server.web.desk.page import DeskRequest, desk_page, for_staff
from portvakt.server.web.forms import posted, refusals_beside, show_form

PURPOSE = "support_answering"
CASES = 200
OTHERS = [(channel.value, channel.label) for channel in Channel if channel is not Channel.BOARD]
View = Callable[..., HttpResponse]


class AnswerForm(MessageForm):
    """Support's answer."""

    collects = PURPOSE


class WriteDownForm(CaseForm):
    """A question that did not come on the Board."""

    collects = PURPOSE

    organisation = forms.ModelChoiceField(label=gettext_lazy("Organisation"), queryset=Organisation.objects.none())
    channel = forms.ChoiceField(label=gettext_lazy("How it came"), choices=OTHERS)
    field_order = ("organisation", "channel", "title", "text")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        organisations = Organisation.objects.filter(active=True, provider=False).order_by("name")
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]


def in_organisation(staff: Actor, organisation: UUID) -> Actor:
    """Return somebody of the provider's support as who acts in an organisation: there is nothing more they may do there."""
    may = frozenset({Permission.SUPPORT_ANSWER})
    return Actor(name="support", organisation=organisation, id=staff.id, permissions=may)


def case_page(purpose: str) -> Callable[[View], View]:
    """Make a view a page on which support works in the organisation of a case; it is called with (request, case, by).

    A purpose that takes leave is refused without it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: DeskRequest, case_id: UUID) -> HttpResponse:
            return _in_organisation_of(request, purpose, view, case_id)

        return for_staff(purpose, Permission.SUPPORT_ANSWER, answer)

    return decorate


def _in_organisation_of(request: DeskRequest, purpose: str, view: View, case_id: UUID) -> HttpResponse:
    with acting(PURPOSE, by=request.operator.id):
        case = _case(case_id)
    by = in_organisation(request.operator, case.organisation_id)
    with timezone.override(case.organisation.timezone), acting(purpose, case.organisation_id, by.id):
        if purpose in leaves() and purpose not in {leave.purpose for leave in open_leaves(case.organisation_id)}:
            raise Refused("no_leave")
        return view(request, case, by)


@desk_page(PURPOSE, Permission.SUPPORT_ANSWER)
def cases(request: DeskRequest) -> HttpResponse:
    """List the cases of all organisations: open ones first, those who have waited longest on top."""
    rows = SupportCase.objects.select_related("organisation")
    waiting, closed = (
        rows.filter(closed_at=None).order_by("asked_at"),
        rows.exclude(closed_at=None).order_by("-closed_at"),
    )
    answered = set(
        SupportMessage.objects.filter(case_id__in=waiting.values("pk"), from_support=True).values_list(
            "case_id", flat=True
        )
    )
    context = {"open": [(row, row.pk in answered) for row in waiting[:CASES]], "closed": closed[:CASES]}
    return render(request, "desk/support/cases.html", context)


@desk_page(PURPOSE, Permission.SUPPORT_ANSWER)
def write_down(request: DeskRequest) -> HttpResponse:
    """Write down a question that came by telephone, e-mail or in social media."""
    form = WriteDownForm(posted(request))
    if form.is_valid():
        asked = form.cleaned_data
        by = in_organisation(request.operator, asked["organisation"].pk)
        row, _entry = actions.write_down_question(Channel(asked["channel"]), asked["title"], asked["text"], by=by)
        return HttpResponseRedirect(reverse("desk:support_case", args=[row.pk]))
    return show_form(request, "desk/support/write_down.html", form)


@desk_page(PURPOSE, Permission.SUPPORT_ANSWER)
def case(request: DeskRequest, case_id: UUID) -> HttpResponse:
    """Show one case, answer it, and offer to look where there is leave."""
    row, form = _case(case_id), AnswerForm(posted(request))
    by = in_organisation(request.operator, row.organisation_id)
    if form.is_valid():
        with refusals_beside(form):
            actions.answer_case(row, form.cleaned_data["text"], by=by)
            _tell(request, row, by)
            return HttpResponseRedirect(request.path)
    given = [(leave, what_is_seen(leave.purpose)) for leave in open_leaves(row.organisation_id)]
    return show_form(request, "desk/support/case.html", form, case=row, messages_of=_messages(row), leaves=given)


@case_page("support_case")
@require_POST
def close(_request: DeskRequest, case: SupportCase, by: Actor) -> HttpResponse:
    """Close a case; leave to look ends with it. Leave is the organisation's, so it ends for the organisation's purpose."""
    actions.close_case(case, by=by)
    return HttpResponseRedirect(reverse("desk:support"))


def _case(case_id: UUID) -> SupportCase:
    return get_object_or_404(SupportCase.objects.select_related("organisation"), pk=case_id)


def _messages(row: SupportCase) -> list[tuple[SupportMessage, str]]:
    """Return the messages with who wrote each, by name: support must know whom to answer."""
    rows = list(SupportMessage.objects.filter(case_id=row.pk).order_by("at"))
    writers = Account.objects.only("first_name", "last_name").in_bulk({one.written_by for one in rows})
    names = {pk: f"{account.first_name} {account.last_name}".strip() for pk, account in writers.items()}
    return [(one, names.get(one.written_by, "") or _("an operator")) for one in rows]


def _tell(request: DeskRequest, row: SupportCase, by: Actor) -> None:
    """Tell who asked that there is an answer, without what it says."""
    asker = Account.objects.only("email", "language").filter(pk=row.asked_by).first()
    if row.channel != Channel.BOARD or asker is None:
        messages.info(request, _("The question did not come on the Board: answer it in the channel it came by, too."))
        return
    context = {"address": settings.PUBLIC_URL + reverse("board:support_case", args=[row.organisation.slug, row.pk])}
    with translation.override(asker.language):
        subject = render_to_string("desk/support/answered_subject.txt", context).strip()
        mail = EmailMessage(subject, render_to_string("desk/support/answered.txt", context), to=[asker.email])
    about = About(Subject.ACCOUNT_HOLDER, asker.pk)
    if not send_mail(mail, about, [Kind.CONTACT], by=by, organisation=row.organisation_id):
        messages.warning(request, _("The answer is there, but the mail that says so could not be sent."))
