"""Does each card and PIN have one digest, one text, and a clear refusal when it is neither?"""

import hmac
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portvakt.core.credentials import (
    DIGEST_BYTES,
    CardValue,
    CredentialError,
    card_digest,
    card_value,
    facility_and_number,
    format_card,
    parse_card,
    pin_digest,
    pin_weakness,
    same_digest,
    wiegand26,
)

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))


def test_card_digest_is_the_stated_hmac() -> None:
    expected = hmac.new(KEY, b"portvakt card\0" + b"\x00\x1a" + bytes.fromhex("AABBCC80"), sha256).digest()
    assert card_digest(KEY, 26, bytes.fromhex("AABBCC80")) == expected[:DIGEST_BYTES]


def test_pin_digest_is_the_stated_hmac() -> None:
    assert pin_digest(KEY, "2580") == hmac.new(KEY, b"portvakt pin\x002580", sha256).digest()[:DIGEST_BYTES]


def test_the_same_card_has_the_same_digest_whatever_fills_the_last_byte() -> None:
    assert card_digest(KEY, 26, bytes.fromhex("AABBCCBF")) == card_digest(KEY, 26, bytes.fromhex("AABBCC80"))


def test_digests_differ_by_key_length_and_kind() -> None:
    digests = {
        card_digest(KEY, 32, b"2580"),
        card_digest(KEY, 31, b"2580"),
        card_digest(OTHER_KEY, 32, b"2580"),
        pin_digest(KEY, "2580"),
        pin_digest(OTHER_KEY, "2580"),
        pin_digest(KEY, "02580"),
    }
    assert len(digests) == 6


def test_same_digest() -> None:
    assert same_digest(pin_digest(KEY, "2580"), pin_digest(KEY, "2580"))
    assert not same_digest(pin_digest(KEY, "2580"), pin_digest(KEY, "2581"))


@pytest.mark.parametrize(
    ("bits", "data", "code"),
    [
        (0, b"", "card_bits"),
        (-8, b"", "card_bits"),
        (513, bytes(65), "card_bits"),
        (26, bytes(3), "card_length"),
        (26, bytes(5), "card_length"),
        (32, b"", "card_length"),
    ],
)
def test_no_card(bits: int, data: bytes, code: str) -> None:
    with pytest.raises(CredentialError) as refused:
        card_digest(KEY, bits, data)
    assert refused.value.code == code


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "12 4", "-123", "١٢٣٤", "²²²²"])
def test_no_pin(pin: str) -> None:
    with pytest.raises(CredentialError) as refused:
        pin_digest(KEY, pin)
    assert refused.value.code == "pin_format"
    assert not pin or pin not in str(refused.value)
    assert pin_weakness(pin) == "pin_format"


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(33)])
def test_no_key(key: bytes) -> None:
    with pytest.raises(CredentialError) as refused:
        pin_digest(key, "2580")
    assert refused.value.code == "digest_key"


@pytest.mark.parametrize(
    ("pin", "weakness"),
    [
        ("0000", "pin_same_digit"),
        ("77777777", "pin_same_digit"),
        ("1234", "pin_run"),
        ("87654321", "pin_run"),
        ("7890", "pin_run"),
        ("0987", "pin_run"),
        ("1235", None),
        ("1212", None),
        ("2580", None),
        ("1357", None),
        ("11112222", None),
    ],
)
def test_pin_weakness(pin: str, weakness: str | None) -> None:
    assert pin_weakness(pin) == weakness


