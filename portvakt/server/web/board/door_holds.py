"""How is a door held unlocked by an operator, and when does it stand unlocked by itself?"""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from portvakt.server.access.actions import set_unlock_schedule
from portvakt.server.access.models import Schedule, UnlockSchedule
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions import end_hold, hold_open
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.form_page import Around, crumbs, form_page
from portvakt.server.web.board.forms_areas import HoldForm, UnlockForm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.places import PURPOSE
from portvakt.server.web.forms import posted


@page("door_operation", Permission.DOOR_RELEASE)
def hold(request: BoardRequest, door: UUID) -> HttpResponse:
    """Hold a door unlocked until a moment, or until it is ended."""
    found = get_object_or_404(Door, pk=door, organisation=request.organisation)

    def act(values: dict[str, Any]) -> AuditEntry:
        return hold_open(found, until=values["until"], by=request.operator)

    text = _(
        "Anybody can open the door meanwhile. A lockdown goes before it; alarms for a door that stands open are silent."
    )
    return form_page(request, HoldForm(posted(request)), _around(request, found, _("Hold unlocked"), text), act)


@page("door_operation", Permission.DOOR_RELEASE)
def end(request: BoardRequest, door: UUID) -> HttpResponse:
    """Let a door that was held unlocked lock again, once confirmed."""
    found = get_object_or_404(Door, pk=door, organisation=request.organisation)
    question = Question(
        title=_("Lock %(door)s again?") % {"door": found.name},
        text=_("It follows its access rules and its unlock schedule again."),
        button=_("Lock again"),
        back=_door(request, found),
        danger=False,
    )
    return confirm(request, question, lambda: end_hold(found, by=request.operator))


@page(PURPOSE, Permission.PLACE_MANAGE)
def unlock(request: BoardRequest, door: UUID) -> HttpResponse:
    """Say while which schedule is active a door stands unlocked."""
    found = get_object_or_404(Door, pk=door, organisation=request.organisation)
    held = UnlockSchedule.objects.filter(door=found).first()
    schedules = Schedule.objects.filter(organisation=request.organisation).order_by("name")
    initial = {"schedule": held.schedule_id, "first_person_in": held.first_person_in} if held else {}
    form = UnlockForm(posted(request), initial=initial, schedules=schedules)

    def act(values: dict[str, Any]) -> AuditEntry:
        first = values["first_person_in"]
        return set_unlock_schedule(found, values["schedule"], first_person_in=first, by=request.operator)

    text = _("While the schedule is active anybody can open the door, without card or code.")
    return form_page(request, form, _around(request, found, _("Unlock schedule"), text), act)


def _around(request: BoardRequest, door: Door, title: str, text: str) -> Around:
    doors = reverse("board:doors", args=[request.organisation.slug])
    back = _door(request, door)
    return Around(title, crumbs((doors, _("Doors")), (back, door.name)), back, text)


def _door(request: BoardRequest, door: Door) -> str:
    return reverse("board:door", args=[request.organisation.slug, door.pk])
