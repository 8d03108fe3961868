"""What is typed at a keypad, and which digits may be chosen or handed out?

A PIN is 4 to 8 digits and a passcode is 10, so that a keypad tells them apart by their length alone.
"""

from itertools import pairwise

from portvakt.core.credentials.digests import CredentialError, digest

PIN_DIGITS = range(4, 9)
PASSCODE_DIGITS = 10
# IEC 60839-11-1: at least a thousand codes that could be for each one that is in use.
_CODES_PER_HOLDER = 1000


def keypad_entry(digits: str) -> str | None:
    """Tell what was typed: "pin", "passcode", or None where it can be neither."""
    if not (digits.isascii() and digits.isdigit()):
        return None
    if len(digits) in PIN_DIGITS:
        return "pin"
    return "passcode" if len(digits) == PASSCODE_DIGITS else None


def pin_digest(key: bytes, pin: str) -> bytes:
    """Return the 16-byte keyed digest of a PIN. Raises CredentialError: pin_format (not 4-8 digits), digest_key."""
    if keypad_entry(pin) != "pin":
        raise CredentialError("pin_format", "a PIN is 4 to 8 digits")
    return digest(key, b"portvakt pin", pin.encode("ascii"))


def passcode_digest(key: bytes, digits: str) -> bytes:
    """Return the 16-byte keyed digest of a passcode. Raises CredentialError: passcode_format (not 10 digits), digest_key."""
    if keypad_entry(digits) != "passcode":
        raise CredentialError("passcode_format", f"a passcode is {PASSCODE_DIGITS} digits")
    return digest(key, b"portvakt passcode", digits.encode("ascii"))


def pin_weakness(pin: str) -> str | None:
    """Say why a PIN may not be chosen, or None: pin_format, pin_same_digit, pin_run (9 and 0 are neighbours)."""
    if keypad_entry(pin) != "pin":
        return "pin_format"
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps == {0}:
        return "pin_same_digit"
    return "pin_run" if steps in ({1}, {9}) else None


def pin_length_needed(holders: int) -> int:
    """Return the smallest number of digits with a thousand possible PINs for each of so many holders, never below 4.

    10 holders need 4, 100 need 5, 1,000 need 6. Above 100,000 the answer is longer than a PIN can be (8): then a PIN
    alone must not open.
    """
    length = PIN_DIGITS[0]
    while pins_left(length, holders) < 0:
        length += 1
    return length


def pins_left(length: int, allocated: int) -> int:
    """Return how many more PINs of `length` digits may be handed out; negative where too many are already."""
    return int(10**length) // _CODES_PER_HOLDER - allocated
