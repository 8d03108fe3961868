"""How are persons put into a rule and taken out of it, several at a time, after a look at the difference?

The page keeps no state on the server: what has been ticked so far travels in the form. Steps: find (look for more persons), review (show
the difference), save.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render

from portvakt.server.access.actions import assign, withdraw
from portvakt.server.access.guards import guarded
from portvakt.server.access.models import AccessRule, Assignment
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.models import Person
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.board.forms_rules import PersonsForm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE, named, own_persons, own_rules
from portvakt.server.web.board.preview import impact_of
from portvakt.server.web.board.rules import rule_url
from portvakt.server.web.forms import UNPROCESSABLE, posted, refusals_beside

FOUND_ROWS = 25


class Difference(msgspec.Struct, frozen=True):
    """Who would come into a rule, who would leave it, and how many stay as they are."""

    added: list[Person]
    removed: list[Assignment]
    kept: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


@page(PURPOSE, Permission.RULE_ASSIGN)
def change(request: BoardRequest, rule_id: UUID) -> HttpResponse:
    """Choose persons, look at the difference, save it."""
    rule = get_object_or_404(own_rules(request), pk=rule_id)
    form = PersonsForm(posted(request), initial={"q": ""})
    members = Assignment.objects.filter(rule=rule).select_related("person")
    members = members.order_by("person__last_name", "person__first_name")
    difference = _difference(request, members)
    step = request.POST.get("step", "find")
    if step != "find" and form.is_valid() and difference:
        period = (form.cleaned_data["valid_from"], form.cleaned_data["valid_to"])
        with refusals_beside(form):
            if step == "save":
                return _save(request, rule, difference, *period)
            return _review(request, rule, form, difference)
    return _choose(request, rule, form, members, difference)


def _review(request: BoardRequest, rule: AccessRule, form: PersonsForm, difference: Difference) -> HttpResponse:
    """Show whom it is about, and what the change does to access as all rules stand."""
    period = form.cleaned_data
    act = partial(_act, request, rule, difference, period["valid_from"], period["valid_to"])
    context = {
        "rule": rule,
        "form": form,
        "difference": difference,
        "period": period,
        "impact": impact_of(request, act),
    }
    return render(request, "board/rules/difference.html", context)


def _difference(request: BoardRequest, members: Iterable[Assignment]) -> Difference:
    """Read from the form whom to add and to remove; ids of somebody else's persons are passed over."""
    add, remove = _ids(request.POST, "add"), _ids(request.POST, "remove")
    inside = {row.person_id for row in members}
    removed = [row for row in members if row.pk in remove]
    added = list(own_persons(request).filter(pk__in=add - inside))
    return Difference(added, removed, len(inside) - len(removed))


def _ids(posted: QueryDict, name: str) -> set[UUID]:
    found = set()
    for text in posted.getlist(name):
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found


def _choose(
    request: BoardRequest, rule: AccessRule, form: PersonsForm, members: Iterable[Assignment], difference: Difference
) -> HttpResponse:
    text = request.POST.get("q", "")[:100]
    known = {row.person_id for row in members} | {row.pk for row in difference.added}
    found = list(named(own_persons(request).exclude(pk__in=known), text)[: FOUND_ROWS + 1])
    asked = request.POST.get("step", "find")
    wrong = asked != "find"
    context: dict[str, Any] = {
        "rule": rule,
        "form": form,
        "difference": difference,
        "found": found[:FOUND_ROWS],
        "more": len(found) > FOUND_ROWS,
        "members": [(row, row in difference.removed) for row in members],
        "nothing_chosen": wrong and not difference,
    }
    return render(request, "board/rules/persons.html", context, status=UNPROCESSABLE if wrong else 200)


def _save(
    request: BoardRequest, rule: AccessRule, difference: Difference, start: datetime | None, end: datetime | None
) -> HttpResponse:
    entries = _act(request, rule, difference, start, end)
    return done(request, entries[-1], to=rule_url(request, rule.pk))


def _act(
    request: BoardRequest, rule: AccessRule, difference: Difference, start: datetime | None, end: datetime | None
) -> list[AuditEntry]:
    by = request.operator
    # Guard rules are tried once, not for each person: many at once would keep all other changes waiting.
    with guarded(by.organisation):
        entries = [assign(person, rule, by=by, valid_from=start, valid_to=end) for person in difference.added]
        return entries + [withdraw(row, by=by) for row in difference.removed]
