"""How does an organisation ask support, see the answers, and decide whether support may look?"""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.models import Account
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.privacy.actions import support as actions
from portvakt.server.privacy.leaves import every_open_leave, leaves
from portvakt.server.privacy.models import SupportCase, SupportLeave, SupportMessage
from portvakt.server.privacy.words import KINDS
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.board.form_page import Around, crumbs, form_page
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.forms import UNPROCESSABLE, BoardForm, posted, refusals_beside, show_form

PURPOSE = "support_case"
TEXT_LENGTH = 4000
CASES = 100
LOOKS = 100


class MessageForm(BoardForm):
    """One message in a case."""

    collects = PURPOSE
    about = Subject.ACCOUNT_HOLDER
    takes = {"text": Kind.SUPPORT}

    text = forms.CharField(label=gettext_lazy("Message"), max_length=TEXT_LENGTH, widget=forms.Textarea({"rows": 5}))


class CaseForm(MessageForm):
    """A new case."""

    takes = {"title": Kind.SUPPORT, "text": Kind.SUPPORT}

    title = forms.CharField(label=gettext_lazy("What it is about"), max_length=120)
    field_order: tuple[str, ...] = ("title", "text")


class LeaveForm(BoardForm):
    """What support may look at, and how long; neither is chosen beforehand."""

    collects = None
    collects_nothing = "a choice from lists about what support may do"

    purpose = forms.ChoiceField(label=gettext_lazy("Support may see"), widget=forms.RadioSelect)
    hours = forms.TypedChoiceField(label=gettext_lazy("For how long"), coerce=int, widget=forms.RadioSelect)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["purpose"].choices = [(purpose, what_is_seen(purpose)) for purpose in leaves()]  # type: ignore[attr-defined]
        self.fields["hours"].choices = [(hours, _hours(hours)) for hours in actions.LEAVE_HOURS]  # type: ignore[attr-defined]


def _hours(hours: int) -> str:
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


def what_is_seen(purpose: str) -> str:
    """Say what support looks at for a purpose, and which kinds of data about persons that is, from the register."""
    rows = [row for row in catalogue.in_force().activity(purpose).data if row.subject == Subject.HOLDER]
    kinds = sorted({KINDS[kind].name.within(get_language() or "sv") for row in rows for kind in row.kinds})
    return f"{_purpose(purpose)}: {', '.join(kinds).lower()}"


@page(PURPOSE, Permission.SUPPORT_ASK)
def cases(request: BoardRequest) -> HttpResponse:
    """List the organisation's cases, open ones first."""
    rows = SupportCase.objects.filter(organisation=request.organisation).order_by("-closed_at", "-asked_at")[:CASES]
    return render(request, "board/support/cases.html", {"rows": rows})


@page(PURPOSE, Permission.SUPPORT_ASK)
def ask(request: BoardRequest) -> HttpResponse:
    """Put a question to support."""
    back = reverse("board:support", args=[request.organisation.slug])
    text = _("Support sees what you write, and nothing else unless you give it leave to look.")
    around = Around(_("Ask support"), crumbs((back, _("Support"))), back, text)
    return form_page(
        request,
        CaseForm(posted(request)),
        around,
        lambda values: actions.ask_support(values["title"], values["text"], by=request.operator)[1],
    )


@page(PURPOSE, Permission.SUPPORT_ASK)
def case(request: BoardRequest, case_id: UUID) -> HttpResponse:
    """Show one case with its messages, what support may see, and all that it looked at."""
    row = _case(request, case_id)
    form = MessageForm(posted(request))
    if form.is_valid():
        with refusals_beside(form):
            return done(
                request, actions.write_to_support(row, form.cleaned_data["text"], by=request.operator), to=_to(row)
            )
    return show_form(request, "board/support/case.html", form, leave_form=LeaveForm(), **_context(row))


@page(PURPOSE, Permission.SUPPORT_ASK)
@require_POST
def give_leave(request: BoardRequest, case_id: UUID) -> HttpResponse:
    """Let support look."""
    row, form = _case(request, case_id), LeaveForm(posted(request))
    if form.is_valid():
        with refusals_beside(form):
            purpose, hours = form.cleaned_data["purpose"], form.cleaned_data["hours"]
            return done(request, actions.give_leave(row, purpose, hours, by=request.operator)[1], to=_to(row))
    context = {"form": MessageForm(), "leave_form": form, **_context(row)}
    return render(request, "board/support/case.html", context, status=UNPROCESSABLE)


@page(PURPOSE, Permission.SUPPORT_ASK)
@require_POST
def take_back(request: BoardRequest, case_id: UUID) -> HttpResponse:
    """Let support look no more."""
    row = _case(request, case_id)
    message = _("Support sees nothing of yours any more.")
    return done(request, actions.take_back_leave(row, by=request.operator), to=_to(row), message=message)


@page(PURPOSE, Permission.SUPPORT_ASK)
@require_POST
def close(request: BoardRequest, case_id: UUID) -> HttpResponse:
    """Close a case."""
    row = _case(request, case_id)
    return done(request, actions.close_case(row, by=request.operator), to=_to(row))


def _case(request: BoardRequest, case_id: UUID) -> SupportCase:
    return get_object_or_404(
        SupportCase.objects.select_related("organisation"), pk=case_id, organisation=request.organisation
    )


def _to(row: SupportCase) -> str:
    return reverse("board:support_case", args=[row.organisation.slug, row.pk])


def _context(row: SupportCase) -> dict[str, Any]:
    given = SupportLeave.objects.filter(case_id=row.pk).order_by("-given_at")
    looks = AuditEntry.objects.filter(organisation=row.organisation_id, purpose__in=leaves()).order_by("-at", "-id")
    return {
        "case": row,
        "messages_of": _messages(row),
        "leaves": [(leave, what_is_seen(leave.purpose)) for leave in given],
        "holding": list(every_open_leave(row.organisation_id).values_list("pk", flat=True)),
        "looks": [(entry, _purpose(entry.purpose)) for entry in looks.only("at", "purpose")[:LOOKS]],
    }


def _purpose(purpose: str) -> str:
    return catalogue.in_force().activity(purpose).name.within(get_language() or "sv")


def _messages(row: SupportCase) -> list[tuple[SupportMessage, str]]:
    """Return the messages with who wrote each; support's staff have no names here."""
    rows = list(SupportMessage.objects.filter(organisation=row.organisation_id, case_id=row.pk).order_by("at"))
    writers = Account.objects.only("first_name", "last_name").in_bulk({one.written_by for one in rows})
    return [(one, _writer(one, writers)) for one in rows]


def _writer(message: SupportMessage, writers: dict[UUID, Account]) -> str:
    account = writers.get(message.written_by)
    if message.from_support or account is None:
        return _("Support") if message.from_support else _("somebody who is no longer here, or support on your behalf")
    return f"{account.first_name} {account.last_name}".strip() or _("an operator")
