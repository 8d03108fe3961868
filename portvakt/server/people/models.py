"""Who may hold credentials, and which do they hold?"""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portvakt.core.credentials import PIN_DIGITS, pin_length_needed
from portvakt.core.decision.model import CredentialKind, Escort
from portvakt.core.privacy import Keep, Kind, OnErase, Privacy, Subject, personal
from portvakt.server.organisations.models import OrganisationKey, OrganisationModel

PIN_KINDS = (CredentialKind.PIN, CredentialKind.DURESS_PIN)


class Category(models.TextChoices):
    """What a person is to the organisation; guard rules may name a category."""

    RESIDENT = "resident", _("resident")
    EMPLOYEE = "employee", _("employee")
    CONTRACTOR = "contractor", _("contractor")
    GUEST = "guest", _("guest")
    OTHER = "other", _("other")


ESCORTS = [
    (Escort.NONE.value, _("passes alone")),
    (Escort.NEEDED.value, _("must be escorted")),
    (Escort.GIVEN.value, _("may escort others")),
]


class Person(OrganisationModel):
    """Someone who may hold credentials: resident, employee, contractor or guest."""

    privacy = Privacy(Subject.HOLDER, Keep.after("valid_to", days=30), OnErase.DELETE_ROW, who="id")

    first_name = personal(models.CharField(_("first name"), max_length=100), Kind.IDENTITY)
    last_name = personal(models.CharField(_("last name"), max_length=100, blank=True), Kind.IDENTITY)
    unit = personal(models.CharField(_("flat or company"), max_length=60, blank=True), Kind.IDENTITY)
    email = personal(models.EmailField(_("e-mail"), blank=True), Kind.CONTACT)
    phone = personal(models.CharField(_("phone"), max_length=30, blank=True), Kind.CONTACT)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="sv")
    category = models.CharField(_("category"), max_length=10, choices=Category.choices, default=Category.OTHER)
    escort = models.CharField(_("escort"), max_length=6, choices=ESCORTS, default=Escort.NONE.value)
    # Passes lockdowns up to this rank; 0 passes none.
    overrides = models.PositiveSmallIntegerField(_("passes lockdowns up to rank"), default=0)
    valid_from = personal(models.DateTimeField(_("valid from"), null=True, blank=True), Kind.ACCESS_RIGHT)
    valid_to = personal(models.DateTimeField(_("valid to"), null=True, blank=True), Kind.ACCESS_RIGHT)
    suspended_at = personal(models.DateTimeField(null=True, editable=False), Kind.ACCESS_RIGHT)
    created_at = personal(models.DateTimeField(default=timezone.now, editable=False), Kind.ACCESS_RIGHT)

    class Meta:
        indexes = (models.Index(fields=("organisation", "last_name", "first_name"), name="people_person_name"),)

    @property
    def name(self) -> str:
        """Return first and last name. Not __str__: names do not belong in logs."""
        return f"{self.first_name} {self.last_name}".strip()


class Credential(OrganisationModel):
    """What a person presents at a door, known by its keyed digest; what would let another open with it is never stored."""

    privacy = Privacy(Subject.HOLDER, Keep.with_owner(), OnErase.DELETE_ROW, who="person_id")

    person = OrganisationKey(Person, related_name="credentials")
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.name) for kind in CredentialKind])
    digest = personal(models.BinaryField(max_length=32), Kind.CREDENTIAL_DIGEST)
    number = personal(models.CharField(_("number on the card"), max_length=40, blank=True), Kind.CREDENTIAL)
    label = personal(models.CharField(_("label"), max_length=60, blank=True), Kind.CREDENTIAL)
    # How long a PIN is, so that one that has become too short is found; None where it was issued before that was kept.
    digits = personal(
        models.PositiveSmallIntegerField(_("number of digits"), null=True, editable=False), Kind.CREDENTIAL
    )
    valid_from = personal(models.DateTimeField(_("valid from"), null=True, blank=True), Kind.ACCESS_RIGHT)
    valid_to = personal(models.DateTimeField(_("valid to"), null=True, blank=True), Kind.ACCESS_RIGHT)
    issued_at = personal(models.DateTimeField(default=timezone.now, editable=False), Kind.ACCESS_RIGHT)
    suspended_at = personal(models.DateTimeField(null=True, editable=False), Kind.ACCESS_RIGHT)
    revoked_at = personal(models.DateTimeField(null=True, editable=False), Kind.ACCESS_RIGHT)

    class Meta:
        constraints = (
            # Whatever its kind: a PIN and a duress PIN have the same digest for the same digits, all other kinds never meet.
            models.UniqueConstraint(
                fields=("organisation", "digest"),
                condition=Q(revoked_at__isnull=True),
                name="people_credential_digest",
            ),
        )
        # Each delta asks who else ever had the digests of those it is about; revoked rows count there.
        indexes = (models.Index(fields=("organisation", "digest"), name="people_credential_shared"),)


def pins_in_use(organisation: UUID) -> QuerySet[Credential]:
    """Return an organisation's PINs and duress PINs that are not revoked; each takes codes from those one could guess."""
    return Credential.objects.filter(organisation=organisation, kind__in=PIN_KINDS, revoked_at__isnull=True)


def short_pins(organisation: UUID) -> QuerySet[Credential]:
    """Return the PINs in use that have fewer digits than so many PINs need; one of unknown length may be as short as any."""
    pins = pins_in_use(organisation)
    needed = pin_length_needed(pins.count())
    short = Q(digits__lt=needed)
    return pins.filter(short | Q(digits__isnull=True) if needed > PIN_DIGITS[0] else short)


class CardReading(OrganisationModel):
    """What a reader said when an operator asked it to read a card that is about to be issued; gone within a day."""

    privacy = Privacy(Subject.HOLDER, Keep.after("at", days=1), OnErase.DELETE_ROW)

    # The ControllerTask that asked for it; its table belongs to another purpose.
    task_id = personal(models.UUIDField(), Kind.CARD_READING)
    bits = models.PositiveSmallIntegerField()
    data = personal(models.BinaryField(max_length=64), Kind.CARD_READING)
    at = personal(models.DateTimeField(), Kind.CARD_READING)

    class Meta:
        indexes = (models.Index(fields=("organisation", "task_id"), name="people_reading_task"),)

    def __str__(self) -> str:
        return f"{self.task_id}"
