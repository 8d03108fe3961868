"""How is a batch of events recorded with what is wrong with it? Inside the caller's unit of work."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from portvakt.core import chain
from portvakt.core.chain import KEY_BYTES
from portvakt.proto import link_pb2
from portvakt.server.link.chains import Claim, Fault, continues, follows, vouches
from portvakt.server.link.device import Device
from portvakt.server.logbook import actions
from portvakt.server.logbook.models import AccessEvent, EventChain, LogFaultKind, LogKey
from portvakt.server.logbook.proof import recorded_digests
from portvakt.server.places.models import Controller, ControllerStatus
from portvakt.server.purpose.actor import system

log = logging.getLogger(__name__)

# Of one batch; what else is wrong with it its evidence shows.
MOST_OF_A_KIND = 10


def keep_batch(device: Device, claim: Claim, rows: Sequence[AccessEvent]) -> None:
    """Record the rows, at least one, where the journal then stands, its seal, and every fault."""
    own = EventChain.objects.filter(organisation_id=device.organisation, controller_id=device.controller)
    head = own.select_for_update().filter(journal=claim.journal).first()
    faults = list(_first_of_each_kind(_faults(device, claim, rows, head)))
    actions.record_events(rows)
    _tell(device, faults)
    last = rows[-1]
    if claim.chained and claim.seal:
        actions.record_seal(last, claim.after, claim.seal, claim.public_key, sound=not faults, previous=head)
    if head is None or last.sequence > head.sequence:
        digest = claim.after if claim.chained else None
        actions.move_chain(last, digest, claim.public_key or None, _named_journal(rows), head)


def _first_of_each_kind(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Give the first few of each kind: a device that sends nonsense must not fill rows and pages with what is wrong with it."""
    told: Counter[LogFaultKind] = Counter()
    for fault in faults:
        told[fault.what] += 1
        if told[fault.what] <= MOST_OF_A_KIND:
            yield fault


def _faults(device: Device, claim: Claim, rows: Sequence[AccessEvent], head: EventChain | None) -> Iterable[Fault]:
    resent = head is not None and min(row.sequence for row in rows) <= head.sequence
    known = recorded_digests(device.organisation, claim.journal, rows) if resent else {}
    yield from continues(rows, claim, head, known)
    own = {"organisation_id": device.organisation, "controller_id": device.controller}
    expected = bool(claim.public_key) or LogKey.objects.filter(**own).exists()
    yield from vouches(rows, claim, expected=expected)
    if head is None and rows[0].sequence == 1 and claim.chained:
        yield from follows(chain.predecessor(rows[0].detail), claim, list(EventChain.objects.filter(**own)))


def _named_journal(rows: Sequence[AccessEvent]) -> str | None:
    named = chain.predecessor(rows[0].detail) if rows[0].sequence == 1 else None
    return named.journal if named else None


def keep_key(device: Device, hello: link_pb2.Hello) -> None:
    """Pin a controller's log key at first sight; another one is right only after a new enrolment, and is said loudly if not."""
    if len(hello.log_key) != KEY_BYTES:
        return
    own = LogKey.objects.filter(organisation_id=device.organisation, controller_id=device.controller)
    newest = own.filter(accepted=True).order_by("-first_seen_at").first()
    enrolled = ControllerStatus.objects.filter(controller_id=device.controller, enrolled_at__isnull=False)
    may_change = newest is None or enrolled.filter(enrolled_at__gt=newest.first_seen_at).exists()
    known = own.filter(public_key=hello.log_key).first()
    if known and not may_change:
        return
    # An enrolment lets one key in: also one that was there before spends it, or whoever steals the device later could bring another.
    actions.record_key(device.organisation, device.controller, hello.log_key, accepted=may_change)
    if newest is not None and may_change and not (known and known.accepted):
        by = system("link", device.organisation)
        actions.record("controller.log_key_changed", Controller(pk=device.controller), by=by)
    if not may_change:
        log.error("log key changed without a new enrolment: controller %s", device.controller)
        _tell(device, [Fault(LogFaultKind.KEY, _journal(hello.journal), 0, 0)])


def _journal(text: str) -> UUID:
    """Return a journal's id as a controller says it; the empty one for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _tell(device: Device, faults: Iterable[Fault]) -> None:
    for fault in faults:
        log.error(
            "log fault: controller %s journal %s, %s from %s to %s",
            device.controller, fault.journal, fault.what.value, fault.sequence, fault.last,
        )  # fmt: skip
        where = (device.organisation, device.controller, fault.journal)
        actions.record_fault(*where, fault.what, sequence=fault.sequence, last=fault.last)
