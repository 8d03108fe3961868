"""Which sites, doors, controllers and readers are there, and in what state are they?

What is set up (by operators) and what is reported (by controllers) are different tables, so that each is written for one purpose only.
"""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.core.door import DoorState
from portvakt.core.privacy import NotPersonal
from portvakt.server.organisations.models import OrganisationKey, OrganisationModel

BUILDING = NotPersonal("describes a building")
DEVICE = NotPersonal("describes a device")

AUTH_TYPES = [(auth.value, auth.name) for auth in AuthType]
SIDES = [(Side.ENTRY.value, _("Entry")), (Side.EXIT.value, _("Exit"))]


class Site(OrganisationModel):
    """A property with one address and one time zone."""

    privacy = BUILDING

    name = models.CharField(_("name"), max_length=100)
    address = models.CharField(_("address"), max_length=200, blank=True)
    timezone = models.CharField(_("time zone"), max_length=50, default="Europe/Stockholm")
    # WGS 84, degrees; doors that ask for a phone's position measure from here.
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "name"), name="places_site_name"),)

    def __str__(self) -> str:
        return self.name


class Section(OrganisationModel):
    """A part of a site: a stairwell, a basement, a floor."""

    privacy = BUILDING

    site = OrganisationKey(Site, related_name="sections")
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "site", "name"), name="places_section_name"),)

    def __str__(self) -> str:
        return self.name


class Controller(OrganisationModel):
    """What decides for its doors, at the site, with or without the server."""

    privacy = DEVICE

    site = OrganisationKey(Site, related_name="controllers")
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "site", "name"), name="places_controller_name"),)

    def __str__(self) -> str:
        return self.name


class Passback(models.TextChoices):
    """What happens when somebody enters an area where they are already, or leaves one where they are not."""

    OFF = "off", _("nothing")
    SOFT = "soft", _("let through and report")
    HARD = "hard", _("deny")


class Area(OrganisationModel):
    """A protected area behind doors of one controller: anti-passback, occupancy, two-person rule, escort."""

    privacy = BUILDING

    controller = OrganisationKey(Controller, related_name="areas")
    name = models.CharField(_("name"), max_length=100)
    passback = models.CharField(_("anti-passback"), max_length=4, choices=Passback.choices, default=Passback.OFF)
    forgive_minutes = models.PositiveIntegerField(_("forgotten after, minutes"), null=True, blank=True)
    timed_minutes = models.PositiveIntegerField(_("not again within, minutes"), null=True, blank=True)
    limit = models.PositiveIntegerField(_("persons at most"), null=True, blank=True)
    two_person = models.BooleanField(_("nobody inside alone"), default=False)
    escort = models.BooleanField(_("visitors only with an escort"), default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "controller", "name"), name="places_area_name"),)

    def __str__(self) -> str:
        return self.name


class PastAgeBehaviour(models.TextChoices):
    """What a door does when its controller has not heard from the server for longer than the age limit."""

    KEEP = "keep", _("go on as before")
    CARDS_ONLY = "cards_only", _("refuse PIN alone")
    DENY = "deny", _("refuse everyone")


class Door(OrganisationModel):
    """A door with two sides; entry is towards the protected area."""

    privacy = BUILDING

    section = OrganisationKey(Section, related_name="doors")
    controller = OrganisationKey(Controller, related_name="doors")
    name = models.CharField(_("name"), max_length=100)
    in_service = models.BooleanField(_("in service"), default=True)
    entry_auth_types = ArrayField(models.PositiveSmallIntegerField(choices=AUTH_TYPES), default=list)
    exit_auth_types = ArrayField(models.PositiveSmallIntegerField(choices=AUTH_TYPES), default=list)
    # EN 60839-11-1: a release time the system sets is at least 3 s; an open time of 10 s or more is recommended.
    release_seconds = models.PositiveSmallIntegerField(
        _("release time, seconds"), default=5, validators=[MinValueValidator(3), MaxValueValidator(120)]
    )
    held_open_seconds = models.PositiveSmallIntegerField(
        _("open at most, seconds"), default=30, validators=[MinValueValidator(10), MaxValueValidator(3600)]
    )
    past_age_hours = models.PositiveSmallIntegerField(
        _("age limit without the server, hours"),
        default=168,
        validators=[MinValueValidator(1), MaxValueValidator(8784)],
    )
    past_age_behaviour = models.CharField(
        _("past the age limit"), max_length=10, choices=PastAgeBehaviour.choices, default=PastAgeBehaviour.KEEP
    )

    contact = models.BooleanField(_("has a contact that tells whether it is open"), default=True)
    inside = OrganisationKey(Area, related_name="ways_in", null=True, blank=True)
    outside = OrganisationKey(Area, related_name="ways_out", null=True, blank=True)
    # What the codes printed at the door say; public, and made anew when somebody misuses them.
    entry_code = models.BinaryField(max_length=16, null=True, editable=False)
    exit_code = models.BinaryField(max_length=16, null=True, editable=False)
    within_metres = models.PositiveIntegerField(
        _("phones open it within, metres"), null=True, blank=True, validators=[MinValueValidator(10)]
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "section", "name"), name="places_door_name"),)

    def __str__(self) -> str:
        return self.name

    def accepts(self, side: Side) -> list[AuthType]:
        """Return what the equipment of one side accepts."""
        numbers = self.entry_auth_types if side is Side.ENTRY else self.exit_auth_types
        return [AuthType(number) for number in numbers]


