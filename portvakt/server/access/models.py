"""Who may pass which door, when and how?"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.core.privacy import Keep, Kind, NotPersonal, OnErase, Privacy, Subject, personal
from portvakt.server.organisations.models import OrganisationKey, OrganisationModel
from portvakt.server.people.models import Category, Person
from portvakt.server.places.models import AUTH_TYPES, SIDES, Controller, Door


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


class UnlockSchedule(OrganisationModel):
    """A door stands unlocked while a schedule is active, with `first_person_in` from the first passage in."""

    privacy = NotPersonal("describes opening hours")

    door = OrganisationKey(Door, related_name="unlock_schedules")
    schedule = OrganisationKey(Schedule, related_name="unlocks")
    first_person_in = models.BooleanField(_("only after the first person has come in"), default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "door"), name="access_unlockschedule_once"),)

    def __str__(self) -> str:
        return f"{self.door_id} {self.schedule_id}"


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


class GuardRule(OrganisationModel):
    """What no rule may ever make possible: persons of a category at some doors, always or within a schedule."""

    privacy = NotPersonal("describes a rule about rules")

    name = models.CharField(_("name"), max_length=100)
    # Empty: nobody at all.
    category = models.CharField(_("category"), max_length=10, choices=Category.choices, blank=True)
    schedule = OrganisationKey(Schedule, related_name="guards", null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "name"), name="access_guardrule_name"),)

    def __str__(self) -> str:
        return self.name


class GuardDoor(OrganisationModel):
    """A door that a guard rule protects."""

    privacy = NotPersonal("describes a rule about rules")

    guard = OrganisationKey(GuardRule, related_name="doors")
    door = OrganisationKey(Door, related_name="guards")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "guard", "door"), name="access_guarddoor_once"),)

    def __str__(self) -> str:
        return f"{self.guard_id} {self.door_id}"


class Assignment(OrganisationModel):
    """A person is in a rule, from-to."""

    privacy = Privacy(Subject.HOLDER, Keep.with_owner(), OnErase.DELETE_ROW, who="person_id")

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


class RemoteAsk(OrganisationModel):
    """A person's wish to open a door from a phone. Its id is that of the audit entry, and of the access event's command.

    It has a kind of its own: whoever may pass a wish on need not be able to read who has passed.
    """

    privacy = Privacy(Subject.HOLDER, Keep.after("asked_at", days=1), OnErase.DELETE_ROW, who="person_id")

    person = personal(OrganisationKey(Person, related_name="asks"), Kind.REMOTE_ASK)
    controller = OrganisationKey(Controller, related_name="asks")
    door = personal(OrganisationKey(Door, related_name="asks"), Kind.REMOTE_ASK)
    side = models.CharField(max_length=5, choices=SIDES, default=Side.ENTRY.value)
    # How far the phone was from the door; its position is never kept.
    metres = personal(models.PositiveIntegerField(null=True), Kind.REMOTE_ASK)
    # Of the code that was scanned at the door, as printed there.
    code = personal(models.BinaryField(max_length=16, null=True), Kind.REMOTE_ASK)
    # Keyed digest of the PIN typed in the app; with `pin_only` it completes a code that the person shows at the reader.
    pin = personal(models.BinaryField(max_length=16, null=True), Kind.REMOTE_ASK)
    pin_only = models.BooleanField(default=False)
    asked_at = personal(models.DateTimeField(), Kind.REMOTE_ASK)
    # Set by the process that sends it, once: a wish is never sent twice, nor late.
    claimed_at = personal(models.DateTimeField(null=True), Kind.REMOTE_ASK)
    answered_at = personal(models.DateTimeField(null=True), Kind.REMOTE_ASK)
    granted = personal(models.BooleanField(null=True), Kind.REMOTE_ASK)
    reason = personal(
        models.CharField(max_length=40, blank=True, choices=[(reason.value, reason.name) for reason in Reason]),
        Kind.REMOTE_ASK,
    )
    # What must follow at the door before it opens: pin, pin_on_phone or person.
    needs = models.CharField(
        max_length=12, blank=True, choices=[(word, word) for word in ("pin", "pin_on_phone", "person")]
    )

    class Meta:
        indexes = (
            models.Index(fields=("organisation", "controller", "asked_at"), name="access_ask_newest"),
            models.Index(fields=("organisation", "person", "asked_at"), name="access_ask_person"),
        )

    def __str__(self) -> str:
        return f"{self.door_id} {self.asked_at:%Y-%m-%d %H:%M:%S}"


class Forgiveness(OrganisationModel):
    """An operator asks a controller to forget in which area a person is believed to be. Its id is that of the audit entry."""

    privacy = Privacy(Subject.HOLDER, Keep.after("asked_at", days=1), OnErase.DELETE_ROW, who="person_id")

    person = personal(OrganisationKey(Person, related_name="forgivenesses"), Kind.FORGIVENESS)
    controller = OrganisationKey(Controller, related_name="forgivenesses")
    asked_at = personal(models.DateTimeField(), Kind.FORGIVENESS)
    claimed_at = personal(models.DateTimeField(null=True), Kind.FORGIVENESS)
    answered_at = personal(models.DateTimeField(null=True), Kind.FORGIVENESS)
    granted = personal(models.BooleanField(null=True), Kind.FORGIVENESS)

    class Meta:
        indexes = (models.Index(fields=("organisation", "controller", "asked_at"), name="access_forgive_newest"),)

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M:%S}"


# What a phone can ask for at each side: with a touch, with the code printed there, or with a PIN for the code shown at the reader.
REMOTE_TYPES = (AuthType.REMOTE, AuthType.REMOTE_PLUS_PHONE)
SCAN_TYPES = (AuthType.SCAN, AuthType.SCAN_PLUS_KEYPAD, AuthType.SCAN_PLUS_PHONE)
PHONE_PIN_TYPES = (AuthType.CARD_PLUS_PHONE,)


def phone_parts(
    person: UUID, at: datetime, auth_types: Iterable[AuthType], side: Side = Side.ENTRY
) -> QuerySet[RuleDoor]:
    """Return the parts of rules by which a person may use one of the auth types at a side, at an aware moment.

    They come by site, section and door. What the schedule says is left to the door's controller, which also knows the person's own
    standing.
    """
    column = f"{side.value}_auth_types"
    either = Q()
    for auth_type in auth_types:
        either |= Q(**{f"{column}__contains": [auth_type], f"door__{column}__contains": [auth_type]})
    parts = RuleDoor.objects.filter(
        either,
        _in_force("rule__", at),
        _in_force("rule__assignments__", at),
        rule__assignments__person=person,
        door__in_service=True,
    )
    order = ("door__section__site__name", "door__section__name", "door__name", "door_id", "rule__name")
    return parts.select_related("door__section__site", "rule__schedule").order_by(*order)


def _in_force(of: str, at: datetime) -> Q:
    begun = Q(**{f"{of}valid_from__isnull": True}) | Q(**{f"{of}valid_from__lte": at})
    return begun & (Q(**{f"{of}valid_to__isnull": True}) | Q(**{f"{of}valid_to__gt": at}))
