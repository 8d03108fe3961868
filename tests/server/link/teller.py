"""A controller's end of the chain, which can lie: what do tests of the log send?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from portvakt.core import chain
from portvakt.core.chain import Predecessor
from portvakt.proto import link_pb2
from portvakt.server.link.chains import claim_of
from portvakt.server.link.device import Device
from portvakt.server.link.kept import Batch, keep_batches, keep_key
from portvakt.server.link.received import events_of
from portvakt.server.places.models import Controller
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login


@dataclass
class Teller:
    """A controller's end of a journal, which can lie."""

    cast: Cast
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    journal: UUID = field(default_factory=uuid4)
    last: int = 0
    digest: bytes = b""
    controller: Controller | None = None

    @property
    def device(self) -> Device:
        return Device((self.controller or self.cast.controller).pk, self.cast.organisation.pk)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def batch(self, count: int, **changes: object) -> link_pb2.Events:
        """The next events, in good order."""
        before = digest = self.digest or chain.first_digest(str(self.journal))
        events = []
        for _ in range(count):
            self.last += 1
            event = link_pb2.Event(sequence=self.last, at_us=chain.microseconds(timezone.now()), salt=uuid4().bytes)
            event.kind = "door_opened"
            for name, value in changes.items():
                setattr(event, name, value)
            words = [getattr(event, name) for name in chain.FIELDS]
            digest = chain.next_digest(digest, chain.event_text(str(self.journal), self.last, event.salt, words))
            events.append(event)
        self.digest = digest
        sealed = chain.seal(str(self.journal), self.last, digest, self.key)
        return link_pb2.Events(journal=str(self.journal), events=events, before=before, after=digest, seal=sealed)

    def successor(self, *, sequence: int | None = None, digest: bytes | None = None) -> "Teller":
        """The journal of the next start; its first event names this one."""
        self.named = Predecessor(str(self.journal), sequence or self.last, digest or self.digest)
        return Teller(self.cast, self.key, controller=self.controller)

    def send(self, batch: link_pb2.Events, log_key: bytes | None = None) -> None:
        together([self.received(batch, log_key)])

    def received(self, batch: link_pb2.Events, log_key: bytes | None = None) -> Batch:
        """What the server makes of a batch that came."""
        claim = claim_of(self.journal, batch, self.public if log_key is None else log_key)
        return Batch(self.device, claim, events_of(self.device, claim, batch.events))

    def hello(self, key: bytes | None = None) -> None:
        hello = link_pb2.Hello(journal=str(self.journal), log_key=self.public if key is None else key)
        with as_login("link"), acting("entry_log", self.device.organisation):
            keep_key(self.device, hello)


def together(batches: Sequence[Batch]) -> None:
    """Record batches of one organisation in one unit of work."""
    with as_login("link"), acting("entry_log", batches[0].device.organisation):
        keep_batches(batches)
