"""How does what is presented at a door become a value that may travel, be stored and be compared?

A card number, a PIN, a passcode, a licence plate and a guest's code leave the place where they were read only as a
keyed digest. The key is one per organisation and is in every snapshot, so whoever takes a whole controller can try all
PINs of 4 to 8 digits: the digest keeps numbers out of rows, logs and backups, it is not a wall around a stolen
controller. These are the names for the rest of the platform.
"""

from portvakt.core.credentials.cards import MAX_CARD_BITS, CardValue, card_digest, card_value, random_uid
from portvakt.core.credentials.codes import (
    HANDLE_BYTES,
    PROOF_BYTES,
    STEP_SECONDS,
    GuestCode,
    guest_code_digest,
    guest_text,
    qr_key,
    qr_proof,
    qr_proof_by_key,
    qr_text,
    read_code,
)
from portvakt.core.credentials.digests import (
    DIGEST_BYTES,
    KEY_BYTES,
    CredentialError,
    plate_digest,
    same_digest,
)
from portvakt.core.credentials.formats import (
    WIEGAND26_BITS,
    Decoding,
    decodings,
    facility_and_number,
    h10302,
    h10304,
    wiegand26,
    wiegand34,
)
from portvakt.core.credentials.pins import (
    PASSCODE_DIGITS,
    PIN_DIGITS,
    keypad_entry,
    passcode_digest,
    pin_digest,
    pin_length_needed,
    pin_weakness,
    pins_left,
)
from portvakt.core.credentials.texts import format_card, parse_card

__all__ = [
    "DIGEST_BYTES",
    "HANDLE_BYTES",
    "KEY_BYTES",
    "MAX_CARD_BITS",
    "PASSCODE_DIGITS",
    "PIN_DIGITS",
    "PROOF_BYTES",
    "STEP_SECONDS",
    "WIEGAND26_BITS",
    "CardValue",
    "CredentialError",
    "Decoding",
    "GuestCode",
    "card_digest",
    "card_value",
    "decodings",
    "facility_and_number",
    "format_card",
    "guest_code_digest",
    "guest_text",
    "h10302",
    "h10304",
    "keypad_entry",
    "parse_card",
    "passcode_digest",
    "pin_digest",
    "pin_length_needed",
    "pin_weakness",
    "pins_left",
    "plate_digest",
    "qr_key",
    "qr_proof",
    "qr_proof_by_key",
    "qr_text",
    "random_uid",
    "read_code",
    "same_digest",
    "wiegand26",
    "wiegand34",
]
