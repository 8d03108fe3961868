"""What do the frames on the wire prove about one reader's security?

libosdp refuses an unsecured reader (EnforceSecure) but does not say why it stays away. This says why, passively: it
reads along, computes, and sends nothing. Three proofs make a reader insecure: it offers no secure channel, it answers
the challenge with the published default key, or with a key that is not ours. One wrong answer may be a stale one, so
two are asked for.
"""

import hmac

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from portvakt.controller.readers import frames
from portvakt.controller.readers.keys import DEFAULT_KEY

COMMUNICATION_SECURITY = 9  # Function code in the capability report; compliance bit 0 is AES-128.
PROOFS_NEEDED = 2
FUTILE_RESTARTS = 3  # A reader that answers through so many restarts without coming up secure is not merely noisy.


class Heard(msgspec.Struct):
    """What is known since the reader was last known to be secure."""

    challenge: bytes = b""
    finding: str = ""
    proofs: int = 0
    answers: int = 0
    last_secured: bool = False


class Witness:
    """Follows the frames to and from one reader; `key` is its secure channel base key.

    `pending` is the key it may have been sent without our knowing, empty for none. `proven` is the one of the two that
    the reader has shown it holds, in the latest answer to a challenge of ours; empty before the first. `key_sent` says
    whether a key has gone out to it.
    """

    def __init__(self, key: bytes, pending: bytes = b"") -> None:
        self._key = key
        self._pending = pending
        self._heard = Heard()
        self.proven = b""
        self.key_sent = False

    def expect(self, pending: bytes) -> None:
        """The reader is about to be sent this key."""
        self._pending = pending

    @property
    def last_secured(self) -> bool:
        """Whether the reader's latest frame was a secured one; input that came in any other is never delivered.

        libosdp keeps an input that arrives in clear text before the handshake and hands it over once the channel is up.
        """
        return self._heard.last_secured

    @property
    def finding(self) -> str:
        """Why the reader is insecure, one sentence; empty while nothing is proven."""
        return self._heard.finding if self._heard.proofs >= PROOFS_NEEDED else ""

    def clear(self) -> None:
        """The secure channel is up: nothing said before counts."""
        self._heard = Heard(last_secured=self._heard.last_secured)

    def restarted(self) -> None:
        """The handshake begins anew; one answered again and again but never completed is a finding by itself."""
        if self._heard.answers >= FUTILE_RESTARTS and not self._heard.proofs:
            self._prove("The reader answers but never completes the secure channel.", times=PROOFS_NEEDED)
        self._heard.last_secured = False

    def sent(self, frame: frames.Frame) -> None:
        """Takes note of a frame from us."""
        if frame.code == frames.CHALLENGE:
            self._heard.challenge = frame.payload[:8]
        elif frame.code == frames.KEY_SET:
            self.key_sent = True

    def heard(self, frame: frames.Frame) -> None:
        """Takes note of a frame from the reader."""
        self._heard.last_secured = frame.secured
        if frame.code == frames.PD_ID:
            self._heard.answers += 1
        elif frame.code == frames.PD_CAPABILITIES and not frame.secured:
            self._capabilities(frame.payload)
        elif frame.code == frames.CRYPTOGRAM and len(frame.payload) == 32:
            self._cryptogram(frame.security, frame.payload)

    def _capabilities(self, payload: bytes) -> None:
        offered = dict(zip(payload[0::3], payload[1::3], strict=False))
        if not offered.get(COMMUNICATION_SECURITY, 0) & 1:
            self._prove("The reader offers clear text only.")

    def _cryptogram(self, security: bytes, payload: bytes) -> None:
        random, cryptogram = payload[8:16], payload[16:32]
        for key in filter(None, (self._key, self._pending)):
            if hmac.compare_digest(cryptogram, reader_cryptogram(key, self._heard.challenge, random)):
                self.proven = key
                return
        self.proven = b""
        default = cryptogram == reader_cryptogram(DEFAULT_KEY, self._heard.challenge, random)
        if default or security[1:2] == b"\0":
            self._prove("The reader uses the published default key.")
        else:
            self._prove("The reader uses another key than ours.")

    def _prove(self, finding: str, times: int = 1) -> None:
        self._heard.finding = finding
        self._heard.proofs += times


def reader_cryptogram(key: bytes, ours: bytes, theirs: bytes) -> bytes:
    """What a reader holding `key` answers to the challenge `ours`, its own random number being `theirs` (8 bytes each)."""
    session = _encrypted(key, bytes([0x01, 0x82]) + ours[:6].ljust(6, b"\0") + bytes(8))
    return _encrypted(session, ours.ljust(8, b"\0") + theirs)


def _encrypted(key: bytes, block: bytes) -> bytes:
    # The OSDP standard derives keys with AES-128 on single blocks; ECB on one block is that and nothing more.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(block) + encryptor.finalize()
