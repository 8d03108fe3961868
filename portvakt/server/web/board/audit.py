"""Who has done what in the organisation, for which purpose? Names come from the accounts, never from the entries."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from portvakt.server.accounts.models import Account
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board import audit_words
from portvakt.server.web.board.forms_logs import AuditLogFilter
from portvakt.server.web.board.newest import one_page, position
from portvakt.server.web.board.page import BoardRequest, page

PURPOSE = "audit_review"
# Objects with a page: its view, and the permission to see it. Persons may not be read for this purpose, so whether one is still there
# is for the person's own page to answer.
PAGES = {
    "access.AccessRule": ("rule", Permission.RULE_READ),
    "access.Schedule": ("schedule", Permission.RULE_READ),
    "accounts.Membership": ("operator", Permission.OPERATOR_MANAGE),
    "people.Person": ("person", Permission.PERSON_READ),
    "places.Controller": ("controller", Permission.CONTROLLER_READ),
    "places.Door": ("door", Permission.DOOR_READ),
}
UNSEEN = "people.Person"
BY_SUPPORT = ("support_answering", "support_log_look", "support_look")


@page(PURPOSE, Permission.AUDIT_LOG_READ)
def audit_log(request: BoardRequest) -> HttpResponse:
    """Show the newest audit entries that fit the filter."""
    operators = {account.pk: account.name for account in _operators(request)}
    chosen = AuditLogFilter(
        request.GET,
        operators=[(str(pk), name) for pk, name in operators.items()],
        kinds=sorted({(str(word), str(word)) for word in audit_words.KINDS.values()}),
        actions=sorted(((code, str(word)) for code, word in audit_words.ACTIONS.items()), key=lambda pair: pair[1]),
    )
    if not chosen.is_valid():
        return render(request, "board/logs/audit.html", {"filter": chosen, "rows": []}, status=422)
    rows, following = one_page(_entries(request, chosen.cleaned_data), position(request.GET.get("after", ""), UUID))
    context = {"filter": chosen, "rows": _shown(request, rows, operators), "following": following}
    return render(request, "board/logs/audit.html", context | {"used": any(chosen.cleaned_data.values())})


def _operators(request: BoardRequest) -> QuerySet[Account]:
    members = Account.objects.filter(memberships__organisation=request.organisation)
    return members.only("pk", "first_name", "last_name", "email").order_by("last_name", "first_name", "email")


def _entries(request: BoardRequest, by: dict[str, Any]) -> QuerySet[AuditEntry]:
    kinds = [label for label, word in audit_words.KINDS.items() if str(word) == by["kind"]]
    exact = {
        "at__gte": by["since"],
        "at__lt": by["until"],
        "actor_id": by["operator"] or None,
        "object_kind__in": kinds or None,
        "action": by["action"] or None,
    }
    found = AuditEntry.objects.filter(organisation=request.organisation)
    return found.filter(**{name: value for name, value in exact.items() if value is not None})


def _shown(request: BoardRequest, rows: Iterable[AuditEntry], operators: dict[UUID, str]) -> list[dict[str, Any]]:
    """Return each entry in words; `who` is empty for an operator who has left."""
    there = _still_there(rows)
    return [
        {
            "entry": row,
            "who": _who(row, operators),
            "action": audit_words.action_word(row.action),
            "kind": audit_words.KINDS.get(row.object_kind, row.object_kind),
            "fields": sorted({audit_words.field_word(row.object_kind, name) for name in row.fields}),
            "purpose": audit_words.purpose_word(row.purpose),
            "address": _address(request, row, there),
        }
        for row in rows
    ]


def _who(row: AuditEntry, operators: dict[UUID, str]) -> str:
    """Name who did it; an account of the provider's support is no member here, and is called what it is."""
    if row.purpose in BY_SUPPORT:
        return _("Support")
    return operators.get(row.actor_id, "") if row.actor_id else row.actor_name


def _still_there(rows: Iterable[AuditEntry]) -> set[tuple[str, UUID]]:
    """Return those objects of the entries that have a page and exist, with one query for each kind."""
    wanted: dict[str, set[UUID]] = {}
    for row in rows:
        if row.object_kind in PAGES and row.object_kind != UNSEEN and row.object_id:
            wanted.setdefault(row.object_kind, set()).add(row.object_id)
    return {
        (kind, pk)
        for kind, ids in wanted.items()
        for pk in apps.get_model(kind)._default_manager.filter(pk__in=ids).values_list("pk", flat=True)
    }


def _address(request: BoardRequest, row: AuditEntry, there: set[tuple[str, UUID]]) -> str:
    view, permission = PAGES.get(row.object_kind, ("", None))
    if not row.object_id or permission is None or not request.operator.may(permission):
        return ""
    if row.object_kind != UNSEEN and (row.object_kind, row.object_id) not in there:
        return ""
    return reverse(f"board:{view}", args=[request.organisation.slug, row.object_id])
