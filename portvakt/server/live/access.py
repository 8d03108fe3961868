"""Who may hear the hints of an organisation? Whoever is signed in there and may see its doors."""

from http import HTTPStatus
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

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
    with acting("live_updates"):
        if (account := _signed_in(cookies.get(settings.SESSION_COOKIE_NAME))) is None:
            raise TurnedAway(HTTPStatus.UNAUTHORIZED)
        memberships = Membership.objects.filter(
            account_id=account, organisation__slug=slug, organisation__active=True
        ).select_related("organisation")
        for membership in memberships:
            if membership.actor().may(Permission.DOOR_READ):
                return Listener(account, membership.organisation_id)
    raise TurnedAway(HTTPStatus.NOT_FOUND)


def _signed_in(session: str | None) -> UUID | None:
    """Return the active account of a session that has not ended.

    The password's digest is not compared with the session's, as the Board does: this process may not read it, and sends only hints.
    """
    said = SessionStore(session).load().get(SESSION_KEY)
    found = Account.objects.filter(pk=said, is_active=True).values_list("pk", flat=True) if said else ()
    return next(iter(found), None)
