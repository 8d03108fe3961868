"""What does an operator fill in about an access rule, its doors and its persons?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import msgspec
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.model import AuthType, Side
from portvakt.core.privacy import Kind
from portvakt.server.access.models import AccessRule, RuleDoor, Schedule
from portvakt.server.places.models import Door, Section
from portvakt.server.web import words
from portvakt.server.web.board.fields import MomentField
from portvakt.server.web.forms import BoardForm, FilterForm, Refusable

# An exit button opens for everybody: no rule is asked.
NOT_IN_RULES = {AuthType.REX}
SideTypes = dict[Side, list[int]]


class DoorRow(msgspec.Struct, frozen=True):
    """One door in the form: a field for each side whose equipment a rule can use."""

    door: Door
    sides: tuple[tuple[str, forms.BoundField], ...]


class RuleForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """A rule: when, from when to when, which doors with which auth types on each side."""

    collects = None
    collects_nothing = "describes a rule; who is in it is asked elsewhere"

    schedule = forms.ModelChoiceField(
        label=_("Schedule"), queryset=Schedule.objects.none(), required=False, empty_label=_("Always")
    )
    valid_from = MomentField(label=_("Valid from"), help_text=_("Empty: at once."))
    valid_to = MomentField(
        label=_("Valid to"), help_text=_("Empty: a permanent rule. A temporary rule ends by itself.")
    )
    # Stands for the whole table of doors, so that a refusal about it has a place.
    doors = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = AccessRule
        fields = ("name", "description", "schedule", "valid_from", "valid_to")
        labels = {"name": _("Name"), "description": _("Description")}

    def __init__(self, *args: Any, schedules: QuerySet[Schedule], places: QuerySet[Door], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["schedule"]
        field.queryset = schedules
        self._places = list(places)
        held = {part.door_id: part for part in self._parts()}
        for door in self._places:
            self._add_door(door, held.get(door.pk))

    def _parts(self) -> Iterable[RuleDoor]:
        return RuleDoor.objects.filter(rule_id=self.instance.pk)

    def _add_door(self, door: Door, part: RuleDoor | None) -> None:
        held = {Side.ENTRY: part.entry_auth_types, Side.EXIT: part.exit_auth_types} if part else {}
        for side in Side:
            offered = [auth for auth in sorted(door.accepts(side)) if auth not in NOT_IN_RULES]
            if offered:
                self.fields[_name(side, door)] = forms.TypedMultipleChoiceField(
                    label=str(words.SIDES[side]),
                    coerce=int,
                    required=False,
                    choices=[(int(auth), words.auth_type(auth)) for auth in offered],
                    initial=held.get(side, []),
                    widget=forms.CheckboxSelectMultiple,
                )

    def sections(self) -> Iterator[tuple[Section, list[DoorRow]]]:
        """Yield the doors by section, as the table shows them; a door that no rule can use is left out."""
        found: dict[Section, list[DoorRow]] = defaultdict(list)
        for door in self._places:
            sides = tuple((side.value, self[_name(side, door)]) for side in Side if _name(side, door) in self.fields)
            if sides:
                found[door.section].append(DoorRow(door, sides))
        yield from found.items()

    def rest(self) -> list[forms.BoundField]:
        """Return the fields beside the table of doors."""
        return [self[name] for name in self.Meta.fields]

    def door_types(self) -> dict[UUID, SideTypes]:
        """Return the auth types asked for on each side of each door; doors without any are not in the rule."""
        chosen = {
            door.pk: {side: self.cleaned_data.get(_name(side, door)) or [] for side in Side} for door in self._places
        }
        return {door: sides for door, sides in chosen.items() if any(sides.values())}

    def filled_in(self, rule: AccessRule) -> AccessRule:
        """Put what was filled in onto a rule."""
        for name in self.Meta.fields:
            setattr(rule, name, self.cleaned_data[name])
        return rule


def _name(side: Side, door: Door) -> str:
    return f"{side.value}-{door.pk}"


class PersonsForm(BoardForm):
    """Whom to put into a rule, from when to when, and whom to take out; chosen in steps, saved after a look at the difference."""

    collects = "access_administration"
    takes = {"valid_from": Kind.ACCESS_RIGHT, "valid_to": Kind.ACCESS_RIGHT}

    q = forms.CharField(label=_("Find persons"), required=False, max_length=100)
    valid_from = MomentField(label=_("From"), help_text=_("Empty: at once."))
    valid_to = MomentField(label=_("To"), help_text=_("Empty: until further notice."))


class RulesFilter(FilterForm):
    """Which rules to list."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
