"""What does a new controller need to know about its server, as one line that an installer can paste?

The line is base64url (no padding) of a msgpack map. It carries the deployment's own CA, so that the controller trusts
nothing else from the first byte, and a one-time secret. Whoever holds the line before it is used can enrol in the
controller's place: it is handed over like a key.
"""

import base64
import binascii

import msgspec

VERSION = 1
SECRET_BYTES = 16
# A text is an EC certificate (under 1 kB) and a few names; far more than that is somebody else's text.
MAX_TEXT = 16_384


class EnrolmentError(ValueError):
    """The text cannot be used; `code` is stable: "too_long", "not_enrolment_text", "unknown_version" or "bad_value"."""

    def __init__(self, code: str, text: str) -> None:
        """Keep the stable code beside the sentence."""
        super().__init__(text)
        self.code = code


class EnrolmentText(msgspec.Struct, frozen=True):
    """Addresses are "host:port"; `ca` is a DER certificate; `secret` is 16 bytes; `controller` is an opaque id."""

    link: str
    enrol: str
    ca: bytes
    secret: bytes
    controller: str
    v: int = VERSION


class _Version(msgspec.Struct):
    v: int


def encode(text: EnrolmentText) -> str:
    """Give one line of base64url; raises EnrolmentError for values that `decode` would refuse."""
    _check(text)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(text)).rstrip(b"=").decode("ascii")


def decode(line: str) -> EnrolmentText:
    """Read a line made by `encode`; white space that a mail or a terminal put in is ignored. Raises EnrolmentError."""
    if len(line) > MAX_TEXT:
        raise EnrolmentError("too_long", f"An enrolment text is at most {MAX_TEXT} characters.")
    body = _unwrap("".join(line.split()))
    try:
        version = msgspec.msgpack.decode(body, type=_Version).v
        if version != VERSION:
            raise EnrolmentError("unknown_version", f"This enrolment text has version {version}, not {VERSION}.")
        text = msgspec.msgpack.decode(body, type=EnrolmentText)
    except msgspec.MsgspecError as error:
        raise EnrolmentError("not_enrolment_text", "This is not an enrolment text.") from error
    _check(text)
    return text


def address(value: str) -> tuple[str, int]:
    """Split "host:port" (IPv6 in brackets keeps them); raises EnrolmentError("bad_value")."""
    host, _, port = value.rpartition(":")
    # Five digits bound the number before int() sees it.
    if not host or not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise EnrolmentError("bad_value", f"An address is host:port, not {value[:100]!r}.")
    return host, int(port)


def _unwrap(line: str) -> bytes:
    try:
        return base64.b64decode(line + "=" * (-len(line) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise EnrolmentError("not_enrolment_text", "This is not an enrolment text.") from error


def _check(text: EnrolmentText) -> None:
    address(text.link)
    address(text.enrol)
    if len(text.secret) != SECRET_BYTES:
        raise EnrolmentError("bad_value", f"The secret of an enrolment text is {SECRET_BYTES} bytes.")
    if not text.ca or not text.controller:
        raise EnrolmentError("bad_value", "An enrolment text names a controller and carries a certificate.")