class Reader(OrganisationModel):
    """An OSDP device on a controller's bus, at one side of a door."""

    privacy = DEVICE

    door = OrganisationKey(Door, related_name="readers")
    controller = OrganisationKey(Controller, related_name="readers")
    side = models.CharField(_("side"), max_length=5, choices=SIDES)
    port = models.CharField(_("serial port"), max_length=100)
    address = models.PositiveSmallIntegerField(_("OSDP address"), validators=[MaxValueValidator(126)])
    baud = models.PositiveIntegerField(
        _("speed, baud"),
        default=115_200,
        choices=[(baud, str(baud)) for baud in (9600, 19_200, 38_400, 57_600, 115_200)],
    )
    reads = models.CharField(
        _("reads"),
        max_length=5,
        choices=[("card", _("cards, PINs and codes")), ("plate", _("licence plates"))],
        default="card",
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "controller", "port", "address"), name="places_reader_address"
            ),
            models.UniqueConstraint(fields=("organisation", "door", "side"), name="places_reader_side"),
        )

    def __str__(self) -> str:
        return f"{self.port}:{self.address}"


class Interlock(OrganisationModel):
    """Doors of one controller of which at most one may be open or released at a time."""

    privacy = BUILDING

    controller = OrganisationKey(Controller, related_name="interlocks")
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "controller", "name"), name="places_interlock_name"),
        )

    def __str__(self) -> str:
        return self.name


class InterlockDoor(OrganisationModel):
    """A door is in an interlock."""

    privacy = BUILDING

    interlock = OrganisationKey(Interlock, related_name="doors")
    door = OrganisationKey(Door, related_name="interlocks")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "interlock", "door"), name="places_interlockdoor_once"),
        )

    def __str__(self) -> str:
        return f"{self.interlock_id} {self.door_id}"


class LockdownPlan(OrganisationModel):
    """Which doors admit nobody below a rank once an operator starts it, and when it ends by itself."""

    privacy = BUILDING

    site = OrganisationKey(Site, related_name="lockdown_plans")
    name = models.CharField(_("name"), max_length=100)
    rank = models.PositiveSmallIntegerField(
        _("rank"), default=5, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    ends_after_minutes = models.PositiveIntegerField(_("ends after, minutes"), null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "site", "name"), name="places_lockdownplan_name"),
        )

    def __str__(self) -> str:
        return self.name


class LockdownDoor(OrganisationModel):
    """A door is in a lockdown plan."""

    privacy = BUILDING

    plan = OrganisationKey(LockdownPlan, related_name="doors")
    door = OrganisationKey(Door, related_name="lockdown_plans")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "plan", "door"), name="places_lockdowndoor_once"),
        )

    def __str__(self) -> str:
        return f"{self.plan_id} {self.door_id}"


class Lockdown(OrganisationModel):
    """A plan that was started; in effect until `ends_at` or `ended_at`, whichever comes first."""

    privacy = BUILDING

    plan = OrganisationKey(LockdownPlan, related_name="lockdowns")
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("organisation", "plan", "-begun_at"), name="places_lockdown_newest"),)

    def __str__(self) -> str:
        return f"{self.plan_id} {self.begun_at:%Y-%m-%d %H:%M:%S}"


class DoorHold(OrganisationModel):
    """An operator keeps a door unlocked until `ends_at`, or until it is ended."""

    privacy = BUILDING

    door = OrganisationKey(Door, related_name="holds")
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "door"), name="places_doorhold_once"),)

    def __str__(self) -> str:
        return f"{self.door_id}"


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
    state = models.CharField(max_length=10, choices=[(state.value, state.name) for state in DoorState])
    at = models.DateTimeField()
    # Whether it is held unlocked or locked down, and why: "schedule", "first_person", "operator" or the id of a lockdown plan.
    posture = models.CharField(max_length=10, default="normal")
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
