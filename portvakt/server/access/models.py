"""Who may pass which door, when and how?"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Keep, Kind, NotPersonal, OnErase, Privacy, Subject, personal
from portvakt.server.organisations.models import OrganisationKey, OrganisationModel
from portvakt.server.people.models import Person
from portvakt.server.places.models import AUTH_TYPES, Door


class HolidayRule(models.TextChoices):
    """What a schedule does on public holidays."""

    AS_USUAL = "as_usual", _("as on other days")
    CLOSED = "closed", _("closed")
    OWN_HOURS = "own_hours", _("own hours")


def no_hours() -> list[list[list[int]]]:
    """Return an empty week: for each day, Monday first, a list of [start, end) in local minutes since midnight."""
    return [[] for _day in range(7)]


class Schedule(OrganisationModel):
    """Weekly times in the door's local time; special days and public holidays have hours of their own."""

    privacy = NotPersonal("describes opening hours")

    name = models.CharField(_("name"), max_length=100)
    weekly = models.JSONField(_("weekly times"), default=no_hours)
    holidays = models.CharField(
        _("on public holidays"), max_length=10, choices=HolidayRule.choices, default=HolidayRule.AS_USUAL
    )
    holiday_country = models.CharField(_("country of the holidays"), max_length=2, default="SE")
    holiday_hours = models.JSONField(_("hours on public holidays"), default=list, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "name"), name="access_schedule_name"),)

    def __str__(self) -> str:
        return self.name


class SpecialDay(OrganisationModel):
    """A date on which a schedule has other hours; no hours means closed."""

    privacy = NotPersonal("describes opening hours")

    schedule = OrganisationKey(Schedule, related_name="special_days")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=100, blank=True)
    hours = models.JSONField(_("hours"), default=list, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "schedule", "date"), name="access_specialday_date"),
        )

    def __str__(self) -> str:
        return f"{self.date} {self.name}".strip()


class AccessRule(OrganisationModel):
    """Who may pass which sides of which doors, with which auth types, when; temporary if it ends."""

    privacy = NotPersonal("describes a rule; who is in it is an Assignment")

    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=200, blank=True)
    schedule = OrganisationKey(Schedule, related_name="rules", null=True, blank=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_to = models.DateTimeField(_("valid to"), null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "name"), name="access_rule_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def temporary(self) -> bool:
        """Tell whether the rule ends by itself."""
        return self.valid_to is not None


class RuleDoor(OrganisationModel):
    """One door of a rule and the auth types allowed on each side; an empty side is not opened by the rule."""

    privacy = NotPersonal("describes a rule")

    rule = OrganisationKey(AccessRule, related_name="doors")
    door = OrganisationKey(Door, related_name="rules")
    entry_auth_types = ArrayField(models.PositiveSmallIntegerField(choices=AUTH_TYPES), default=list)
    exit_auth_types = ArrayField(models.PositiveSmallIntegerField(choices=AUTH_TYPES), default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "rule", "door"), name="access_ruledoor_once"),)

    def __str__(self) -> str:
        return f"{self.rule_id} {self.door_id}"


class Assignment(OrganisationModel):
    """A person is in a rule, from-to."""

    privacy = Privacy(Subject.HOLDER, Keep.with_owner(), OnErase.DELETE_ROW)

    rule = OrganisationKey(AccessRule, related_name="assignments")
    person = OrganisationKey(Person, related_name="assignments")
    valid_from = personal(models.DateTimeField(_("valid from"), null=True, blank=True), Kind.ACCESS_RIGHT)
    valid_to = personal(models.DateTimeField(_("valid to"), null=True, blank=True), Kind.ACCESS_RIGHT)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "rule", "person"), name="access_assignment_once"),
        )

    def __str__(self) -> str:
        return f"{self.person_id} in {self.rule_id}"
