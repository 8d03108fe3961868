"""What did doors see, and what did operators do? Rows are only added; they carry opaque ids and point at nobody.

Erasing a person leaves these rows as they are: without the row in people, an id says nothing about anyone.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.core.event import ALARMS, EventKind
from portvakt.core.privacy import Keep, Kind, NotPersonal, OnErase, Privacy, Subject, personal
from portvakt.server.organisations.models import Organisation, OrganisationModel


def choices(words: type) -> list[tuple[object, str]]:
    """Return a closed list of words as choices for a column."""
    return [(word.value, word.name) for word in words]  # type: ignore[attr-defined]


class AccessEvent(models.Model):
    """One event from a controller, recorded exactly once: `journal` and `sequence` are the controller's own numbering."""

    privacy = Privacy(Subject.HOLDER, Keep.after("at", days=14), OnErase.KEEP_UNTIL_EXPIRY, who="person_id")

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="+")
    controller_id = personal(models.UUIDField(), Kind.DOOR_EVENT)
    journal = personal(models.UUIDField(), Kind.LOG_PROOF)
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
    # The event's place in its journal's chain (core.chain); null from a controller that has none.
    before = personal(models.BinaryField(max_length=32, null=True), Kind.LOG_PROOF)
    digest = personal(models.BinaryField(max_length=32, null=True), Kind.LOG_PROOF)
    salt = personal(models.BinaryField(max_length=16, null=True), Kind.PASSAGE)
    # What the digest was taken of, where this row cannot give it back: words of a newer controller, NULs, an unsound moment.
    raw = personal(models.TextField(null=True), Kind.PASSAGE)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "journal", "sequence", "controller_id"), name="logbook_accessevent_once"
            ),
        )
        indexes = (
            models.Index(fields=("organisation", "-at", "-id"), name="logbook_event_newest"),
            models.Index(fields=("organisation", "person_id", "-at"), name="logbook_event_person"),
            models.Index(fields=("organisation", "door_id", "-at"), name="logbook_event_door"),
            models.Index(
                fields=("organisation", "-at", "-id"),
                condition=models.Q(kind__in=sorted(kind.value for kind in ALARMS)),
                name="logbook_event_alarms",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"


class AuditEntry(models.Model):
    """One thing an operator or the system did: for which purpose, to which object, which fields; never their values."""

    privacy = Privacy(Subject.ACCOUNT_HOLDER, Keep.after("at", days=730), OnErase.KEEP_UNTIL_EXPIRY, who="actor_id")

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


class EventChain(OrganisationModel):
    """How far one journal of a controller has come: its last number and the digest after it, null where it has no chain."""

    privacy = NotPersonal("says how far a device has counted, not what it saw")

    controller_id = models.UUIDField()
    journal = models.UUIDField()
    began_at = models.DateTimeField(auto_now_add=True)
    after_journal = models.UUIDField(null=True)
    # When its last event was, or when it came if that was earlier: what retention has removed of it ends here.
    last_at = models.DateTimeField()
    sequence = models.PositiveBigIntegerField()
    digest = models.BinaryField(max_length=32, null=True)
    public_key = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "controller_id", "journal"), name="logbook_chain_once"),
        )


class EventSeal(OrganisationModel):
    """A controller's signature over all events of a journal up to a number. Of seals close together the last one is kept.

    `sound` is false where what came with it did not fit: it is then kept as it is.
    """

    privacy = NotPersonal("a signature over a digest of salted texts, which tells nothing about them")

    controller_id = models.UUIDField()
    journal = models.UUIDField()
    sequence = models.PositiveBigIntegerField()
    digest = models.BinaryField(max_length=32)
    seal = models.BinaryField(max_length=64)
    public_key = models.BinaryField(max_length=32)
    received_at = models.DateTimeField(auto_now_add=True)
    sound = models.BooleanField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "controller_id", "journal", "sequence"), name="logbook_seal_once"
            ),
        )


class LogKey(OrganisationModel):
    """A key that a controller seals its events with; one that came without a new enrolment is not accepted."""

    privacy = NotPersonal("a device's public key")

    controller_id = models.UUIDField()
    public_key = models.BinaryField(max_length=32)
    # After the newest enrolment at which the controller said it.
    first_seen_at = models.DateTimeField(auto_now_add=True)
    accepted = models.BooleanField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "controller_id", "public_key"), name="logbook_key_once"),
        )


class LogFaultKind(models.TextChoices):
    """What is wrong with what a controller sent."""

    GAP = "gap", _("Events are missing")
    REORDER = "reorder", _("Events came in the wrong order")
    CHANGE = "change", _("Events were changed")
    SEAL = "seal", _("The seal is missing or wrong")
    KEY = "key", _("The controller's log key changed without a new enrolment")
    BACK = "back", _("The controller began again from an older state")


class LogFault(OrganisationModel):
    """Something in what a controller sent that should not be: an alarm. It concerns the numbers `sequence` to `last` of a journal."""

    privacy = NotPersonal("says that a device's numbers do not fit together, not what it saw")

    controller_id = models.UUIDField()
    journal = models.UUIDField()
    what = models.CharField(max_length=10, choices=LogFaultKind.choices)
    sequence = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "controller_id", "journal", "what", "sequence"), name="logbook_fault_once"
            ),
        )
        indexes = (models.Index(fields=("organisation", "-at"), name="logbook_fault_newest"),)


class Acknowledgement(OrganisationModel):
    """An operator has seen to an alarm, which is an access event or a log fault; it goes with the alarm."""

    privacy = Privacy(Subject.ACCOUNT_HOLDER, Keep.after("at", days=730), OnErase.KEEP_UNTIL_EXPIRY, who="account_id")

    event_id = models.BigIntegerField(null=True)
    fault_id = personal(models.UUIDField(null=True), Kind.ACKNOWLEDGEMENT)
    at = personal(models.DateTimeField(auto_now_add=True), Kind.ACKNOWLEDGEMENT)
    account_id = personal(models.UUIDField(null=True), Kind.ACKNOWLEDGEMENT)
    note = personal(models.CharField(_("note"), max_length=200, blank=True), Kind.ACKNOWLEDGEMENT)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "event_id"), name="logbook_acknowledged_event_once"),
            models.UniqueConstraint(fields=("organisation", "fault_id"), name="logbook_acknowledged_fault_once"),
            models.CheckConstraint(
                condition=models.Q(event_id__isnull=True) ^ models.Q(fault_id__isnull=True),
                name="logbook_acknowledged_one",
            ),
        )
