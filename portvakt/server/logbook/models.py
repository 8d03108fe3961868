"""What did doors see, and what did operators do? Rows are only added; they carry opaque ids and point at nobody.

Erasing a person leaves these rows as they are: without the row in people, an id says nothing about anyone.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.core.event import EventKind
from portvakt.core.privacy import Keep, Kind, OnErase, Privacy, Subject, personal
from portvakt.server.organisations.models import Organisation


def choices(words: type) -> list[tuple[object, str]]:
    """Return a closed list of words as choices for a column."""
    return [(word.value, word.name) for word in words]  # type: ignore[attr-defined]


class AccessEvent(models.Model):
    """One event from a controller, recorded exactly once: `journal` and `sequence` are the controller's own numbering."""

    privacy = Privacy(Subject.HOLDER, Keep.after("at", days=14), OnErase.KEEP_UNTIL_EXPIRY)

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="+")
    controller_id = personal(models.UUIDField(), Kind.DOOR_EVENT)
    journal = personal(models.UUIDField(), Kind.DOOR_EVENT)
    sequence = models.PositiveBigIntegerField()
    at = personal(models.DateTimeField(_("time")), Kind.DOOR_EVENT)
    received_at = personal(models.DateTimeField(), Kind.DOOR_EVENT)
    kind = models.CharField(max_length=40, choices=choices(EventKind))
    door_id = personal(models.UUIDField(null=True), Kind.DOOR_EVENT)
    side = models.CharField(max_length=5, choices=choices(Side), blank=True)
    reader_id = personal(models.UUIDField(null=True), Kind.DOOR_EVENT)
    auth_type = models.PositiveSmallIntegerField(choices=choices(AuthType), null=True)
    reason = models.CharField(max_length=40, choices=choices(Reason), blank=True)
    person_id = personal(models.UUIDField(null=True), Kind.PASSAGE)
    credential_id = personal(models.UUIDField(null=True), Kind.PASSAGE)
    rule_id = personal(models.UUIDField(null=True), Kind.DOOR_EVENT)
    command_id = personal(models.UUIDField(null=True), Kind.DOOR_EVENT)
    detail = personal(models.CharField(max_length=200, blank=True), Kind.DOOR_EVENT)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "controller_id", "journal", "sequence"), name="logbook_accessevent_once"
            ),
        )
        indexes = (
            models.Index(fields=("organisation", "-at", "-id"), name="logbook_event_newest"),
            models.Index(fields=("organisation", "person_id", "-at"), name="logbook_event_person"),
            models.Index(fields=("organisation", "door_id", "-at"), name="logbook_event_door"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"


class AuditEntry(models.Model):
    """One thing an operator or the system did: for which purpose, to which object, which fields; never their values."""

    privacy = Privacy(Subject.ACCOUNT_HOLDER, Keep.after("at", days=730), OnErase.KEEP_UNTIL_EXPIRY)

    # Made here, not by the database: a purpose that may only add entries may not read back even a number.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="+")
    at = personal(models.DateTimeField(_("time"), auto_now_add=True), Kind.ACTIVITY)
    actor_id = personal(models.UUIDField(null=True), Kind.ACTIVITY)
    actor_name = personal(models.CharField(max_length=40, blank=True), Kind.ACTIVITY)
    purpose = personal(models.CharField(max_length=40), Kind.ACTIVITY)
    action = personal(models.CharField(_("action"), max_length=60), Kind.ACTIVITY)
    object_kind = personal(models.CharField(max_length=40), Kind.ACTIVITY)
    object_id = personal(models.UUIDField(null=True), Kind.ACTIVITY)
    fields = ArrayField(models.CharField(max_length=60), default=list)
    # The version that controllers must have in force for the change to hold at the doors; null where doors need not know.
    snapshot_version = models.PositiveBigIntegerField(null=True)

    class Meta:
        indexes = (models.Index(fields=("organisation", "-at", "-id"), name="logbook_audit_newest"),)

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M:%S}"
