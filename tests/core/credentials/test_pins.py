"""Does a keypad tell a PIN from a passcode, do digests keep kinds apart, and are there enough PINs to go round?"""

import hmac
from hashlib import sha256

import pytest

from portvakt.core.credentials import (
    CredentialError,
    card_digest,
    guest_code_digest,
    keypad_entry,
    passcode_digest,
    pin_digest,
    pin_length_needed,
    pins_left,
    plate_digest,
)

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("digits", "entry"),
    [
        ("", None),
        ("123", None),
        ("1234", "pin"),
        ("12345678", "pin"),
        ("123456789", None),
        ("1234567890", "passcode"),
        ("12345678901", None),
        ("12a4", None),
        ("١٢٣٤", None),
        ("²²²²", None),
    ],
)
def test_keypad_entry(digits: str, entry: str | None) -> None:
    assert keypad_entry(digits) == entry


def test_digests_are_the_stated_hmacs() -> None:
    assert passcode_digest(KEY, "0123456789") == hmac.new(KEY, b"portvakt passcode\x000123456789", sha256).digest()[:16]
    assert plate_digest(KEY, "ABC123") == hmac.new(KEY, b"portvakt plate\x00ABC123", sha256).digest()[:16]


def test_the_same_bytes_have_another_digest_in_each_kind() -> None:
    same = b"0123456789012345"
    digests = {
        card_digest(KEY, 128, same),
        guest_code_digest(KEY, same),
        passcode_digest(KEY, "0123456789"),
        plate_digest(KEY, "0123456789"),
        plate_digest(KEY, "1234"),
        pin_digest(KEY, "1234"),
    }
    assert len(digests) == 6


@pytest.mark.parametrize("digits", ["", "1234", "12345678901", "12345 7890"])
def test_no_passcode(digits: str) -> None:
    with pytest.raises(CredentialError) as refused:
        passcode_digest(KEY, digits)
    assert refused.value.code == "passcode_format"


@pytest.mark.parametrize("plate", ["", "abc123", "ABC 123", "ÅBC123", "ABC-123"])
def test_no_normal_form_of_a_plate(plate: str) -> None:
    with pytest.raises(CredentialError) as refused:
        plate_digest(KEY, plate)
    assert refused.value.code == "plate_format"


@pytest.mark.parametrize(
    ("holders", "length"),
    [(0, 4), (1, 4), (10, 4), (11, 5), (100, 5), (101, 6), (1_000, 6), (10_000, 7), (100_000, 8), (100_001, 9)],
)
def test_a_thousand_pins_for_each_holder(holders: int, length: int) -> None:
    assert pin_length_needed(holders) == length


@pytest.mark.parametrize(
    ("length", "allocated", "left"), [(4, 0, 10), (4, 10, 0), (4, 11, -1), (6, 400, 600), (8, 1, 99_999)]
)
def test_pins_left(length: int, allocated: int, left: int) -> None:
    assert pins_left(length, allocated) == left
