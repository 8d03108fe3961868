"""What happened at the doors, and to whom? Looking somebody up, and taking the log out, are themselves put on record."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portvakt.core.privacy import Kind, Subject
from portvakt.server.access.models import AccessRule
from portvakt.server.logbook.actions import record_export, record_look_up
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.people.models import Person
from portvakt.server.places.models import Controller, Door
from portvakt.server.privacy.actions import About
from portvakt.server.purpose.actor import Permission
from portvakt.server.web import words
from portvakt.server.web.board.event_search import IDENTITY, events, newest, persons_of
from portvakt.server.web.board.forms_logs import AccessLogFilter
from portvakt.server.web.board.handing_over import Chosen, File, hand_over
from portvakt.server.web.board.newest import one_page, position
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import named
from portvakt.server.web.csv_file import csv_file

PURPOSE = "entry_log_review"
TEMPLATE = "board/logs/access.html"
CSV_ROWS = 50_000
CANDIDATES = 20
# Beyond a thousand new events their number says no more.
MANY = 1_000
# A bigint has 19 digits at most.
ID_DIGITS = 19
DOOR_ORDER = ("section__site__name", "section__name", "name")


def _doors(request: BoardRequest) -> list[Door]:
    rows = Door.objects.filter(organisation=request.organisation).select_related("section__site")
    return list(rows.order_by(*DOOR_ORDER))


def _persons(request: BoardRequest) -> QuerySet[Person]:
    return Person.objects.filter(organisation=request.organisation).only(*IDENTITY)


@page(PURPOSE, Permission.ACCESS_LOG_READ)
def access_log(request: BoardRequest) -> HttpResponse:
    """Show the newest events that fit the filter, with the names of those who passed."""
    doors = _doors(request)
    return _show(request, AccessLogFilter(request.GET, doors=doors), doors)


def _show(request: BoardRequest, chosen: AccessLogFilter, doors: list[Door]) -> HttpResponse:
    context: dict[str, Any] = {"filter": chosen, "rows": []}
    candidates = _candidates(request, chosen) if chosen.is_valid() else []
    if candidates or chosen.errors:
        return render(request, TEMPLATE, context | {"candidates": candidates}, status=422 if chosen.errors else 200)
    person = _look_up(request, chosen)
    rows, following = one_page(events(request.organisation, chosen), position(request.GET.get("after", ""), int))
    context |= {"rows": _shown(rows, doors), "following": following, "person": person, "used": chosen.used()}
    context["newest"] = newest(request.organisation)
    return render(request, TEMPLATE, context)


@page(PURPOSE, Permission.ACCESS_LOG_READ)
def new_events(request: BoardRequest) -> HttpResponse:
    """Say how many events that fit the filter have come since a page of the log was shown; `than` is its newest id."""
    chosen, than = AccessLogFilter(request.GET, doors=_doors(request)), request.GET.get("than", "")
    count = 0
    if chosen.is_valid() and than.isdecimal() and len(than) < ID_DIGITS:
        count = events(request.organisation, chosen).filter(pk__gt=int(than))[:MANY].count()
    query = request.GET.copy()
    query.pop("than", None)
    address = f"{reverse('board:access_log', args=[request.organisation.slug])}?{query.urlencode()}"
    return render(request, "board/logs/new.html", {"count": count, "address": address})


def _candidates(request: BoardRequest, chosen: AccessLogFilter) -> list[Person]:
    """Return the persons whom the words of a name may mean, to choose among; none where no name was given."""
    if chosen.cleaned_data["person"] or not (text := chosen.cleaned_data["who"]):
        return []
    found = list(named(_persons(request), text, by_address=False).order_by("last_name", "first_name")[:CANDIDATES])
    if not found:
        chosen.add_error("who", _("Nobody has this name."))
    if len(found) != 1:
        return found
    chosen.cleaned_data["person"] = found[0].pk
    return []


def _look_up(request: BoardRequest, chosen: AccessLogFilter) -> Person | None:
    """Put on record that one person's passages are looked at; once for all pages of the same answer."""
    if not (wanted := chosen.cleaned_data["person"]):
        return None
    person = _persons(request).filter(pk=wanted).first() or Person(pk=wanted)
    if not request.GET.get("after"):
        record_look_up(person, by=request.operator)
    return person


def _shown(rows: list[AccessEvent], doors: Iterable[Door]) -> list[dict[str, Any]]:
    """Return each row with what its ids stand for today."""
    persons, by_id = persons_of(rows), {door.pk: door for door in doors}
    controllers = Controller.objects.in_bulk({row.controller_id for row in rows})
    rules = AccessRule.objects.in_bulk({row.rule_id for row in rows if row.rule_id})
    return [
        {
            "event": row,
            "door": by_id.get(row.door_id) if row.door_id else None,
            "person": persons.get(row.person_id) if row.person_id else None,
            "controller": controllers.get(row.controller_id),
            "rule": rules.get(row.rule_id) if row.rule_id else None,
        }
        for row in rows
    ]


@page(PURPOSE, Permission.ACCESS_LOG_READ)
def export(request: BoardRequest) -> HttpResponse:
    """Answer with the events that fit the filter as CSV, at most CSV_ROWS of them; written down who took them out, and who got them."""
    doors = _doors(request)
    chosen = AccessLogFilter(request.GET, doors=doors)
    if not chosen.is_valid() or _candidates(request, chosen) or chosen.errors:
        return _show(request, chosen, doors)
    file = File(
        title=_("Take out the access log"),
        text=_("The events that fit the filter, with the names of those who passed."),
        back=f"{reverse('board:access_log', args=[request.organisation.slug])}?{request.GET.urlencode()}",
    )
    return hand_over(request, file, lambda to: _file(to, chosen, doors))


def _file(to: Chosen, chosen: AccessLogFilter, doors: list[Door]) -> HttpResponse:
    request = to.request
    person = Person(pk=chosen.cleaned_data["person"]) if chosen.cleaned_data["person"] else None
    record_export(person, by=request.operator, fields=chosen.used())
    rows = list(events(request.organisation, chosen)[:CSV_ROWS])
    about = [About(Subject.HOLDER, row.person_id) for row in rows if row.person_id]
    disclosed = to.disclosed(about, [Kind.IDENTITY, Kind.PASSAGE, Kind.DOOR_EVENT])
    heads = (
        _("Time"),
        _("Event"),
        _("Site"),
        _("Section"),
        _("Door"),
        _("Side"),
        _("Auth type"),
        _("Reason"),
        _("Person"),
    )
    lines = _lines(rows, {door.pk: door for door in doors})
    return csv_file(f"{request.organisation.slug}-{timezone.localdate().isoformat()}", heads, lines, after=disclosed)


def _lines(rows: list[AccessEvent], doors: dict[UUID, Door]) -> Iterator[tuple[str, ...]]:
    persons = persons_of(rows)
    for row in rows:
        door = doors.get(row.door_id) if row.door_id else None
        yield _line(row, door, persons.get(row.person_id) if row.person_id else None)


def _line(row: AccessEvent, door: Door | None, person: Person | None) -> tuple[str, ...]:
    where = (door.section.site.name, door.section.name, door.name) if door else ("", "", "")
    return (
        timezone.localtime(row.at).isoformat(sep=" ", timespec="seconds"),
        str(words.EVENTS.get(row.kind, row.kind)),
        *where,
        str(words.SIDES.get(row.side, row.side)),
        words.auth_type(row.auth_type),
        str(words.REASONS.get(row.reason, row.reason)),
        person.name if person else (_("Erased person") if row.person_id else ""),
    )
