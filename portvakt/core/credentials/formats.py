"""What may a card's bits mean, side by side, and which bits does a printed number stand for?

Nobody knows from the bits alone in which format a card was made. At enrolment every format that has as many bits is
shown, and the operator sees which of the numbers is the one that is printed on the card.

Formats: H10301 (26 bits: even parity, facility 8, number 16, odd parity), H10306 (34: parity, 16, 16, parity), H10302
(37: parity, number 35, parity) and H10304 (37: parity, facility 16, number 19, parity), as HID names them; a parity
covers the half of the data bits that is nearest to it, of 35 the middle one is in both halves. UID4, UID7, UID10 are
the serial numbers of ISO/IEC 14443-3, single, double and triple. DECIMAL is the whole value as one number, DECIMALR the
same with its bytes turned around, HEX and HEXR likewise in hexadecimal.
"""

import msgspec

from portvakt.core.credentials.cards import CardValue
from portvakt.core.credentials.digests import CredentialError

WIEGAND26_BITS = 26
_UID_NAMES = {32: "UID4", 56: "UID7", 80: "UID10"}
# ISO/IEC 14443-3: 08 is drawn anew each time, 88 is the cascade tag and cannot begin a whole serial number.
_NO_FIRST_BYTE_OF_UID4 = (0x08, 0x88)


class Decoding(msgspec.Struct, frozen=True):
    """What a card's bits mean in one format.

    `number` is None where the format shows hexadecimal, `facility` None where it has none. `sound` is False where the
    bits break a rule of the format (a parity, a reserved first byte). `text` of a sound one is read by `parse_card` as
    this very card.
    """

    format: str
    facility: int | None
    number: int | None
    text: str
    sound: bool


class _Layout(msgspec.Struct, frozen=True):
    """Two parity bits around a facility and a number; `half` is how many data bits each parity covers."""

    name: str
    facility_bits: int
    number_bits: int
    half: int

    @property
    def data_bits(self) -> int:
        return self.facility_bits + self.number_bits

    @property
    def bits(self) -> int:
        return self.data_bits + 2


_H10301 = _Layout("H10301", 8, 16, 12)
_H10306 = _Layout("H10306", 16, 16, 16)
_H10302 = _Layout("H10302", 0, 35, 18)
_H10304 = _Layout("H10304", 16, 19, 18)
_LAYOUTS = (_H10301, _H10306, _H10302, _H10304)


def wiegand26(facility: int, number: int) -> CardValue:
    """Make the 26 bits of H10301. Raises CredentialError: card_facility (not 0-255), card_number (not 0-65535)."""
    return _encode(_H10301, facility, number)


def wiegand34(facility: int, number: int) -> CardValue:
    """Make the 34 bits of H10306. Raises CredentialError: card_facility, card_number (not 0-65535)."""
    return _encode(_H10306, facility, number)


def h10302(number: int) -> CardValue:
    """Make the 37 bits of H10302. Raises CredentialError: card_number (not 35 bits)."""
    return _encode(_H10302, 0, number)


def h10304(facility: int, number: int) -> CardValue:
    """Make the 37 bits of H10304. Raises CredentialError: card_facility (not 0-65535), card_number (not 0-524287)."""
    return _encode(_H10304, facility, number)


def facility_and_number(card: CardValue) -> tuple[int, int]:
    """Read facility (0-255) and number (0-65535) from the 26 bits of H10301.

    Raises CredentialError: card_length (not 26 bits), card_parity.
    """
    if card.bits != WIEGAND26_BITS:
        raise CredentialError("card_length", "Wiegand 26 has 26 bits")
    facility, number = _fields(_H10301, card)
    if wiegand26(facility, number) != card:
        raise CredentialError("card_parity", "the parity bits do not agree")
    return facility, number


def whole_number(card: CardValue, *, reversed_bytes: bool = False) -> int:
    """Read all bits of a card as one number; with its bytes turned around only where they are whole."""
    if reversed_bytes:
        return int.from_bytes(card.data, "little")
    return int.from_bytes(card.data, "big") >> (-card.bits % 8)


def decodings(card: CardValue) -> tuple[Decoding, ...]:
    """Give every meaning that fits the card's number of bits, the formats with a printed number first."""
    structured = tuple(_decoding(layout, card) for layout in _LAYOUTS if layout.bits == card.bits)
    number = whole_number(card)
    whole = Decoding("DECIMAL", None, number, f"DECIMAL{card.bits} {number}", sound=True)
    if card.bits % 8:
        return (*structured, whole)
    return (*structured, *_uid(card), whole, *_whole_bytes(card))


def _encode(layout: _Layout, facility: int, number: int) -> CardValue:
    if not 0 <= facility < 1 << layout.facility_bits:
        raise CredentialError("card_facility", f"a facility of {layout.name} has {layout.facility_bits} bits")
    if not 0 <= number < 1 << layout.number_bits:
        raise CredentialError("card_number", f"a number of {layout.name} has {layout.number_bits} bits")
    middle = facility << layout.number_bits | number
    upper, lower = middle >> layout.data_bits - layout.half, middle & (1 << layout.half) - 1
    whole = _even_parity(upper) << layout.bits - 1 | middle << 1 | 1 - _even_parity(lower)
    return CardValue(layout.bits, (whole << -layout.bits % 8).to_bytes((layout.bits + 7) // 8, "big"))


def _fields(layout: _Layout, card: CardValue) -> tuple[int, int]:
    middle = whole_number(card) >> 1 & (1 << layout.data_bits) - 1
    return middle >> layout.number_bits, middle & (1 << layout.number_bits) - 1


def _decoding(layout: _Layout, card: CardValue) -> Decoding:
    facility, number = _fields(layout, card)
    sound = _encode(layout, facility, number) == card
    if not layout.facility_bits:
        return Decoding(layout.name, None, number, f"{layout.name} {number}", sound)
    return Decoding(layout.name, facility, number, f"{layout.name} {facility}-{number}", sound)


def _uid(card: CardValue) -> tuple[Decoding, ...]:
    name = _UID_NAMES.get(card.bits)
    if name is None:
        return ()
    sound = name != "UID4" or card.data[0] not in _NO_FIRST_BYTE_OF_UID4
    return (Decoding(name, None, None, f"{name} {card.data.hex().upper()}", sound),)


def _whole_bytes(card: CardValue) -> tuple[Decoding, ...]:
    turned = whole_number(card, reversed_bytes=True)
    return (
        Decoding("DECIMALR", None, turned, f"DECIMALR{card.bits} {turned}", sound=True),
        Decoding("HEX", None, None, f"HEX {card.data.hex().upper()}", sound=True),
        Decoding("HEXR", None, None, f"HEXR {card.data[::-1].hex().upper()}", sound=True),
    )


def _even_parity(value: int) -> int:
    return value.bit_count() % 2
