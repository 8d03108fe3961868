"""How is it kept that an address wants no offers?"""

from portvakt.server.accounts.models import Blocked, BlockedAddress


def block_offers(digest: bytes) -> None:
    """Keep, once, that the address with a digest is sent no offers any more."""
    BlockedAddress.objects.get_or_create(digest=digest, reason=Blocked.MARKETING)
