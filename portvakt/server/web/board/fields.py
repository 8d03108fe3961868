"""How is a moment filled in and shown in a form of the Board?"""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

MOMENT = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A moment to the minute, in the organisation's time; browsers show a date picker for it."""

    def __init__(self, *, label: Any, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=False,
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
            input_formats=[MOMENT, "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare to the minute: seconds that the field cannot show are no change."""
        before = timezone.localtime(initial).strftime(MOMENT) if isinstance(initial, datetime) else ""
        try:
            after = self.to_python(data)
        except forms.ValidationError:
            return True
        return before != (timezone.localtime(after).strftime(MOMENT) if after else "")