@pytest.mark.parametrize(
    ("text", "bits", "data"),
    [
        ("26:AABBCC80", 26, "aabbcc80"),
        (" 26 : aabbcc80 ", 26, "aabbcc80"),
        ("04A1B2C3", 32, "04a1b2c3"),
        ("04a1b2c3d4e5f6", 56, "04a1b2c3d4e5f6"),
        ("34:0123456780", 34, "0123456780"),
        ("0-1", 26, "00000080"),
        ("12-34567", 26, "864383c0"),
        ("04 A1 B2 C3", 32, "04a1b2c3"),
        ("12 - 34567", 26, "864383c0"),
        ("H10301 12-34567", 26, "864383c0"),
        ("h10306 1-2", 34, "8000800100"),
        ("H10302 1", 37, "0000000010"),
        ("H10304 0-1", 37, "0000000010"),
        ("DECIMAL32 77705923", 32, "04a1b2c3"),
        ("DECIMALR32 77705923", 32, "c3b2a104"),
        ("DECIMAL26 3", 26, "000000c0"),
        ("UID4 04A1B2C3", 32, "04a1b2c3"),
        ("UID7 04 A1 B2 C3 D4 E5 F6", 56, "04a1b2c3d4e5f6"),
        ("UID10 00010203040506070809", 80, "00010203040506070809"),
        ("HEX 0A0B", 16, "0a0b"),
        ("hexr 0A0B", 16, "0b0a"),
    ],
)
def test_parse_card(text: str, bits: int, data: str) -> None:
    assert parse_card(text) == CardValue(bits, bytes.fromhex(data))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "card_bits"),
        ("hello", "card_text"),
        ("04A1B", "card_text"),
        (":AABBCC80", "card_text"),
        ("26:", "card_length"),
        ("x:AABBCC80", "card_text"),
        ("26:AABBCC", "card_length"),
        ("26:AABBCCC1", "card_padding"),
        ("0:", "card_bits"),
        ("9999:AA", "card_bits"),
        ("256-1", "card_facility"),
        ("1-65536", "card_number"),
        ("1--1", "card_text"),
        ("-1", "card_text"),
        ("1-2-3", "card_text"),
        ("A" * 202, "card_text"),
        ("9" * 199 + ":AA", "card_text"),
        ("WIEGAND 1-2", "card_format"),
        ("DECIMAL 1", "card_format"),
        ("H10306 65536-0", "card_facility"),
        ("H10306 1", "card_text"),
        ("H10302 34359738368", "card_number"),
        ("H10302 1-2", "card_text"),
        ("H10304 0-524288", "card_number"),
        ("H10304 65536-0", "card_facility"),
        ("DECIMAL0 0", "card_bits"),
        ("DECIMAL513 0", "card_bits"),
        ("DECIMAL8 256", "card_number"),
        ("DECIMALR26 1", "card_length"),
        ("UID4 04A1B2", "card_length"),
        ("UID7 04A1B2C3D4E5F", "card_text"),
        ("HEX ", "card_text"),
    ],
)
def test_no_card_text(text: str, code: str) -> None:
    with pytest.raises(CredentialError) as refused:
        parse_card(text)
    assert refused.value.code == code


# Worked by hand after the H10301 rule: facility 12 = 00001100, number 34567 = 10000111 00000111; the first twelve bits
# hold three ones, so the even parity bit is 1; the last twelve hold six, so the odd parity bit is 1.
def test_wiegand26_by_hand() -> None:
    assert wiegand26(12, 34567).data == int("10000110010000111000001111000000", 2).to_bytes(4, "big")


@given(st.integers(0, 255), st.integers(0, 65535))
@settings(derandomize=True, max_examples=200)
def test_wiegand26_goes_both_ways(facility: int, number: int) -> None:
    card = wiegand26(facility, number)
    bits = f"{int.from_bytes(card.data, 'big') >> 6:026b}"
    assert bits[:13].count("1") % 2 == 0
    assert bits[13:].count("1") % 2 == 1
    assert facility_and_number(card) == (facility, number)
    assert parse_card(f"{facility}-{number}") == card


@pytest.mark.parametrize("bit", range(26))
def test_one_wrong_bit_breaks_a_parity(bit: int) -> None:
    whole = int.from_bytes(wiegand26(12, 34567).data, "big") ^ 1 << 31 - bit
    with pytest.raises(CredentialError) as refused:
        facility_and_number(CardValue(26, whole.to_bytes(4, "big")))
    assert refused.value.code == "card_parity"


def test_other_lengths_are_not_wiegand26() -> None:
    with pytest.raises(CredentialError) as refused:
        facility_and_number(parse_card("04A1B2C3"))
    assert refused.value.code == "card_length"


@given(st.integers(1, 512), st.binary(min_size=64, max_size=64))
@settings(derandomize=True, max_examples=200)
def test_text_carries_every_card(bits: int, data: bytes) -> None:
    card = card_value(bits, data[: (bits + 7) // 8])
    assert parse_card(format_card(card)) == card
