"""Does the operator see every number that a card's bits may stand for, and does typing it give the same card?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portvakt.core.credentials import (
    CardValue,
    Decoding,
    card_value,
    decodings,
    h10302,
    h10304,
    parse_card,
    random_uid,
    wiegand26,
    wiegand34,
)


def bits_of(card: CardValue) -> str:
    return f"{int.from_bytes(card.data, 'big'):0{len(card.data) * 8}b}"[: card.bits]


def from_bits(bits: str) -> CardValue:
    whole = int(bits.ljust((len(bits) + 7) // 8 * 8, "0"), 2)
    return CardValue(len(bits), whole.to_bytes((len(bits) + 7) // 8, "big"))


def shown(card: CardValue) -> list[tuple[str, bool]]:
    return [(each.text, each.sound) for each in decodings(card)]


# What card tools print for facility 118, card 1603 in H10301: the 26 bits 2EC0C86.
def test_wiegand26_as_published() -> None:
    assert bits_of(wiegand26(118, 1603)) == f"{0x2EC0C86:026b}"


# First digit: even parity over the bits to the first bar; last: odd parity over the same number at the end.
BY_HAND = [
    (wiegand34(1, 2), "1000000000000000100000000000000100"),
    (wiegand34(3, 3), "0000000000000001100000000000000111"),
    # The middle data bit (value 2 to the 17th) is in both halves.
    (h10302(1 << 17), "1000000000000000001000000000000000000"),
    (h10302(1), "0000000000000000000000000000000000010"),
    (h10302((1 << 18) + 1), "1000000000000000010000000000000000010"),
    (h10304(1, 0), "1000000000000000100000000000000000001"),
    (h10304(0, 1 << 17), "1000000000000000001000000000000000000"),
]


@pytest.mark.parametrize(("card", "bits"), BY_HAND)
def test_parities_by_hand(card: CardValue, bits: str) -> None:
    assert bits_of(card) == bits


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**35 - 1))
@settings(derandomize=True, max_examples=200)
def test_parities_by_counting(facility: int, number: int) -> None:
    for card, half in [
        (wiegand34(facility, number % 2**16), 17),
        (h10302(number), 19),
        (h10304(facility, number % 2**19), 19),
    ]:
        bits = bits_of(card)
        assert bits[:half].count("1") % 2 == 0
        assert bits[-half:].count("1") % 2 == 1


SIDE_BY_SIDE = [
    (wiegand26(12, 34567), [("H10301 12-34567", True), ("DECIMAL26 35196431", True)]),
    (from_bits("0" + bits_of(wiegand26(12, 34567))[1:]), [("H10301 12-34567", False), ("DECIMAL26 1641999", True)]),
    (
        h10304(12, 34567),
        [("H10302 6326023", True), ("H10304 12-34567", True), ("DECIMAL37 12652046", True)],
    ),
    (wiegand34(12, 34567), [("H10306 12-34567", True), ("DECIMAL34 1641998", True)]),
    (
        parse_card("04A1B2C3"),
        [
            ("UID4 04A1B2C3", True),
            ("DECIMAL32 77705923", True),
            ("DECIMALR32 3283263748", True),
            ("HEX 04A1B2C3", True),
            ("HEXR C3B2A104", True),
        ],
    ),
    (
        parse_card("04A1B2C3D4E5F6"),
        [
            ("UID7 04A1B2C3D4E5F6", True),
            ("DECIMAL56 1303689068602870", True),
            ("DECIMALR56 69495546249912580", True),
            ("HEX 04A1B2C3D4E5F6", True),
            ("HEXR F6E5D4C3B2A104", True),
        ],
    ),
    (
        parse_card("00000000000000000001"),
        [
            ("UID10 00000000000000000001", True),
            ("DECIMAL80 1", True),
            ("DECIMALR80 4722366482869645213696", True),
            ("HEX 00000000000000000001", True),
            ("HEXR 01000000000000000000", True),
        ],
    ),
    (
        parse_card("0102"),
        [("DECIMAL16 258", True), ("DECIMALR16 513", True), ("HEX 0102", True), ("HEXR 0201", True)],
    ),
]


@pytest.mark.parametrize(("card", "texts"), SIDE_BY_SIDE)
def test_decodings_side_by_side(card: CardValue, texts: list[tuple[str, bool]]) -> None:
    assert shown(card) == texts


def test_a_decoding_gives_facility_and_number() -> None:
    assert decodings(wiegand26(12, 34567))[0] == Decoding("H10301", 12, 34567, "H10301 12-34567", sound=True)
    assert decodings(h10302(7))[0] == Decoding("H10302", None, 7, "H10302 7", sound=True)


@pytest.mark.parametrize("uid", ["08A1B2C3", "88A1B2C3"])
def test_a_serial_number_that_is_none_is_not_sound(uid: str) -> None:
    assert shown(parse_card(uid))[0] == (f"UID4 {uid}", False)


@given(st.sampled_from([1, 16, 26, 32, 34, 37, 56, 80, 200, 512]), st.binary(min_size=64, max_size=64))
@settings(derandomize=True, max_examples=300)
def test_what_is_sound_and_typed_is_the_same_card(bits: int, data: bytes) -> None:
    card = card_value(bits, data[: (bits + 7) // 8])
    for decoding in decodings(card):
        if decoding.sound and bits <= 200:
            assert parse_card(decoding.text) == card


READINGS = [
    (["04A1B2C3D4E5F6"], False),
    (["04A1B2C3D4E5F6", "04A1B2C3D4E5F6"], False),
    (["04A1B2C3D4E5F6", "04A1B2C3D4E5F7"], True),
    (["08A1B2C3"], True),
    (["08A1B2C3", "08A1B2C3"], True),
    (["A8A1B2C3"], False),
    (["08A1B2C3D4E5F6"], False),
    ([], False),
]


@pytest.mark.parametrize(("texts", "random"), READINGS)
def test_random_uid(texts: list[str], random: object) -> None:
    assert random_uid([parse_card(text) for text in texts]) is random
