"""What may an account do before it has accepted the terms, or its owner's guardian has answered? Little: here is what."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from portvakt.server.privacy.standing import Standing, standing

GetResponse = Callable[[HttpRequest], HttpResponse]
# Reading the terms and saying yes, leaving, another language; what is public; and what the law gives whether or not one accepts anything.
OPEN_PAGES = {
    "account_logout", "set_language", "terms", "terms_version", "terms_waiting", "own_data", "consents", "consent", "consents_file",
    "me:privacy", "me:consents", "me:consent", "me:consents_file",
}  # fmt: skip
OPEN_PARTS = {"site"}
AT = {Standing.ASKED: "terms", Standing.WAITING: "terms_waiting", Standing.CLOSED: "terms_waiting"}


class TermsFirst:
    """Leads an account that may not be used yet to where that is said; it adds no query."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.standing = standing_of(request)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """Let a request through to its page, or lead it to the terms."""
        at, match = request.standing, request.resolver_match  # type: ignore[attr-defined]
        if at is Standing.ADMITTED or match is None:
            return None
        if match.view_name in OPEN_PAGES or match.app_name in OPEN_PARTS:
            return None
        return _led_to(request, reverse(AT[at]))


def standing_of(request: HttpRequest) -> Standing:
    """Return how far the account of a request has come; visitors have nothing to accept."""
    return standing(request.user) if request.user.is_authenticated else Standing.ADMITTED


def _led_to(request: HttpRequest, address: str) -> HttpResponse:
    """Lead to an address and, from a page, back afterwards; a part of a page leads the whole page there."""
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer.headers["HX-Redirect"] = address
        return answer
    back = f"?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else ""
    return HttpResponseRedirect(f"{address}{back}")
