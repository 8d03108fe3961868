"""Whose persons and doors are these? Organisations form a tree; every other row belongs to one."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Keep, Kind, NotPersonal, OnErase, Privacy, Subject, personal


class Organisation(models.Model):
    """A property owner, housing association, office or building site whose operators decide who may pass."""

    privacy = NotPersonal("describes a legal entity")
    own_rows = "id = {organisation}"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="sv")
    timezone = models.CharField(_("time zone"), max_length=50, default="Europe/Stockholm")
    entry_log_days = models.PositiveSmallIntegerField(_("days the access log is kept"), default=14)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class OrganisationKey(models.ForeignKey[Any, Any]):
    """A reference inside one organisation.

    The database binds it on (organisation_id, id), see purpose.rights; Django's own one-column key would be a weaker second one.
    Nothing cascades: what goes with a row is said in actions.py.
    """

    def __init__(self, to: Any, on_delete: Any = models.DO_NOTHING, **options: Any) -> None:
        options["db_constraint"] = False
        super().__init__(to, on_delete, **options)


class OrganisationModel(models.Model):
    """A row that belongs to one organisation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="+", editable=False)

    class Meta:
        abstract = True


class SnapshotCounter(models.Model):
    """The version that the organisation's controllers should have in force; grows with every change that doors must know of.

    `site_version` is the newest change that was not about single persons alone (see HolderChange).
    """

    privacy = NotPersonal("counts changes")

    organisation = models.OneToOneField(
        Organisation, models.DO_NOTHING, primary_key=True, related_name="snapshot_counter"
    )
    version = models.PositiveBigIntegerField(default=0)
    site_version = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.version}"


class HolderChange(OrganisationModel):
    """The newest snapshot version that a person's rows changed in, so that controllers are sent these persons only.

    It outlives the person's own row, for the controllers that have yet to hear that the person is gone.
    """

    privacy = Privacy(Subject.HOLDER, Keep.after("changed_at", days=30), OnErase.KEEP_UNTIL_EXPIRY)

    person_id = personal(models.UUIDField(), Kind.SNAPSHOT_CHANGE)
    version = models.PositiveBigIntegerField()
    changed_at = personal(models.DateTimeField(), Kind.SNAPSHOT_CHANGE)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "person_id"), name="organisations_holderchange_once"),
        )
        indexes = (models.Index(fields=("organisation", "version"), name="organisations_holder_version"),)

    def __str__(self) -> str:
        return f"{self.person_id} {self.version}"


class TakenBack(OrganisationModel):
    """Something that may open nothing from `version` on: a person, a credential, or a person in a rule. Told to controllers at once."""

    privacy = Privacy(Subject.HOLDER, Keep.after("at", days=1), OnErase.KEEP_UNTIL_EXPIRY)

    version = models.PositiveBigIntegerField()
    at = personal(models.DateTimeField(), Kind.SNAPSHOT_CHANGE)
    person_id = personal(models.UUIDField(null=True), Kind.SNAPSHOT_CHANGE)
    credential_id = personal(models.UUIDField(null=True), Kind.SNAPSHOT_CHANGE)
    rule_id = personal(models.UUIDField(null=True), Kind.SNAPSHOT_CHANGE)

    class Meta:
        indexes = (models.Index(fields=("organisation", "version"), name="organisations_takenback_newest"),)

    def __str__(self) -> str:
        return f"{self.version}"
