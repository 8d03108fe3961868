"""How does a page of the Board get its organisation, its operator and its purpose?

Every page says the permission it needs, or that it is a person's own, and the purpose it is for. Whoever is not a member gets 404: what
you cannot reach you cannot name. The purpose is open from before the view until its answer is complete, so that nothing personal is read
outside it. Where an action refuses and the view has no form to say it in, nothing is kept and a page says why.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from portvakt.server.organisations.models import Organisation
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.errors import refusal_page


class BoardRequest(HttpRequest):
    """A request to a page of the Board: whose organisation it is about and who acts in it."""

    organisation: Organisation
    operator: Actor


Page = Callable[..., HttpResponse]


def page(purpose: str, permission: Permission) -> Callable[[Page], Callable[..., HttpResponse]]:
    """Make a view a page of the Board; it is called with (BoardRequest, **arguments of its address)."""

    def permitted(operator: Actor) -> None:
        if not operator.may(permission):
            raise PermissionDenied

    def decorate(view: Page) -> Callable[..., HttpResponse]:
        answer = _within(purpose, view, permitted)
        answer.permission = permission  # type: ignore[attr-defined]
        return answer

    return decorate


def own_page(purpose: str) -> Callable[[Page], Callable[..., HttpResponse]]:
    """Make a view a page for the person that the account is in the organisation; for an account that is none it is not there."""

    def is_a_person(operator: Actor) -> None:
        if operator.person is None:
            raise Http404

    return lambda view: _within(purpose, view, is_a_person)


def _within(purpose: str, view: Page, check: Callable[[Actor], None]) -> Callable[..., HttpResponse]:
    """Call a view with its organisation, operator and purpose, for whoever passes the check."""

    @wraps(view)
    def answer(request: HttpRequest, slug: str, **arguments: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        _enter(request, slug)
        check(request.operator)  # type: ignore[attr-defined]
        try:
            with _by_its_clock(request), _acting(purpose, request.operator):  # type: ignore[attr-defined]
                return view(request, **arguments)
        except Refused as refused:
            return refusal_page(request, refused)

    answer.purpose = purpose  # type: ignore[attr-defined]
    return answer


def _acting(purpose: str, operator: Actor) -> AbstractContextManager[None]:
    """Open the purpose; one whose scope is a single data subject then sees the account's own rows, and those of the person it is."""
    return acting(purpose, operator.organisation, operator.id, person=operator.person, account=operator.id)


def _by_its_clock(request: HttpRequest) -> timezone.override:
    """Read and show moments in the organisation's time."""
    return timezone.override(request.organisation.timezone)  # type: ignore[attr-defined]


def _enter(request: HttpRequest, slug: str) -> None:
    """Put organisation and operator on the request, or answer 404 to whoever is not a member of an active organisation."""
    for membership in request.memberships:  # type: ignore[attr-defined]
        if membership.organisation.slug == slug and membership.organisation.active:
            request.organisation = membership.organisation  # type: ignore[attr-defined]
            request.operator = membership.actor()  # type: ignore[attr-defined]
            return
    raise Http404
