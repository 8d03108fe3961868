"""Who may hear the hints of an organisation? Whoever is signed in there and may see its doors."""

from http import HTTPStatus
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from portvakt.server.accounts.models import Account, Membership
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.context import acting


class Listener(msgspec.Struct, frozen=True):
    """An account that may hear the hints of an organisation."""

    account: UUID
    organisation: UUID


class TurnedAway(Exception):
    """The answer is a status: 401 for nobody, 404 for an organisation that the account does not reach."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


def listener(cookies: dict[str, str], slug: str) -> Listener:
    """Return who listens to an organisation, by the Board's session. Raises TurnedAway."""
    with acting("account_sign_in"):
        request = HttpRequest()
        request.session = SessionStore(cookies.get(settings.SESSION_COOKIE_NAME))
        account = get_user(request)
        if not isinstance(account, Account):
            raise TurnedAway(HTTPStatus.UNAUTHORIZED)
        memberships = Membership.objects.filter(
            account=account, organisation__slug=slug, organisation__active=True
        ).select_related("organisation")
        for membership in memberships:
            if membership.actor().may(Permission.DOOR_READ):
                return Listener(account.pk, membership.organisation_id)
    raise TurnedAway(HTTPStatus.NOT_FOUND)
