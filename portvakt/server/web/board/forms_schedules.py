"""What does an operator fill in about a schedule and its special days?"""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portvakt.server.access.actions import Hours
from portvakt.server.access.models import HolidayRule, Schedule
from portvakt.server.web.board.fields import DayField
from portvakt.server.web.board.hours import HoursForm, Line
from portvakt.server.web.forms import BoardForm

COUNTRIES = {"SE": _("Sweden"), "DK": _("Denmark"), "FI": _("Finland"), "NO": _("Norway")}
MONDAY, WEEKEND = "0", ("5", "6")
HOLIDAY = "holiday"


class ScheduleForm(HoursForm, forms.ModelForm):  # type: ignore[type-arg]
    """A schedule: the week, and what it does on public holidays."""

    collects = None
    collects_nothing = "describes opening hours"

    holidays = forms.ChoiceField(
        label=_("On public holidays"),
        choices=HolidayRule.choices,
        widget=forms.RadioSelect,
        initial=HolidayRule.AS_USUAL,
    )

    class Meta:
        model = Schedule
        fields = ("name", "holidays", "holiday_country")
        labels = {"name": _("Name")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        country = self.instance.holiday_country
        self.fields["holiday_country"] = forms.ChoiceField(
            label=_("Country of the holidays"),
            choices=[*COUNTRIES.items(), *([] if country in COUNTRIES else [(country, country)])],
        )
        for day, hours in enumerate(self.instance.weekly):
            self.add_day(str(day), hours)
        self.add_day(HOLIDAY, self.instance.holiday_hours)

    def days(self) -> Iterator[tuple[str, Promise | str, list[Line]]]:
        """Yield (day, its name, its lines) for the days of the week, Monday first."""
        for day, name in WEEKDAYS.items():
            yield str(day), name, list(self.lines(str(day)))

    def holiday_lines(self) -> list[Line]:
        """Return the lines of a public holiday with hours of its own."""
        return list(self.lines(HOLIDAY))

    def clean(self) -> dict[str, Any]:
        """Read the hours of every day."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        self.weekly: list[Hours] = [self.read_day(str(day)) for day in WEEKDAYS]
        self.holiday_hours: Hours = self.read_day(HOLIDAY)
        if values.get("holidays") == HolidayRule.OWN_HOURS and not self.holiday_hours and not self.errors:
            self.add_error("holidays", _("Give the hours, or choose closed."))
        return values

    def filled_in(self) -> Schedule:
        """Return the schedule as filled in, unsaved."""
        self.instance.weekly = self.weekly
        own = self.cleaned_data["holidays"] == HolidayRule.OWN_HOURS
        self.instance.holiday_hours = self.holiday_hours if own else []
        schedule: Schedule = self.instance
        return schedule


def monday_copied(posted: QueryDict) -> QueryDict:
    """Return what was filled in with Monday's hours on Tuesday to Friday as well."""
    copied = posted.copy()
    names = [name for name in posted if name.startswith(f"{MONDAY}-")]
    for day in (str(day) for day in WEEKDAYS if str(day) not in {MONDAY, *WEEKEND}):
        for name in (name for name in posted if name.startswith(f"{day}-")):
            copied[name] = ""
        for name in names:
            copied[f"{day}{name[1:]}"] = posted.get(name, "")
    return copied


class SpecialDayForm(HoursForm, BoardForm):
    """A date on which a schedule has other hours."""

    collects = None
    collects_nothing = "describes opening hours"

    DAY = "day"

    date = DayField(label=_("Date"))
    name = forms.CharField(label=_("Name"), max_length=100, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.add_day(self.DAY, [])

    def day_lines(self) -> list[Line]:
        """Return the lines of the hours."""
        return list(self.lines(self.DAY))

    def clean(self) -> dict[str, Any]:
        """Read the hours."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        self.hours: Hours = self.read_day(self.DAY)
        return values
