"""Where does data go outside the EEA, under what, and how is that stopped at once?"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from uuid import UUID

import msgspec
from django import forms
from django.db.models import Count
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from portvakt.server.privacy import clearance
from portvakt.server.privacy.actions.disclosing import DEROGATION
from portvakt.server.privacy.actions.transfers import lift_stop, stop_mechanism
from portvakt.server.privacy.clearance import To
from portvakt.server.privacy.models import Disclosure, OwnRecipient, TransferStop, WebhookDelivery
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.web import countries
from portvakt.server.web.answers import done
from portvakt.server.web.desk.page import DeskRequest, desk_page
from portvakt.server.web.errors import sentence
from portvakt.server.web.forms import BoardForm, posted, refusals_beside, show_form

PURPOSE = "register_review"
MECHANISMS: dict[str, Promise] = {
    "adequacy": _("adequacy decisions (Article 45)"),
    "scc": _("standard contractual clauses (Article 46)"),
    "bcr": _("binding corporate rules (Article 47)"),
    "derogation": _("exceptions in single cases (Article 49)"),
}


class Line(msgspec.Struct, frozen=True):
    """A recipient as the page shows it; `whose` is the organisation that entered it, empty for the register's own."""

    to: To
    whose: str
    activities: tuple[str, ...]
    where: str
    abroad: tuple[str, ...]
    why_not: str
    held: bool
    waiting: int


class StopForm(BoardForm):
    """What is not relied on any more, and why."""

    collects = None
    collects_nothing = "names a legal mechanism"

    mechanism = forms.ChoiceField(label=_("What is not relied on any more"))
    reason = forms.CharField(label=_("Why"), max_length=300, help_text=_("Such as the judgment or the decision."))

    def __init__(self, data: QueryDict | None, *, choices: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["mechanism"].choices = choices  # type: ignore[attr-defined]


def named(mechanism: str) -> str:
    """Say in words what a stop names: a mechanism, or the same for one country."""
    kind, _colon, country = mechanism.partition(":")
    said = str(MECHANISMS.get(kind, kind))
    return (
        _now("%(mechanism)s for %(country)s") % {"mechanism": said, "country": countries.name_of(country)}
        if country
        else said
    )


@desk_page(PURPOSE, Permission.REGISTER_MANAGE)
def transfers(request: DeskRequest) -> HttpResponse:
    """Show every recipient with where it is and what protects that, and stop what is not to be relied on."""
    lines = list(_lines(timezone.localdate()))
    form = StopForm(posted(request), choices=_choices(lines))
    if form.is_valid():
        with refusals_beside(form):
            entry = stop_mechanism(form.cleaned_data["mechanism"], form.cleaned_data["reason"], by=request.operator)
            return done(
                request, entry, to=reverse("desk:transfers"), message=_now("It is stopped, everywhere, from now on.")
            )
    stops = TransferStop.objects.order_by("-stopped_at")
    context = {
        "lines": sorted(lines, key=lambda line: (not line.abroad, not line.why_not, line.to.name.casefold())),
        "held": [line for line in lines if line.held],
        "stops": [(stop, named(stop.mechanism)) for stop in stops.filter(lifted_at=None)],
        "earlier": [(stop, named(stop.mechanism)) for stop in stops.exclude(lifted_at=None)[:20]],
        "exceptions": exceptions(),
    }
    return show_form(request, "desk/transfers.html", form, **context)


@desk_page(PURPOSE, Permission.REGISTER_MANAGE)
@require_POST
def lift(request: DeskRequest, stop_id: UUID) -> HttpResponse:
    """Rely on a mechanism again."""
    stop = get_object_or_404(TransferStop, pk=stop_id, lifted_at=None)
    entry = lift_stop(stop, by=request.operator)
    return done(
        request, entry, to=reverse("desk:transfers"), message=_now("It is relied on again; what waited goes out.")
    )


def exceptions() -> list[tuple[str, int]]:
    """Return how often an exception in a single case was used in a year, by recipient: it must stay occasional (Art. 49)."""
    since = timezone.now() - timedelta(days=365)
    used = Disclosure.objects.filter(safeguard=DEROGATION, at__gte=since).values_list("recipient_name")
    return list(used.annotate(times=Count("id")).order_by("-times", "recipient_name"))


def _lines(today: date) -> Iterator[Line]:
    """Yield every recipient, the register's and those of all organisations."""
    register, language, waiting, stopped = (
        catalogue.in_force(),
        get_language() or "sv",
        _waiting(),
        clearance.stopped_now(),
    )
    for one in register.recipients:
        to = msgspec.structs.replace(clearance.of_register(one), name=one.name.within(language))
        purposes = [activity.id for activity in register.activities if one.id in activity.recipients]
        yield _line(to, "", purposes, clearance.refusal(to, register.law, today, stopped), 0)
    for row in OwnRecipient.objects.filter(ended_at=None).select_related("organisation").order_by("name"):
        to = clearance.of_organisation(row)
        code = clearance.refusal(to, register.law, today, stopped)
        yield _line(to, row.organisation.name, row.purposes, code, waiting[row.pk])


def _line(to: To, whose: str, purposes: Iterable[str], code: str, waiting: int) -> Line:
    """Return a recipient with why nothing may go there, given as a code of refusal, empty where it may."""
    language = get_language() or "sv"
    names = tuple(one.name.within(language) for one in catalogue.activities() if one.id in purposes)
    where = ", ".join(countries.name_of(country) for country in dict.fromkeys((to.country, *to.access_countries)))
    why_not = sentence(Refused(code, recipient=to.name)) if code else ""
    abroad = clearance.abroad(to, catalogue.in_force().law)
    return Line(to, whose, names, where, abroad, why_not, code == "transfer_stopped", waiting)


def _waiting() -> Counter[UUID]:
    """Return how many events wait to be told, by recipient."""
    rows = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING).values_list("webhook__recipient")
    return Counter(dict(rows.annotate(count=Count("id"))))


def _choices(lines: Iterable[Line]) -> list[tuple[str, str]]:
    """Return what may be stopped: each mechanism as a whole, and for each country where a recipient relies on it."""
    law = catalogue.in_force().law
    relied_on = {one for line in lines for one in clearance.relied_on(line.to, law)} - {"none"}
    stoppable = [one for one in relied_on if one.partition(":")[0] in MECHANISMS]
    return [(one, named(one)) for one in sorted({*MECHANISMS, *stoppable})]
