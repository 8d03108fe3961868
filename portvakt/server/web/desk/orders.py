"""What has been ordered, by whom, and how far has it come (S04)?"""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from portvakt.server.provider.actions import change_order_state
from portvakt.server.provider.actions.orders import NEXT
from portvakt.server.provider.models import Order
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.answers import done
from portvakt.server.web.desk.page import DeskRequest, desk_page

PURPOSE = "ordering"
PAGE_ROWS = 50


@desk_page(PURPOSE, Permission.ENQUIRY_ANSWER)
def orders(request: DeskRequest) -> HttpResponse:
    """List the orders, the newest first, all or those in one state."""
    state = request.GET.get("state", "")
    rows: QuerySet[Order] = Order.objects.order_by("-received_at", "-id")
    shown = rows.filter(state=state) if state in Order.State.values else rows
    page = Paginator(shown, PAGE_ROWS).get_page(request.GET.get("page"))
    return render(request, "desk/orders.html", {"page": page, "state": state, "states": Order.State.choices})


@desk_page(PURPOSE, Permission.ENQUIRY_ANSWER)
def order(request: DeskRequest, order_id: UUID) -> HttpResponse:
    """Show one order with its contacts, and what may follow."""
    found = get_object_or_404(Order, pk=order_id)
    context = {
        "order": found,
        "contacts": found.contacts.order_by("last_name", "id"),
        "next": NEXT[Order.State(found.state)],
    }
    return render(request, "desk/order.html", context)


@desk_page(PURPOSE, Permission.ENQUIRY_ANSWER)
@require_POST
def state(request: DeskRequest, order_id: UUID) -> HttpResponse:
    """Say how far an order has come."""
    found = get_object_or_404(Order.objects.select_for_update(), pk=order_id)
    wanted = request.POST.get("state", "")
    if wanted not in Order.State.values:
        raise Refused("order_state")
    entry = change_order_state(found, Order.State(wanted), by=request.operator)
    return done(
        request, entry, to=reverse("desk:order", args=[found.pk]), message=gettext("The order's state is changed.")
    )
