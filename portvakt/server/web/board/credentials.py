"""How are a person's credentials changed, suspended, resumed and revoked, and rules assigned and withdrawn?"""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.core.decision.model import CredentialKind
from portvakt.server.access.actions import assign, withdraw
from portvakt.server.access.models import Assignment
from portvakt.server.people.actions import (
    change_credential,
    resume_credential,
    revoke_credential,
    suspend_credential,
)
from portvakt.server.people.models import Credential
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.forms_credentials import CredentialForm
from portvakt.server.web.board.forms_people import AssignForm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE, back, own_persons, own_rules, person_url, show
from portvakt.server.web.forms import posted, refusals_beside, show_form


@page(PURPOSE, Permission.RULE_ASSIGN)
@require_POST
def assign_rule(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Put a person into a rule."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    form = AssignForm(request.POST, rules=own_rules(request))
    if form.is_valid():
        with refusals_beside(form):
            period = {name: form.cleaned_data[name] for name in ("valid_from", "valid_to")}
            return back(request, someone, assign(someone, form.cleaned_data["rule"], by=request.operator, **period))
    return show(request, someone, assign_form=form)


@page(PURPOSE, Permission.RULE_ASSIGN)
def withdraw_rule(request: BoardRequest, person_id: UUID, assignment_id: UUID) -> HttpResponse:
    """Take a person out of a rule, after asking."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    rows = Assignment.objects.filter(organisation=request.organisation, person=someone).select_related("rule", "person")
    assignment = get_object_or_404(rows, pk=assignment_id)
    facts = {"name": someone.name, "rule": assignment.rule.name}
    question = Question(
        title=_("Withdraw %(name)s from %(rule)s?") % facts,
        text=_("The doors of this rule no longer open for the person, unless another rule opens them."),
        button=_("Withdraw"),
        back=person_url(request, someone.pk),
        impact=True,
    )
    return confirm(request, question, lambda: withdraw(assignment, by=request.operator))


def _own_credential(request: BoardRequest, person_id: UUID, credential_id: UUID) -> Credential:
    rows = Credential.objects.filter(organisation=request.organisation, person_id=person_id)
    return get_object_or_404(rows.select_related("person"), pk=credential_id)


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
def edit(request: BoardRequest, person_id: UUID, credential_id: UUID) -> HttpResponse:
    """Change what a credential is called, and from when to when it opens anything."""
    credential = _own_credential(request, person_id, credential_id)
    has_number = credential.kind == CredentialKind.KEY_CARD
    initial = {name: getattr(credential, name) for name in ("number", "label", "valid_from", "valid_to")}
    form = CredentialForm(posted(request), initial=initial, has_number=has_number)
    if form.is_valid():
        with refusals_beside(form):
            entry = change_credential(credential, by=request.operator, **form.changed_values())
            return back(request, credential.person, entry)
    return show_form(request, "board/people/credential.html", form, person=credential.person, credential=credential)


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
def suspend(request: BoardRequest, person_id: UUID, credential_id: UUID) -> HttpResponse:
    """Take a credential out of use for a while, after asking."""
    credential = _own_credential(request, person_id, credential_id)
    question = Question(
        title=_("Suspend this card or code?"),
        text=_("It opens nothing until it is resumed. For something that may be found again."),
        button=_("Suspend"),
        back=person_url(request, person_id),
    )
    return confirm(request, question, lambda: suspend_credential(credential, by=request.operator))


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
def resume(request: BoardRequest, person_id: UUID, credential_id: UUID) -> HttpResponse:
    """Put a suspended credential back into use, after asking."""
    credential = _own_credential(request, person_id, credential_id)
    question = Question(
        title=_("Resume this card or code?"),
        text=_("It opens again what the person's rules open."),
        button=_("Resume"),
        back=person_url(request, person_id),
        danger=False,
    )
    return confirm(request, question, lambda: resume_credential(credential, by=request.operator))


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
def revoke(request: BoardRequest, person_id: UUID, credential_id: UUID) -> HttpResponse:
    """Take a credential out of use for good, after asking."""
    credential = _own_credential(request, person_id, credential_id)
    question = Question(
        title=_("Revoke this card or code?"),
        text=_("It never opens anything again for this person. The same card can be issued anew."),
        button=_("Revoke"),
        back=person_url(request, person_id),
    )
    return confirm(request, question, lambda: revoke_credential(credential, by=request.operator))
