"""How are sites, sections, controllers, doors and readers set up?"""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from portvakt.server.access.guards import guarded
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions import (
    add_controller,
    add_door,
    add_reader,
    add_section,
    add_site,
    change_door,
    change_site,
    remove_controller,
    remove_door,
    remove_reader,
    remove_section,
    remove_site,
    rename_controller,
    rename_section,
)
from portvakt.server.places.models import Controller, Door, Reader, Section, Site
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.forms_places import DoorForm, NameForm, NewDoorForm, ReaderForm, SiteForm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.preview import reviewed
from portvakt.server.web.forms import Refusable, posted, refusals_beside, show_form

PURPOSE = "premises_administration"


@page(PURPOSE, Permission.PLACE_MANAGE)
def places(request: BoardRequest) -> HttpResponse:
    """Show the tree of places with what can be added where."""
    doors = Door.objects.select_related("controller").prefetch_related("readers").order_by("name")
    sections = Section.objects.order_by("name").prefetch_related(Prefetch("doors", doors))
    sites = Site.objects.filter(organisation=request.organisation).order_by("name")
    sites = sites.prefetch_related(
        Prefetch("sections", sections), Prefetch("controllers", Controller.objects.order_by("name"))
    )
    return render(request, "board/places/places.html", {"sites": sites})


@page(PURPOSE, Permission.PLACE_MANAGE)
def new_site(request: BoardRequest) -> HttpResponse:
    """Add a site."""

    def add(values: dict[str, Any]) -> AuditEntry:
        return add_site(by=request.operator, **values)[1]

    return _form_page(request, SiteForm(posted(request)), add, title=_("Add site"))


@page(PURPOSE, Permission.PLACE_MANAGE)
def edit_site(request: BoardRequest, site: UUID) -> HttpResponse:
    """Change a site's name, address, time zone and position."""
    found = get_object_or_404(Site, pk=site, organisation=request.organisation)
    form = SiteForm(posted(request), instance=Site.objects.get(pk=found.pk))

    def change(values: dict[str, Any]) -> AuditEntry:
        with guarded(request.organisation.pk):
            return change_site(found, by=request.operator, **values)

    return _form_page(request, form, change, title=_("Edit site"), where=found.name)


@page(PURPOSE, Permission.PLACE_MANAGE)
def drop_site(request: BoardRequest, site: UUID) -> HttpResponse:
    """Remove an empty site, once confirmed."""
    found = get_object_or_404(Site, pk=site, organisation=request.organisation)
    return _remove(request, found.name, lambda: remove_site(found, by=request.operator))


@page(PURPOSE, Permission.PLACE_MANAGE)
def edit_section(request: BoardRequest, section: UUID) -> HttpResponse:
    """Give a section another name."""
    found = get_object_or_404(Section, pk=section, organisation=request.organisation)

    def change(values: dict[str, Any]) -> AuditEntry:
        return rename_section(found, by=request.operator, **values)

    form = NameForm(posted(request), initial={"name": found.name})
    return _form_page(request, form, change, title=_("Rename section"), where=found.name)


@page(PURPOSE, Permission.PLACE_MANAGE)
def drop_section(request: BoardRequest, section: UUID) -> HttpResponse:
    """Remove an empty section, once confirmed."""
    found = get_object_or_404(Section, pk=section, organisation=request.organisation)
    return _remove(request, found.name, lambda: remove_section(found, by=request.operator))


@page(PURPOSE, Permission.PLACE_MANAGE)
def edit_controller(request: BoardRequest, controller: UUID) -> HttpResponse:
    """Give a controller another name."""
    found = get_object_or_404(Controller, pk=controller, organisation=request.organisation)

    def change(values: dict[str, Any]) -> AuditEntry:
        return rename_controller(found, by=request.operator, **values)

    form = NameForm(posted(request), initial={"name": found.name})
    return _form_page(request, form, change, title=_("Rename controller"), where=found.name)


@page(PURPOSE, Permission.PLACE_MANAGE)
def drop_controller(request: BoardRequest, controller: UUID) -> HttpResponse:
    """Remove a controller without doors, once confirmed."""
    found = get_object_or_404(Controller, pk=controller, organisation=request.organisation)
    return _remove(request, found.name, lambda: remove_controller(found, by=request.operator))


@page(PURPOSE, Permission.PLACE_MANAGE)
def drop_door(request: BoardRequest, door: UUID) -> HttpResponse:
    """Remove a door that nothing belongs to, once confirmed."""
    found = get_object_or_404(Door, pk=door, organisation=request.organisation)
    return _remove(request, found.name, lambda: remove_door(found, by=request.operator))


