"""What happens on one controller's stream, from its Hello to its end?

What comes up is taken in order, and acknowledged when it is committed. What goes down is sent when a notice says that there may be
something, and looked for every half minute in case a notice was missed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

from portvakt.proto import link_pb2
from portvakt.server.link import rows
from portvakt.server.link.authority import Authority
from portvakt.server.link.device import Device
from portvakt.server.link.received import events_of, report_gaps
from portvakt.server.purpose.work import Work

log = logging.getLogger(__name__)

HELLO_SECONDS = 10
LOOK_SECONDS = 30
# A door's age limit is in hours; a minute keeps it fresh at little cost.
CONFIRM_SECONDS = 60

Write = Callable[[link_pb2.Down], Awaitable[None]]


class Ended(Exception):
    """The stream is to end in good order."""


class NotUnderstood(Exception):
    """The peer does not keep to the protocol; the text says where."""


class Stream:
    """One attached controller; `id` tells this stream from the controller's others."""

    def __init__(self, stream: str, device: Device, *, work: Work, authority: Authority, write: Write) -> None:
        self.id = stream
        self.device = device
        self._work = work
        self._authority = authority
        self._raw_write = write
        self._writing = asyncio.Lock()
        self._snapshot_due = asyncio.Event()
        self._command_due = asyncio.Event()
        self._end: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._in_force = self._sent = 0
        self._journal, self._last = "", 0
        self._told_unknown = False

    def look_for_snapshot(self) -> None:
        """There may be a newer snapshot."""
        self._snapshot_due.set()

    def look_for_commands(self) -> None:
        """There may be a command."""
        self._command_due.set()

    def end(self, *, replaced: bool) -> None:
        """End the stream soon; what is being committed is committed."""
        if not self._end.done():
            self._end.set_result(replaced)

    async def run(self, messages: AsyncIterator[link_pb2.Up]) -> bool:
        """Serve until either side ends; return whether the controller is attached elsewhere. Raises NotUnderstood."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._wait_for_end())
                await self._greet(messages)
                tasks.create_task(self._receive(messages))
                tasks.create_task(self._send_snapshots())
                tasks.create_task(self._send_commands())
        except* Ended:
            pass  # expected; anything that failed beside it comes out below
        except* Exception as faults:  # noqa: BLE001 - handed on as it is, without the group around it
            raise faults.exceptions[0] from None
        return self._end.done() and self._end.result()

    async def _wait_for_end(self) -> None:
        await self._end
        raise Ended

    async def _greet(self, messages: AsyncIterator[link_pb2.Up]) -> None:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                first = await anext(messages, None)
        except TimeoutError:
            first = None
        if first is None or first.WhichOneof("body") != "hello":
            raise NotUnderstood("the first message of a stream is Hello")
        if first.hello.snapshot_version >= 2**63:
            raise NotUnderstood("a snapshot version is a 63-bit number")
        self._in_force = first.hello.snapshot_version
        await self._work.do(rows.greet, self.device, first.hello)
        await self._work.do(rows.catch_up, self.device, self._in_force)

    async def _receive(self, messages: AsyncIterator[link_pb2.Up]) -> None:
        async for message in messages:
            await self._take(message)
        self.end(replaced=False)

    async def _take(self, message: link_pb2.Up) -> None:
        match message.WhichOneof("body"):
            case "events":
                await self._take_events(message.events)
            case "status":
                await self._work.do(rows.keep_status, self.device, message.status)
            case "snapshot":
                await self._take_answer(message.snapshot)
            case "command":
                await self._take_command_answer(message.command)
            case _:
                self._report_unknown()

    async def _take_events(self, batch: link_pb2.Events) -> None:
        try:
            journal = UUID(batch.journal)
        except ValueError as error:
            raise NotUnderstood("a journal is named by a UUID") from error
        if batch.journal != self._journal:
            self._journal, self._last = batch.journal, 0
        self._last = report_gaps(self.device, journal, self._last, batch.events)
        if events := events_of(self.device, journal, batch.events):
            await self._work.do(rows.keep_events, self.device, events)
        newest = max((event.sequence for event in batch.events), default=0)
        await self._write(link_pb2.Down(acknowledged=link_pb2.Acknowledged(journal=batch.journal, sequence=newest)))

    async def _take_answer(self, answer: link_pb2.SnapshotAnswer) -> None:
        if not answer.in_force:
            log.error("snapshot refused: controller %s version %s", self.device.controller, answer.version)
            await self._work.do(rows.keep_answer, self.device, answer.version, answer.refusal or "no reason given")
        elif answer.version == self._sent:
            self._in_force = answer.version
            await self._work.do(rows.keep_answer, self.device, answer.version, "")

    async def _take_command_answer(self, answer: link_pb2.CommandAnswer) -> None:
        try:
            await self._work.do(rows.keep_command, self.device, answer)
        except ValueError:
            self._report_unknown()

    def _report_unknown(self) -> None:
        """Say once for each stream that a newer controller says something this server does not know."""
        if not self._told_unknown:
            self._told_unknown = True
            log.warning("message skipped: controller %s sends what this server does not know", self.device.controller)

    async def _send_snapshots(self) -> None:
        time, confirmed_at = asyncio.get_running_loop().time, float("-inf")
        while True:
            self._snapshot_due.clear()
            wanted = await self._work.do(rows.wanted, self.device)
            if wanted > max(self._in_force, self._sent):
                await self._send_snapshot()
            elif wanted == self._in_force and wanted and time() - confirmed_at >= CONFIRM_SECONDS:
                confirmed_at = time()
                await self._write(link_pb2.Down(confirmed=link_pb2.Confirmed(version=wanted)))
            await _at_latest(self._snapshot_due, LOOK_SECONDS)

    async def _send_snapshot(self) -> None:
        """Build and send the newest snapshot; what changes meanwhile is a later version, found on the next look."""
        try:
            signed = await self._work.do(rows.signed_snapshot, self.device, self._authority)
        except rows.SnapshotUnfit as fault:
            self._sent, wrong = fault.args
            await self._work.do(rows.keep_answer, self.device, self._sent, f"not sent: {wrong}")
            return
        if signed is None:
            raise Ended
        self._sent = signed.version
        message = link_pb2.SignedSnapshot(body=signed.body, signature=signed.signature)
        await self._write(link_pb2.Down(snapshot=message))

    async def _send_commands(self) -> None:
        while True:
            self._command_due.clear()
            for command in await self._work.do(rows.commands, self.device):
                await self._write(link_pb2.Down(command=command))
            await self._command_due.wait()

    async def _write(self, message: link_pb2.Down) -> None:
        # gRPC takes one write at a time on a stream.
        async with self._writing:
            await self._raw_write(message)


async def _at_latest(due: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await due.wait()
    except TimeoutError:
        return
