"""Who can open this door, now and ever, and how does that, or what a person can open, leave as a file?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from portvakt.core.decision.model import CredentialKind
from portvakt.server.access.actions import record_reach_export
from portvakt.server.access.models import Assignment, RuleDoor
from portvakt.server.accounts.models import Membership
from portvakt.server.people.models import Credential
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Permission
from portvakt.server.web import words
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE, own_persons
from portvakt.server.web.board.reach import Held, Opening, reach, reach_of
from portvakt.server.web.board.standing import standing
from portvakt.server.web.csv_file import csv_file

PAGE_ROWS = 100


def held_by(request: BoardRequest, persons: Iterable[UUID]) -> dict[UUID, Held]:
    """Return by person what each can present."""
    wanted = set(persons)
    kinds: dict[UUID, set[CredentialKind]] = defaultdict(set)
    for row in Credential.objects.filter(person_id__in=wanted, revoked_at__isnull=True):
        if standing(row).holds:
            kinds[row.person_id].add(CredentialKind(row.kind))
    members = Membership.objects.filter(organisation=request.organisation, person_id__in=wanted)
    phones = set(members.values_list("person_id", flat=True))
    return {person: Held(frozenset(kinds[person]), person in phones) for person in wanted}


def _openings(request: BoardRequest, door: Door) -> list[Opening]:
    rules = RuleDoor.objects.filter(door=door).values("rule_id")
    persons = Assignment.objects.filter(rule_id__in=rules).values_list("person_id", flat=True)
    return reach_of(door, held_by(request, persons))


@page(PURPOSE, Permission.PERSON_READ)
def door_reach(request: BoardRequest, door: UUID) -> HttpResponse:
    """List who can open a door, everybody or those who can now."""
    found = get_object_or_404(Door.objects.select_related("section__site"), pk=door, organisation=request.organisation)
    every = _openings(request, found)
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
    return _file(request, found.name, _openings(request, found))


@page(PURPOSE, Permission.PERSON_READ)
def person_reach_export(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Answer with what a person can open as CSV; written down who took it out."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    record_reach_export(someone, by=request.operator)
    rows = Assignment.objects.filter(person=someone).select_related("rule__schedule", "person")
    return _file(request, "person", reach(rows, held_by(request, [someone.pk])[someone.pk]))


def _file(request: BoardRequest, what: str, rows: Iterable[Opening]) -> HttpResponse:
    heads = (_("Person"), _("Flat or company"), _("Site"), _("Section"), _("Door"), _("Side"), _("With"), _("Not held"),
             _("Rule"), _("Schedule"), _("From"), _("To"), _("Now"))  # fmt: skip
    safe = "".join(character if character.isascii() and character.isalnum() else "-" for character in what)
    name = f"{request.organisation.slug}-{safe}-{timezone.localdate().isoformat()}"
    return csv_file(name, heads, (tuple(_line(row)) for row in rows))


def _line(row: Opening) -> Iterator[str]:
    yield from (row.person.name, row.person.unit, row.door.section.site.name, row.door.section.name, row.door.name)
    yield str(words.SIDES[row.side])
    for possible in (True, False):
        yield ", ".join(words.auth_type(way.auth_type) for way in row.ways if way.possible is possible)
    yield from (row.rule.name, row.rule.schedule.name if row.rule.schedule else _("Always"))
    for moment in (row.valid_from, row.valid_to):
        yield timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else ""
    yield _("yes") if row.now else _("no")
