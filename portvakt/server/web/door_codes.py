"""How is the code printed at a door written, and to which address does a phone's camera take whoever scans it?"""

from base64 import b32decode, b32encode

from django.conf import settings
from django.urls import reverse

CODE_BYTES = 16
TEXT_LENGTH = 26


def code_text(code: bytes | memoryview) -> str:
    """Write a door's code (16 bytes) as 26 capital letters and digits."""
    return b32encode(bytes(code)).decode("ascii").rstrip("=")


def code_of(text: str) -> bytes | None:
    """Read a door's code, whatever its case; None where it is none."""
    text = text.upper()
    if len(text) != TEXT_LENGTH or not text.isascii():
        return None
    try:
        return b32decode(text + "=" * (-TEXT_LENGTH % 8))
    except ValueError:
        return None


def address(code: bytes | memoryview) -> str:
    """Return what the QR code at the door says."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("scanned", args=[code_text(code)])
