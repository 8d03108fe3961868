"""Is the keyed digest the HMAC-SHA-256 of the standard library, whatever key came before?"""

import hmac
from hashlib import sha256
from random import Random

import pytest

from portvakt.core.credentials import CredentialError
from portvakt.core.credentials.digests import keyed


def test_it_is_the_hmac_of_domain_and_value() -> None:
    chance = Random(1)
    keys = [chance.randbytes(32) for _ in range(6)]
    for length in range(130):
        key, value = chance.choice(keys), chance.randbytes(length)
        assert keyed(key, b"domain", value) == hmac.digest(key, b"domain\0" + value, sha256)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(CredentialError) as refused:
        keyed(bytes(length), b"domain", b"value")
    assert refused.value.code == "digest_key"
