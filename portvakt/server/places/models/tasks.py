"""What is a controller asked to do now, and what did it answer?"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.model import Reason
from portvakt.server.organisations.models import OrganisationKey, OrganisationModel
from portvakt.server.places.models.lockdown import LockdownPlan
from portvakt.server.places.models.premises import BUILDING, DEVICE, Controller, Door, Reader


class DoorCommand(OrganisationModel):
    """An operator's wish that a controller release a door. Its id is that of the audit entry, and of the access event's command."""

    privacy = BUILDING

    controller = OrganisationKey(Controller, related_name="commands")
    door = OrganisationKey(Door, related_name="commands")
    asked_at = models.DateTimeField()
    # Set by the process that sends it, once: a command is never sent twice, nor late.
    claimed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)
    reason = models.CharField(max_length=40, blank=True, choices=[(reason.value, reason.name) for reason in Reason])

    class Meta:
        indexes = (models.Index(fields=("organisation", "controller", "asked_at"), name="places_command_newest"),)

    def __str__(self) -> str:
        return f"{self.door_id} {self.asked_at:%Y-%m-%d %H:%M:%S}"


class ControllerTask(OrganisationModel):
    """Something else that an operator asks of a controller, and its answer. Its id is that of the audit entry."""

    class Action(models.TextChoices):
        """What is asked: words of link.proto's Command."""

        REHEARSE = "rehearse", _("rehearse a lockdown")
        ADOPT_READER = "adopt_reader", _("adopt a reader")
        READ_CARD = "read_card", _("read a card")
        FORGIVE = "forgive", _("forget where everybody is")

    privacy = DEVICE

    controller = OrganisationKey(Controller, related_name="tasks")
    action = models.CharField(max_length=12, choices=Action.choices)
    reader = OrganisationKey(Reader, related_name="tasks", null=True)
    plan = OrganisationKey(LockdownPlan, related_name="rehearsals", null=True)
    seconds = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)
    reason = models.CharField(max_length=40, blank=True, choices=[(reason.value, reason.name) for reason in Reason])
    detail = models.CharField(max_length=200, blank=True)
    # Of a rehearsal: [{"door": id, "would_lock": bool, "why_not": word}].
    doors = models.JSONField(default=list)

    class Meta:
        indexes = (models.Index(fields=("organisation", "controller", "asked_at"), name="places_task_newest"),)

    def __str__(self) -> str:
        return f"{self.action} {self.asked_at:%Y-%m-%d %H:%M:%S}"
