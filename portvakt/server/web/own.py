"""How does a page about an account itself, in no organisation, get its purpose?"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse

from portvakt.server.accounts.models import Account
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.errors import refusal_page

Page = Callable[..., HttpResponse]


def account_page(purpose: str, *, visitors: bool = False) -> Callable[[Page], Page]:
    """Make a view a page about the signed-in account; with `visitors` also who is not signed in sees it, and no rows with it."""

    def decorate(view: Page) -> Page:
        @wraps(view)
        def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
            if not (request.user.is_authenticated or visitors):
                return redirect_to_login(request.get_full_path())
            try:
                with acting(purpose, by=request.user.pk, account=request.user.pk):
                    return view(request, **arguments)
            except Refused as refused:
                return refusal_page(request, refused)

        answer.purpose = purpose  # type: ignore[attr-defined]
        return answer

    return decorate


def account_of(request: HttpRequest) -> Account:
    """Return the signed-in account; for a visitor the page is not there."""
    if not isinstance(request.user, Account):
        raise Http404
    return request.user
