"""How is a moment or a date filled in and shown in a form of the Board?"""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone

MOMENT = "%Y-%m-%dT%H:%M"
DAY = "%Y-%m-%d"
# Those of core.schedule. A mistyped year must not reach the rows: of 0001 the database makes a moment that Python cannot read back, and
# a controller refuses a whole snapshot for one date that it cannot take.
YEARS = range(2000, 2200)


def _require_year(value: date | None, error: Any) -> None:
    if value is not None and value.year not in YEARS:
        raise forms.ValidationError(error, code="invalid")


class DayField(forms.DateField):
    """A date; browsers show a date picker for it."""

    def __init__(self, *, label: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format=DAY)
        super().__init__(label=label, widget=widget, input_formats=[DAY])

    def to_python(self, value: Any) -> date | None:
        """Take a date of YEARS."""
        day: date | None = super().to_python(value)
        _require_year(day, self.error_messages["invalid"])
        return day


class MomentField(forms.DateTimeField):
    """A moment to the minute, in the organisation's time; browsers show a date picker for it."""

    def __init__(self, *, label: Any, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=False,
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
            input_formats=[MOMENT, "%Y-%m-%d %H:%M", DAY],
        )

    def to_python(self, value: Any) -> datetime | None:
        """Take a moment of YEARS."""
        moment: datetime | None = super().to_python(value)
        _require_year(moment, self.error_messages["invalid"])
        return moment

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare to the minute: seconds that the field cannot show are no change."""
        before = timezone.localtime(initial).strftime(MOMENT) if isinstance(initial, datetime) else ""
        try:
            after = self.to_python(data)
        except forms.ValidationError:
            return True
        return before != (timezone.localtime(after).strftime(MOMENT) if after else "")
