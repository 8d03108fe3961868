"""How do people write a card's value?

One of:
  `26:AABBCC80`     number of bits, colon, bytes in hexadecimal
  `04A1B2C3`        hexadecimal alone: whole bytes, eight bits each, as a card's serial number is printed
  `12-34567`        facility and card number in decimal: Wiegand 26 (H10301)
  `H10304 12-34567` a format's name and what is printed: H10301, H10306 and H10304 take facility-number
  `H10302 1234567`  and H10302 a number
  `DECIMAL32 671955` a whole value in decimal, with its number of bits; `DECIMALR32` where its bytes are turned around
  `UID7 04A1B2...`  a serial number of so many bytes; `HEX` of any length, `HEXR` where its bytes are turned around
"""

import re
from collections.abc import Callable

from portvakt.core.credentials.cards import MAX_CARD_BITS, CardValue, card_value
from portvakt.core.credentials.digests import CredentialError
from portvakt.core.credentials.formats import h10302, h10304, wiegand26, wiegand34

_MAX_TEXT = 200
_PAIRS: dict[str, Callable[[int, int], CardValue]] = {"H10301": wiegand26, "H10306": wiegand34, "H10304": h10304}
_UID_BYTES = {"UID4": 4, "UID7": 7, "UID10": 10}
_WHOLE = re.compile(r"DECIMAL(R?)(\d{1,3})", re.ASCII)


def parse_card(text: str) -> CardValue:
    """Read a card value as people write it (module docstring).

    Raises CredentialError: card_text, card_format (a name that is none), card_bits, card_length, card_padding,
    card_facility, card_number.
    """
    text = text.strip()
    if len(text) > _MAX_TEXT:
        raise CredentialError("card_text", "too long for a card value")
    name, space, rest = text.partition(" ")
    if space and _is_name(name):
        return _named(name.upper(), rest.strip())
    if "-" in text:
        return _pair(text, wiegand26)
    if ":" in text:
        bits, _, digits = text.partition(":")
        return _exact(_decimal(bits), _hexadecimal(digits))
    return _bytes(_hexadecimal(text))


def format_card(card: CardValue) -> str:
    """Write a card value the one way that carries everything: number of bits, colon, hexadecimal in capitals."""
    return f"{card.bits}:{card.data.hex().upper()}"


def _named(name: str, rest: str) -> CardValue:
    if name in _PAIRS:
        return _pair(rest, _PAIRS[name])
    if name == "H10302":
        return h10302(_decimal(rest))
    if whole := _WHOLE.fullmatch(name):
        return _whole(int(whole[2]), _decimal(rest), turned=bool(whole[1]))
    if name in _UID_BYTES:
        return _uid(_hexadecimal(rest), _UID_BYTES[name])
    if name in ("HEX", "HEXR"):
        data = _hexadecimal(rest)
        return _bytes(data[::-1] if name == "HEXR" else data)
    raise CredentialError("card_format", "not the name of a card format")


def _pair(text: str, encode: Callable[[int, int], CardValue]) -> CardValue:
    facility, _, number = text.partition("-")
    return encode(_decimal(facility), _decimal(number))


def _whole(bits: int, number: int, *, turned: bool) -> CardValue:
    if not 1 <= bits <= MAX_CARD_BITS:
        raise CredentialError("card_bits", f"a card has 1 to {MAX_CARD_BITS} bits")
    if turned and bits % 8:
        raise CredentialError("card_length", "bytes can be turned around only where they are whole")
    if number >> bits:
        raise CredentialError("card_number", f"a number of {bits} bits is smaller")
    data = (number << -bits % 8).to_bytes((bits + 7) // 8, "big")
    return CardValue(bits, data[::-1] if turned else data)


def _uid(data: bytes, length: int) -> CardValue:
    if len(data) != length:
        raise CredentialError("card_length", f"this serial number has {length} bytes")
    return _bytes(data)


def _bytes(data: bytes) -> CardValue:
    return card_value(len(data) * 8, data)


def _is_name(word: str) -> bool:
    # Every name has a letter that is no hexadecimal digit, so that bytes written apart are never taken for one.
    return any("G" <= letter <= "Z" for letter in word.upper())


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
