"""What is filled in about an area, an interlock, a lockdown plan, and a door that is held unlocked?"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from portvakt.server.access.models import Schedule
from portvakt.server.places.models import Area, Controller, Door, Interlock, InterlockDoor, LockdownDoor, LockdownPlan
from portvakt.server.web.board.fields import MomentField
from portvakt.server.web.forms import BoardForm, Refusable


class DoorsField(forms.TypedMultipleChoiceField):
    """Several doors, to tick."""

    def __init__(self, *, label: Any, doors: Iterable[Door] = (), help_text: Any = "", required: bool = False) -> None:
        choices = [(str(door.pk), f"{door.name} · {door.section.name}") for door in doors]
        super().__init__(
            label=label,
            help_text=help_text,
            required=required,
            choices=choices,
            coerce=UUID,
            widget=forms.CheckboxSelectMultiple,
        )


class AreaForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """An area: its doors and what holds inside."""

    collects = None
    collects_nothing = "describes a building"

    class Meta:
        model = Area
        fields = ("name", "passback", "forgive_minutes", "timed_minutes", "limit", "two_person", "escort")
        labels = {"name": _("Name"), "passback": _("When somebody enters twice without leaving")}
        help_texts = {
            "passback": _("Also when somebody leaves who was never seen to enter. Needs a reader on both sides."),
            "forgive_minutes": _("Somebody seen to enter so long ago counts as outside again. Empty: never."),
            "timed_minutes": _("Who has entered waits so long before entering again, also after leaving. Empty: no wait."),
            "limit": _("When so many are inside, nobody more is let in. Empty: no limit."),
            "two_person": _("The first two enter together and the last two leave together."),
            "escort": _("A person marked as needing an escort enters only together with one who may escort."),
        }  # fmt: skip

    def __init__(self, *arguments: Any, doors: list[Door], **options: Any) -> None:
        super().__init__(*arguments, **options)
        own = self.instance.pk
        self.fields["inside_doors"] = DoorsField(
            label=_("Doors whose entry side leads into the area"), doors=doors, required=True
        )
        self.fields["outside_doors"] = DoorsField(
            label=_("Doors whose exit side leads into the area"),
            doors=doors,
            help_text=_("For a door that lies between this area and another."),
        )
        self.fields["inside_doors"].initial = [str(door.pk) for door in doors if door.inside_id == own]
        self.fields["outside_doors"].initial = [str(door.pk) for door in doors if door.outside_id == own]
        self.fields["timed_minutes"].min_value = 1  # type: ignore[attr-defined]


class InterlockForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """An interlock and its doors."""

    collects = None
    collects_nothing = "describes a building"

    class Meta:
        model = Interlock
        fields = ("name",)
        labels = {"name": _("Name")}

    def __init__(self, *arguments: Any, doors: list[Door], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["doors"] = DoorsField(
            label=_("Doors of which only one may be open at a time"), doors=doors, required=True
        )
        held = InterlockDoor.objects.filter(interlock_id=self.instance.pk).values_list("door_id", flat=True)
        self.fields["doors"].initial = [str(door) for door in held]


class PlanForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """A lockdown plan and its doors."""

    collects = None
    collects_nothing = "describes a building"

    class Meta:
        model = LockdownPlan
        fields = ("name", "rank", "ends_after_minutes")
        labels = {"name": _("Name")}
        help_texts = {
            "rank": _("1 to 9. Only persons who pass lockdowns up to this rank or higher are let in."),
            "ends_after_minutes": _("It then ends by itself, also without contact with the server. Empty: when somebody ends it."),
        }  # fmt: skip

    def __init__(self, *arguments: Any, doors: list[Door], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["doors"] = DoorsField(label=_("Doors to lock down"), doors=doors, required=True)
        held = LockdownDoor.objects.filter(plan_id=self.instance.pk).values_list("door_id", flat=True)
        self.fields["doors"].initial = [str(door) for door in held]


class WhichController(BoardForm):
    """For which controller something is described."""

    collects = None
    collects_nothing = "chooses a device"

    controller = forms.ModelChoiceField(
        label=_("Controller"),
        queryset=Controller.objects.none(),
        help_text=_("It alone counts, so all doors must be its own."),
    )

    def __init__(self, *arguments: Any, controllers: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["controller"].queryset = controllers  # type: ignore[attr-defined]


class HoldForm(BoardForm):
    """Until when a door is held unlocked."""

    collects = None
    collects_nothing = "says until when a door is held unlocked"

    until = MomentField(label=_("Until"), help_text=_("Empty: until somebody ends it."))


class UnlockForm(BoardForm):
    """While which schedule is active a door stands unlocked."""

    collects = None
    collects_nothing = "describes a door"

    schedule = forms.ModelChoiceField(
        label=_("Schedule"), queryset=Schedule.objects.none(), required=False, empty_label=_("Never unlocked by itself")
    )
    first_person_in = forms.BooleanField(
        label=_("Only after the first person has come in"),
        required=False,
        help_text=_("The door stays locked until somebody with access has passed in during the hours."),
    )

    def __init__(self, *arguments: Any, schedules: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["schedule"].queryset = schedules  # type: ignore[attr-defined]
