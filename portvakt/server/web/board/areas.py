"""Which areas and interlocks are there, what holds in them, and how is everybody's place forgotten?"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions import (
    forgive_everybody,
    remove_area,
    remove_interlock,
    save_area,
    save_interlock,
)
from portvakt.server.places.models import Area, Controller, ControllerTask, Door, Interlock, InterlockDoor
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.form_page import Around, crumbs, form_page
from portvakt.server.web.board.forms_areas import AreaForm, InterlockForm, WhichController
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.places import PURPOSE
from portvakt.server.web.forms import posted

DOOR_ORDER = ("section__name", "name")


@page("door_operation", Permission.DOOR_READ)
def areas(request: BoardRequest) -> HttpResponse:
    """List areas and interlocks, by controller."""
    doors = Door.objects.select_related("section").order_by(*DOOR_ORDER)
    interlocked = InterlockDoor.objects.select_related("door__section").order_by("door__name")
    own = Controller.objects.filter(organisation=request.organisation).select_related("site")
    controllers = own.order_by("site__name", "name").prefetch_related(
        Prefetch(
            "areas", Area.objects.order_by("name").prefetch_related(Prefetch("ways_in", doors), Prefetch("ways_out", doors))
        ),
        Prefetch("interlocks", Interlock.objects.order_by("name").prefetch_related(Prefetch("doors", interlocked))),
        Prefetch("tasks", ControllerTask.objects.filter(action=ControllerTask.Action.FORGIVE).order_by("-asked_at")),
    )  # fmt: skip
    return render(request, "board/areas/areas.html", {"controllers": controllers})


@page("door_operation", Permission.DOOR_RELEASE)
@require_POST
def forgive(request: BoardRequest, controller: UUID) -> HttpResponse:
    """Ask a controller to forget where everybody is."""
    found = get_object_or_404(Controller, pk=controller, organisation=request.organisation)
    forgive_everybody(found, by=request.operator)
    return HttpResponseRedirect(_areas(request))


@page(PURPOSE, Permission.PLACE_MANAGE)
def new_area(request: BoardRequest) -> HttpResponse:
    """Add an area to a controller."""
    return _new(request, _("Add area"), "board:new_area", lambda at: _area_page(request, Area(controller=at), at))


@page(PURPOSE, Permission.PLACE_MANAGE)
def edit_area(request: BoardRequest, area: UUID) -> HttpResponse:
    """Change an area and its doors."""
    found = get_object_or_404(Area.objects.select_related("controller"), pk=area, organisation=request.organisation)
    return _area_page(request, found, found.controller)


@page(PURPOSE, Permission.PLACE_MANAGE)
def drop_area(request: BoardRequest, area: UUID) -> HttpResponse:
    """Remove an area, once confirmed."""
    found = get_object_or_404(Area, pk=area, organisation=request.organisation)
    question = Question(
        title=_("Remove the area %(name)s?") % {"name": found.name},
        text=_("Its doors stay. Nothing is counted any more, and what the area asked for is asked no longer."),
        button=_("Remove"),
        back=_areas(request),
    )
    return confirm(request, question, lambda: remove_area(found, by=request.operator))


@page(PURPOSE, Permission.PLACE_MANAGE)
def new_interlock(request: BoardRequest) -> HttpResponse:
    """Add an interlock to a controller."""

    def show(at: Controller) -> HttpResponse:
        return _interlock_page(request, Interlock(controller=at), at)

    return _new(request, _("Add interlock"), "board:new_interlock", show)


@page(PURPOSE, Permission.PLACE_MANAGE)
def edit_interlock(request: BoardRequest, interlock: UUID) -> HttpResponse:
    """Change an interlock and its doors."""
    rows = Interlock.objects.select_related("controller")
    found = get_object_or_404(rows, pk=interlock, organisation=request.organisation)
    return _interlock_page(request, found, found.controller)


@page(PURPOSE, Permission.PLACE_MANAGE)
def drop_interlock(request: BoardRequest, interlock: UUID) -> HttpResponse:
    """Remove an interlock, once confirmed."""
    found = get_object_or_404(Interlock, pk=interlock, organisation=request.organisation)
    question = Question(
        title=_("Remove the interlock %(name)s?") % {"name": found.name},
        text=_("Its doors may then be open at the same time."),
        button=_("Remove"),
        back=_areas(request),
    )
    return confirm(request, question, lambda: remove_interlock(found, by=request.operator))


def _area_page(request: BoardRequest, area: Area, controller: Controller) -> HttpResponse:
    form = AreaForm(posted(request), instance=area, doors=_doors(controller))

    def save(values: dict[str, Any]) -> AuditEntry:
        inside, outside = values["inside_doors"], values["outside_doors"]
        return save_area(form.instance, inside=inside, outside=outside, by=request.operator)

    title = _("Edit area") if area.name else _("Add area")
    text = _("An area is what lies behind one or several doors of a controller, which counts who is inside.")
    return form_page(request, form, _around(request, title, text), save)


def _interlock_page(request: BoardRequest, interlock: Interlock, controller: Controller) -> HttpResponse:
    form = InterlockForm(posted(request), instance=interlock, doors=_doors(controller))

    def save(values: dict[str, Any]) -> AuditEntry:
        return save_interlock(form.instance, values["doors"], by=request.operator)

    title = _("Edit interlock") if interlock.name else _("Add interlock")
    text = _("While one of the doors is open or released, the others do not open. Exit buttons always do.")
    return form_page(request, form, _around(request, title, text), save)


def _new(request: BoardRequest, title: str, view: str, show: Callable[[Controller], HttpResponse]) -> HttpResponse:
    """Ask for which controller, where there are several; then show the form itself."""
    controllers = Controller.objects.filter(organisation=request.organisation).order_by("site__name", "name")
    chosen = WhichController(request.GET or None, controllers=controllers)
    if chosen.is_bound and chosen.is_valid():
        return show(chosen.cleaned_data["controller"])
    found = list(controllers[:2])
    if len(found) == 1:
        return HttpResponseRedirect(f"{reverse(view, args=[request.organisation.slug])}?controller={found[0].pk}")
    status = 422 if chosen.errors else 200
    return render(request, "board/areas/which.html", {"form": chosen, "title": title}, status=status)


def _doors(controller: Controller) -> list[Door]:
    return list(Door.objects.filter(controller=controller).select_related("section").order_by(*DOOR_ORDER))


def _around(request: BoardRequest, title: str, text: str) -> Around:
    back = _areas(request)
    return Around(title, crumbs((back, _("Areas"))), back, text)


def _areas(request: BoardRequest) -> str:
    return reverse("board:areas", args=[request.organisation.slug])
