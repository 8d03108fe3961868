"""Which device is a controller, and what did it last say of itself, its doors and its readers?"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.door import DoorState
from portvakt.server.organisations.models import OrganisationKey, OrganisationModel
from portvakt.server.places.models.premises import BUILDING, DEVICE, Controller, Door, Reader


class Enrolment(OrganisationModel):
    """A one-time leave for a device to become a controller; only the digest of its secret is kept."""

    privacy = DEVICE

    controller = OrganisationKey(Controller, related_name="enrolments")
    secret_digest = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.controller_id} {self.expires_at:%Y-%m-%d %H:%M}"


class ControllerStatus(OrganisationModel):
    """What a controller last said of itself; `certificate_serial` is the only certificate with which it is let in."""

    privacy = DEVICE

    controller = OrganisationKey(Controller, related_name="status")
    certificate_serial = models.CharField(max_length=50, blank=True)
    certificate_expires_at = models.DateTimeField(null=True)
    enrolled_at = models.DateTimeField(null=True)
    online = models.BooleanField(default=False)
    seen_at = models.DateTimeField(null=True)
    software = models.CharField(max_length=60, blank=True)
    waiting_events = models.PositiveIntegerField(default=0)
    events_in_memory = models.BooleanField(default=False)
    snapshot_version = models.PositiveBigIntegerField(default=0)
    snapshot_in_force_at = models.DateTimeField(null=True)
    snapshot_refusal = models.CharField(max_length=200, blank=True)
    clock = models.CharField(
        max_length=14, blank=True, choices=[(word, word) for word in ("good", "unsynchronised", "wrong", "unknown")]
    )
    fire = models.BooleanField(default=False)
    tampered = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "controller"), name="places_controllerstatus_once"),
        )

    def __str__(self) -> str:
        return "online" if self.online else "offline"


class DoorStatus(OrganisationModel):
    """What state a door is in, as its controller last said."""

    privacy = BUILDING

    door = OrganisationKey(Door, related_name="status")
    state = models.CharField(max_length=20, choices=[(state.value, state.name) for state in DoorState])
    at = models.DateTimeField()
    # Whether it is held unlocked or locked down, and why: "schedule", "first_person", "operator" or the id of a lockdown plan.
    posture = models.CharField(max_length=20, default="normal")
    why = models.CharField(max_length=40, blank=True)
    until = models.DateTimeField(null=True)
    reachable = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "door"), name="places_doorstatus_once"),)

    def __str__(self) -> str:
        return self.state


class ReaderState(models.TextChoices):
    """Whether a reader can be used."""

    ONLINE = "online", _("online")
    OFFLINE = "offline", _("offline")
    INSECURE = "insecure", _("insecure")
    TAMPERED = "tampered", _("tampered")


class ReaderStatus(OrganisationModel):
    """Whether a reader answers over its secure channel, as its controller last said."""

    privacy = DEVICE

    reader = OrganisationKey(Reader, related_name="status")
    state = models.CharField(max_length=10, choices=ReaderState.choices)
    at = models.DateTimeField()
    model = models.CharField(max_length=60, blank=True)
    firmware = models.CharField(max_length=30, blank=True)
    capabilities = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "reader"), name="places_readerstatus_once"),)

    def __str__(self) -> str:
        return self.state
