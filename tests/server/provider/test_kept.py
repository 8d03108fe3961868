"""Do orders and questions go by themselves when their time is up, and no earlier?"""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from portvakt.server.jobs.jobs import remove_overdue
from portvakt.server.provider.actions import ask
from portvakt.server.provider.models import Enquiry, Order, OrderContact
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login
from tests.server.provider.wares import address, customer, ordered


def ended(at: datetime | None) -> Order:
    contact = OrderContact(first_name="Bo", last_name="Ek", email=address())
    order = ordered(contacts=(contact,))
    with acting("ordering"):
        Order.objects.filter(pk=order.pk).update(ended_at=at)
    return order


def asked(at: datetime) -> Enquiry:
    enquiry = Enquiry(first_name="Siv", last_name="Alm", email=address(), question="?", language="sv")
    with acting("enquiries"):
        ask(enquiry)
        Enquiry.objects.filter(pk=enquiry.pk).update(last_at=at)
    return enquiry


def remove() -> None:
    with as_login("jobs"):
        remove_overdue(timezone.now())


@pytest.mark.row("S20")
def test_an_order_goes_with_its_contacts_two_years_after_the_customer_left(provider: Cast) -> None:  # P-07
    now = timezone.now()
    old, newer, running = ended(now - timedelta(days=731)), ended(now - timedelta(days=729)), customer(provider)
    remove()
    with acting("ordering"):
        left = set(Order.objects.filter(pk__in=[old.pk, newer.pk, running.pk]).values_list("pk", flat=True))
        contacts = OrderContact.objects.filter(order__in=[old.pk, newer.pk]).values_list("order_id", flat=True)
        assert list(contacts) == [newer.pk]
    assert left == {newer.pk, running.pk}


@pytest.mark.row("S20")
def test_a_question_goes_a_year_after_the_last_that_was_said() -> None:  # P-07
    now = timezone.now()
    old, newer = asked(now - timedelta(days=366)), asked(now - timedelta(days=364))
    remove()
    with acting("enquiries"):
        assert list(Enquiry.objects.filter(pk__in=[old.pk, newer.pk]).values_list("pk", flat=True)) == [newer.pk]
