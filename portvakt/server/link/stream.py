"""What happens on one controller's stream, from its Hello to its end?

What comes up is taken in order, and acknowledged when it is committed. What goes down is sent when a notice says that there may be
something. What was taken back goes ahead of all else, also between the pieces of a long snapshot. Only one snapshot or delta is on its
way at a time, so that each delta follows what is in force.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

from portvakt.core.snapshot import MOST_DELTAS, PART_BYTES
from portvakt.proto import link_pb2
from portvakt.server.link import rows, versions, wishes
from portvakt.server.link.chains import claim_of
from portvakt.server.link.changes import Changes
from portvakt.server.link.device import Device
from portvakt.server.link.intake import Intake
from portvakt.server.link.received import Sent
from portvakt.server.link.statuses import Told
from portvakt.server.link.versions import News
from portvakt.server.purpose.work import Work

log = logging.getLogger(__name__)

HELLO_SECONDS = 10
# A door's age limit is in hours; a minute keeps it fresh at little cost.
CONFIRM_SECONDS = 60
# A small device takes a minute for a million persons; one that says nothing for longer is sent the next version all the same.
ANSWER_SECONDS = 600

Write = Callable[[link_pb2.Down], Awaitable[None]]


class Ended(Exception):
    """The stream is to end in good order."""


class NotUnderstood(Exception):
    """The peer does not keep to the protocol; the text says where."""


class Stream:
    """One attached controller; `id` tells this stream from the controller's others."""

    def __init__(
        self, stream: str, device: Device, *, work: Work, intake: Intake, changes: Changes, write: Write
    ) -> None:
        self.id = stream
        self.device = device
        self._work = work
        self._intake = intake
        self._changes = changes
        self._raw_write = write
        self._writing = asyncio.Lock()
        self._snapshot_due = asyncio.Event()
        self._command_due = asyncio.Event()
        self._end: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._urgent_due = asyncio.Event()
        self._barring = asyncio.Lock()
        self._in_force = self._sent = self._barred = self._deltas = 0
        # Until when a delta or a snapshot that was sent may still be answered, by the loop's clock.
        self._answer_by = float("-inf")
        # A delta may follow only what these rows gave out and the controller can take.
        self._wants_whole = False
        self._confirmed_at = float("-inf")
        self._status_due = asyncio.Event()
        self._newest_status = link_pb2.Status()
        self._status = b""
        self._log_key = b""
        self._told_unknown = False

    def look_for_snapshot(self) -> None:
        """There may be a newer snapshot."""
        self._urgent_due.set()
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
                tasks.create_task(self._keep_statuses())
                tasks.create_task(self._send_urgent())
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
        self._in_force, self._deltas = first.hello.snapshot_version, first.hello.deltas
        self._wants_whole = not await self._work.do(versions.meet, self.device, self._in_force)
        self._log_key = first.hello.log_key
        await self._work.do(rows.greet, self.device, first.hello)
        await self._work.do(rows.keep_log_key, self.device, first.hello)

    async def _receive(self, messages: AsyncIterator[link_pb2.Up]) -> None:
        async for message in messages:
            await self._take(message)
        self.end(replaced=False)

    async def _take(self, message: link_pb2.Up) -> None:
        match message.WhichOneof("body"):
            case "events":
                await self._take_events(message.events)
            case "status":
                self._newest_status = message.status
                self._status_due.set()
            case "snapshot":
                await self._take_answer(message.snapshot)
            case "command":
                await self._keep(wishes.keep_answer, message.command)
            case "reading":
                await self._keep(wishes.keep_reading, message.reading)
            case _:
                self._report_unknown()

    async def _take_events(self, batch: link_pb2.Events) -> None:
        try:
            journal = UUID(batch.journal)
        except ValueError as error:
            raise NotUnderstood("a journal is named by a UUID") from error
        claim = claim_of(journal, batch, self._log_key)
        await self._intake.keep(Sent(self.device, claim, batch.events))
        newest = max((event.sequence for event in batch.events), default=0)
        await self._write(link_pb2.Down(acknowledged=link_pb2.Acknowledged(journal=batch.journal, sequence=newest)))

    async def _keep_statuses(self) -> None:
        """Keep the newest status, beside the events; one that a newer one overtakes is not missed.

        Most say what the last one said; then it is enough to know that the controller is there.
        """
        while True:
            await self._status_due.wait()
            self._status_due.clear()
            said = self._newest_status.SerializeToString(deterministic=True)
            await self._intake.tell(Told(self.device, None if said == self._status else self._newest_status))
            self._status = said

    async def _take_answer(self, answer: link_pb2.SnapshotAnswer) -> None:
        if answer.version == self._sent:
            self._answer_by = float("-inf")
        if not answer.in_force:
            log.error("snapshot refused: controller %s version %s", self.device.controller, answer.version)
            if not self._wants_whole:
                # Whatever was wrong with a delta, a whole snapshot does not depend on what the controller has.
                self._wants_whole, self._sent = True, self._in_force
            await self._work.do(rows.keep_answer, self.device, answer.version, answer.refusal or "no reason given")
        elif answer.version == self._sent:
            self._in_force, self._deltas, self._wants_whole = answer.version, answer.deltas, False
            await self._work.do(rows.keep_answer, self.device, answer.version, "")
        self._snapshot_due.set()

    async def _keep(self, keep: Callable[[Device, Any], None], said: Any) -> None:
        try:
            await self._work.do(keep, self.device, said)
        except ValueError:
            self._report_unknown()

    def _report_unknown(self) -> None:
        """Say once for each stream that a newer controller says something this server does not know."""
        if not self._told_unknown:
            self._told_unknown = True
            log.warning("message skipped: controller %s sends what this server does not know", self.device.controller)

    async def _send_urgent(self) -> None:
        while True:
            self._urgent_due.clear()
            await self._send_bars(await self._changes.news())
            await self._urgent_due.wait()

    async def _send_bars(self, news: News) -> None:
        """Say what was taken back since the version in force; who has none opens nothing."""
        async with self._barring:
            base = max(self._in_force, self._barred)
            if self._in_force and news.bars_version > base:
                await self._write(await self._changes.bars(base, news.bars_version))
                self._barred = news.bars_version

    async def _send_snapshots(self) -> None:
        time = asyncio.get_running_loop().time
        while True:
            self._snapshot_due.clear()
            news = await self._changes.news()
            await self._send_bars(news)
            if time() < self._answer_by:
                pass  # its answer wakes us
            elif news.version > max(self._in_force, self._sent):
                await self._send_newest(news)
            elif news.version == self._in_force and news.version and time() - self._confirmed_at >= CONFIRM_SECONDS:
                self._confirmed_at = time()
                await self._write(link_pb2.Down(confirmed=link_pb2.Confirmed(version=news.version)))
            await self._snapshot_due.wait()

    async def _send_newest(self, news: News) -> None:
        """Send what makes the controller's version the newest; what changes meanwhile is a later version, found on the next look."""
        try:
            delta = await self._delta(news)
            if delta is None:
                await self._send_whole()
                return
        except versions.Outdated:
            self._changes.look()
            return
        except versions.SnapshotUnfit as fault:
            self._sent, wrong = fault.args
            await self._work.do(rows.keep_answer, self.device, self._sent, f"not sent: {wrong}")
            return
        self._expect_answer(delta[0])
        await self._write(delta[1])

    async def _delta(self, news: News) -> tuple[int, link_pb2.Down] | None:
        base = self._in_force
        if self._wants_whole or not base or self._deltas >= MOST_DELTAS or not versions.follows(base):
            return None
        if news.site_version > base:
            return await self._changes.delta_with_site(self.device, base)
        return await self._changes.delta(base, news.version)

    async def _send_whole(self) -> None:
        """Send a snapshot, in pieces where it is long: other messages go between them."""
        signed = await self._changes.whole(self.device)
        if signed is None:
            raise Ended
        self._wants_whole = True
        self._expect_answer(signed.version)
        if len(signed.body) <= PART_BYTES:
            whole = link_pb2.SignedSnapshot(body=signed.body, signature=signed.signature)
            await self._write(link_pb2.Down(snapshot=whole))
            return
        for start in range(0, len(signed.body), PART_BYTES):
            last = start + PART_BYTES >= len(signed.body)
            part = link_pb2.SnapshotPart(
                version=signed.version,
                body=signed.body[start : start + PART_BYTES],
                last=last,
                signature=signed.signature if last else b"",
            )
            await self._write(link_pb2.Down(part=part))

    def _expect_answer(self, version: int) -> None:
        self._sent = version
        self._answer_by = asyncio.get_running_loop().time() + ANSWER_SECONDS

    async def _send_commands(self) -> None:
        while True:
            self._command_due.clear()
            for command in await self._work.do(wishes.commands, self.device):
                await self._write(link_pb2.Down(command=command))
            await self._command_due.wait()

    async def _write(self, message: link_pb2.Down) -> None:
        # gRPC takes one write at a time on a stream.
        async with self._writing:
            await self._raw_write(message)
