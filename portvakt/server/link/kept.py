"""How are batches of events recorded with what is wrong with them? Inside the caller's unit of work.

The batches of many controllers are recorded together. Each is judged as if it came alone, after those before it, and only then is
everything written at once: so a unit costs a few statements, however many batches are in it.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

import msgspec
from django.db.models import Q

from portvakt.core import chain
from portvakt.core.chain import KEY_BYTES
from portvakt.proto import link_pb2
from portvakt.server.link.chains import Claim, Fault, continues, follows, vouches
from portvakt.server.link.device import Device
from portvakt.server.link.homes import forget_homes
from portvakt.server.logbook import actions
from portvakt.server.logbook.models import AccessEvent, EventChain, EventSeal, LogFault, LogFaultKind, LogKey
from portvakt.server.logbook.proof import recorded_digests
from portvakt.server.places.models import Controller, ControllerStatus
from portvakt.server.purpose.actor import system

log = logging.getLogger(__name__)

# Of one batch; what else is wrong with it its evidence shows.
MOST_OF_A_KIND = 10
# A controller and one of its journals.
Journal = tuple[UUID, UUID]


class Batch(msgspec.Struct, frozen=True):
    """Rows, at least one, as one controller sent them together."""

    device: Device
    claim: Claim
    rows: Sequence[AccessEvent]

    @property
    def journal(self) -> Journal:
        """Return whose numbers these are."""
        return self.device.controller, self.claim.journal

    @property
    def own(self) -> dict[str, UUID]:
        """Return the columns that every row about this journal has."""
        controller, journal = self.journal
        return {"organisation_id": self.device.organisation, "controller_id": controller, "journal": journal}


def keep_batches(batches: Sequence[Batch]) -> None:
    """Record the rows of batches of one organisation, in order, where the journals then stand, their seals, and every fault."""
    forget_homes(batches[0].device.organisation, [row for batch in batches for row in batch.rows])
    together = _Together(batches)
    for batch in batches:
        together.take(batch)
    together.write()


class _Together:
    """What is to be written for some batches, and how their journals stand after those taken so far."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._heads = _standing(batches[0].device.organisation, {batch.journal for batch in batches})
        self._sealing = _sealing([batch.device for batch in batches if not batch.claim.public_key])
        self._rows: list[AccessEvent] = []
        self._digests: dict[Journal, dict[int, bytes | None]] = defaultdict(dict)
        self._seals: dict[tuple[Journal, int], EventSeal] = {}
        self._outdated: list[EventSeal] = []
        self._begun: dict[Journal, EventChain] = {}
        self._moved: dict[Journal, EventChain] = {}
        self._faults: list[LogFault] = []

    def take(self, batch: Batch) -> None:
        """Judge a batch by where its journal stands, and move that on."""
        head, claim, last = self._heads.get(batch.journal), batch.claim, batch.rows[-1]
        faults = list(_first_of_each_kind(self._judge(batch, head)))
        self._faults += [_row(batch.device, fault) for fault in faults]
        self._rows += batch.rows
        came = {row.sequence: None if row.digest is None else bytes(row.digest) for row in reversed(batch.rows)}
        self._digests[batch.journal] = {**came, **self._digests[batch.journal]}
        if claim.chained and claim.seal:
            self._seal(batch, sound=not faults, previous=head.sequence if head else 0)
        if head is None or last.sequence > head.sequence:
            self._move(batch, head)

    def _judge(self, batch: Batch, head: EventChain | None) -> Iterator[Fault]:
        rows, claim = batch.rows, batch.claim
        resent = head is not None and min(row.sequence for row in rows) <= head.sequence
        yield from continues(rows, claim, head, self._known(batch) if resent else {})
        expected = bool(claim.public_key) or batch.device.controller in self._sealing
        yield from vouches(rows, claim, expected=expected)
        if head is None and rows[0].sequence == 1 and claim.chained:
            yield from follows(chain.predecessor(rows[0].detail), claim, self._others(batch))

    def _known(self, batch: Batch) -> dict[int, bytes | None]:
        """Return the digests of what came before under the batch's numbers; what came first stays."""
        recorded = recorded_digests(batch.device.organisation, batch.claim.journal, batch.rows)
        return {**self._digests[batch.journal], **recorded}

    def _others(self, batch: Batch) -> list[EventChain]:
        """Return the controller's journals before this one."""
        device, controller = batch.device, batch.device.controller
        recorded = EventChain.objects.filter(organisation=device.organisation, controller_id=controller)
        found = {(controller, other.journal): other for other in recorded}
        found |= {journal: head for journal, head in self._heads.items() if journal[0] == controller}
        return list(found.values())

    def _seal(self, batch: Batch, *, sound: bool, previous: int) -> None:
        """Keep the batch's seal; of sound ones close together the newest is enough."""
        claim, last = batch.claim, batch.rows[-1].sequence
        values = {"digest": claim.after, "seal": claim.seal, "public_key": claim.public_key, "sound": sound}
        self._seals.setdefault((batch.journal, last), EventSeal(**batch.own, sequence=last, **values))
        if sound and actions.sealed_together(previous, last):
            self._outdated.append(EventSeal(**batch.own, sequence=previous))
            if (earlier := self._seals.get((batch.journal, previous))) is not None and earlier.sound:
                del self._seals[batch.journal, previous]

    def _move(self, batch: Batch, head: EventChain | None) -> None:
        claim, last = batch.claim, batch.rows[-1]
        if head is None:
            head = EventChain(**batch.own, after_journal=_named_journal(batch.rows))
            self._heads[batch.journal] = self._begun[batch.journal] = head
        elif batch.journal not in self._begun:
            self._moved[batch.journal] = head
        head.sequence, head.last_at = last.sequence, min(last.at, last.received_at)
        head.digest, head.public_key = claim.after if claim.chained else None, claim.public_key or None

    def write(self) -> None:
        """Write it all."""
        actions.record_events(self._rows)
        actions.record_seals(self._seals.values(), instead_of=self._outdated)
        actions.begin_chains(self._begun.values())
        actions.move_chains(self._moved.values())
        _tell(self._faults)


