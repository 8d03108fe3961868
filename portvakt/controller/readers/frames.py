"""Which whole, undamaged OSDP frames pass on a bus?

Read beside libosdp, which decides; here only to witness what a reader proves about itself. Layout after IEC 60839-11-5:
SOM 0x53, address (bit 7 set in replies), length (2 bytes, little endian), control, security block if control bit 3,
code, payload, MAC if secured, CRC-16 if control bit 2, otherwise a one-byte checksum.
"""

import binascii
from collections.abc import Iterator

import msgspec

SOM = 0x53
HEADER_BYTES = 5
LARGEST_FRAME = 1440  # IEC 60839-11-5; anything longer is noise.
CRC_START = 0x1D0F
REPLY = 0x80
WITH_CRC = 0x04
WITH_SECURITY = 0x08
MAC_BYTES = 4
SECURED = 0x15  # Security block types from here on carry a MAC; below are the handshake's own.

ID, CAPABILITIES, POLL, KEY_SET, CHALLENGE = 0x61, 0x62, 0x60, 0x75, 0x76
ACK, NAK, PD_ID, PD_CAPABILITIES, CARD, CRYPTOGRAM = 0x40, 0x41, 0x45, 0x46, 0x50, 0x76


class Frame(msgspec.Struct, frozen=True):
    """One frame with right check characters; `security` is the block (type, data...), empty when in clear text."""

    address: int
    reply: bool
    sequence: int
    security: bytes
    code: int
    payload: bytes

    @property
    def secured(self) -> bool:
        """Whether the frame claims a message authentication code of an established secure channel."""
        return bool(self.security) and self.security[0] >= SECURED


class Scanner:
    """Finds frames in a stream of bytes; noise is skipped, memory is bounded by one frame."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames completed by `data`, in order."""
        self._held += data
        return list(self._frames())

    def forget(self) -> None:
        """Drops a frame begun but not ended."""
        self._held.clear()

    def _frames(self) -> Iterator[Frame]:
        while (start := self._held.find(SOM)) >= 0:
            del self._held[:start]
            if len(self._held) < HEADER_BYTES:
                return
            length = self._held[2] | self._held[3] << 8
            if not HEADER_BYTES + 2 <= length <= LARGEST_FRAME:
                del self._held[0]
                continue
            if len(self._held) < length:
                return
            frame = _decoded(bytes(self._held[:length]))
            del self._held[: length if frame else 1]
            if frame:
                yield frame
        self._held.clear()


def _decoded(raw: bytes) -> Frame | None:
    control = raw[4]
    body = _checked(raw, with_crc=bool(control & WITH_CRC))
    if body is None:
        return None
    security = b""
    if control & WITH_SECURITY:
        size = body[0] if body else 0
        if size < 2 or len(body) <= size:
            return None
        security, body = body[1:size], body[size:]
    if not body:
        return None
    return Frame(raw[1] & 0x7F, bool(raw[1] & REPLY), control & 0x03, security, body[0], body[1:])


def _checked(raw: bytes, *, with_crc: bool) -> bytes | None:
    """The bytes between header and check characters, or None when those are wrong."""
    if with_crc:
        good = binascii.crc_hqx(raw[:-2], CRC_START) == int.from_bytes(raw[-2:], "little")
        return raw[HEADER_BYTES:-2] if good else None
    return raw[HEADER_BYTES:-1] if sum(raw) & 0xFF == 0 else None


def encoded(frame: Frame) -> bytes:
    """The bytes of a clear-text frame with CRC; what a reader without a secure channel would send."""
    address = frame.address | (REPLY if frame.reply else 0)
    body = bytes([frame.code]) + frame.payload
    length = HEADER_BYTES + len(body) + 2
    raw = bytes([SOM, address, length & 0xFF, length >> 8, frame.sequence | WITH_CRC]) + body
    return raw + binascii.crc_hqx(raw, CRC_START).to_bytes(2, "little")