def _remove(request: BoardRequest, name: str, act: Callable[[], AuditEntry]) -> HttpResponse:
    question = Question(
        title=_("Remove %(name)s?") % {"name": name},
        text=_("Only what is empty can be removed. The logs stay as they are."),
        button=_("Remove"),
        back=_places(request),
    )
    return confirm(request, question, act)


@page(PURPOSE, Permission.PLACE_MANAGE)
def new_section(request: BoardRequest, site: UUID) -> HttpResponse:
    """Add a section to a site."""
    found = get_object_or_404(Site, pk=site, organisation=request.organisation)

    def add(values: dict[str, Any]) -> AuditEntry:
        return add_section(found, by=request.operator, **values)[1]

    return _form_page(request, NameForm(posted(request)), add, title=_("Add section"), where=found.name)


@page(PURPOSE, Permission.PLACE_MANAGE)
def new_controller(request: BoardRequest, site: UUID) -> HttpResponse:
    """Add a controller to a site; a device becomes it by enrolment."""
    found = get_object_or_404(Site, pk=site, organisation=request.organisation)

    def add(values: dict[str, Any]) -> AuditEntry:
        return add_controller(found, by=request.operator, **values)[1]

    return _form_page(request, NameForm(posted(request)), add, title=_("Add controller"), where=found.name)


@page(PURPOSE, Permission.PLACE_MANAGE)
def new_door(request: BoardRequest, section: UUID) -> HttpResponse:
    """Add a door to a section."""
    found = get_object_or_404(Section.objects.select_related("site"), pk=section, organisation=request.organisation)
    controllers = Controller.objects.filter(organisation=request.organisation, site=found.site).order_by("name")
    form = NewDoorForm(posted(request), controllers=controllers)

    def add(values: dict[str, Any]) -> AuditEntry:
        return add_door(found, values.pop("controller"), by=request.operator, **values)[1]

    return _form_page(request, form, add, title=_("Add door"), where=f"{found.site.name}, {found.name}")


@page(PURPOSE, Permission.PLACE_MANAGE)
def edit_door(request: BoardRequest, door: UUID) -> HttpResponse:
    """Change a door."""
    found = get_object_or_404(Door, pk=door, organisation=request.organisation)
    form = DoorForm(posted(request), instance=Door.objects.get(pk=found.pk))

    def change(values: dict[str, Any]) -> AuditEntry:
        with guarded(request.organisation.pk):
            return change_door(Door.objects.get(pk=found.pk), by=request.operator, **values)

    to = reverse("board:door", args=[request.organisation.slug, found.pk])
    return _form_page(request, form, change, title=_("Edit door"), where=found.name, to=to, review=True)


@page(PURPOSE, Permission.PLACE_MANAGE)
def new_reader(request: BoardRequest, door: UUID) -> HttpResponse:
    """Put a reader on one side of a door."""
    found = get_object_or_404(Door, pk=door, organisation=request.organisation)

    def add(values: dict[str, Any]) -> AuditEntry:
        return add_reader(found, by=request.operator, **values)[1]

    return _form_page(request, ReaderForm(posted(request)), add, title=_("Add reader"), where=found.name)


@page(PURPOSE, Permission.PLACE_MANAGE)
def take_reader(request: BoardRequest, reader: UUID) -> HttpResponse:
    """Take a reader away, once confirmed."""
    found = get_object_or_404(Reader.objects.select_related("door"), pk=reader, organisation=request.organisation)
    question = Question(
        title=_("Remove the reader at %(door)s?") % {"door": found.door.name},
        text=_("Cards and codes can no longer be presented on that side."),
        button=_("Remove"),
        back=_places(request),
    )
    return confirm(request, question, lambda: remove_reader(found, by=request.operator))


def _places(request: BoardRequest) -> str:
    return reverse("board:places", args=[request.organisation.slug])


def _form_page(
    request: BoardRequest,
    form: forms.BaseForm,
    act: Callable[[dict[str, Any]], AuditEntry],
    *,
    title: str,
    where: str = "",
    to: str = "",
    review: bool = False,
) -> HttpResponse:
    """Answer with a form; once it is filled in well, act and go back to the place it is about.

    With `review` it is first shown how many gain or lose access by it, if anybody does.
    """
    back = to or _places(request)
    if form.is_bound and form.is_valid() and isinstance(form, Refusable):
        change = partial(act, dict(form.cleaned_data))
        with refusals_beside(form):
            if review and (answer := reviewed(request, change, back=back, purpose=PURPOSE)) is not None:
                return answer
            return done(request, change(), to=back, message=_("Saved."))
    return show_form(request, "board/places/form.html", form, title=title, where=where, back=back)
