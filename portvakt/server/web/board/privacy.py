"""Where does an organisation see and decide all that is its own as data controller: the log's keeping, its facts, and the ways on?"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.models import Organisation
from portvakt.server.organisations.presets import preset_of
from portvakt.server.places.models import Door
from portvakt.server.privacy.actions.notices import publish_notice
from portvakt.server.privacy.actions.organisation import FACTS, decide_keeping, describe_organisation
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.form_page import Around, crumbs, form_page
from portvakt.server.web.board.forms_privacy import FactsForm, KeepingForm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.forms import posted

PURPOSE = "privacy_administration"
Act = Callable[[dict[str, Any]], AuditEntry]
# What a notice cannot do without (Art. 13(1)(a)); a data protection officer not everybody must have.
NEEDED = ("legal_name", "registration_number", "address", "privacy_email")


class Part(msgspec.Struct, frozen=True):
    """A page below this one: its view, its name and what one does there."""

    view: str
    name: Promise
    text: Promise
    icon: str


PARTS = (
    Part(
        "recipients",
        gettext_lazy("Recipients"),
        gettext_lazy("Whom you let have data, the agreements, and where they are."),
        "#tabler-building",
    ),
    Part(
        "webhooks",
        gettext_lazy("Webhooks"),
        gettext_lazy("Systems of others that are told of events as they come."),
        "#tabler-link",
    ),
    Part(
        "notices",
        gettext_lazy("Who has been told"),
        gettext_lazy("Who has had the notice, and who must be handed it on paper."),
        "#tabler-mail-opened",
    ),
    Part(
        "record",
        gettext_lazy("Record of processing"),
        gettext_lazy("What the law asks you to keep and to show the authority."),
        "#tabler-list-details",
    ),
)


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def privacy(request: BoardRequest) -> HttpResponse:
    """Show what is decided, what is missing, and the ways on."""
    organisation = Organisation.objects.get(pk=request.organisation.pk)
    language, preset = get_language() or "sv", preset_of(organisation.premises)
    context = {
        "decided": organisation,
        "preset": {
            "days": preset.days,
            "name": preset.name.within(language),
            "note": preset.note.within(language),
            "source": preset.source.within(language),
        },
        "to_do": list(_to_do(organisation)),
        "homes": Door.objects.filter(organisation=organisation, home=True).count(),
        "parts": [(part, reverse(f"board:{part.view}", args=[organisation.slug])) for part in PARTS],
        "notice": f"/privacy/{organisation.slug}/",
    }
    return render(request, "board/privacy/privacy.html", context)


def _to_do(organisation: Organisation) -> Iterator[tuple[str, str]]:
    """Yield what is missing, each with the address where it is given."""
    for name in NEEDED:
        if not getattr(organisation, name):
            label = next(field.verbose_name for field in Organisation._meta.concrete_fields if field.name == name)
            yield _("Your notice does not say your %(what)s.") % {"what": label}, "privacy_facts"
    if organisation.entry_log_days > preset_of(organisation.premises).days and not organisation.entry_log_reason:
        yield _("The access log is kept longer than the preset, and nobody has said why."), "privacy_keeping"


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def keeping(request: BoardRequest) -> HttpResponse:
    """Decide how long the access log is kept."""
    organisation = Organisation.objects.get(pk=request.organisation.pk)
    form = KeepingForm(posted(request), instance=Organisation.objects.get(pk=organisation.pk))
    language = get_language() or "sv"
    presets = "; ".join(
        _("%(premises)s %(days)d days") % {"premises": one.name.within(language), "days": one.days}
        for one in catalogue.in_force().presets
    )
    text = _("Presets: %(presets)s. Up to the preset you choose freely.") % {"presets": presets}
    return form_page(
        request,
        form,
        _around(request, _("How long the access log is kept"), text),
        _published(
            request,
            lambda values: decide_keeping(
                organisation,
                values["premises"],
                values["entry_log_days"],
                values["entry_log_reason"],
                by=request.operator,
            ),
        ),
    )


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def facts(request: BoardRequest) -> HttpResponse:
    """Say who the data controller is."""
    organisation = Organisation.objects.get(pk=request.organisation.pk)
    form = FactsForm(posted(request), instance=Organisation.objects.get(pk=organisation.pk))
    text = _(
        "You are data controller for what is done at your doors; your notice says who you are and how you are reached."
    )
    return form_page(
        request,
        form,
        _around(request, _("The organisation as data controller"), text),
        _published(
            request,
            lambda values: describe_organisation(
                organisation, by=request.operator, **{name: values[name] for name in FACTS}
            ),
        ),
    )


def _published(request: BoardRequest, act: Act) -> Act:
    """Do what is decided, and make public the notice that says it; a notice that would lack something keeps all as it was."""

    def done(values: dict[str, Any]) -> AuditEntry:
        entry = act(values)
        publish_notice(Organisation.objects.get(pk=request.organisation.pk), by=request.operator)
        return entry

    return done


def _around(request: BoardRequest, title: str, text: str) -> Around:
    back = reverse("board:privacy", args=[request.organisation.slug])
    return Around(title, crumbs((back, _("Privacy"))), back, text)
