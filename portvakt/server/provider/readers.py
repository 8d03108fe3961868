"""To whom may a mailing go? To customers who have not refused, or, with what others offer, to those alone who have consented.

Customers are asked while they order whether they want offers, and only they: the other contacts in an order are not written to (M-01).
Whoever has consented the database itself picks out, because the purpose partner_offers shows it no other accounts.
"""

from uuid import UUID

import msgspec
from django.db.models import Exists, OuterRef, QuerySet

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.blocked import address_digest, is_blocked
from portvakt.server.accounts.models import Account, Blocked, BlockedAddress
from portvakt.server.privacy.actions import About
from portvakt.server.provider.models import Mailing, Order

# For which purpose a mailing of each sort is sent.
PURPOSES = {Mailing.Sort.OWN: "marketing", Mailing.Sort.PARTNER: "partner_offers"}
USED = {Mailing.Sort.OWN: {Kind.CONTACT, Kind.IDENTITY}, Mailing.Sort.PARTNER: {Kind.CONTACT}}


class Reader(msgspec.Struct, frozen=True):
    """Somebody whom a mailing goes to; `name` is empty where the purpose does not give it."""

    id: UUID
    email: str
    language: str
    name: str
    about: About

    @property
    def account(self) -> UUID | None:
        """Return whose consent the mailing rests on; None where it rests on none."""
        return self.id if self.about.subject is Subject.ACCOUNT_HOLDER else None


class Count(msgspec.Struct, frozen=True):
    """How many a mailing would go to now, and how many it would pass over because they refused."""

    readers: int
    refused: int


def accepted_orders() -> QuerySet[Order]:
    """Return the orders of customers, one for each address."""
    orders = Order.objects.filter(state=Order.State.ACCEPTED, ended_at=None).exclude(email="")
    earlier = orders.filter(email__iexact=OuterRef("email"), pk__lt=OuterRef("pk"))
    return orders.filter(~Exists(earlier)).order_by("pk")


def consenting() -> QuerySet[Account]:
    """Return the accounts whose holders have consented; asked under partner_offers."""
    return Account.objects.filter(is_active=True).only("email", "language").order_by("pk")


def next_reader(sort: str, after: UUID | None) -> Reader | None:
    """Return who comes after somebody; None where nobody does."""
    if sort == Mailing.Sort.PARTNER:
        account = _after(consenting(), after).first()
        return account and _consenting(account)
    order = _after(accepted_orders(), after).first()
    return order and _orderer(order)


def has_refused(reader: Reader) -> bool:
    """Tell whether a customer has said no to offers; whoever withdrew a consent is not among the readers at all."""
    return reader.account is None and is_blocked(reader.email, Blocked.MARKETING)


def count(sort: str) -> Count:
    """Return how many a mailing of a sort would go to now."""
    if sort == Mailing.Sort.PARTNER:
        return Count(consenting().count(), 0)
    digests = [address_digest(email) for email in accepted_orders().values_list("email", flat=True)]
    refused = BlockedAddress.objects.filter(reason=Blocked.MARKETING, digest__in=digests).count()
    return Count(len(digests) - refused, refused)


def _after(rows: QuerySet, after: UUID | None) -> QuerySet:  # type: ignore[type-arg]
    return rows if after is None else rows.filter(pk__gt=after)


def _orderer(order: Order) -> Reader:
    return Reader(order.pk, order.email, order.language, order.name, About(Subject.CONTACT, order.pk))


def _consenting(account: Account) -> Reader:
    return Reader(account.pk, account.email, account.language, "", About(Subject.ACCOUNT_HOLDER, account.pk))
