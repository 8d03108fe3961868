"""For which purpose does a request touch the database before and beside its page?

Sign-in pages, the session and the account are read and written for the purpose account_sign_in; a page then opens its own purpose
(see board/page.py). A page that wrote to the session outside the sign-in pages would be refused by the database, which is meant.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.errors import refusal_page

GetResponse = Callable[[HttpRequest], HttpResponse]
SIGN_IN = "account_sign_in"
SIGN_IN_PATHS = "/account/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self';"
    f" connect-src 'self' {settings.LIVE_URL}; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class ContentSecurity:
    """Lets a page load nothing that is not served here."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class SignInPurpose:
    """Gives sign-in pages their purpose for the whole request; nothing is kept of one that fails."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(SIGN_IN_PATHS):
            return self.get_response(request)
        with acting(SIGN_IN):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response

    @staticmethod
    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Say why an action refused on a sign-in page, such as a mail that may not go; nothing is kept of it."""
        if not isinstance(exception, Refused) or not request.path.startswith(SIGN_IN_PATHS):
            return None
        transaction.set_rollback(True)
        return refusal_page(request, exception)


class WhoIsSignedIn:
    """Reads session, account and memberships once, in one unit of work, and speaks the account's language."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(SIGN_IN_PATHS):
            self._read(request)
        else:
            with acting(SIGN_IN):
                self._read(request)
        with translation.override(self._language(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
            return response

    @staticmethod
    def _read(request: HttpRequest) -> None:
        signed_in = request.user.is_authenticated
        request.memberships = (  # type: ignore[attr-defined]
            list(request.user.memberships.select_related("organisation").order_by("organisation__name"))  # type: ignore[union-attr]
            if signed_in
            else []
        )

    @staticmethod
    def _language(request: HttpRequest) -> str:
        """Return the account's language; before sign-in the one in the cookie, else the first the browser asks for."""
        return getattr(request.user, "language", None) or translation.get_language_from_request(request)
