"""For what may an organisation give support leave to look, and which leave holds now?"""

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.models import SupportLeave
from portvakt.server.purpose import catalogue


def leaves() -> tuple[str, ...]:
    """Return the purposes for which an organisation may give support leave to look, as the register has them."""
    return tuple(activity.id for activity in catalogue.activities() if activity.leave)


def every_open_leave(organisation: Organisation | UUID) -> QuerySet[SupportLeave]:
    """Return all leaves that hold now, in whichever case each was given."""
    return SupportLeave.objects.filter(organisation=organisation, revoked_at=None, until__gt=timezone.now())


def open_leaves(organisation: Organisation | UUID) -> list[SupportLeave]:
    """Return the leaves that hold now, one for each purpose: the last to end."""
    return list({row.purpose: row for row in every_open_leave(organisation).order_by("until")}.values())
