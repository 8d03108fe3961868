"""How does the sign-in library behave here? Accounts are opened by an operator, and its mails go out as all others do."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.blocked import is_blocked
from portvakt.server.accounts.models import Account, Blocked
from portvakt.server.privacy.actions import About, send_mail
from portvakt.server.purpose.errors import Refused


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes self-registration, to disabled addresses in a roundabout way too; sends no mail that is not on record."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the library's signature
        """Say no: an account comes with an invitation."""
        return False

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Let an address be an account's. Refused: address_refused, where the provider has disabled an account of it.

        It is refused to whoever has the mail, not to whoever writes the address: nobody finds out whose addresses are disabled.
        """
        if is_blocked(email_address.email, Blocked.DISABLED):
            raise Refused("address_refused")
        return bool(super().confirm_email(request, email_address))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of the library's mails, as a disclosure about the account it is for. Refused: mail_not_sent."""
        context = {"email": email, "request": self.request, "current_site": get_current_site(self.request), **context}
        account = Account.objects.filter(email__iexact=email).first() or _of(context)
        about = About(Subject.ACCOUNT_HOLDER, account.pk) if account else None
        mail = self.render_mail(template_prefix, email, context)
        if not send_mail(mail, about, [Kind.CONTACT, Kind.IDENTITY, Kind.SECRET], by=None, organisation=None):
            raise Refused("mail_not_sent")


def _of(context: dict[str, Any]) -> Account | None:
    """Return the account that a mail to a new address is about."""
    user = context.get("user")
    return user if isinstance(user, Account) else None
