"""Is an address blocked from having an account, or from being sent offers?

What is kept is a keyed digest: whoever reads the table learns no address, and cannot try lists of addresses without the key. The key is
SUPPRESSION_KEY; with another one every block is forgotten, so it stays when SECRET_KEY is changed.
"""

import hmac
import unicodedata

from django.conf import settings

from portvakt.server.accounts.models import Blocked, BlockedAddress


def address_digest(email: str) -> bytes:
    """Return the digest, 32 bytes, of an address, however it is written."""
    plain = unicodedata.normalize("NFKC", email).strip().casefold()
    return hmac.digest(settings.SUPPRESSION_KEY.encode(), b"blocked address\0" + plain.encode(), "sha256")


def is_blocked(email: str, reason: Blocked) -> bool:
    """Tell whether an address is blocked for a reason."""
    return BlockedAddress.objects.filter(digest=address_digest(email), reason=reason).exists()
