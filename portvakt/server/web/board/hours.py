"""How are the hours of one day filled in and read: up to three intervals, each from and to?

A time of 00:00 at the end is the midnight that ends the day; an end before its beginning reaches into the next day.
"""

from collections.abc import Iterator, Sequence
from datetime import time
from typing import Any

import msgspec
from django import forms
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portvakt.server.access.actions import MINUTES_OF_DAY, Hours
from portvakt.server.web.forms import Refusable

ROWS = 3
START, END = "from", "to"


class Line(msgspec.Struct, frozen=True):
    """One interval in the form."""

    start: forms.BoundField
    end: forms.BoundField


class Span(msgspec.Struct, frozen=True):
    """One interval as it is shown: "08:00", "17:00" and whether that is the next day."""

    start: str
    end: str
    overnight: bool


class HoursForm(Refusable):
    """Mixin for forms with days of hours; each day has a name of its own."""

    def add_day(self, day: str, hours: Sequence[Sequence[int]]) -> None:
        """Add the fields of one day, as many as its hours need but at least three lines."""
        for line in range(max(ROWS, len(hours))):
            start, end = hours[line] if line < len(hours) else (None, None)
            self.fields[_name(day, line, START)] = _time_field(_("From"), start)
            self.fields[_name(day, line, END)] = _time_field(_("To"), end)

    def lines(self, day: str) -> Iterator[Line]:
        """Yield the fields of one day, line by line."""
        for line in range(self._rows(day)):
            yield Line(self[_name(day, line, START)], self[_name(day, line, END)])  # type: ignore[index]

    def read_day(self, day: str) -> Hours:
        """Return what was filled in for a day; half a line, or one that is over as it begins, is an error beside it."""
        return [pair for line in range(self._rows(day)) if (pair := self._read_line(day, line))]

    def _rows(self, day: str) -> int:
        return sum(name.startswith(f"{day}-") for name in self.fields) // 2

    def _read_line(self, day: str, line: int) -> list[int] | None:
        values: dict[str, Any] = self.cleaned_data  # type: ignore[attr-defined]
        start, end = values.get(_name(day, line, START)), values.get(_name(day, line, END))
        if start is None and end is None:
            return None
        if start is None or end is None:
            missing = _name(day, line, START if start is None else END)
            if missing in values:
                self.add_error(missing, gettext("Both times are needed."))  # type: ignore[attr-defined]
            return None
        pair = [_minutes(start), _minutes(end) or MINUTES_OF_DAY]
        if pair[0] == pair[1]:
            self.add_error(_name(day, line, END), gettext("This is over as it begins. All day is 00:00 to 00:00."))  # type: ignore[attr-defined]
        return pair


def spans(hours: Hours) -> list[Span]:
    """Return hours in the order of the day, as they are shown."""
    return [Span(_clock(start), _clock(end), end < start) for start, end in sorted(hours)]


def summary(weekly: Sequence[Hours]) -> str:
    """Say a week in one line: "Mon–Fri 08:00–17:00, Sat 10:00–14:00"; closed days are left out."""
    runs: list[tuple[int, int, Hours]] = []
    for day, hours in enumerate(weekly):
        if runs and runs[-1][2] == hours:
            runs[-1] = (runs[-1][0], day, hours)
        else:
            runs.append((day, day, hours))
    parts = [f"{_days(first, last)} {_said(hours)}" for first, last, hours in runs if hours]
    return ", ".join(parts) or gettext("always closed")


def _days(first: int, last: int) -> str:
    names = [str(WEEKDAYS_ABBR[day]) for day in sorted({first, last})]
    return "–".join(names)


def _said(hours: Hours) -> str:
    return " + ".join(f"{span.start}–{span.end}" for span in spans(hours))


def _name(day: str, line: int, end: str) -> str:
    return f"{day}-{line}-{end}"


def _time_field(label: Any, minutes: int | None) -> forms.TimeField:
    picker = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    initial = None if minutes is None else time(minutes // 60 % 24, minutes % 60)
    return forms.TimeField(label=label, required=False, widget=picker, initial=initial)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
