"""How does a page of the desk get its operator and its purpose? Only members of the provider's own organisation find it there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.errors import refusal_page


class DeskRequest(HttpRequest):
    """A request to a page of the desk, and who acts."""

    operator: Actor


Page = Callable[..., HttpResponse]


def desk_page(purpose: str, permission: Permission) -> Callable[[Page], Page]:
    """Make a view a page of the desk; it is called with (DeskRequest, **arguments of its address)."""

    def decorate(view: Page) -> Page:
        @wraps(view)
        def answer(request: DeskRequest, **arguments: Any) -> HttpResponse:
            with acting(purpose, by=request.operator.id):
                return view(request, **arguments)

        return for_staff(purpose, permission, answer)

    return decorate


def for_staff(purpose: str, permission: Permission, view: Page) -> Page:
    """Let only those of the provider's members who hold the permission to a view, which opens its purpose itself."""

    @wraps(view)
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        request.operator = at_the_desk(request)  # type: ignore[attr-defined]
        if not request.operator.may(permission):  # type: ignore[attr-defined]
            raise PermissionDenied
        try:
            return view(request, **arguments)
        except Refused as refused:
            return refusal_page(request, refused)

    answer.purpose, answer.permission = purpose, permission  # type: ignore[attr-defined]
    return answer


def at_the_desk(request: HttpRequest) -> Actor:
    """Return who works at the desk, or answer 404 to everybody else."""
    for membership in request.memberships:  # type: ignore[attr-defined]
        if membership.organisation.provider and membership.organisation.active:
            return membership.actor()  # type: ignore[no-any-return]
    raise Http404
