"""Orders and questions for tests; names and companies are invented, and each has an address of its own."""

from itertools import count

from django.utils import timezone

from portvakt.server.provider.actions import change_order_state, place_order, queue_mailing, write_mailing
from portvakt.server.provider.models import Mailing, Order, OrderContact
from portvakt.server.provider.readers import PURPOSES
from portvakt.server.purpose.context import acting
from tests.cast import Cast

_number = count(1)


def address() -> str:
    return f"orderer.{next(_number)}.{timezone.now():%H%M%S%f}@example.org"


def order(email: str = "", **changes: object) -> Order:
    known = {
        "first_name": "Siv",
        "last_name": "Alm",
        "email": email or address(),
        "phone": "08-123 456",
        "company": "Almgården AB",
        "organisation_number": "556000-0001",
        "address": "Storgatan 1, 111 22 Stockholm",
        "wanted": "Two doors",
        "language": "en",
    }
    return Order(**(known | changes))


def ordered(
    email: str = "", *, no_offers: bool = False, contacts: tuple[OrderContact, ...] = (), **changes: object
) -> Order:
    placed = order(email, **changes)
    with acting("ordering"):
        place_order(placed, contacts, no_offers=no_offers)
    return placed


def customer(
    provider: Cast, email: str = "", *, no_offers: bool = False, contacts: tuple[OrderContact, ...] = ()
) -> Order:
    placed = ordered(email, no_offers=no_offers, contacts=contacts)
    with acting("ordering"):
        change_order_state(placed, Order.State.ACCEPTED, by=provider.by)
    return placed


def mailing(provider: Cast, sort: Mailing.Sort = Mailing.Sort.OWN, *, queued: bool = True) -> Mailing:
    written = Mailing(
        sort=sort,
        subject_sv="Ny läsare",
        text_sv="Bättre än förr.",
        subject_en="New reader",
        text_en="Better than before.",
    )
    with acting(PURPOSES[sort], by=provider.by.id):
        write_mailing(written, by=provider.by)
        if queued:
            queue_mailing(written, by=provider.by)
    return written
