"""What is held about me, why, who sees it, and until when? The page that a person has in an organisation, and an account of its own."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portvakt.core.privacy import Kind, Subject
from portvakt.core.retention import words as kept_words
from portvakt.server.accounts.models import PERMISSIONS, PROVIDER_ROLES, Role
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.models import Disclosure, NoticeReceipt, Way
from portvakt.server.privacy.own import PURPOSE, Held, held, longest_kept, not_counted, users_of
from portvakt.server.privacy.words import KINDS
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.register import Register
from portvakt.server.web.own import account_page

# The newest are enough to see who it was; all of them are in the extract.
MOST = 50
ACCOUNT = (Subject.ACCOUNT_HOLDER, Subject.DATA_SUBJECT, Subject.GUARDIAN)


class Line(msgspec.Struct, frozen=True):
    """One kind of data as it is told: what, how much, why, who sees it, until when."""

    name: str
    covers: str
    count: int
    newest: datetime | None
    kept: str
    purposes: tuple[str, ...]
    seen_by: tuple[str, ...]


class Handed(msgspec.Struct, frozen=True):
    """A disclosure as it is told."""

    at: datetime
    recipient: str
    why: str
    kinds: str
    way: str
    note: str


@account_page(PURPOSE)
def mine(request: HttpRequest) -> HttpResponse:
    """Show an account what is held about it."""
    account = UUID(str(request.user.pk))
    context = told(dict.fromkeys(ACCOUNT, account), None)
    return render(request, "account/own_data.html", context | {"consents": reverse("consents")})


def told(about: Mapping[Subject, UUID], organisation: Organisation | None) -> dict[str, Any]:
    """Return what the page tells; `organisation` is the data controller, None where the provider is."""
    register, language = catalogue.in_force(), get_language() or "sv"
    ids = set(about.values())
    contact = register.provider.contact.email
    return {
        "lines": [_line(one, organisation, language) for one in held(about)],
        "not_counted": [KINDS[kind].name.within(language) for kind in not_counted(about)],
        "handed": list(_handed(ids, register, language)),
        "receipts": NoticeReceipt.objects.filter(subject_id__in=ids).select_related("notice").order_by("-at")[:MOST],
        "notice": f"/privacy/{organisation.slug}/" if organisation else "/privacy/",
        "data_controller": (organisation.legal_name or organisation.name)
        if organisation
        else register.provider.contact.name,
        "write_to": (organisation.privacy_email if organisation else "") or contact,
        "authority": register.provider.authority,
    }


def _line(one: Held, organisation: Organisation | None, language: str) -> Line:
    rule = longest_kept(one.subject, one.kind)
    settings = {"entry_log_days": organisation.entry_log_days} if organisation else None
    users = users_of(one.subject, one.kind)
    return Line(
        name=KINDS[one.kind].name.within(language),
        covers=KINDS[one.kind].covers.within(language),
        count=one.count,
        newest=one.newest,
        kept=kept_words(rule, language, settings, one.subject) if rule else "",
        purposes=tuple(dict.fromkeys(activity.name.within(language) for activity in users)),
        seen_by=tuple(_seen_by(one.subject, one.kind)),
    )


def _handed(ids: set[UUID], register: Register, language: str) -> Iterator[Handed]:
    names = {activity.id: activity.name.within(language) for activity in register.activities}
    for row in Disclosure.objects.filter(subject_id__in=ids).order_by("-at")[:MOST]:
        kinds = ", ".join(KINDS[Kind(kind)].name.within(language) for kind in row.kinds)
        yield Handed(
            row.at, row.recipient_name, names.get(row.purpose, row.purpose), kinds, str(Way(row.way).label), row.note
        )


def _seen_by(subject: Subject, kind: Kind) -> Iterator[str]:
    """Yield the roles that have a page for a purpose which may read a kind of data about a subject."""
    reading = {
        activity.id: activity.leave
        for activity in users_of(subject, kind)
        if any(row.subject == subject and kind in row.kinds and "read" in row.operations for row in activity.data)
    }
    for role, opened in _seers().items():
        if purposes := opened & reading.keys():
            name = str(Role(role).label)
            only_with_leave = all(reading[purpose] for purpose in purposes)
            yield _("%(role)s, only with the organisation's leave") % {"role": name} if only_with_leave else name


@cache
def _seers() -> dict[Role, frozenset[str]]:
    """Return the purposes of the pages that each role may open; the provider's staff work at the desk, others on the Board."""
    pages = [(namespace, page.callback) for namespace, page in _pages(get_resolver(), "")]
    return {
        role: frozenset(
            view.purpose
            for namespace, view in pages
            if namespace == ("desk" if role in PROVIDER_ROLES else "board") and view.permission in PERMISSIONS[role]
        )
        for role in Role
    }


def _pages(within: URLResolver, namespace: str) -> Iterator[tuple[str, Any]]:
    for one in within.url_patterns:
        if isinstance(one, URLResolver):
            yield from _pages(one, one.namespace or namespace)
        elif isinstance(one, URLPattern) and hasattr(one.callback, "permission"):
            yield namespace, one
