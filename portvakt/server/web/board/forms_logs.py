"""By what does an operator look for something in the access log and in the audit log?"""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from portvakt.core.event import ALARMS, EventKind
from portvakt.server.places.models import Door, Site
from portvakt.server.web import words
from portvakt.server.web.board.fields import MomentField
from portvakt.server.web.forms import FilterForm

GRANTED, DENIED, ALARM, OTHER = "granted", "denied", "alarm", "other"
OUTCOMES = {
    GRANTED: [EventKind.ACCESS_GRANTED, EventKind.DOOR_RELEASED_BY_OPERATOR],
    DENIED: [EventKind.ACCESS_DENIED],
    ALARM: sorted(ALARMS),
}
OUTCOMES[OTHER] = sorted(set(EventKind) - {kind for kinds in OUTCOMES.values() for kind in kinds})


def _any(choices: Any) -> list[tuple[Any, Any]]:
    return [("", _("All")), *choices]


class AccessLogFilter(FilterForm):
    """Which events to show. `who` is words of a name; `person` the id that they led to."""

    since = MomentField(label=_("From"))
    until = MomentField(label=_("To"))
    place = forms.ChoiceField(label=_("Place"), required=False)
    who = forms.CharField(label=_("Person"), required=False, max_length=100)
    person = forms.UUIDField(required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=_any(
            [
                (GRANTED, _("Granted or opened")),
                (DENIED, _("Denied")),
                (ALARM, _("Alarms")),
                (OTHER, _("Other events")),
            ]
        ),
    )
    reason = forms.ChoiceField(label=_("Reason"), required=False, choices=lambda: _any(words.REASONS.items()))
    auth_type = forms.TypedChoiceField(
        label=_("Auth type"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=lambda: _any((int(number), word) for number, word in words.AUTH_TYPES.items()),
    )

    def __init__(self, *args: Any, doors: list[Door], **options: Any) -> None:
        super().__init__(*args, **options)
        self._doors = doors
        sites: dict[Site, list[Door]] = {}
        for door in doors:
            sites.setdefault(door.section.site, []).append(door)
        field: Any = self.fields["place"]
        field.choices = _any((site.name, _places(site, at)) for site, at in sites.items())

    def door_ids(self) -> list[UUID] | None:
        """Return the doors of the chosen place, None where every place is meant."""
        kind, _dash, identity = (self.cleaned_data.get("place") or "").partition("-")
        if kind == "door":
            return [UUID(identity)]
        if kind == "site":
            return [door.pk for door in self._doors if str(door.section.site_id) == identity]
        return None

    def used(self) -> list[str]:
        """Return the names of the filters that narrow the answer."""
        return [name for name, value in self.cleaned_data.items() if value not in {"", None}]


def _places(site: Site, doors: list[Door]) -> list[tuple[str, Any]]:
    whole = (f"site-{site.pk}", _("Every door of %(site)s") % {"site": site.name})
    return [whole, *((f"door-{door.pk}", f"{door.name} · {door.section.name}") for door in doors)]


class AuditLogFilter(FilterForm):
    """Which audit entries to show."""

    since = MomentField(label=_("From"))
    until = MomentField(label=_("To"))
    operator = forms.ChoiceField(label=_("Operator"), required=False)
    kind = forms.ChoiceField(label=_("Object"), required=False)
    action = forms.ChoiceField(label=_("What"), required=False)

    def __init__(self, *args: Any, operators: list[tuple[str, str]], kinds: Any, actions: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, choices in (("operator", operators), ("kind", kinds), ("action", actions)):
            field: Any = self.fields[name]
            field.choices = _any(choices)
