"""Who is signed in, and how far has that account come? One query for both."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from portvakt.server.accounts.models import Account
from portvakt.server.privacy.standing import with_standing


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Reads a session's account together with what it has accepted."""

    def get_user(self, user_id: Any) -> Account | None:
        """Return the account of a session, unless it is disabled."""
        account = with_standing(Account.objects.all()).filter(pk=user_id).first()
        return account if account and self.user_can_authenticate(account) else None
