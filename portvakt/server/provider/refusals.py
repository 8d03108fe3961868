"""How does a link in a mailing say who refuses offers, at any time, also when everything else about them has been erased?

It carries the keyed digest of the address, signed: neither the address stands in it, nor is any row needed to understand it (M-04). The
key is SUPPRESSION_KEY, that of the blocked addresses, so that links hold for as long as the blocks do.
"""

from uuid import UUID

import msgspec
from django.conf import settings
from django.core import signing
from django.urls import reverse

from portvakt.server.accounts.blocked import address_digest

SALT = "portvakt.offers"


class Refusal(msgspec.Struct, frozen=True):
    """Which address, as its digest, refuses; and whose consent is withdrawn, None where the mailing rested on none."""

    digest: bytes
    account: UUID | None


def link(email: str, account: UUID | None) -> str:
    """Return the address, in full, at which whoever has an e-mail address refuses offers."""
    said = {"d": address_digest(email).hex(), "a": account.hex if account else ""}
    token = signing.dumps(said, key=settings.SUPPRESSION_KEY, salt=SALT)
    return settings.PUBLIC_URL + reverse("site:unsubscribe", args=[token])


def read_link(token: str) -> Refusal | None:
    """Return what a link says; None for one that is not ours. It never expires."""
    try:
        said = signing.loads(token, key=settings.SUPPRESSION_KEY, salt=SALT)
    except signing.BadSignature:
        return None
    return Refusal(bytes.fromhex(said["d"]), UUID(said["a"]) if said["a"] else None)
