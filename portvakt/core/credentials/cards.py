"""Which bits did a card give, and which digest do they have?

A card value is a number of bits and the bytes as an OSDP reader delivers them: most significant bit first, the last
byte filled with zeros at its low end (SIA OSDP 2.2, osdp_RAW).
"""

from collections.abc import Sequence

import msgspec

from portvakt.core.credentials.digests import CredentialError, digest

# The longest formats in use (FASC-N, 200 bits; a 256-bit DESFire object) fit; what is longer is noise or an attack.
MAX_CARD_BITS = 512
# ISO/IEC 14443-3: a single-size UID that begins so is drawn anew each time the card comes into the field.
_RANDOM_UID = 0x08


class CardValue(msgspec.Struct, frozen=True):
    """What a card says: `data` is exactly the bytes that `bits` need, unused low bits of the last byte zero."""

    bits: int
    data: bytes


def card_value(bits: int, data: bytes) -> CardValue:
    """Take a card as a reader delivered it; readers differ in what fills the last byte, so that is cleared.

    Raises CredentialError: card_bits (not 1-512), card_length (bytes do not match bits).
    """
    return CardValue(bits, _cleared(bits, data))


def card_digest(key: bytes, bits: int, data: bytes) -> bytes:
    """Return the 16-byte keyed digest of a card as a reader delivered it.

    Raises CredentialError as `card_value` does, and digest_key.
    """
    cleared = _cleared(bits, data)
    return digest(key, b"portvakt card", bits.to_bytes(2, "big") + cleared)


def random_uid(readings: Sequence[CardValue]) -> bool:
    """Tell whether readings of one card show that it gives another number each time and cannot be a credential.

    Two readings that differ show it, and so does a single one of four bytes that begins with 08.
    """
    return len(set(readings)) > 1 or any(each.bits == 32 and each.data[0] == _RANDOM_UID for each in readings)


def _cleared(bits: int, data: bytes) -> bytes:
    if not 1 <= bits <= MAX_CARD_BITS:
        raise CredentialError("card_bits", f"a card has 1 to {MAX_CARD_BITS} bits")
    if len(data) != (bits + 7) // 8:
        raise CredentialError("card_length", "the number of bytes does not match the number of bits")
    unused = -bits % 8
    return data[:-1] + bytes([data[-1] >> unused << unused]) if unused else data
