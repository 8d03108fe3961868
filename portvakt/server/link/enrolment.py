"""How does a device with a one-time secret become a controller?

The same answer goes to a wrong, a used and an expired secret. Attempts are limited: a secret of 128 bits cannot be guessed, but every
attempt costs a look into the database.
"""

import logging
from collections import OrderedDict, deque
from collections.abc import Callable

import grpc

from portvakt.core.enrolment import SECRET_BYTES
from portvakt.proto import link_pb2, link_pb2_grpc
from portvakt.server.link import rows
from portvakt.server.link.authority import Authority, RequestRefused
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.work import Work

log = logging.getLogger(__name__)

Context = grpc.aio.ServicerContext[link_pb2.EnrolRequest, link_pb2.EnrolResponse]
# An installer enrols a controller in a minute; a depot behind one address enrols a few at once.
PER_PEER, OVERALL = 30, 120
PEERS = 10_000
WINDOW_SECONDS = 60.0


class Attempts:
    """Counts attempts in the last minute, of each peer and of all."""

    def __init__(self, clock: Callable[[], float], per_peer: int = PER_PEER, overall: int = OVERALL) -> None:
        self._clock = clock
        self._per_peer, self._overall = per_peer, overall
        self._all: deque[float] = deque()
        self._of: OrderedDict[str, deque[float]] = OrderedDict()

    def admit(self, peer: str) -> bool:
        """Count an attempt, unless there were too many; one that is turned away does not count."""
        own = self._of.setdefault(peer, deque())
        self._of.move_to_end(peer)
        while len(self._of) > PEERS:
            self._of.popitem(last=False)
        now = self._clock()
        for times in (own, self._all):
            while times and times[0] <= now - WINDOW_SECONDS:
                times.popleft()
        if len(own) >= self._per_peer or len(self._all) >= self._overall:
            return False
        own.append(now)
        self._all.append(now)
        return True


class Enrolment(link_pb2_grpc.EnrolmentServicer):
    """Serves Enrol."""

    def __init__(self, work: Work, authority: Authority, attempts: Attempts) -> None:
        self._work = work
        self._authority = authority
        self._attempts = attempts

    async def Enrol(self, request: link_pb2.EnrolRequest, context: Context) -> link_pb2.EnrolResponse:  # noqa: N802 - the contract's name
        """Answer one enrolment with a certificate, or end it with a status that says why not."""
        if not self._attempts.admit(context.peer().rpartition(":")[0]):
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many attempts; wait a minute")
        try:
            return await self._enrol(request)
        except Refused:
            log.warning("enrolment refused")
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "the enrolment text is wrong, used or has expired")
        except RequestRefused as refused:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refused))
        except Exception as fault:  # noqa: BLE001 - the text of a database's error may hold values; its type does not
            log.error("enrolment failed: %s", type(fault).__name__)  # noqa: TRY400
            await context.abort(grpc.StatusCode.UNAVAILABLE, "try again")
        raise AssertionError  # abort() does not return

    async def _enrol(self, request: link_pb2.EnrolRequest) -> link_pb2.EnrolResponse:
        if len(request.secret) != SECRET_BYTES:
            raise Refused("enrolment_unknown")
        controller, issued = await self._work.do(
            rows.enrol, self._authority, request.secret, request.certificate_request
        )
        log.info("enrolled: controller %s", controller)
        return link_pb2.EnrolResponse(
            controller=str(controller), certificate=issued.pem, snapshot_key=self._authority.snapshot_public_key()
        )
