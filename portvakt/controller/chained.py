"""How does an event take its place in the journal, and what is kept of it?

A value in, a value out: the store tries a place and, when the disk refuses, has lost nothing by it.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from portvakt.core import chain
from portvakt.core.chain import EPOCH, SALT_BYTES, Predecessor
from portvakt.core.event import Event, EventKind

DETAIL_CHARACTERS = 200


class Kept(msgspec.Struct, frozen=True):
    """An event in its place: `body` is what is written, `before` and `after` are the chain's digests around it."""

    sequence: int
    event: Event
    body: bytes
    salt: bytes
    before: bytes
    after: bytes


class Head(msgspec.Struct, frozen=True):
    """Where a journal stands: its place among the journals, its id, its last number and the digest after that."""

    number: int
    journal: str
    last: int
    digest: bytes
    predecessor: Predecessor | None = None

    def follow(self, event: Event) -> tuple["Head", Kept]:
        """Give the event the next place; a journal's first one names the journal before it."""
        if not self.last and self.predecessor is not None:
            event = _naming(event, self.predecessor)
        sequence, salt = self.last + 1, os.urandom(SALT_BYTES)
        text = chain.event_text(self.journal, sequence, salt, chain.words_of(event))
        after = chain.next_digest(self.digest, text)
        kept = Kept(sequence, event, msgspec.msgpack.encode(event), salt, self.digest, after)
        return msgspec.structs.replace(self, last=sequence, digest=after), kept


class Dropped(msgspec.Struct, frozen=True):
    """Events that there was no room for: how many, and when the first and the last of them were."""

    count: int = 0
    first: datetime = EPOCH
    last: datetime = EPOCH

    def more(self, events: Sequence[Event]) -> "Dropped":
        """Count some more."""
        if not events:
            return self
        return Dropped(self.count + len(events), self.first if self.count else events[0].at, events[-1].at)

    def and_then(self, later: "Dropped") -> "Dropped":
        """Count those of another place, which came later."""
        if not self.count or not later.count:
            return later if later.count else self
        return Dropped(self.count + later.count, self.first, later.last)

    def event(self, at: datetime) -> Event:
        """Return the event that says it."""
        first, last = (moment.isoformat(sep=" ", timespec="seconds") for moment in (self.first, self.last))
        return Event(EventKind.EVENTS_DROPPED, at, detail=f"{self.count} events between {first} and {last}")


def new_head(number: int, predecessor: Predecessor | None) -> Head:
    """Begin a journal."""
    journal = str(uuid4())
    return Head(number, journal, 0, chain.first_digest(journal), predecessor)


def read_event(body: bytes) -> Event:
    """Return an event as kept; one that cannot be read keeps its place in the sequence and says so."""
    try:
        return msgspec.msgpack.decode(body, type=Event)
    except (msgspec.MsgspecError, ValueError):  # ValueError: a text that is not UTF-8
        return Event(EventKind.MESSAGE_UNKNOWN, datetime.fromtimestamp(0, UTC), detail="a stored event cannot be read")


def _naming(event: Event, before: Predecessor) -> Event:
    words = chain.predecessor_words(before)
    room = DETAIL_CHARACTERS - len(words) - len("; ")
    detail = f"{event.detail[:room]}; {words}" if event.detail else words
    return msgspec.structs.replace(event, detail=detail)
