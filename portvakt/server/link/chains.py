"""Does what a controller sends continue what it sent before, and does it vouch for it?

Whatever is found, everything is recorded: a fault is said beside the events, never instead of them. One fault does not bring others after
it: the next batch is measured by what the controller itself said last.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from uuid import UUID

import msgspec

from portvakt.core import chain
from portvakt.core.chain import DIGEST_BYTES, KEY_BYTES, Predecessor
from portvakt.proto import link_pb2
from portvakt.server.logbook.models import AccessEvent, EventChain, LogFaultKind


class Claim(msgspec.Struct, frozen=True):
    """What a controller says of a batch besides its events; without `public_key` it has never said that it seals."""

    journal: UUID
    before: bytes
    after: bytes
    seal: bytes
    public_key: bytes

    @property
    def chained(self) -> bool:
        """Tell whether the batch has a place in a chain."""
        return len(self.before) == len(self.after) == DIGEST_BYTES


class Fault(msgspec.Struct, frozen=True):
    """What is wrong, and with which numbers of which journal."""

    what: LogFaultKind
    journal: UUID
    sequence: int
    last: int


def claim_of(journal: UUID, batch: link_pb2.Events, log_key: bytes) -> Claim:
    """Return what comes with a batch from a controller that said this key at its Hello."""
    return Claim(journal, batch.before, batch.after, batch.seal, log_key if len(log_key) == KEY_BYTES else b"")


def continues(
    rows: Sequence[AccessEvent], claim: Claim, head: EventChain | None, known: Mapping[int, bytes | None]
) -> Iterator[Fault]:
    """Yield what is wrong with the order and the digests of a batch that is not empty.

    `head` is how far the journal had come, None at its first batch; `known` are the digests recorded for numbers of the batch.
    """
    came, at = claim.journal, head.sequence if head else 0
    for earlier, later in pairwise(row.sequence for row in rows):
        if later <= earlier:
            yield Fault(LogFaultKind.REORDER, came, later, later)
        elif later > earlier + 1:
            yield Fault(LogFaultKind.GAP, came, earlier + 1, later - 1)
    first = rows[0].sequence
    if first > at + 1 and (head or claim.chained):
        yield Fault(LogFaultKind.GAP, came, at + 1, first - 1)
    elif first == at + 1 and claim.chained and not _joins(claim, head):
        yield Fault(LogFaultKind.CHANGE, came, first, first)
    for row in rows:
        if row.sequence <= at and row.sequence not in known:
            yield Fault(LogFaultKind.REORDER, came, row.sequence, row.sequence)
        elif (recorded := known.get(row.sequence)) is not None and recorded != row.digest:
            yield Fault(LogFaultKind.CHANGE, came, row.sequence, row.sequence)


def _joins(claim: Claim, head: EventChain | None) -> bool:
    before = chain.first_digest(str(claim.journal)) if head is None else head.digest
    return before is None or bytes(before) == claim.before


def vouches(rows: Sequence[AccessEvent], claim: Claim, *, expected: bool) -> Iterator[Fault]:
    """Yield what is wrong with the seal of a batch that is not empty; with `expected`, that there is none is wrong too."""
    last = rows[-1].sequence
    if not claim.chained:
        if expected:
            yield Fault(LogFaultKind.SEAL, claim.journal, 1, last)
        return
    if rows[-1].digest != claim.after:
        yield Fault(LogFaultKind.CHANGE, claim.journal, last, last)
    if not chain.seal_holds(str(claim.journal), last, claim.after, claim.seal, claim.public_key):
        yield Fault(LogFaultKind.SEAL, claim.journal, last, last)


def follows(named: Predecessor | None, claim: Claim, others: Sequence[EventChain]) -> Iterator[Fault]:
    """Yield what is wrong with where a new journal begins; `others` are the controller's journals before it."""
    begun = Fault(LogFaultKind.GAP, claim.journal, 1, 1)
    if named is None:
        if any(other.public_key and bytes(other.public_key) == claim.public_key for other in others):
            yield begun
        return
    found = next((other for other in others if str(other.journal) == named.journal), None)
    if found is None:
        if others:
            yield begun
    elif named.sequence < found.sequence or any(str(other.after_journal) == named.journal for other in others):
        yield Fault(LogFaultKind.BACK, claim.journal, 1, 1)
    elif named.sequence > found.sequence:
        yield Fault(LogFaultKind.GAP, found.journal, found.sequence + 1, named.sequence)
    elif found.digest is not None and bytes(found.digest) != named.digest:
        yield Fault(LogFaultKind.CHANGE, found.journal, named.sequence, named.sequence)
