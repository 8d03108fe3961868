r"""How does one event vouch for all before it, so that nobody can change, remove or reorder events unseen?

Each event of a journal is written as one text in exactly one way, and its digest is taken over the digest before it and that text:

    text   = ["<journal>",<sequence>,"<salt, hex>",<at_us>,"<kind>","<door>",…]   a JSON array, ASCII, no blanks: `event_text`
    digest = SHA-256("portvakt event" 0x00 ‖ digest before, 32 bytes ‖ text)      `next_digest`
    before the first event: SHA-256("portvakt journal" 0x00 ‖ journal)            `first_digest`
    seal   = Ed25519 over "portvakt seal" 0x00 ‖ ["<journal>",<sequence>,"<digest, hex>"]

The words are those of FIELDS in that order, as they travel: ids and words are texts, empty where absent; moments are microseconds since
the Unix epoch; the auth type is a number, 0 where absent. JSON escapes everything beyond ASCII as \uXXXX, so one text has one form.

The salt is 16 random bytes for each event. Without it, whoever holds a digest and its neighbour could try the few persons of a house until
one fits; with it, the digests and seals that outlive an event tell nothing about it.

A journal is one start of a controller's event store. Its first event names the journal before it (`predecessor_words`), so that the
journals of a controller are a chain too. portvakt/verify_log.py says all of this a second time: it stands alone.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portvakt.core.event import Event

FIELDS = (
    "at_us",
    "kind",
    "door",
    "side",
    "reader",
    "auth_type",
    "reason",
    "person",
    "credential",
    "rule",
    "command",
    "detail",
)
DIGEST_BYTES, SALT_BYTES, KEY_BYTES = 32, 16, 32
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

EVENT_DOMAIN, JOURNAL_DOMAIN, SEAL_DOMAIN = b"portvakt event\0", b"portvakt journal\0", b"portvakt seal\0"
PREDECESSOR = re.compile(r"after journal ([0-9a-f-]{36}) (\d{1,19}) ([0-9a-f]{64})$")

Words = tuple[str | int, ...]


class Predecessor(msgspec.Struct, frozen=True):
    """The journal before this one, as its successor knew it: its last sequence number and the digest after that."""

    journal: str
    sequence: int
    digest: bytes


def microseconds(at: datetime) -> int:
    """Return a moment as it travels: microseconds since the Unix epoch."""
    return (at - EPOCH) // timedelta(microseconds=1)


def words_of(event: Event) -> Words:
    """Return what an event says, in the order of FIELDS and as it travels."""
    return (
        microseconds(event.at),
        event.kind.value,
        event.door or "",
        event.side.value if event.side else "",
        event.reader or "",
        int(event.auth_type or 0),
        event.reason.value if event.reason else "",
        event.person or "",
        event.credential or "",
        event.rule or "",
        event.command or "",
        event.detail,
    )


def event_text(journal: str, sequence: int, salt: bytes, words: Sequence[str | int]) -> bytes:
    """Return the one text of an event; `journal` is a UUID in lower case, `words` are those of FIELDS."""
    return _json(journal, sequence, salt.hex(), *words)


def first_digest(journal: str) -> bytes:
    """Return the digest before a journal's first event."""
    return hashlib.sha256(JOURNAL_DOMAIN + journal.encode("ascii")).digest()


def next_digest(before: bytes, text: bytes) -> bytes:
    """Return the digest after an event, from the one before it (32 bytes) and its text."""
    return hashlib.sha256(EVENT_DOMAIN + before + text).digest()


def seal(journal: str, sequence: int, digest: bytes, key: Ed25519PrivateKey) -> bytes:
    """Vouch for a journal up to and including a sequence number; 64 bytes."""
    return key.sign(_seal_text(journal, sequence, digest))


def seal_holds(journal: str, sequence: int, digest: bytes, sealed: bytes, public_key: bytes) -> bool:
    """Tell whether a seal is that of a key (raw Ed25519, 32 bytes) over this very digest; false for what is no key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(sealed, _seal_text(journal, sequence, digest))
    except (InvalidSignature, ValueError):
        return False
    return True


def predecessor_words(before: Predecessor) -> str:
    """Return the words with which a journal's first event ends its detail."""
    return f"after journal {before.journal} {before.sequence} {before.digest.hex()}"


def predecessor(detail: str) -> Predecessor | None:
    """Return the journal that a first event's detail names, or None."""
    found = PREDECESSOR.search(detail)
    return None if found is None else Predecessor(found[1], int(found[2]), bytes.fromhex(found[3]))


def _seal_text(journal: str, sequence: int, digest: bytes) -> bytes:
    return SEAL_DOMAIN + _json(journal, sequence, digest.hex())


def _json(*values: str | int) -> bytes:
    return json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode("ascii")
