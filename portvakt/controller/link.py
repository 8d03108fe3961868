"""How do events reach the server, and snapshots and commands the doors, over a network that comes and goes?

The controller dials; the server never can. A stream begins with Hello and then everything not yet acknowledged is sent
again from the oldest, so the server may see an event twice but never misses one; it records each once. No door ever
waits for anything here. Commands are acted on when they arrive and kept nowhere: a stream that went silent is given up
by its pings within ten seconds, and whatever the server had put into it is gone with it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from secrets import SystemRandom
from typing import Any, Protocol

import grpc
from google.protobuf.unknown_fields import UnknownFieldSet

from portvakt.controller.clock import Clock
from portvakt.controller.commands import Answer, Commands
from portvakt.controller.identity import Identity
from portvakt.controller.journal import Journal
from portvakt.controller.readers import CardRead
from portvakt.controller.snapshots import Answer as SnapshotAnswer
from portvakt.controller.snapshots import Pieces, Snapshots
from portvakt.controller.store import START, Batch
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import MAX_BODY_BYTES, MAX_MESSAGE_BYTES, SnapshotRefused
from portvakt.proto import link_pb2, link_pb2_grpc

log = logging.getLogger(__name__)

BATCH = 200
STATUS_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A ping after 5 s of silence, given up after another 4 s; both timeouts are needed, gRPC's own for a ping is a minute.
# A server that does not allow pings this often hangs up.
OPTIONS = (
    ("grpc.keepalive_time_ms", 5_000),
    ("grpc.keepalive_timeout_ms", 4_000),
    ("grpc.http2.ping_timeout_ms", 4_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # Each attempt is a connection of its own; a shared one would bring gRPC's back-off of up to two minutes along.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.min_reconnect_backoff_ms", 5_000),
)

# Whole snapshots and deltas that wait for their turn; the server sends the next when the last is answered.
MOST_OFFERED = 2


class ToldStatus(Protocol):
    """Puts a status together (see Report.status)."""

    def __call__(self, waiting_events: int, *, events_in_memory: bool) -> link_pb2.Status:
        """Everything but the number of events, which the journal knows."""


Offer = Callable[[], Coroutine[None, None, SnapshotAnswer]]


class StreamEnded(Exception):
    """The server closed the stream in good order."""


class Link:
    """Keeps one stream to the server whenever there is a way to it."""

    def __init__(
        self,
        *,
        identity: Identity,
        journal: Journal,
        snapshots: Snapshots,
        commands: Commands,
        status: ToldStatus,
        clock: Clock,
        software: str,
    ) -> None:
        self._identity = identity
        self._journal = journal
        self._snapshots = snapshots
        self._commands = commands
        self._told = status
        self._clock = clock
        self._software = software
        self._wake = asyncio.Event()
        self._status_due = True
        self._answers: deque[link_pb2.Up] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._pieces = Pieces(MAX_BODY_BYTES)
        self._offered: asyncio.Queue[Offer] = asyncio.Queue(MOST_OFFERED)
        self._unknown: set[str] = set()
        self._heard = False

    @property
    def up(self) -> bool:
        """Whether the server has answered in the stream that stands."""
        return self._heard

    def events_waiting(self) -> None:
        """Something was written to the journal."""
        self._wake.set()

    def status_changed(self) -> None:
        """A door, a reader or the disk changed; several changes before the next message go in one."""
        self._status_due = True
        self._wake.set()

    async def run(self) -> None:
        """Dial, serve and dial again until cancelled."""
        failures = 0
        while True:
            try:
                await self._attach()
            except Exception as trouble:  # noqa: BLE001 - whatever a stream dies of, the next one is tried
                log.info("link down", extra={"cause": _cause(trouble)})
            failures = 0 if self._heard else failures + 1
            self._heard = False
            await asyncio.sleep(pause(failures))

    async def _attach(self) -> None:
        credentials = self._identity.channel_credentials()
        async with grpc.aio.secure_channel(self._identity.link, credentials, options=OPTIONS) as channel:
            stream = link_pb2_grpc.ControllerLinkStub(channel).Attach()
            # Answers to what another stream asked are of no use in this one.
            self._answers.clear()
            self._status_due = True
            self._pieces, self._offered = Pieces(MAX_BODY_BYTES), asyncio.Queue(MOST_OFFERED)
            await until_one_ends(self._send(stream), self._receive(stream), self._take_offers())

    async def _send(self, stream: Any) -> None:
        await stream.write(link_pb2.Up(hello=self._hello()))
        sent, status_at = START, 0.0
        time = asyncio.get_running_loop().time
        while True:
            self._wake.clear()
            while self._answers:
                await stream.write(self._answers.popleft())
            if self._status_due or time() >= status_at:
                self._status_due, status_at = False, time() + STATUS_SECONDS
                await stream.write(link_pb2.Up(status=await self._status()))
            if (batch := await self._journal.waiting(sent, BATCH)) is not None:
                await stream.write(link_pb2.Up(events=events_message(batch)))
                sent = batch.end
                continue
            await self._woken(status_at - time())

    async def _woken(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _receive(self, stream: Any) -> None:
        async for down in stream:
            if not self._heard:
                self._heard = True
                log.info("link up", extra={"server": self._identity.link})
            await self._take(down)
        raise StreamEnded

    async def _take(self, down: link_pb2.Down) -> None:
        match down.WhichOneof("body"):
            case "acknowledged":
                await self._journal.acknowledge(down.acknowledged.journal, down.acknowledged.sequence)
            case "snapshot":
                await self._offered.put(partial(self._snapshots.offer, down.snapshot.body, down.snapshot.signature))
            case "part":
                await self._take_part(down.part)
            case "delta":
                await self._offered.put(partial(self._snapshots.offer_delta, down.delta.body, down.delta.signature))
            case "bars":
                await self._snapshots.offer_bars(down.bars.body, down.bars.signature)
            case "confirmed":
                await self._snapshots.confirm(down.confirmed.version)
            case "command":
                await self._take_command(down.command)
            case _:
                await self._report_unknown("message", down)

    async def _take_part(self, part: link_pb2.SnapshotPart) -> None:
        try:
            body = self._pieces.add(part.version, part.body, last=part.last)
        except SnapshotRefused as refused:
            self._answer(SnapshotAnswer(part.version, f"{refused.code}: {refused.text}", self._snapshots.deltas))
            return
        if body is not None:
            await self._offered.put(partial(self._snapshots.offer, body, part.signature))

    async def _take_offers(self) -> None:
        """One snapshot after the other, beside everything else: what is urgent waits for none of them."""
        while True:
            offer = await self._offered.get()
            # What was begun is finished, also when the stream ends: half of it must not be on disk.
            task = asyncio.create_task(self._offer(offer))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await asyncio.shield(task)

    async def _offer(self, offer: Offer) -> None:
        self._answer(await offer())

    def _answer(self, answer: SnapshotAnswer) -> None:
        log.info("snapshot", extra={"version": answer.version, "refusal": answer.refusal})
        message = link_pb2.SnapshotAnswer(
            version=answer.version, in_force=not answer.refusal, refusal=answer.refusal[:500], deltas=answer.deltas
        )
        self._reply(link_pb2.Up(snapshot=message))

    async def _take_command(self, command: link_pb2.Command) -> None:
        if (action := self._commands.take(command, self._report_reading)) is not None:
            self._start(command.id, action)
            return
        await self._report_unknown("command", command)
        self._reply(link_pb2.Up(command=link_pb2.CommandAnswer(id=command.id, reason="fault")))

    def _report_reading(self, command: str, said: CardRead) -> None:
        self._reply(link_pb2.Up(reading=link_pb2.Reading(command=command, bits=said.bits, data=said.data)))

    def _start(self, command: str, action: Coroutine[None, None, Answer]) -> None:
        """A command waits for the disk; what comes after it on the stream does not."""
        task = asyncio.create_task(self._finish(command, action))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _finish(self, command: str, action: Coroutine[None, None, Answer]) -> None:
        answer = await action
        doors = [
            link_pb2.DoorRehearsal(door=door, would_lock=not why, why_not=why) for door, why in answer.doors.items()
        ]
        message = link_pb2.CommandAnswer(
            id=command,
            granted=answer.granted,
            reason=answer.reason,
            needs=answer.needs,
            doors=doors,
            detail=answer.detail,
        )
        self._reply(link_pb2.Up(command=message))

    def _reply(self, message: link_pb2.Up) -> None:
        self._answers.append(message)
        self._wake.set()

    async def _report_unknown(self, noun: str, message: link_pb2.Down | link_pb2.Command) -> None:
        """One event for each kind of thing that a newer server says and this software does not know."""
        fields = UnknownFieldSet(message)
        numbers = sorted({fields[place].field_number for place in range(len(fields))})
        detail = f"{noun} with unknown fields {numbers}" if numbers else f"empty {noun}"
        if detail not in self._unknown and len(self._unknown) < BATCH:
            self._unknown.add(detail)
            await self._journal.append([Event(EventKind.MESSAGE_UNKNOWN, self._clock.now(), detail=detail[:200])])

    def _hello(self) -> link_pb2.Hello:
        return link_pb2.Hello(
            journal=self._journal.id,
            snapshot_version=self._snapshots.version,
            software=self._software,
            deltas=self._snapshots.deltas,
            log_key=self._journal.log_key,
        )

    async def _status(self) -> link_pb2.Status:
        waiting = await self._journal.waiting_count()
        return self._told(waiting, events_in_memory=self._journal.in_memory)


def events_message(batch: Batch) -> link_pb2.Events:
    """A batch as it travels, vouched for."""
    events = [
        event_message(sequence, event, salt) for (sequence, event), salt in zip(batch.events, batch.salts, strict=True)
    ]
    return link_pb2.Events(
        journal=batch.journal, events=events, before=batch.before, after=batch.after, seal=batch.seal
    )


def event_message(sequence: int, event: Event, salt: bytes = b"") -> link_pb2.Event:
    """The event as it travels; what is absent stays empty."""
    return link_pb2.Event(
        sequence=sequence,
        at_us=(event.at - EPOCH) // timedelta(microseconds=1),
        kind=event.kind,
        door=event.door or "",
        side=event.side or "",
        reader=event.reader or "",
        auth_type=event.auth_type or 0,
        reason=event.reason or "",
        person=event.person or "",
        credential=event.credential or "",
        rule=event.rule or "",
        command=event.command or "",
        detail=event.detail,
        salt=salt,
    )


async def until_one_ends(*halves: Coroutine[Any, Any, Any]) -> None:
    """Run both; when one ends, end the other and raise what the first ended with.

    Not a TaskGroup: in Python 3.11 one swallows a cancellation that arrives while a half is failing, and a controller
    that is told to stop just as its server does would never stop.
    """
    tasks = [asyncio.create_task(half) for half in halves]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for task in tasks:
            # Looked at, so that asyncio does not report an end that was ours to cause.
            _ = task.cancelled() or task.exception()


def pause(failures: int) -> float:
    """Seconds until the next attempt: doubling, bounded, and spread so that controllers do not all come at once."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures, 10))
    return SystemRandom().uniform(longest / 2, longest)


def _cause(trouble: BaseException) -> str:
    if isinstance(trouble, grpc.aio.AioRpcError):
        return f"{trouble.code().name}: {trouble.details()}"[:200]
    return f"{type(trouble).__name__}: {trouble}"[:200]
