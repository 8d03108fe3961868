"""Which systems of others are told of events as they come, how does that go, and how is it held back or played again?"""

from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.core.event import EventKind
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.privacy import clearance
from portvakt.server.privacy.actions.webhooks import add_webhook, end_webhook, pause_webhook, replay, resume_webhook
from portvakt.server.privacy.messages import secret_of
from portvakt.server.privacy.models import OwnRecipient, Webhook, WebhookDelivery
from portvakt.server.privacy.outgoing import Network
from portvakt.server.purpose.actor import Permission
from portvakt.server.web import words
from portvakt.server.web.answers import done
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.forms_recipients import WebhookForm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.recipients import why_not
from portvakt.server.web.forms import posted, refusals_beside, show_form

PURPOSE = "privacy_administration"
TOLD = "webhook_delivery"
NEWEST = 100


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def webhooks(request: BoardRequest) -> HttpResponse:
    """List the webhooks, with what waits for each."""
    waiting = Count("deliveries", filter=Q(deliveries__state=WebhookDelivery.State.WAITING))
    rows = _own(request).annotate(waiting=waiting).order_by("-added_at")
    context = {"rows": [(row, _why_not(row)) for row in rows], "recipients": _recipients(request)}
    return render(request, "board/privacy/webhooks.html", context)


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def new(request: BoardRequest) -> HttpResponse:
    """Add a webhook, and show its secret once."""
    form = WebhookForm(posted(request), recipients=[(str(row.pk), row.name) for row in _recipients(request)])
    if form.is_valid():
        with refusals_beside(form):
            row, entry = _add(request, form)
            return _secret(request, row, entry)
    return show_form(request, "board/privacy/webhook_new.html", form)


def _add(request: BoardRequest, form: WebhookForm) -> tuple[Webhook, AuditEntry]:
    values, network = form.cleaned_data, Network(private=settings.WEBHOOK_PRIVATE)
    to = get_object_or_404(_recipients(request), pk=values["recipient"])
    kinds = [EventKind(kind) for kind in values["kinds"]]
    return add_webhook(to, values["address"], kinds, network, by=request.operator)


def _secret(request: BoardRequest, row: Webhook, entry: AuditEntry) -> HttpResponse:
    """Show what the receiver checks our messages with; no copy stays in the browser."""
    to = done(request, entry, to=_url(request, row)).headers["Location"]
    answer = render(request, "board/privacy/webhook_secret.html", {"secret": secret_of(row.pk), "next": to})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def webhook(request: BoardRequest, webhook_id: UUID) -> HttpResponse:
    """Show one webhook and its newest deliveries."""
    row = _row(request, webhook_id)
    deliveries = WebhookDelivery.objects.filter(webhook=row).order_by("-queued_at", "-id")[:NEWEST]
    told = [words.EVENTS.get(kind, kind) for kind in row.kinds]
    context = {"hook": row, "deliveries": deliveries, "told": told, "why_not": _why_not(row)}
    return render(request, "board/privacy/webhook.html", context)


@page(PURPOSE, Permission.PRIVACY_MANAGE)
@require_POST
def pause(request: BoardRequest, webhook_id: UUID) -> HttpResponse:
    """Hold back what it is told."""
    row = _row(request, webhook_id)
    return done(request, pause_webhook(row, by=request.operator), to=_url(request, row))


@page(PURPOSE, Permission.PRIVACY_MANAGE)
@require_POST
def resume(request: BoardRequest, webhook_id: UUID) -> HttpResponse:
    """Send what waits."""
    row = _row(request, webhook_id)
    return done(request, resume_webhook(row, by=request.operator), to=_url(request, row))


@page(PURPOSE, Permission.PRIVACY_MANAGE)
@require_POST
def again(request: BoardRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send one event once more."""
    row = _row(request, webhook_id)
    delivery = get_object_or_404(WebhookDelivery, pk=delivery_id, webhook=row)
    entry = replay(delivery, by=request.operator)
    return done(request, entry, to=_url(request, row), message=_("It is sent again within some seconds."))


@page(PURPOSE, Permission.PRIVACY_MANAGE)
def end(request: BoardRequest, webhook_id: UUID) -> HttpResponse:
    """Tell it nothing more, after asking."""
    row = _row(request, webhook_id)
    question = Question(
        title=_("Remove the webhook?"),
        text=_("%(address)s is told nothing more, and what waits for it is given up.") % {"address": row.address},
        button=_("Remove"),
        back=_url(request, row),
        after=reverse("board:webhooks", args=[request.organisation.slug]),
    )
    return confirm(request, question, lambda: end_webhook(row, by=request.operator))


def _own(request: BoardRequest) -> QuerySet[Webhook]:
    return Webhook.objects.filter(organisation=request.organisation, ended_at=None).select_related("recipient")


def _row(request: BoardRequest, webhook_id: UUID) -> Webhook:
    return get_object_or_404(_own(request), pk=webhook_id)


def _url(request: BoardRequest, row: Webhook) -> str:
    return reverse("board:webhook", args=[request.organisation.slug, row.pk])


def _recipients(request: BoardRequest) -> QuerySet[OwnRecipient]:
    """Return the recipients that may be told of events."""
    own = OwnRecipient.objects.filter(organisation=request.organisation, ended_at=None, purposes__contains=[TOLD])
    return own.order_by("name")


def _why_not(row: Webhook) -> str:
    return why_not(clearance.of_organisation(row.recipient), timezone.localdate(), clearance.stopped_now())
