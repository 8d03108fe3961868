"""Who administers the organisation, with which roles, and how do they come and go?

The purpose works across the deployment, because one account may work in several organisations: every query here is narrowed to one.
"""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.server.accounts.actions import change_roles, invite, remove_member
from portvakt.server.accounts.models import PERSONS_ROLES, Account, Membership, Role
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.forms_operators import InviteForm, RolesForm
from portvakt.server.web.board.invitation import send_invitation
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.forms import posted, refusals_beside, show_form

PURPOSE = "account_administration"


def own_members(request: BoardRequest) -> QuerySet[Membership]:
    """Return the organisation's members with their accounts, by name."""
    rows = Membership.objects.filter(organisation=request.organisation).select_related("account")
    return rows.order_by("account__last_name", "account__first_name", "account__email")


def _list_url(request: BoardRequest) -> str:
    return reverse("board:operators", args=[request.organisation.slug])


def _member_url(request: BoardRequest, member: Membership) -> str:
    return reverse("board:operator", args=[request.organisation.slug, member.pk])


@page(PURPOSE, Permission.OPERATOR_MANAGE)
def operators(request: BoardRequest) -> HttpResponse:
    """List the operators; a person who only opens doors with the phone is on the person's own page instead."""
    only_a_person = Q(person_id__isnull=False, roles__contained_by=sorted(PERSONS_ROLES))
    rows = [(member, _role_words(member)) for member in own_members(request).exclude(only_a_person)]
    return render(request, "board/operators/list.html", {"rows": rows})


def _role_words(member: Membership) -> list[str]:
    return [str(Role(role).label) for role in member.roles]


@page(PURPOSE, Permission.OPERATOR_MANAGE)
def add(request: BoardRequest) -> HttpResponse:
    """Invite somebody."""
    initial = {"language": request.organisation.language, "roles": [Role.OPERATOR]}
    form = InviteForm(posted(request), initial=initial, of_provider=request.organisation.provider)
    if request.method == "POST" and form.is_valid():
        with refusals_beside(form):
            values = form.account_values()
            member, entry = invite(form.cleaned_data["email"], form.chosen(), by=request.operator, **values)
            _send(request, member.account)
            return done(request, entry, to=_member_url(request, member))
    return show_form(request, "board/operators/add.html", form)


def _send(request: BoardRequest, account: Account) -> None:
    """Send the invitation and say how that went; the roles stand either way."""
    if send_invitation(account, request.organisation, by=request.operator):
        messages.success(request, _("The invitation has been sent to %(address)s.") % {"address": account.email})
    else:
        messages.error(request, _("The mail could not be sent. The roles stand; send the invitation again below."))


@page(PURPOSE, Permission.OPERATOR_MANAGE)
def operator(request: BoardRequest, member_id: UUID) -> HttpResponse:
    """Show one operator, and change their roles."""
    member = get_object_or_404(own_members(request), pk=member_id)
    initial, of_provider = {"roles": member.roles}, request.organisation.provider
    form = RolesForm(posted(request), initial=initial, of_provider=of_provider)
    if form.is_valid():
        with refusals_beside(form):
            entry = change_roles(member, form.chosen(), by=request.operator)
            return done(request, entry, to=_member_url(request, member), message=_("The roles have been changed."))
    return show_form(request, "board/operators/operator.html", form, member=member)


@page(PURPOSE, Permission.OPERATOR_MANAGE)
@require_POST
def send_again(request: BoardRequest, member_id: UUID) -> HttpResponse:
    """Send an invitation once more; the link in the earlier one stays good."""
    member = get_object_or_404(own_members(request), pk=member_id)
    _send(request, member.account)
    return done(request, None, to=_member_url(request, member))


@page(PURPOSE, Permission.OPERATOR_MANAGE)
def remove(request: BoardRequest, member_id: UUID) -> HttpResponse:
    """End a member's roles here, after asking."""
    member = get_object_or_404(own_members(request), pk=member_id)
    question = Question(
        title=_("Remove %(name)s as operator?") % {"name": member.account.name},
        text=_("The account loses every role here at once. The account itself, and roles elsewhere, stay."),
        button=_("Remove"),
        back=_member_url(request, member),
        after=_list_url(request),
    )
    return confirm(request, question, lambda: remove_member(member, by=request.operator))
