"""Which sites, controllers, doors, readers, areas and interlocks are set up?"""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.model import AuthType, Side
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
    # Closer to private life than a common door: passages there are not logged at all (IMY on electronic keys).
    home = models.BooleanField(_("leads into a home: passages are not logged"), default=False)
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
