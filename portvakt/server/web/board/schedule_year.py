"""What does a whole year of a schedule look like, day by day, and how does it leave as a calendar file?"""

from collections import Counter
from datetime import date
from itertools import groupby
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dates import MONTHS

from portvakt.server.access.calendar import Day, year_of
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.hours import Span, spans
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE
from portvakt.server.web.board.schedules import own_schedules

# The years that controllers take, see core.schedule.
FIRST, LAST = 2000, 2199
# More kinds of day than this share the last colour.
COLOURS = 6
Hours = tuple[tuple[int, int], ...]


class Cell(msgspec.Struct, frozen=True):
    """One day in the grid; `colour` is 0 for closed, the commonest hours have 1."""

    day: Day
    colour: int
    spans: tuple[Span, ...]


class Month(msgspec.Struct, frozen=True):
    """One month: its name, how many empty cells come before the first, its days, and those that have a name."""

    name: str
    before: range
    cells: tuple[Cell, ...]
    named: tuple[Cell, ...]


@page(PURPOSE, Permission.RULE_READ)
def year(request: BoardRequest, schedule_id: UUID, year: int) -> HttpResponse:
    """Show a schedule's year."""
    shown = get_object_or_404(own_schedules(request), pk=schedule_id)
    year = min(max(year, FIRST), LAST)
    days = year_of(shown, year)
    colours = _colours(days)
    context = {
        "schedule": shown,
        "year": year,
        "previous": year - 1 if year > FIRST else None,
        "following": year + 1 if year < LAST else None,
        "months": [_month(number, list(grouped), colours) for number, grouped in groupby(days, lambda d: d.date.month)],
        "legend": [(colour, tuple(spans(_lists(hours)))) for hours, colour in colours.items()],
        "today": timezone.localdate(),
        "special_days": [
            (row, spans(row.hours)) for row in shown.special_days.filter(date__year=year).order_by("date")
        ],
    }
    return render(request, "board/schedules/year.html", context)


def _colours(days: list[Day]) -> dict[Hours, int]:
    """Give each kind of day a colour: the commonest first, closed days none."""
    counted = Counter(day.hours for day in days if day.hours)
    common = [hours for hours, _count in counted.most_common()]
    return {hours: min(number, COLOURS) for number, hours in enumerate(common, start=1)} | {(): 0}


def _month(number: int, days: list[Day], colours: dict[Hours, int]) -> Month:
    cells = tuple(Cell(day, colours[day.hours], tuple(spans(_lists(day.hours)))) for day in days)
    first: date = days[0].date
    named = tuple(cell for cell in cells if cell.day.name or cell.day.special)
    return Month(str(MONTHS[number]), range(first.weekday()), cells, named)


def _lists(hours: Hours) -> list[list[int]]:
    return [[start, end] for start, end in hours]
