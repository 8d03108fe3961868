"""For what may an organisation give support leave to look, and which leave holds now?"""

from uuid import UUID

from django.utils import timezone

from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.models import SupportLeave
from portvakt.server.purpose import catalogue


def leaves() -> tuple[str, ...]:
    """Return the purposes for which an organisation may give support leave to look, as the register has them."""
    return tuple(activity.id for activity in catalogue.activities() if activity.leave)


def open_leaves(organisation: Organisation | UUID) -> list[SupportLeave]:
    """Return the leaves that hold now, one for each purpose: the last to end."""
    now, found = timezone.now(), {}
    rows = SupportLeave.objects.filter(organisation=organisation, revoked_at=None, until__gt=now)
    for row in rows.order_by("until"):
        found[row.purpose] = row
    return list(found.values())
