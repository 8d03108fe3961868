"""How is a person invited to open doors with the phone, and how does that end?

The purpose works across the deployment, because the address may have an account already: every query here is narrowed to one organisation.
"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.server.accounts.actions import invite_person, part_from_person
from portvakt.server.accounts.models import Account, Membership
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.models import Person
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.invitation import Invited, send_invitation
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import own_persons, person_url

PURPOSE = "person_invitation"


def _person(request: BoardRequest, person_id: UUID) -> Person:
    """Return one of the organisation's persons, as far as the purpose may know them."""
    known = own_persons(request).only("first_name", "last_name", "email", "language")
    return get_object_or_404(known, pk=person_id)


def _membership(request: BoardRequest, person_id: UUID) -> Membership:
    own = Membership.objects.filter(organisation=request.organisation).select_related("account")
    return get_object_or_404(own, person_id=person_id)


@page(PURPOSE, Permission.PERSON_ENROL)
def invite(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Invite a person to open doors with the phone, after asking."""
    someone = _person(request, person_id)
    question = Question(
        title=_("Invite %(name)s to open doors with the phone?") % {"name": someone.name},
        text=_(
            "A mail with a link to choose a password goes to %(address)s. Whoever reads it can open the person's doors."
        )
        % {"address": someone.email or "–"},
        button=_("Send the invitation"),
        back=person_url(request, someone.pk),
        danger=False,
    )
    return confirm(request, question, lambda: _invite(request, someone))


def _invite(request: BoardRequest, someone: Person) -> AuditEntry:
    membership, entry = invite_person(
        someone.email,
        someone.pk,
        by=request.operator,
        first_name=someone.first_name,
        last_name=someone.last_name,
        language=someone.language,
    )
    _send(request, membership.account)
    return entry


def _send(request: BoardRequest, account: Account) -> None:
    """Send the invitation and say how that went; the account stays linked either way."""
    if send_invitation(account, request.organisation, Invited.PERSON, by=request.operator):
        messages.success(request, _("The invitation has been sent to %(address)s.") % {"address": account.email})
    else:
        messages.error(
            request, _("The mail could not be sent. The account is linked; send the invitation again below.")
        )


@page(PURPOSE, Permission.PERSON_ENROL)
@require_POST
def send_again(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Send a person's invitation once more; the link in the earlier one stays good."""
    _send(request, _membership(request, person_id).account)
    return done(request, None, to=person_url(request, person_id))


@page(PURPOSE, Permission.PERSON_ENROL)
def part(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Take a person's account away from them, after asking."""
    membership = _membership(request, person_id)
    question = Question(
        title=_("Take the account away from %(name)s?") % {"name": _person(request, person_id).name},
        text=_("No door can be opened with that account any more. Cards and codes stay as they are."),
        button=_("Take away"),
        back=person_url(request, person_id),
    )
    return confirm(request, question, lambda: part_from_person(membership, by=request.operator))
