"""Who may hold credentials, and which do they hold?"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.model import CredentialKind
from portvakt.core.privacy import Keep, Kind, OnErase, Privacy, Subject, personal
from portvakt.server.organisations.models import OrganisationKey, OrganisationModel


class Person(OrganisationModel):
    """Someone who may hold credentials: resident, employee, contractor or guest."""

    privacy = Privacy(Subject.HOLDER, Keep.after("valid_to", days=30), OnErase.DELETE_ROW)

    first_name = personal(models.CharField(_("first name"), max_length=100), Kind.IDENTITY)
    last_name = personal(models.CharField(_("last name"), max_length=100, blank=True), Kind.IDENTITY)
    unit = personal(models.CharField(_("flat or company"), max_length=60, blank=True), Kind.IDENTITY)
    email = personal(models.EmailField(_("e-mail"), blank=True), Kind.CONTACT)
    phone = personal(models.CharField(_("phone"), max_length=30, blank=True), Kind.CONTACT)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="sv")
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
    """What a person presents at a door: a key card or a PIN, known by its keyed digest; a PIN's digits are never stored."""

    privacy = Privacy(Subject.HOLDER, Keep.with_owner(), OnErase.DELETE_ROW)

    person = OrganisationKey(Person, related_name="credentials")
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.name) for kind in CredentialKind])
    digest = personal(models.BinaryField(max_length=32), Kind.CREDENTIAL_DIGEST)
    number = personal(models.CharField(_("number on the card"), max_length=40, blank=True), Kind.CREDENTIAL)
    label = personal(models.CharField(_("label"), max_length=60, blank=True), Kind.CREDENTIAL)
    valid_from = personal(models.DateTimeField(_("valid from"), null=True, blank=True), Kind.ACCESS_RIGHT)
    valid_to = personal(models.DateTimeField(_("valid to"), null=True, blank=True), Kind.ACCESS_RIGHT)
    issued_at = personal(models.DateTimeField(default=timezone.now, editable=False), Kind.ACCESS_RIGHT)
    suspended_at = personal(models.DateTimeField(null=True, editable=False), Kind.ACCESS_RIGHT)
    revoked_at = personal(models.DateTimeField(null=True, editable=False), Kind.ACCESS_RIGHT)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "kind", "digest"),
                condition=Q(revoked_at__isnull=True),
                name="people_credential_digest",
            ),
        )
