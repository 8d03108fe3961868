"""Does something hold now: a person, a credential, a rule, an assignment?"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SOON_DAYS = 30


class Standing(Enum):
    """Whether something holds; the first that fits is the one that is said."""

    REVOKED = "revoked"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    EXPIRES_SOON = "expires_soon"
    VALID = "valid"

    @property
    def holds(self) -> bool:
        """Tell whether doors take notice of it now."""
        return self in {Standing.VALID, Standing.EXPIRES_SOON}

    @property
    def label(self) -> Promise:
        """Return the word for it."""
        return WORDS[self][0]

    @property
    def colour(self) -> str:
        """Return the colour of its badge, as Tabler names it; the word beside it says the same."""
        return WORDS[self][1]


WORDS: dict[Standing, tuple[Promise, str]] = {
    Standing.REVOKED: (_("Revoked"), "secondary"),
    Standing.SUSPENDED: (_("Suspended"), "red"),
    Standing.EXPIRED: (_("Expired"), "secondary"),
    Standing.NOT_YET: (_("Not valid yet"), "azure"),
    Standing.EXPIRES_SOON: (_("Expires soon"), "yellow"),
    Standing.VALID: (_("Valid"), "green"),
}


def standing(row: Any, at: datetime | None = None) -> Standing:
    """Return how a row with valid_from and valid_to, and perhaps suspended_at and revoked_at, stands at an aware moment."""
    at = at or timezone.now()
    if getattr(row, "revoked_at", None):
        return Standing.REVOKED
    if getattr(row, "suspended_at", None):
        return Standing.SUSPENDED
    if row.valid_to and row.valid_to <= at:
        return Standing.EXPIRED
    if row.valid_from and row.valid_from > at:
        return Standing.NOT_YET
    return Standing.EXPIRES_SOON if row.valid_to and row.valid_to <= soon(at) else Standing.VALID


def soon(at: datetime) -> datetime:
    """Return the moment before which an end counts as near."""
    return at + timedelta(days=SOON_DAYS)
