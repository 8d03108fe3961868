"""Which values do the forms about sites, doors, controllers and readers take?"""

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.model import AuthType
from portvakt.server.places.actions import ENTRY_AUTH_TYPES, EXIT_AUTH_TYPES
from portvakt.server.places.models import Controller, Door, Reader, Site
from portvakt.server.web import words
from portvakt.server.web.forms import BoardForm, Refusable

# In the order in which a property manager thinks of them.
GROUPS = (
    (_("At a reader"), (AuthType.KEY_CARD, AuthType.CARD, AuthType.PLATE)),
    (_("At a keypad"), (AuthType.PIN, AuthType.PASSCODE)),
    (_("At a reader and a keypad"), (AuthType.KEY_CARD_PLUS_PIN, AuthType.CARD_PLUS_PIN)),
    (_("With the phone"), (AuthType.REMOTE, AuthType.REMOTE_PLUS_PHONE)),
    (_("With the phone, at the door"),
     (AuthType.SCAN, AuthType.SCAN_PLUS_PHONE, AuthType.SCAN_PLUS_KEYPAD, AuthType.CARD_PLUS_PHONE)),
    (_("Without identity"), (AuthType.REX,)),
)  # fmt: skip


def grouped(offered: Iterable[AuthType]) -> list[tuple[Any, list[tuple[int, Any]]]]:
    """Return auth types as choices, by where they are presented."""
    known = set(offered)
    groups = [
        (name, [(int(auth), words.AUTH_TYPES[auth]) for auth in types if auth in known]) for name, types in GROUPS
    ]
    return [(name, choices) for name, choices in groups if choices]


ENTRY_CHOICES = grouped(ENTRY_AUTH_TYPES)
EXIT_CHOICES = grouped(EXIT_AUTH_TYPES)


# A ModelForm takes no type argument at run time.
class SiteForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """A new site."""

    collects = None
    collects_nothing = "describes a building"

    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name.replace("_", " ")) for name in sorted(available_timezones())],
        initial="Europe/Stockholm",
        help_text=_("Schedules follow the local time of the site."),
    )

    class Meta:
        model = Site
        fields = ("name", "address", "timezone", "latitude", "longitude")
        help_texts = {
            "latitude": _("Degrees, such as 59.3600. Needed where a phone opens doors only when it is near."),
            "longitude": _("Degrees, such as 18.0009."),
        }


class NameForm(BoardForm):
    """A new section or controller: its name."""

    collects = None
    collects_nothing = "describes a building"

    name = forms.CharField(label=_("Name"), max_length=100)


class DoorForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """A door's name, equipment and times."""

    collects = None
    collects_nothing = "describes a building"

    entry_auth_types = forms.TypedMultipleChoiceField(
        label=_("The entry side accepts"),
        choices=ENTRY_CHOICES,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick only what the equipment of this side can do. An access rule may allow less."),
    )
    exit_auth_types = forms.TypedMultipleChoiceField(
        label=_("The exit side accepts"),
        choices=EXIT_CHOICES,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Door
        fields = (
            "name",
            "in_service",
            "entry_auth_types",
            "exit_auth_types",
            "release_seconds",
            "held_open_seconds",
            "past_age_hours",
            "past_age_behaviour",
            "contact",
            "home",
            "within_metres",
        )
        help_texts = {
            "release_seconds": _("How long the door can be opened after a passage is granted, 3 to 120."),
            "held_open_seconds": _("A door that stands open longer is an alarm, 10 to 3600."),
            "contact": _(
                "Without one, a passage counts as made when it is granted, and nobody is told that the door stands open."
            ),
            "home": _(
                "For doors of flats: who comes home when is nobody's business. Granted, denied, opened and closed are not logged;"
                " alarms and faults still are."
            ),
            "within_metres": _(
                "A phone that scans the door's code or opens from a distance must be so near. Empty: anywhere."
            ),
            "past_age_hours": _("For so long the controller decides as usual without contact with the server."),
        }


class NewDoorForm(DoorForm):
    """A new door, and which controller decides for it."""

    controller = forms.ModelChoiceField(label=_("Controller"), queryset=Controller.objects.none())

    field_order = ("name", "controller")

    def __init__(self, *arguments: Any, controllers: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["controller"].queryset = controllers  # type: ignore[attr-defined]
        self.fields["entry_auth_types"].initial = [int(AuthType.KEY_CARD)]
        self.fields["exit_auth_types"].initial = [int(EXIT_AUTH_TYPES[-1])]
        if len(controllers) == 1:
            self.fields["controller"].initial = controllers[0]


class ReaderForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """A new reader."""

    collects = None
    collects_nothing = "describes a building"

    class Meta:
        model = Reader
        fields = ("side", "port", "address", "baud", "reads")
        help_texts = {
            "port": _("The controller's name for it, such as /dev/ttyUSB0."),
            "address": _("0 to 126, as set on the reader."),
        }
