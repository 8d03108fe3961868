"""Which schedules are there, when does each let people pass, and how is that changed?"""

from datetime import date, timedelta
from functools import partial
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.server.access.actions import remove_schedule, remove_special_day, save_schedule, set_special_day
from portvakt.server.access.calendar import change_of
from portvakt.server.access.models import Schedule, SpecialDay
from portvakt.server.access.snapshot import public_holidays
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.forms_schedules import COUNTRIES, ScheduleForm, SpecialDayForm, monday_copied
from portvakt.server.web.board.hours import spans, summary
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE
from portvakt.server.web.board.preview import reviewed
from portvakt.server.web.forms import UNPROCESSABLE, posted, refusals_beside, show_form

COMING = timedelta(days=365)


def own_schedules(request: BoardRequest) -> QuerySet[Schedule]:
    """Return the organisation's schedules, by name."""
    return Schedule.objects.filter(organisation=request.organisation).order_by("name")


def schedule_url(request: BoardRequest, schedule_id: UUID) -> str:
    """Return the address of a schedule's page."""
    return reverse("board:schedule", args=[request.organisation.slug, schedule_id])


@page(PURPOSE, Permission.RULE_READ)
def schedules(request: BoardRequest) -> HttpResponse:
    """List the schedules."""
    found = own_schedules(request).annotate(rule_count=Count("rules"))
    return render(request, "board/schedules/list.html", {"rows": [(row, summary(row.weekly)) for row in found]})


@page(PURPOSE, Permission.RULE_READ)
def schedule(request: BoardRequest, schedule_id: UUID) -> HttpResponse:
    """Show one schedule."""
    return _show(request, get_object_or_404(own_schedules(request), pk=schedule_id), SpecialDayForm())


def _show(request: BoardRequest, shown: Schedule, form: SpecialDayForm) -> HttpResponse:
    today = timezone.localdate()
    context = {
        "schedule": shown,
        "week": [(name, spans(shown.weekly[day])) for day, name in WEEKDAYS.items()],
        "holiday_spans": spans(shown.holiday_hours),
        "country": COUNTRIES.get(shown.holiday_country, shown.holiday_country),
        "holidays": _coming_holidays(shown, today),
        "special_days": [
            (row, spans(row.hours)) for row in shown.special_days.filter(date__gte=today).order_by("date")
        ],
        "rules": shown.rules.order_by("name"),
        "unlocks": shown.unlocks.select_related("door__section__site").order_by("door__name"),
        "guards": shown.guards.order_by("name"),
        "next_change": change_of(shown, timezone.get_current_timezone_name()),
        "year": today.year,
        "form": form,
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "board/schedules/schedule.html", context, status=status)


def _coming_holidays(shown: Schedule, today: date) -> list[tuple[date, str]]:
    return list(public_holidays(shown.holiday_country, today, today + COMING).items())


@page(PURPOSE, Permission.SCHEDULE_MANAGE)
def add(request: BoardRequest) -> HttpResponse:
    """Make a new schedule."""
    return _edit(request, Schedule(), "board/schedules/add.html")


@page(PURPOSE, Permission.SCHEDULE_MANAGE)
def edit(request: BoardRequest, schedule_id: UUID) -> HttpResponse:
    """Change a schedule."""
    return _edit(request, get_object_or_404(own_schedules(request), pk=schedule_id), "board/schedules/edit.html")


def _edit(request: BoardRequest, changed: Schedule, template: str) -> HttpResponse:
    if "copy" in request.POST:
        return render(request, template, {"form": ScheduleForm(monday_copied(request.POST), instance=changed)})
    form = ScheduleForm(posted(request), instance=changed)
    if request.method == "POST" and form.is_valid():
        to = schedule_url(request, changed.pk)

        def save() -> AuditEntry:
            return save_schedule(form.filled_in(), by=request.operator)

        with refusals_beside(form):
            return reviewed(request, save, back=to) or done(request, save(), to=to)
    return show_form(request, template, form)


@page(PURPOSE, Permission.SCHEDULE_MANAGE)
def remove(request: BoardRequest, schedule_id: UUID) -> HttpResponse:
    """Remove a schedule that no rule uses, after asking."""
    removed = get_object_or_404(own_schedules(request), pk=schedule_id)
    question = Question(
        title=_("Remove the schedule %(name)s?") % {"name": removed.name},
        text=_("Its special days go with it. A schedule that an access rule uses cannot be removed."),
        button=_("Remove"),
        back=schedule_url(request, removed.pk),
        after=reverse("board:schedules", args=[request.organisation.slug]),
    )
    return confirm(request, question, lambda: remove_schedule(removed, by=request.operator))


@page(PURPOSE, Permission.SCHEDULE_MANAGE)
@require_POST
def add_special_day(request: BoardRequest, schedule_id: UUID) -> HttpResponse:
    """Give a schedule other hours on one date."""
    changed = get_object_or_404(own_schedules(request), pk=schedule_id)
    form = SpecialDayForm(request.POST)
    if form.is_valid():
        with refusals_beside(form):
            save = partial(_special_day, request, changed, form)
            to = schedule_url(request, changed.pk)
            return reviewed(request, save, back=to) or done(request, save(), to=to)
    return _show(request, changed, form)


def _special_day(request: BoardRequest, changed: Schedule, form: SpecialDayForm) -> AuditEntry:
    day, name = form.cleaned_data["date"], form.cleaned_data["name"]
    return set_special_day(changed, day, form.hours, by=request.operator, name=name)


@page(PURPOSE, Permission.SCHEDULE_MANAGE)
def drop_special_day(request: BoardRequest, schedule_id: UUID, day_id: UUID) -> HttpResponse:
    """Let a date follow the week again, after asking."""
    rows = SpecialDay.objects.filter(organisation=request.organisation, schedule_id=schedule_id)
    day = get_object_or_404(rows.select_related("schedule"), pk=day_id)
    question = Question(
        title=_("Remove the special day %(date)s?") % {"date": day.date.isoformat()},
        text=_("The date follows the week again, or the public holidays if it is one."),
        button=_("Remove"),
        back=schedule_url(request, schedule_id),
        impact=True,
    )
    return confirm(request, question, lambda: remove_special_day(day, by=request.operator))
