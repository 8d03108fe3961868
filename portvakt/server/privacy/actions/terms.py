"""How are the terms accepted, and how is a guardian asked where the account's owner is a child?

Refused: guardian_closed (a guardian has said no), guardian_is_child (the address is one of the child's own), guardian_too_often,
guardian_unknown (no question that is open has this link).
"""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from portvakt.core.privacy import Subject
from portvakt.server.accounts.addresses import addresses_of
from portvakt.server.accounts.models import Account
from portvakt.server.privacy.models import GuardianConsent, TermsAcceptance
from portvakt.server.privacy.terms import Terms
from portvakt.server.purpose.errors import Refused

# How long the link in the mail to a guardian is good, and how many such mails one account may cause in a day.
LINK_DAYS = 14
MAILS_A_DAY = 3


def accept_terms(terms: Terms, language: str, *, old_enough: bool, by: Account) -> TermsAcceptance:
    """Keep that the owner of an account accepted a version of the terms, and said whether they are old enough to do so alone."""
    return TermsAcceptance.objects.create(
        subject=Subject.ACCOUNT_HOLDER,
        subject_id=by.pk,
        version=terms.version,
        digest=terms.digest,
        language="en" if language == "en" else "sv",
        old_enough=old_enough,
        at=timezone.now(),
    )


def ask_guardian(name: str, email: str, *, by: Account) -> str:
    """Keep that a guardian is asked for a child's account; return the secret of the link that they are sent.

    A link sent before is no longer good.
    """
    now, asked = timezone.now(), GuardianConsent.objects.filter(account_id=by.pk)
    if email.casefold() in {address.casefold() for address in addresses_of(by)}:
        raise Refused("guardian_is_child", field="guardian_email")
    if asked.filter(refused_at__isnull=False).exists():
        raise Refused("guardian_closed")
    if asked.filter(asked_at__gt=now - timedelta(days=1)).count() >= MAILS_A_DAY:
        raise Refused("guardian_too_often")
    token = secrets.token_urlsafe(32)
    GuardianConsent.objects.create(account_id=by.pk, name=name, email=email, asked=_digest(token), asked_at=now)
    return token


def open_question(token: str) -> GuardianConsent:
    """Return the question that a link is about, as long as it is open. Refused: guardian_unknown."""
    row = GuardianConsent.objects.filter(asked=_digest(token)).first()
    if row is None or row.given_at or row.refused_at or row.asked_at < timezone.now() - timedelta(days=LINK_DAYS):
        raise Refused("guardian_unknown")
    if GuardianConsent.objects.filter(account_id=row.account_id, asked_at__gt=row.asked_at).exists():
        raise Refused("guardian_unknown")
    return row


def answer_as_guardian(token: str, *, given: bool) -> None:
    """Keep a guardian's yes or no; the link is good for one answer. Refused: guardian_unknown."""
    row = open_question(token)
    moment = "given_at" if given else "refused_at"
    still_open = GuardianConsent.objects.filter(pk=row.pk, given_at__isnull=True, refused_at__isnull=True)
    if not still_open.update(**{moment: timezone.now()}):
        raise Refused("guardian_unknown")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
