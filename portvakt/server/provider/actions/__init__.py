"""What changes in orders, enquiries and mailings?"""

from portvakt.server.provider.actions.enquiries import answer_enquiry, ask, write_enquiry
from portvakt.server.provider.actions.mailings import (
    queue_mailing,
    refuse_offers,
    send_next,
    stop_mailing,
    try_mailing,
    write_mailing,
)
from portvakt.server.provider.actions.orders import change_order_state, place_order

__all__ = (
    "answer_enquiry",
    "ask",
    "change_order_state",
    "place_order",
    "queue_mailing",
    "refuse_offers",
    "send_next",
    "stop_mailing",
    "try_mailing",
    "write_enquiry",
    "write_mailing",
)
