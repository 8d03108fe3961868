"""Whose is an address? An account's own, or one that its owner has confirmed beside it."""

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, Q, QuerySet

from portvakt.server.accounts.models import Account


def with_address(email: str) -> QuerySet[Account]:
    """Return the account, if any, that an address belongs to, however it is written."""
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), email__iexact=email, verified=True)
    return Account.objects.filter(Q(email__iexact=email) | Exists(confirmed))


def addresses_of(account: Account) -> set[str]:
    """Return every address of an account, confirmed or not."""
    return {account.email, *EmailAddress.objects.filter(user=account).values_list("email", flat=True)}
