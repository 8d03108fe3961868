"""Who gains and who loses by a change, shown before it is saved?

A page that saves asks `reviewed()` first. Where nobody gains or loses, it saves at once; else the difference is shown with what was filled
in, and the same address is posted once more with `confirmed`.
"""

from collections.abc import Callable, Iterator
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.shortcuts import render

from portvakt.server.access.preview import Touched, preview
from portvakt.server.people.models import Person
from portvakt.server.places.models import Door
from portvakt.server.web.board.page import BoardRequest

CONFIRMED = "confirmed"
# More persons than this are counted, not named.
MOST_NAMED = 50
# Of a person's doors, so many are named.
MOST_DOORS = 6
# Where names of persons may not be read, only their number is shown.
NAMES_FOR = frozenset({"access_administration"})


class Affected(msgspec.Struct, frozen=True):
    """A person and the doors that they gain or lose; no name where the page's purpose may not read it."""

    name: str
    unit: str
    doors: tuple[str, ...]
    more: int


class Side(msgspec.Struct, frozen=True):
    """Who gains, or who loses: how many, at which doors, and the first of them by name."""

    count: int
    doors: tuple[tuple[str, int], ...]
    named: tuple[Affected, ...]
    more: int


class Impact(msgspec.Struct, frozen=True):
    """Who gains and who loses, and whether they are named."""

    gains: Side
    losses: Side
    named: bool


def reviewed(
    request: BoardRequest, act: Callable[[], object], *, back: str, purpose: str = "access_administration"
) -> HttpResponse | None:
    """Answer with who would gain or lose; None where nobody would, or where that was seen and confirmed."""
    if CONFIRMED in request.POST or (impact := impact_of(request, act, purpose)) is None:
        return None
    return render(request, "board/preview.html", {"impact": impact, "sent": list(_sent(request)), "back": back})


def impact_of(
    request: BoardRequest, act: Callable[[], object], purpose: str = "access_administration"
) -> Impact | None:
    """Return who would gain and who would lose; None where nobody would. Raises what the change refuses with."""
    difference = preview(request.organisation.pk, act)
    if not difference:
        return None
    doors = {str(pk): name for pk, name in Door.objects.values_list("pk", "name")}
    gains, losses = _side(difference.gains, doors, purpose), _side(difference.losses, doors, purpose)
    return Impact(gains, losses, named=purpose in NAMES_FOR)


def _sent(request: BoardRequest) -> Iterator[tuple[str, str]]:
    """Yield what was filled in, to be sent once more."""
    for name, values in request.POST.lists():
        if name != "csrfmiddlewaretoken":
            yield from ((name, str(value)) for value in values)


def _side(touched: Touched, doors: dict[str, str], purpose: str) -> Side:
    counts: dict[str, int] = {}
    for ids in touched.values():
        for door in ids:
            counts[doors.get(door, "")] = counts.get(doors.get(door, ""), 0) + 1
    named = _named(touched, doors) if purpose in NAMES_FOR else ()
    return Side(len(touched), tuple(sorted(counts.items())), named, max(0, len(touched) - len(named)))


def _named(touched: Touched, doors: dict[str, str]) -> tuple[Affected, ...]:
    persons = Person.objects.filter(pk__in=[UUID(person) for person in touched]).order_by(
        "last_name", "first_name", "pk"
    )
    rows = []
    for person in persons[:MOST_NAMED]:
        names = sorted(doors.get(door, "") for door in touched[str(person.pk)])
        rows.append(Affected(person.name, person.unit, tuple(names[:MOST_DOORS]), max(0, len(names) - MOST_DOORS)))
    return tuple(rows)
