"""How does a schedule go out as a calendar file, and come in from one after a look at what it becomes?"""

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portvakt.core.schedule import Interval, SpecialDay
from portvakt.server.access.actions import import_times
from portvakt.server.access.calendar import as_rule
from portvakt.server.access.ical import MAX_BYTES, CalendarRefused, from_ical, to_ical
from portvakt.server.access.models import Schedule
from portvakt.server.privacy.actions import nothing_about_anyone
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.board.hours import spans
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE
from portvakt.server.web.board.preview import reviewed
from portvakt.server.web.board.schedules import own_schedules, schedule_url
from portvakt.server.web.files import file_answer
from portvakt.server.web.forms import UNPROCESSABLE, BoardForm, posted, refusals_beside, show_form

WHY = {
    "too_large": gettext_lazy("The file is too large."),
    "not_a_calendar": gettext_lazy("The file is not a calendar (iCalendar, .ics)."),
    "line": gettext_lazy("A line cannot be read."),
    "too_many_events": gettext_lazy("The calendar has too many events."),
    "property": gettext_lazy("An event cannot be read."),
    "no_start": gettext_lazy("An event has no beginning."),
    "no_length": gettext_lazy("An event has no length."),
    "too_long": gettext_lazy("An event is too long."),
    "zone": gettext_lazy("An event is in a time zone that is not known here."),
    "year": gettext_lazy("An event is in a year that cannot be."),
    "rule": gettext_lazy("An event is repeated in a way that cannot be taken over."),
    "too_many_rules": gettext_lazy("An event has too many rules of repetition."),
    "too_many_times": gettext_lazy("The events are repeated too many times."),
    "too_far_ahead": gettext_lazy("A single event is too far ahead."),
    "too_many_special_days": gettext_lazy("The calendar makes too many special days."),
    "too_many_intervals": gettext_lazy("A day has too many hours of its own."),
}


class Incoming(msgspec.Struct, frozen=True):
    """What a file became, as it travels in the form between the look at it and the saving."""

    weekly: tuple[tuple[Interval, ...], ...]
    special_days: tuple[SpecialDay, ...]
    names: dict[str, str]


class FileForm(BoardForm):
    """A calendar file."""

    collects = None
    collects_nothing = "describes opening hours"

    file = forms.FileField(
        label=gettext_lazy("Calendar file"),
        help_text=gettext_lazy("An .ics file of at most 250 kB, as Outlook, Google and Apple write it."),
        widget=forms.ClearableFileInput(attrs={"accept": ".ics,text/calendar"}),
    )

    def incoming(self) -> Incoming | None:
        """Return what the file becomes; None with the reason beside the field."""
        data = self.cleaned_data["file"].read(MAX_BYTES + 1)
        try:
            times = from_ical(data, _zone(), timezone.now())
        except CalendarRefused as refused:
            words = f"{WHY.get(refused.code, refused.code)} {refused.where}".strip()
            self.add_error("file", words)
            return None
        return Incoming(times.weekly, times.special_days, times.names)


class TimesForm(BoardForm):
    """What a file became, to be saved."""

    collects = None
    collects_nothing = "describes opening hours"

    times = forms.CharField(widget=forms.HiddenInput, max_length=2_000_000)

    def clean_times(self) -> Incoming:
        """Read it back."""
        try:
            return msgspec.json.decode(self.cleaned_data["times"], type=Incoming)
        except msgspec.MsgspecError as error:
            raise forms.ValidationError(_("Choose the file once more.")) from error


@page(PURPOSE, Permission.RULE_READ)
def outgoing(request: BoardRequest, schedule_id: UUID) -> HttpResponse:
    """Answer with a schedule as a calendar file."""
    schedule = get_object_or_404(own_schedules(request), pk=schedule_id)
    body = to_ical(as_rule(schedule), schedule.name, _zone(), timezone.now())
    name = f"{request.organisation.slug}-{schedule.pk}.ics"
    return file_answer(name, body, "text/calendar; charset=utf-8", after=nothing_about_anyone("hours, of nobody"))


@page(PURPOSE, Permission.SCHEDULE_MANAGE)
def incoming(request: BoardRequest, schedule_id: UUID) -> HttpResponse:
    """Take a calendar file, show what it becomes, save it once confirmed."""
    schedule = get_object_or_404(own_schedules(request), pk=schedule_id)
    if "times" in request.POST:
        return _save(request, schedule)
    form = FileForm(posted(request), request.FILES or None)
    if form.is_bound and form.is_valid() and (read := form.incoming()) is not None:
        return _show(request, schedule, read, TimesForm(initial={"times": msgspec.json.encode(read).decode()}))
    return show_form(request, "board/schedules/import.html", form, schedule=schedule)


def _show(request: BoardRequest, schedule: Schedule, read: Incoming, form: TimesForm) -> HttpResponse:
    context = {
        "schedule": schedule,
        "form": form,
        "week": [(name, spans(_lists(read.weekly[day]))) for day, name in WEEKDAYS.items()],
        "special_days": [
            (date.fromisoformat(day.date), read.names.get(day.date, ""), spans(_lists(day.intervals)))
            for day in read.special_days
        ],
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "board/schedules/incoming.html", context, status=status)


def _save(request: BoardRequest, schedule: Schedule) -> HttpResponse:
    form = TimesForm(request.POST)
    if not form.is_valid():
        return show_form(request, "board/schedules/import.html", FileForm(), schedule=schedule)
    read: Incoming = form.cleaned_data["times"]

    def act() -> Any:
        weekly = [_lists(hours) for hours in read.weekly]
        days = {date.fromisoformat(day.date): _lists(day.intervals) for day in read.special_days}
        names = {date.fromisoformat(day): name for day, name in read.names.items()}
        return import_times(schedule, weekly, days, names=names, by=request.operator)

    with refusals_beside(form):
        if (answer := reviewed(request, act, back=schedule_url(request, schedule.pk))) is not None:
            return answer
        return done(request, act(), to=schedule_url(request, schedule.pk))
    return _show(request, schedule, read, form)


def _lists(hours: tuple[Interval, ...]) -> list[list[int]]:
    return [[each.start, each.end] for each in hours]


def _zone() -> ZoneInfo:
    return ZoneInfo(timezone.get_current_timezone_name())
