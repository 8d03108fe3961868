"""How is something ordered, and how far has an order come?"""

from collections.abc import Iterable

from django.utils import timezone

from portvakt.server.accounts.blocked import address_digest
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.provider.actions._blocks import block_offers
from portvakt.server.provider.actions._letters import confirm, send_letter
from portvakt.server.provider.models import Order, OrderContact
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused

# What may follow what.
NEXT = {
    Order.State.RECEIVED: (Order.State.ACCEPTED, Order.State.DECLINED),
    Order.State.ACCEPTED: (Order.State.ENDED,),
    Order.State.DECLINED: (),
    Order.State.ENDED: (),
}


def place_order(order: Order, contacts: Iterable[OrderContact], *, no_offers: bool) -> None:
    """Keep an order of somebody without an account, with its further contacts, and confirm it by mail."""
    order.received_at = timezone.now()
    order.save(force_insert=True)
    for contact in contacts:
        contact.order = order
        contact.save(force_insert=True)
    if no_offers:
        block_offers(address_digest(order.email))
    confirm(order, "order")


def change_order_state(order: Order, state: Order.State, *, by: Actor) -> AuditEntry:
    """Accept or decline an order, or say that the customer has left. Refused: order_state, where that does not follow.

    Whoever was named as a further contact is told of it when the order is accepted: they gave their data to nobody here (Art. 14).
    """
    by.require(Permission.ENQUIRY_ANSWER)
    if state not in NEXT[Order.State(order.state)]:
        raise Refused("order_state")
    order.state = state
    order.ended_at = None if state == Order.State.ACCEPTED else timezone.now()
    order.save(update_fields=["state", "ended_at"])
    if state == Order.State.ACCEPTED:
        _tell_contacts(order, by)
    return record(f"order.{state.value}", order, by=by)


def _tell_contacts(order: Order, by: Actor) -> None:
    for contact in OrderContact.objects.filter(order=order).select_related("order"):
        send_letter(contact, "contact", order.language, by=by)
