"""Which keyed digest does a value have, so that it can be looked up without being kept?"""

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

# 128 bits: among a million credentials two meet with a chance below 1 in 10^26, and a snapshot stays half as large as
# with 256.
DIGEST_BYTES = 16
KEY_BYTES = 32


class CredentialError(ValueError):
    """A value that is no card, PIN, code or plate; `code` is stable, the text is English and never repeats the value."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def keyed(key: bytes, domain: bytes, value: bytes) -> bytes:
    """Return the whole HMAC-SHA-256 (32 bytes) of a value under the organisation's key. Raises CredentialError: digest_key.

    The domain word keeps a PIN from ever having the digest of a card with the same bytes.
    """
    if len(key) != KEY_BYTES:
        raise CredentialError("digest_key", f"the digest key is {KEY_BYTES} bytes")
    begun = _begun(key)
    inner, outer = begun[0].copy(), begun[1].copy()
    inner.update(domain + b"\0" + value)
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(maxsize=4)
def _begun(key: bytes) -> "tuple[_Hash, _Hash]":
    """Give the two hashes of an HMAC (RFC 2104) as far as the key alone takes them; a door knows one key for years."""
    block = key.ljust(64, b"\0")
    return sha256(bytes(each ^ 0x36 for each in block)), sha256(bytes(each ^ 0x5C for each in block))


def digest(key: bytes, domain: bytes, value: bytes) -> bytes:
    """Return the 16-byte keyed digest of a value in its domain. Raises CredentialError: digest_key."""
    return keyed(key, domain, value)[:DIGEST_BYTES]


def plate_digest(key: bytes, normal_form: str) -> bytes:
    """Return the 16-byte keyed digest of a licence plate in its normal form (core.plates).

    Raises CredentialError: plate_format (no capital letters and digits of ASCII), digest_key.
    """
    if not (normal_form.isascii() and normal_form.isalnum() and normal_form == normal_form.upper()):
        raise CredentialError("plate_format", "a plate's normal form is capital letters and digits")
    return digest(key, b"portvakt plate", normal_form.encode("ascii"))


def same_digest(one: bytes, other: bytes) -> bool:
    """Compare two digests in a time that does not tell how much of them agrees."""
    return hmac.compare_digest(one, other)
