"""May an account be used: are the terms that apply accepted, and has a guardian said yes where the account's owner is a child?"""

from enum import StrEnum
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from portvakt.server.accounts.models import Account
from portvakt.server.privacy.models import GuardianConsent, TermsAcceptance
from portvakt.server.privacy.terms import terms_on


class Standing(StrEnum):
    """How far an account has come."""

    ADMITTED = "admitted"
    # The terms that apply have not been accepted.
    ASKED = "asked"
    # A child's guardian has not answered, or has said no.
    WAITING = "waiting"
    CLOSED = "closed"


def with_standing(accounts: "QuerySet[Account]") -> "QuerySet[Any]":
    """Add to accounts, in the same query, what `standing` needs: the newest acceptance and the newest answer of a guardian."""
    accepted = TermsAcceptance.objects.filter(subject_id=OuterRef("pk")).order_by("-at")
    guardian = GuardianConsent.objects.filter(account_id=OuterRef("pk")).order_by("-asked_at")
    return accounts.annotate(
        terms_digest=Subquery(accepted.values("digest")[:1]),
        old_enough=Subquery(accepted.values("old_enough")[:1]),
        guardian_yes_at=Subquery(guardian.values("given_at")[:1]),
        guardian_no_at=Subquery(guardian.values("refused_at")[:1]),
    )


def standing(account: Any) -> Standing:
    """Return how far an account from `with_standing` has come today."""
    if account.terms_digest != terms_on(timezone.localdate()).digest:
        return Standing.ASKED
    if account.old_enough or account.guardian_yes_at:
        return Standing.ADMITTED
    return Standing.CLOSED if account.guardian_no_at else Standing.WAITING


def is_child(account: Any) -> bool:
    """Tell whether the owner of an account from `with_standing` has said to be below the age; an unasked one counts as adult."""
    return account.old_enough is False


def age_is_known(account: Any) -> bool:
    """Tell whether the owner of an account from `with_standing` has said how old they are."""
    return account.old_enough is not None
