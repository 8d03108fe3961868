"""What stands on every page of the desk? That a transfer is stopped, as long as it is."""

from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse

from portvakt.server.privacy.models import TransferStop
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.context import within_purpose
from portvakt.server.web.desk.transfers import named

register = template.Library()


@register.inclusion_tag("desk/stops.html", takes_context=True)
def transfer_stops(context: Context) -> dict[str, Any]:
    """Show which transfers are stopped, with the way to the page for whoever may lift that."""
    rows = TransferStop.objects.filter(lifted_at=None).order_by("stopped_at") if within_purpose() else ()
    may = context["operator"].may(Permission.REGISTER_MANAGE) if "operator" in context else False
    return {
        "stops": [(named(row.mechanism), row.reason) for row in rows],
        "address": reverse("desk:transfers") if may else "",
    }
