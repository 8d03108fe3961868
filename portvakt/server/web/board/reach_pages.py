"""Who can open this door, now and ever, and how does that, or what a person can open, leave as a file?"""

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from portvakt.server.access.actions import record_reach_export
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Permission
from portvakt.server.web import words
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
    record_reach_export(found, by=request.operator)
    return _file(request, found.name, reach_of_door(found))


@page(PURPOSE, Permission.PERSON_READ)
def person_reach_export(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Answer with what a person can open as CSV; written down who took it out."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    record_reach_export(someone, by=request.operator)
    return _file(request, "person", reach_of_person(someone))


def _file(request: BoardRequest, what: str, rows: Iterable[Opening]) -> HttpResponse:
    heads = (_("Person"), _("Flat or company"), _("Site"), _("Section"), _("Door"), _("Side"), _("With"), _("Not held"),
             _("Rule"), _("Schedule"), _("From"), _("To"), _("Now"))  # fmt: skip
    safe = "".join(character if character.isascii() and character.isalnum() else "-" for character in what)
    name = f"{request.organisation.slug}-{safe}-{timezone.localdate().isoformat()}"
    return csv_file(name, heads, (tuple(_line(row)) for row in rows))


def _line(row: Opening) -> Iterator[str]:
    yield from (row.person.name, row.person.unit, row.door.section.site.name, row.door.section.name, row.door.name)
    yield str(words.SIDES[row.side])
    for auth_types in (row.auth_types, row.not_held):
        yield ", ".join(map(words.auth_type, auth_types))
    yield from (row.rule.name, row.rule.schedule.name if row.rule.schedule else _("Always"))
    for moment in (row.valid_from, row.valid_to):
        yield timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else ""
    yield _("yes") if row.now else _("no")
