"""Which controllers are attached to this process, and what must each be told?"""

import asyncio
import logging
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import grpc

from portvakt.proto import link_pb2, link_pb2_grpc
from portvakt.server.link import rows
from portvakt.server.link.authority import Authority
from portvakt.server.link.changes import Building, Changes
from portvakt.server.link.device import Device, presented
from portvakt.server.link.intake import Intake
from portvakt.server.link.stream import NotUnderstood, Stream
from portvakt.server.purpose.notices import Channel, Notice, notices
from portvakt.server.purpose.work import Work

log = logging.getLogger(__name__)

Context = grpc.aio.ServicerContext[link_pb2.Up, link_pb2.Down]
SWEEP_SECONDS = LOOK_SECONDS = 30
NOBODY = UUID(int=0)


class Streams(link_pb2_grpc.ControllerLinkServicer):
    """Serves Attach; one live stream per controller, the newest."""

    def __init__(self, work: Work, authority: Authority) -> None:
        self._work = work
        self._intake = Intake(work)
        self._authority = authority
        self._process = uuid4().hex
        self._building = Building()
        self._attached: dict[UUID, Stream] = {}
        self._changes: dict[UUID, Changes] = {}
        self._ending = False

    async def Attach(self, messages: AsyncIterator[link_pb2.Up], context: Context) -> None:  # noqa: N802 - the contract's name
        """Serve one stream."""
        try:
            await self._serve(messages, context)
        except grpc.aio.AbortError:
            raise
        except NotUnderstood as fault:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(fault))
        except Exception as fault:  # noqa: BLE001 - the type alone: the text of a database's error may hold values
            # The controller comes again, and sends again what was not acknowledged.
            log.error("stream ended: %s", type(fault).__name__)  # noqa: TRY400
            await context.abort(grpc.StatusCode.UNAVAILABLE, "try again")

    async def _serve(self, messages: AsyncIterator[link_pb2.Up], context: Context) -> None:
        stream = f"{self._process}.{uuid4().hex}"
        peer = presented(context)
        device = await self._work.do(rows.admit, peer, stream) if peer and not self._ending else None
        if self._ending:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "going down")
        if device is None:
            log.warning("not let in: controller %s", peer.controller if peer else "unknown")
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "this certificate is not let in; enrol anew")
            return
        changes = self._changes_of(device.organisation)
        attached = Stream(stream, device, work=self._work, intake=self._intake, changes=changes, write=context.write)
        await self._attend(attached, messages)

    def _changes_of(self, organisation: UUID) -> Changes:
        if organisation not in self._changes:
            self._changes[organisation] = Changes(organisation, self._work, self._authority, self._building)
        return self._changes[organisation]

    async def _attend(self, stream: Stream, messages: AsyncIterator[link_pb2.Up]) -> None:
        device, replaced = stream.device, False
        changes = self._changes_of(device.organisation)
        if earlier := self._attached.get(device.controller):
            earlier.end(replaced=True)
        self._attached[device.controller] = stream
        changes.told.add(stream.look_for_snapshot)
        log.info("attached: controller %s", device.controller)
        try:
            replaced = await stream.run(messages)
        finally:
            changes.told.discard(stream.look_for_snapshot)
            if not changes.told:
                self._changes.pop(device.organisation, None)
            await self._detach(stream, device, replaced=replaced)

    async def _detach(self, stream: Stream, device: Device, *, replaced: bool) -> None:
        if self._attached.get(device.controller) is not stream:
            return
        del self._attached[device.controller]
        log.info("detached: controller %s", device.controller)
        if not replaced:
            await self._work.do(rows.detach, device)

    async def listen(self) -> None:
        """Pass on what other processes commit, for ever."""
        async for notice in notices(Channel.SNAPSHOT, Channel.COMMAND, Channel.ATTACHED):
            self.hear(notice)

    def hear(self, notice: Notice) -> None:
        """Tell the streams concerned what a notice is about; all of them when notices may have been missed."""
        match notice.channel:
            case Channel.SNAPSHOT:
                if changes := self._changes.get(_key(notice.payload)):
                    changes.look()
            case Channel.COMMAND:
                if stream := self._attached.get(_key(notice.payload)):
                    stream.look_for_commands()
            case Channel.ATTACHED:
                controller, _, elsewhere = notice.payload.partition(":")
                # Our own streams replace each other in _attend; an old notice about them must not end the newest.
                if not elsewhere.startswith(self._process) and (stream := self._attached.get(_key(controller))):
                    stream.end(replaced=bool(elsewhere))
            case _:
                self.look()
                for stream in self._attached.values():
                    stream.look_for_commands()

    def look(self) -> None:
        """Look whether there is a newer snapshot for any controller, once for each organisation."""
        for changes in self._changes.values():
            changes.look()

    async def keep_looking(self) -> None:
        """Look every half minute, in case a notice was missed, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    async def sweep(self) -> None:
        """Keep as offline the controllers of processes that died, for ever."""
        while True:
            try:
                await self._work.do(rows.call_silent_ones_offline)
            except Exception as trouble:  # noqa: BLE001 - the database comes back, and the next round does it
                log.warning("sweep failed: %s", type(trouble).__name__)
            await asyncio.sleep(SWEEP_SECONDS)

    def end(self) -> None:
        """Let nobody in any more, and end every stream."""
        self._ending = True
        for stream in self._attached.values():
            stream.end(replaced=False)


def _key(payload: str) -> UUID:
    """Who a notice is about. Anybody with a login may send one; what is no id is nobody's."""
    try:
        return UUID(payload)
    except ValueError:
        return NOBODY
