"""Which factor is what a reader delivered? From here on nothing knows a card's number, a PIN's digits or a plate."""

from portvakt.controller.readers import CardRead
from portvakt.core.credentials import (
    CredentialError,
    GuestCode,
    card_digest,
    guest_code_digest,
    keypad_entry,
    passcode_digest,
    pin_digest,
    plate_digest,
    read_code,
)
from portvakt.core.decision.model import (
    CardShown,
    Factor,
    GuestCodeShown,
    PasscodeTyped,
    PinTyped,
    PlateSeen,
    QrShown,
)
from portvakt.core.plates import normal_form

# What no card, plate or code can be is nobody's: an empty digest is denied as unknown, and logged like any other attempt.
NOBODYS = b""


def shown(key: bytes, said: CardRead, reads: str) -> Factor:
    """What was shown to a reader that delivers cards and codes, or plates (`reads`, as in the snapshot)."""
    if reads == "plate":
        return _plate(key, said)
    match read_code(said.data) if said.bits % 8 == 0 else None:
        case QrShown() as code:
            return code
        case GuestCode(code):
            return GuestCodeShown(guest_code_digest(key, code))
    try:
        return CardShown(card_digest(key, said.bits, said.data))
    except CredentialError:
        return CardShown(NOBODYS)


def typed(key: bytes, digits: str) -> Factor:
    """What was typed at a keypad; the number of digits tells a PIN from a passcode."""
    match keypad_entry(digits):
        case "passcode":
            return PasscodeTyped(passcode_digest(key, digits))
        case "pin":
            return PinTyped(pin_digest(key, digits))
    return PinTyped(NOBODYS)


def _plate(key: bytes, said: CardRead) -> PlateSeen:
    try:
        return PlateSeen(plate_digest(key, normal_form(said.data.decode("utf-8"))))
    except (UnicodeDecodeError, ValueError):
        return PlateSeen(NOBODYS)
