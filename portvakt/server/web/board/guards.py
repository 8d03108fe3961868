"""Which guard rules are there: what may no access rule ever make possible?"""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portvakt.server.access.actions import remove_guard, save_guard
from portvakt.server.access.models import GuardDoor, GuardRule, Schedule
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.models import Category
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.form_page import Around, crumbs, form_page
from portvakt.server.web.board.forms_areas import DoorsField
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE
from portvakt.server.web.forms import Refusable, posted


class GuardForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """A guard rule: whom it keeps out, of which doors, and when."""

    collects = None
    collects_nothing = "describes a rule about rules"

    category = forms.ChoiceField(
        label=gettext_lazy("Persons"),
        required=False,
        choices=[("", gettext_lazy("everybody")), *Category.choices],
    )
    schedule = forms.ModelChoiceField(
        label=gettext_lazy("Schedule"),
        queryset=Schedule.objects.none(),
        required=False,
        empty_label=gettext_lazy("Always"),
        help_text=gettext_lazy("While it is active nobody of these may have access."),
    )

    class Meta:
        model = GuardRule
        fields = ("name", "category", "schedule")
        labels = {"name": gettext_lazy("Name")}

    def __init__(self, *arguments: Any, schedules: QuerySet[Schedule], doors: list[Door], **options: Any) -> None:
        super().__init__(*arguments, **options)
        schedule: Any = self.fields["schedule"]
        schedule.queryset = schedules
        self.fields["doors"] = DoorsField(label=gettext_lazy("Doors to protect"), doors=doors, required=True)
        held = GuardDoor.objects.filter(guard_id=self.instance.pk).values_list("door_id", flat=True)
        self.fields["doors"].initial = [str(door) for door in held]


@page(PURPOSE, Permission.RULE_READ)
def guards(request: BoardRequest) -> HttpResponse:
    """List the guard rules."""
    doors = Prefetch("doors", GuardDoor.objects.select_related("door").order_by("door__name"))
    rows = _own(request).select_related("schedule").prefetch_related(doors)
    return render(request, "board/guards/list.html", {"guards": rows})


@page(PURPOSE, Permission.RULE_MANAGE)
def add(request: BoardRequest) -> HttpResponse:
    """Make a new guard rule."""
    return _edit(request, GuardRule(), _("Add guard rule"))


@page(PURPOSE, Permission.RULE_MANAGE)
def edit(request: BoardRequest, guard: UUID) -> HttpResponse:
    """Change a guard rule."""
    return _edit(request, get_object_or_404(_own(request), pk=guard), _("Change guard rule"))


@page(PURPOSE, Permission.RULE_MANAGE)
def remove(request: BoardRequest, guard: UUID) -> HttpResponse:
    """Remove a guard rule, after asking."""
    found = get_object_or_404(_own(request), pk=guard)
    question = Question(
        title=_("Remove the guard rule %(name)s?") % {"name": found.name},
        text=_("What it forbids can then be made possible by an access rule."),
        button=_("Remove"),
        back=_list(request),
    )
    return confirm(request, question, lambda: remove_guard(found, by=request.operator))


def _edit(request: BoardRequest, guard: GuardRule, title: str) -> HttpResponse:
    schedules = Schedule.objects.filter(organisation=request.organisation).order_by("name")
    doors = Door.objects.filter(organisation=request.organisation).select_related("section")
    ordered = list(doors.order_by("section__site__name", "section__name", "name"))
    form = GuardForm(posted(request), instance=guard, schedules=schedules, doors=ordered)

    def save(values: dict[str, Any]) -> AuditEntry:
        return save_guard(form.instance, values["doors"], by=request.operator)

    text = _(
        "Every change is tried against it. One that would break it is refused, and it is said who could pass, where and when."
    )
    back = _list(request)
    return form_page(request, form, Around(title, crumbs((back, _("Guard rules"))), back, text), save)


def _own(request: BoardRequest) -> QuerySet[GuardRule]:
    return GuardRule.objects.filter(organisation=request.organisation).order_by("name")


def _list(request: BoardRequest) -> str:
    return reverse("board:guards", args=[request.organisation.slug])
