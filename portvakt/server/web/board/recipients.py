"""Whom does the organisation, as data controller, disclose data to, and may it go there today?"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

import msgspec
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portvakt.server.privacy import clearance
from portvakt.server.privacy.actions.recipients import add_recipient, change_recipient, end_recipient
from portvakt.server.privacy.clearance import To
from portvakt.server.privacy.models import OwnRecipient
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.web import countries
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.form_page import Around, crumbs, form_page
from portvakt.server.web.board.forms_recipients import RecipientForm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.errors import sentence
from portvakt.server.web.forms import posted

PURPOSE = "privacy_administration"


class Shown(msgspec.Struct, frozen=True):
    """A recipient as the page shows it; `why_not` is empty where data may go there today."""

    to: To
    name: str
    what_for: str
    where: str
    activities: tuple[str, ...]
    why_not: str
    address: str = ""


def why_not(to: To, today: date, stopped: Collection[str]) -> str:
    """Say why nothing may go to a recipient today; empty where it may. `stopped` is clearance.stopped_now()."""
    code = clearance.refusal(to, catalogue.in_force().law, today, stopped)
    return sentence(Refused(code, recipient=to.name)) if code else ""


def where(to: To) -> str:
    """Name the country, and those from which the data is reached, with the safeguard where one is needed."""
    named = ", ".join(countries.name_of(code) for code in dict.fromkeys((to.country, *to.access_countries)))
    abroad = clearance.abroad(to, catalogue.in_force().law)
    return f"{named} ({to.safeguard or to.mechanism})" if abroad and to.mechanism != "none" else named


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def recipients(request: BoardRequest) -> HttpResponse:
    """List the organisation's own recipients, and those of the platform that get data for it."""
    rows = OwnRecipient.objects.filter(organisation=request.organisation).order_by(
        F("ended_at").desc(nulls_first=True), "name"
    )
    stopped = clearance.stopped_now()
    context = {"own": [_own(request, row, stopped) for row in rows], "others": _others(stopped)}
    return render(request, "board/privacy/recipients.html", context)


def _names(purposes: list[str]) -> tuple[str, ...]:
    language = get_language() or "sv"
    return tuple(one.name.within(language) for one in catalogue.activities() if one.id in purposes)


def _own(request: BoardRequest, row: OwnRecipient, stopped: Collection[str]) -> Shown:
    to, today = clearance.of_organisation(row), timezone.localdate()
    address = reverse("board:recipient", args=[request.organisation.slug, row.pk])
    return Shown(to, row.name, row.what_for, where(to), _names(row.purposes), why_not(to, today, stopped), address)


def _others(stopped: Collection[str]) -> list[Shown]:
    """Return the recipients of the register that activities done for an organisation name."""
    register, language = catalogue.in_force(), get_language() or "sv"
    for_it = [activity for activity in register.activities if activity.role == "processor"]
    shown = []
    for one in register.recipients:
        if purposes := [activity.id for activity in for_it if one.id in activity.recipients]:
            to = msgspec.structs.replace(clearance.of_register(one), name=one.name.within(language))
            why = why_not(to, timezone.localdate(), stopped)
            shown.append(Shown(to, to.name, one.what_for.within(language), where(to), _names(purposes), why))
    return shown


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def new(request: BoardRequest) -> HttpResponse:
    """Enter a recipient."""
    form = RecipientForm(posted(request), instance=OwnRecipient())
    return form_page(
        request,
        form,
        _around(request, _("New recipient")),
        lambda values: add_recipient(values, by=request.operator)[1],
    )


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def recipient(request: BoardRequest, recipient_id: UUID) -> HttpResponse:
    """Change a recipient."""
    row = _row(request, recipient_id)
    form = RecipientForm(posted(request), instance=_row(request, recipient_id))
    return form_page(
        request, form, _around(request, row.name), lambda values: change_recipient(row, values, by=request.operator)
    )


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def end(request: BoardRequest, recipient_id: UUID) -> HttpResponse:
    """Disclose nothing more to a recipient, after asking."""
    row = _row(request, recipient_id)
    question = Question(
        title=_("Disclose nothing more to %(name)s?") % {"name": row.name},
        text=_(
            "Its webhooks fall silent at once, and no file can be made for it. What it has got already stays on record."
        ),
        button=_("End"),
        back=_list(request),
    )
    return confirm(request, question, lambda: end_recipient(row, by=request.operator))


def _row(request: BoardRequest, recipient_id: UUID) -> OwnRecipient:
    return get_object_or_404(OwnRecipient, pk=recipient_id, organisation=request.organisation, ended_at=None)


def _list(request: BoardRequest) -> str:
    return reverse("board:recipients", args=[request.organisation.slug])


def _around(request: BoardRequest, title: str) -> Around:
    privacy = reverse("board:privacy", args=[request.organisation.slug])
    text = _(
        "Nothing is handed over to it before all that the law asks for is here. Everybody concerned sees what it got."
    )
    return Around(title, crumbs((privacy, _("Privacy")), (_list(request), _("Recipients"))), _list(request), text)
