"""Which lockdowns are prepared and in effect, and which doors are held unlocked?"""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portvakt.server.organisations.models import OrganisationKey, OrganisationModel
from portvakt.server.places.models.premises import BUILDING, Door, Site


class LockdownPlan(OrganisationModel):
    """Which doors admit nobody below a rank once an operator starts it, and when it ends by itself."""

    privacy = BUILDING

    site = OrganisationKey(Site, related_name="lockdown_plans")
    name = models.CharField(_("name"), max_length=100)
    rank = models.PositiveSmallIntegerField(
        _("rank"), default=5, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    ends_after_minutes = models.PositiveIntegerField(_("ends after, minutes"), null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "site", "name"), name="places_lockdownplan_name"),
        )

    def __str__(self) -> str:
        return self.name


class LockdownDoor(OrganisationModel):
    """A door is in a lockdown plan."""

    privacy = BUILDING

    plan = OrganisationKey(LockdownPlan, related_name="doors")
    door = OrganisationKey(Door, related_name="lockdown_plans")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "plan", "door"), name="places_lockdowndoor_once"),
        )

    def __str__(self) -> str:
        return f"{self.plan_id} {self.door_id}"


class Lockdown(OrganisationModel):
    """A plan that was started; in effect until `ends_at` or `ended_at`, whichever comes first."""

    privacy = BUILDING

    plan = OrganisationKey(LockdownPlan, related_name="lockdowns")
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("organisation", "plan", "-begun_at"), name="places_lockdown_newest"),)

    def __str__(self) -> str:
        return f"{self.plan_id} {self.begun_at:%Y-%m-%d %H:%M:%S}"


def in_effect(at: datetime) -> QuerySet[Lockdown]:
    """Return the lockdowns that are in effect at an aware moment.

    One that is there has begun, also where another machine's clock, which wrote `begun_at`, is a little ahead of this one's.
    """
    return Lockdown.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), ended_at__isnull=True)


class DoorHold(OrganisationModel):
    """An operator keeps a door unlocked until `ends_at`, or until it is ended."""

    privacy = BUILDING

    door = OrganisationKey(Door, related_name="holds")
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "door"), name="places_doorhold_once"),)

    def __str__(self) -> str:
        return f"{self.door_id}"
