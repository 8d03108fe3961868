"""How does what is presented at a reader become a value that may travel, be stored and be compared?

A card number and a PIN leave the place where they were read only as a keyed digest. The key is one per organisation and
is in every snapshot, so whoever takes a whole controller can try all PINs of 4 to 8 digits: the digest keeps numbers
out of rows, logs and backups, it is not a wall around a stolen controller.

A card value is a number of bits and the bytes as an OSDP reader delivers them: most significant bit first, the last
byte filled with zeros at its low end (SIA OSDP 2.2, osdp_RAW). As text for people it is one of:
  `26:AABBCC80`  number of bits, colon, bytes in hexadecimal
  `04A1B2C3`     hexadecimal alone: whole bytes, eight bits each, as a card's serial number is printed
  `12-34567`     facility and card number in decimal: Wiegand 26 (H10301)
"""

import hmac
from hashlib import sha256
from itertools import pairwise

import msgspec

# 128 bits: among a million credentials two meet with a chance below 1 in 10^26, and a snapshot stays half as large as
# with 256.
DIGEST_BYTES = 16
KEY_BYTES = 32
# The longest formats in use (FASC-N, 200 bits; a 256-bit DESFire object) fit; what is longer is noise or an attack.
MAX_CARD_BITS = 512
PIN_DIGITS = range(4, 9)
WIEGAND26_BITS = 26
_MAX_TEXT = 200


class CredentialError(ValueError):
    """A value that is no card or no PIN; `code` is stable, the text is English and never repeats the value."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class CardValue(msgspec.Struct, frozen=True):
    """What a card says: `data` is exactly the bytes that `bits` need, unused low bits of the last byte zero."""

    bits: int
    data: bytes


def card_value(bits: int, data: bytes) -> CardValue:
    """Take a card as a reader delivered it; readers differ in what fills the last byte, so that is cleared.

    Raises CredentialError: card_bits (not 1-512), card_length (bytes do not match bits).
    """
    if not 1 <= bits <= MAX_CARD_BITS:
        raise CredentialError("card_bits", f"a card has 1 to {MAX_CARD_BITS} bits")
    if len(data) != (bits + 7) // 8:
        raise CredentialError("card_length", "the number of bytes does not match the number of bits")
    unused = -bits % 8
    return CardValue(bits, data[:-1] + bytes([data[-1] >> unused << unused]))


def card_digest(key: bytes, bits: int, data: bytes) -> bytes:
    """Return the 16-byte keyed digest of a card as a reader delivered it.

    Raises CredentialError as `card_value` does, and digest_key.
    """
    card = card_value(bits, data)
    return _digest(key, b"portvakt card", card.bits.to_bytes(2, "big") + card.data)


def pin_digest(key: bytes, pin: str) -> bytes:
    """Return the 16-byte keyed digest of a PIN. Raises CredentialError: pin_format (not 4-8 digits), digest_key."""
    if not _is_pin(pin):
        raise CredentialError("pin_format", "a PIN is 4 to 8 digits")
    return _digest(key, b"portvakt pin", pin.encode("ascii"))


def same_digest(one: bytes, other: bytes) -> bool:
    """Compare two digests in a time that does not tell how much of them agrees."""
    return hmac.compare_digest(one, other)


def pin_weakness(pin: str) -> str | None:
    """Say why a PIN may not be chosen, or None: pin_format, pin_same_digit, pin_run (9 and 0 are neighbours)."""
    if not _is_pin(pin):
        return "pin_format"
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps == {0}:
        return "pin_same_digit"
    return "pin_run" if steps in ({1}, {9}) else None


def parse_card(text: str) -> CardValue:
    """Read a card value as people write it (module docstring).

    Raises CredentialError: card_text, card_bits, card_length, card_padding, card_facility, card_number.
    """
    text = text.strip()
    if len(text) > _MAX_TEXT:
        raise CredentialError("card_text", "too long for a card value")
    if "-" in text:
        facility, number = _halves(text, "-")
        return wiegand26(_decimal(facility), _decimal(number))
    if ":" not in text:
        data = _hexadecimal(text)
        return card_value(len(data) * 8, data)
    bits, digits = _halves(text, ":")
    return _exact(_decimal(bits), _hexadecimal(digits))


def format_card(card: CardValue) -> str:
    """Write a card value the one way that carries everything: number of bits, colon, hexadecimal in capitals."""
    return f"{card.bits}:{card.data.hex().upper()}"


def wiegand26(facility: int, number: int) -> CardValue:
    """Make the 26 bits of H10301: even parity, facility (8), number (16), odd parity; a parity covers its nearest 12.

    Raises CredentialError: card_facility (not 0-255), card_number (not 0-65535).
    """
    if not 0 <= facility <= 0xFF:
        raise CredentialError("card_facility", "a Wiegand 26 facility is 0 to 255")
    if not 0 <= number <= 0xFFFF:
        raise CredentialError("card_number", "a Wiegand 26 number is 0 to 65535")
    middle = facility << 16 | number
    whole = _even_parity(middle >> 12) << 25 | middle << 1 | 1 - _even_parity(middle & 0xFFF)
    return CardValue(WIEGAND26_BITS, (whole << 6).to_bytes(4, "big"))


def facility_and_number(card: CardValue) -> tuple[int, int]:
    """Read facility (0-255) and number (0-65535) from the 26 bits of H10301.

    Raises CredentialError: card_length (not 26 bits), card_parity.
    """
    if card.bits != WIEGAND26_BITS:
        raise CredentialError("card_length", "Wiegand 26 has 26 bits")
    middle = int.from_bytes(card.data, "big") >> 7 & 0xFFFFFF
    facility, number = middle >> 16, middle & 0xFFFF
    if wiegand26(facility, number) != card:
        raise CredentialError("card_parity", "the parity bits do not agree")
    return facility, number


def _digest(key: bytes, domain: bytes, value: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise CredentialError("digest_key", f"the digest key is {KEY_BYTES} bytes")
    # The domain word keeps a PIN from ever having the digest of a card with the same bytes.
    return hmac.new(key, domain + b"\0" + value, sha256).digest()[:DIGEST_BYTES]


def _is_pin(pin: str) -> bool:
    return len(pin) in PIN_DIGITS and pin.isascii() and pin.isdigit()


def _even_parity(value: int) -> int:
    return value.bit_count() % 2


def _halves(text: str, separator: str) -> tuple[str, str]:
    left, _, right = text.partition(separator)
    return left, right


def _decimal(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        raise CredentialError("card_text", "digits are missing or something else stands among them")
    return int(text)


def _hexadecimal(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise CredentialError("card_text", "whole bytes in hexadecimal are needed") from None


def _exact(bits: int, data: bytes) -> CardValue:
    card = card_value(bits, data)
    if card.data != data:
        # A reader may fill with anything, a person who types bits beyond the number has the number wrong.
        raise CredentialError("card_padding", "bits are set beyond the stated number of bits")
    return card
