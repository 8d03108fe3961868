"""Which controllers are attached to this process, and what must each be told?"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import grpc

from portvakt.proto import link_pb2, link_pb2_grpc
from portvakt.server.link import rows
from portvakt.server.link.authority import Authority
from portvakt.server.link.device import Device, presented
from portvakt.server.link.stream import NotUnderstood, Stream
from portvakt.server.purpose.notices import Channel, Notice, notices
from portvakt.server.purpose.work import Work

log = logging.getLogger(__name__)

Context = grpc.aio.ServicerContext[link_pb2.Up, link_pb2.Down]
SWEEP_SECONDS = 30


class Streams(link_pb2_grpc.ControllerLinkServicer):
    """Serves Attach; one live stream per controller, the newest."""

    def __init__(self, work: Work, authority: Authority) -> None:
        self._work = work
        self._authority = authority
        self._process = uuid4().hex
        self._attached: dict[UUID, Stream] = {}
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
        await self._attend(
            Stream(stream, device, work=self._work, authority=self._authority, write=context.write), messages
        )

    async def _attend(self, stream: Stream, messages: AsyncIterator[link_pb2.Up]) -> None:
        device, replaced = stream.device, False
        if earlier := self._attached.get(device.controller):
            earlier.end(replaced=True)
        self._attached[device.controller] = stream
        log.info("attached: controller %s", device.controller)
        try:
            replaced = await stream.run(messages)
        finally:
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
                for stream in self._of_organisation(notice.payload):
                    stream.look_for_snapshot()
            case Channel.COMMAND:
                for stream in self._of_controller(notice.payload):
                    stream.look_for_commands()
            case Channel.ATTACHED:
                controller, _, elsewhere = notice.payload.partition(":")
                # Our own streams replace each other in _attend; an old notice about them must not end the newest.
                for stream in () if elsewhere.startswith(self._process) else self._of_controller(controller):
                    stream.end(replaced=bool(elsewhere))
            case _:
                for stream in self._attached.values():
                    stream.look_for_snapshot()
                    stream.look_for_commands()

    def _of_organisation(self, organisation: str) -> Iterator[Stream]:
        return (stream for stream in self._attached.values() if str(stream.device.organisation) == organisation)

    def _of_controller(self, controller: str) -> Iterator[Stream]:
        return (stream for key, stream in self._attached.items() if str(key) == controller)

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
