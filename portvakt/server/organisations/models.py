"""Whose persons and doors are these? Organisations form a tree; every other row belongs to one."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Keep, Kind, NotPersonal, OnErase, Privacy, Subject, personal


class Premises(models.TextChoices):
    """What kind of premises an organisation has: decides which presets of register/presets.toml it is offered."""

    HOUSING = "housing", _("housing")
    WORKPLACE = "workplace", _("workplace")
    CONSTRUCTION = "construction", _("construction site")
    SCHOOL = "school", _("school")
    OTHER = "other", _("other")


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
    # The one organisation that runs the platform; its members with a role for it work at the desk.
    provider = models.BooleanField(default=False, editable=False)
    premises = models.CharField(
        _("kind of premises"), max_length=12, choices=Premises.choices, default=Premises.HOUSING
    )
    # Why the log is kept longer than the preset of its premises says; stands in the notice.
    entry_log_reason = models.CharField(_("why the log is kept so long"), max_length=300, blank=True)
    # What its notice says of it as data controller.
    legal_name = models.CharField(_("legal name"), max_length=120, blank=True)
    registration_number = models.CharField(_("organisation number"), max_length=20, blank=True)
    address = models.CharField(_("postal address"), max_length=200, blank=True)
    privacy_email = models.EmailField(_("e-mail for questions on privacy"), blank=True)
    dpo_contact = models.CharField(_("data protection officer, if there is one"), max_length=200, blank=True)
    public_authority = models.BooleanField(_("is a public authority"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("provider",), condition=models.Q(provider=True), name="organisations_one_provider"
            ),
        )

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

    privacy = Privacy(Subject.HOLDER, Keep.after("changed_at", days=30), OnErase.KEEP_UNTIL_EXPIRY, who="person_id")

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

    privacy = Privacy(Subject.HOLDER, Keep.after("at", days=1), OnErase.KEEP_UNTIL_EXPIRY, who="person_id")

    version = models.PositiveBigIntegerField()
    at = personal(models.DateTimeField(), Kind.SNAPSHOT_CHANGE)
    person_id = personal(models.UUIDField(null=True), Kind.SNAPSHOT_CHANGE)
    credential_id = personal(models.UUIDField(null=True), Kind.SNAPSHOT_CHANGE)
    rule_id = personal(models.UUIDField(null=True), Kind.SNAPSHOT_CHANGE)

    class Meta:
        indexes = (models.Index(fields=("organisation", "version"), name="organisations_takenback_newest"),)

    def __str__(self) -> str:
        return f"{self.version}"
