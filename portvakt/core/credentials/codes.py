"""How does a phone prove who shows its changing code, and how does a reader's text become that code or a guest's?

A changing code cannot be copied: it is good for one step of 30 seconds. Its holder has a handle (16 random bytes, the
credential's digest in a snapshot) and a key of their own, which follows from the organisation's key and the handle, so
that nothing secret per person is in a snapshot.

- `qr_key` = HMAC-SHA-256(organisation's key, "portvakt qr" + NUL + handle), 32 bytes; the phone is given it once.
- step = seconds since the Unix epoch, divided by 30, whole.
- proof = the first 8 bytes of HMAC-SHA-256(qr_key, step as 4 bytes, most significant first).

What a phone does is thus one `crypto.subtle.sign("HMAC", key, step)` with the key imported as
`{name: "HMAC", hash: "SHA-256"}`, and the text below from its first 8 bytes.

Texts are capital letters and digits, and ":", so that the QR code stays small (its alphanumeric mode), and at most 64
characters, because readers hand over what they read as OSDP raw card data:
  `PV1:` and Base32 (RFC 4648, no padding) of handle (16), step (4, most significant first), proof (8): 49 characters
  `PV0:` and the same Base32 of a guest's 16 random bytes: 30 characters
"""

import hmac
from base64 import b32decode, b32encode
from hashlib import sha256

import msgspec

from portvakt.core.credentials.digests import CredentialError, digest, keyed
from portvakt.core.decision.model import QrShown

HANDLE_BYTES = 16
PROOF_BYTES = 8
STEP_SECONDS = 30
_STEP_BYTES = 4
_GUEST_BYTES = 16
_CHANGING, _GUEST = b"PV1:", b"PV0:"


class GuestCode(msgspec.Struct, frozen=True):
    """A guest's code as it was read, 16 bytes; `guest_code_digest` makes of it what may travel on."""

    code: bytes


def guest_code_digest(key: bytes, code: bytes) -> bytes:
    """Return the 16-byte keyed digest of a guest's code. Raises CredentialError: guest_code (not 16 bytes), digest_key."""
    if len(code) != _GUEST_BYTES:
        raise CredentialError("guest_code", f"a guest's code is {_GUEST_BYTES} bytes")
    return digest(key, b"portvakt guest code", code)


def qr_key(digest_key: bytes, handle: bytes) -> bytes:
    """Return the 32-byte key of one holder's changing codes. Raises CredentialError: qr_handle (not 16 bytes), digest_key."""
    if len(handle) != HANDLE_BYTES:
        raise CredentialError("qr_handle", f"a handle is {HANDLE_BYTES} bytes")
    return keyed(digest_key, b"portvakt qr", handle)


def qr_proof(digest_key: bytes, handle: bytes, step: int) -> bytes:
    """Return the 8-byte proof of a step, as the door reckons it. Raises CredentialError: qr_handle, qr_step, digest_key."""
    return qr_proof_by_key(qr_key(digest_key, handle), step)


def qr_proof_by_key(key: bytes, step: int) -> bytes:
    """Return the 8-byte proof of a step, as the holder's phone reckons it. Raises CredentialError: qr_step."""
    return hmac.digest(key, _step_bytes(step), sha256)[:PROOF_BYTES]


def qr_text(shown: QrShown) -> str:
    """Write a changing code as the phone shows it. Raises CredentialError: qr_step."""
    return _text(_CHANGING, shown.handle + _step_bytes(shown.step) + shown.proof)


def guest_text(code: bytes) -> str:
    """Write a guest's code (16 bytes) as it is printed or mailed."""
    return _text(_GUEST, code)


def read_code(data: bytes) -> QrShown | GuestCode | None:
    """Read the whole bytes that a reader delivered as a code; None where they are none and the card may be meant.

    Some readers end a text with a carriage return, a line feed or a NUL; those are passed over.
    """
    text = data.rstrip(b"\r\n\0")
    match text[: len(_CHANGING)]:
        case b"PV1:":
            return _changing(_plain(text))
        case b"PV0:":
            code = _plain(text)
            return GuestCode(code) if len(code) == _GUEST_BYTES else None
    return None


def _changing(plain: bytes) -> QrShown | None:
    if len(plain) != HANDLE_BYTES + _STEP_BYTES + PROOF_BYTES:
        return None
    step = int.from_bytes(plain[HANDLE_BYTES:-PROOF_BYTES], "big")
    return QrShown(plain[:HANDLE_BYTES], step, plain[-PROOF_BYTES:])


def _step_bytes(step: int) -> bytes:
    try:
        return step.to_bytes(_STEP_BYTES, "big")
    except OverflowError:
        raise CredentialError("qr_step", "a step is a whole number of 32 bits") from None


def _text(prefix: bytes, plain: bytes) -> str:
    return (prefix + b32encode(plain).rstrip(b"=")).decode("ascii")


def _plain(text: bytes) -> bytes:
    """Give the bytes behind the prefix, none where they are not Base32 in the one way that we write it."""
    body = text[len(_CHANGING) :]
    try:
        plain = b32decode(body + b"=" * (-len(body) % 8))
    except ValueError:
        return b""
    return plain if b32encode(plain).rstrip(b"=") == body else b""
