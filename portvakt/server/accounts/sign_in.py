"""What is put on record when somebody signs in?"""

from typing import Any

from portvakt.server.accounts.actions import note_sign_in
from portvakt.server.accounts.models import Account


def on_signed_in(*, user: Account, **_: Any) -> None:
    """Record the sign-in in every organisation that the account works in; the sign-in purpose is open (allauth's signal)."""
    for membership in user.memberships.all():
        note_sign_in(user, by=membership.actor())