def _first_of_each_kind(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Give the first few of each kind: a device that sends nonsense must not fill rows and pages with what is wrong with it."""
    told: Counter[LogFaultKind] = Counter()
    for fault in faults:
        told[fault.what] += 1
        if told[fault.what] <= MOST_OF_A_KIND:
            yield fault


def _standing(organisation: UUID, journals: Iterable[Journal]) -> dict[Journal, EventChain]:
    """Return how far journals have come, held until the unit of work ends; two that hold the same ones take turns."""
    wanted = Q()
    for controller, journal in journals:
        wanted |= Q(controller_id=controller, journal=journal)
    heads = (
        EventChain.objects.filter(wanted, organisation=organisation)
        .select_for_update()
        .order_by("controller_id", "journal")
    )
    return {(head.controller_id, head.journal): head for head in heads}


def _sealing(devices: Sequence[Device]) -> set[UUID]:
    """Return which of some controllers have said a log key before."""
    if not devices:
        return set()
    keys = LogKey.objects.filter(organisation=devices[0].organisation)
    own = keys.filter(controller_id__in={device.controller for device in devices})
    return set(own.values_list("controller_id", flat=True))


def _named_journal(rows: Sequence[AccessEvent]) -> UUID | None:
    named = chain.predecessor(rows[0].detail) if rows[0].sequence == 1 else None
    return UUID(named.journal) if named else None


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
        _tell([_row(device, Fault(LogFaultKind.KEY, _journal(hello.journal), 0, 0))])


def _journal(text: str) -> UUID:
    """Return a journal's id as a controller says it; the empty one for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _row(device: Device, fault: Fault) -> LogFault:
    return LogFault(
        organisation_id=device.organisation,
        controller_id=device.controller,
        journal=fault.journal,
        what=fault.what.value,
        sequence=fault.sequence,
        last=fault.last,
    )


def _tell(faults: Sequence[LogFault]) -> None:
    actions.record_faults(faults)
    for fault in faults:
        log.error(
            "log fault: controller %s journal %s, %s from %s to %s",
            fault.controller_id, fault.journal, fault.what, fault.sequence, fault.last,
        )  # fmt: skip
