"""A server's end of the link, small but real: gRPC over TLS, wants a client certificate, records each event once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc

from portvakt.proto import link_pb2, link_pb2_grpc
from tests.controller.authority import Authority

GENEROUS = 20  # seconds; a bound for a test that hangs, nothing is measured with it
# Without these a server takes the controller's pings for an attack and hangs up.
PINGS_ALLOWED = (("grpc.http2.min_recv_ping_interval_without_data_ms", 1_000), ("grpc.http2.max_ping_strikes", 0))


class LinkServer(link_pb2_grpc.ControllerLinkServicer):
    """Every message up goes to `heard`; a stream is dropped where `drop` says so, before or after the acknowledgement."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[link_pb2.Up] = asyncio.Queue()
        self.recorded: dict[str, list[link_pb2.Event]] = {}
        self.repeated = 0
        self.streams = 0
        self.names: list[bytes] = []
        self.stream: Any = None
        self._cut = asyncio.Event()
        self.acknowledges = True
        self.drop: Callable[[str, link_pb2.Up], bool] = lambda _when, _up: False

    async def Attach(self, requests: AsyncIterator[link_pb2.Up], context: Any) -> None:  # noqa: N802
        self.streams += 1
        self.stream = context
        self._cut = asyncio.Event()
        self.names = context.auth_context()["x509_common_name"]
        async for up in self._until_cut(aiter(requests)):
            if self.drop("before", up):
                await context.abort(grpc.StatusCode.UNAVAILABLE, "dropped before")
            self._record(up.events)
            self.heard.put_nowait(up)
            if up.WhichOneof("body") == "events" and self.acknowledges:
                last = link_pb2.Acknowledged(journal=up.events.journal, sequence=up.events.events[-1].sequence)
                await context.write(link_pb2.Down(acknowledged=last))
            if self.drop("after", up):
                await context.abort(grpc.StatusCode.UNAVAILABLE, "dropped after")

    def cut(self) -> None:
        """End the stream from the server's side, now."""
        self._cut.set()

    async def _until_cut(self, requests: AsyncIterator[link_pb2.Up]) -> AsyncIterator[link_pb2.Up]:
        cut = asyncio.ensure_future(self._cut.wait())
        while True:
            up = asyncio.ensure_future(anext(requests))
            up.add_done_callback(lambda done: done.cancelled() or done.exception())  # looked at, so not reported
            await asyncio.wait({up, cut}, return_when=asyncio.FIRST_COMPLETED)
            if cut.done() or (up.done() and up.exception() is not None):
                up.cancel()
                return
            yield await up

    async def send(self, down: link_pb2.Down) -> None:
        await self.stream.write(down)

    async def hear(self, body: str) -> Any:
        """The next message of this kind; others are passed over."""
        async with asyncio.timeout(GENEROUS):
            while (up := await self.heard.get()).WhichOneof("body") != body:
                pass
        return getattr(up, body)

    async def hear_event(self, kind: str) -> link_pb2.Event:
        """The first event of this kind, recorded already or still to come."""
        while not (found := [e for events in self.recorded.values() for e in events if e.kind == kind]):
            await self.hear("events")
        return found[0]

    def _record(self, events: link_pb2.Events) -> None:
        """Once each, in order; a gap is a failure of the controller."""
        known = self.recorded.setdefault(events.journal, []) if events.events else []
        for event in events.events:
            last = known[-1].sequence if known else 0
            if event.sequence <= last:
                self.repeated += 1
                continue
            assert event.sequence == last + 1
            known.append(event)


class Cable:
    """A way to the server that can go dead without either end being told: bytes stop, connections stay."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._dead: set[asyncio.StreamWriter] = set()
        self._alive: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Connections made until now never carry another byte."""
        self._dead |= self._alive

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._alive |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer), return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if writer not in self._dead:
                writer.write(data)
        writer.close()


@asynccontextmanager
async def serving(servicer: LinkServer, authority: Authority, port: int = 0) -> AsyncIterator[int]:
    server = grpc.aio.server(options=PINGS_ALLOWED)
    link_pb2_grpc.add_ControllerLinkServicer_to_server(servicer, server)
    pair = [authority.pair("server")]
    credentials = grpc.ssl_server_credentials(pair, root_certificates=authority.pem, require_client_auth=True)
    port = server.add_secure_port(f"127.0.0.1:{port}", credentials)
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)
