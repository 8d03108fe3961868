"""Who can open this door, now and ever, and how does that, or what a person can open, leave as a file?"""

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portvakt.core.privacy import Kind, Subject
from portvakt.server.access.actions import record_reach_export
from portvakt.server.people.models import Person
from portvakt.server.places.models import Door
from portvakt.server.privacy.actions import About
from portvakt.server.purpose.actor import Permission
from portvakt.server.web import words
from portvakt.server.web.board.handing_over import Chosen, File, hand_over
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE, own_persons
from portvakt.server.web.board.reach import Opening, reach_of_door, reach_of_person
from portvakt.server.web.csv_file import csv_file

PAGE_ROWS = 100


@page(PURPOSE, Permission.PERSON_READ)
def door_reach(request: BoardRequest, door: UUID) -> HttpResponse:
    """List who can open a door, everybody or those who can now."""
    found = get_object_or_404(Door.objects.select_related("section__site"), pk=door, organisation=request.organisation)
    every = reach_of_door(found)
    now = [opening for opening in every if opening.now]
    only_now = request.GET.get("when") == "now"
    shown = Paginator(now if only_now else every, PAGE_ROWS).get_page(request.GET.get("page"))
    counts = {"ever": len({row.person.pk for row in every}), "now": len({row.person.pk for row in now})}
    context = {"door": found, "page_obj": shown, "counts": counts, "only_now": only_now}
    return render(request, "board/doors/reach.html", context)


@page(PURPOSE, Permission.PERSON_READ)
def door_reach_export(request: BoardRequest, door: UUID) -> HttpResponse:
    """Answer with who can open a door as CSV; written down who took it out."""
    found = get_object_or_404(Door.objects.select_related("section__site"), pk=door, organisation=request.organisation)
    file = File(
        title=_("Take out who can open %(door)s") % {"door": found.name},
        text=_("Everybody who can ever open it, with names, and when."),
        back=reverse("board:door_reach", args=[request.organisation.slug, found.pk]),
    )
    return hand_over(request, file, lambda to: _file(to, found, found.name, reach_of_door(found)))


@page(PURPOSE, Permission.PERSON_READ)
def person_reach_export(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Answer with what a person can open as CSV; written down who took it out."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    file = File(
        title=_("Take out what %(name)s can open") % {"name": someone.name},
        text=_("Every door that the person can ever open, and when."),
        back=reverse("board:person", args=[request.organisation.slug, someone.pk]),
    )
    return hand_over(request, file, lambda to: _file(to, someone, "person", reach_of_person(someone)))


def _file(to: Chosen, on: Door | Person, what: str, found: Iterable[Opening]) -> HttpResponse:
    rows = list(found)
    record_reach_export(on, by=to.request.operator)
    about = [About(Subject.HOLDER, row.person.pk) for row in rows]
    disclosed = to.disclosed(about, [Kind.IDENTITY, Kind.ACCESS_RIGHT])
    heads = (_("Person"), _("Flat or company"), _("Site"), _("Section"), _("Door"), _("Side"), _("With"), _("Not held"),
             _("Rule"), _("Schedule"), _("From"), _("To"), _("Now"))  # fmt: skip
    safe = "".join(character if character.isascii() and character.isalnum() else "-" for character in what)
    name = f"{to.request.organisation.slug}-{safe}-{timezone.localdate().isoformat()}"
    return csv_file(name, heads, (tuple(_line(row)) for row in rows), after=disclosed)


def _line(row: Opening) -> Iterator[str]:
    yield from (row.person.name, row.person.unit, row.door.section.site.name, row.door.section.name, row.door.name)
    yield str(words.SIDES[row.side])
    for auth_types in (row.auth_types, row.not_held):
        yield ", ".join(map(words.auth_type, auth_types))
    yield from (row.rule.name, row.rule.schedule.name if row.rule.schedule else _("Always"))
    for moment in (row.valid_from, row.valid_to):
        yield timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else ""
    yield _("yes") if row.now else _("no")
