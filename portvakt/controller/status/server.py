"""Who answers on the status address, and how is a stranger there kept from costing a door anything?

One request for each connection; so many connections at a time and in a second, so many bytes, so many seconds; then it
is closed, whatever was under way. h11 reads and writes HTTP; uvicorn, which serves elsewhere, waits for ever for a
connection that says nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from http import HTTPStatus

import h11
import msgspec

from portvakt.controller.status.facts import Facts
from portvakt.controller.status.metrics import CONTENT_TYPE, Metrics
from portvakt.controller.status.page import page
from portvakt.controller.status.words import preferred

log = logging.getLogger(__name__)

CONNECTIONS = 16
HEAD_BYTES = 8192
READ_BYTES = 2048
SECONDS = 5.0
# An answer costs half a millisecond of the doors' own loop; a monitoring system asks a few times a minute.
PER_SECOND = 50
# An address that cannot be had is tried again, not so often that the log fills the disk.
AGAIN_SECONDS = 30.0
TEXT, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"
HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Vary", "Accept-Language"),
    ("Connection", "close"),
)


class Address(msgspec.Struct, frozen=True):
    """Where to listen; port 0 is any that is free."""

    host: str
    port: int


class _Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    content_type: str = TEXT


class StatusServer:
    """Serves GET and HEAD of /, /metrics and /healthz until cancelled."""

    def __init__(self, address: Address, facts: Callable[[], Facts], metrics: Metrics) -> None:
        self._address = address
        self._facts = facts
        self._metrics = metrics
        self._open = 0
        self._second, self._taken = 0, 0
        self.listening = asyncio.Event()
        self.port = address.port

    async def run(self) -> None:
        """A door never depends on whether the address can be had."""
        while True:
            try:
                server = await asyncio.start_server(
                    self._serve, self._address.host, self._address.port, backlog=CONNECTIONS
                )
            except OSError as fault:
                log.warning("the status page cannot be served", extra={"cause": str(fault)})
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            async with server:
                self.port = server.sockets[0].getsockname()[1]
                self.listening.set()
                await server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._has_room():
            writer.transport.abort()
            return
        self._open += 1
        try:
            # h11 says by a LocalProtocolError that the other end is not one to answer.
            with contextlib.suppress(TimeoutError, OSError, h11.LocalProtocolError):
                async with asyncio.timeout(SECONDS):
                    await self._converse(reader, writer)
        finally:
            self._open -= 1
            writer.transport.abort()

    def _has_room(self) -> bool:
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second, self._taken = second, 0
        self._taken += 1
        return self._open < CONNECTIONS and self._taken <= PER_SECOND

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        try:
            request = await _request(connection, reader)
        except h11.RemoteProtocolError as fault:
            request, answer = None, _Answer(fault.error_status_hint, b"this is no request\n")
        else:
            if request is None:
                return
            answer = self._answer(request)
        writer.write(_written(connection, request, answer))
        writer.close()
        await writer.wait_closed()

    def _answer(self, request: h11.Request) -> _Answer:
        if request.method not in {b"GET", b"HEAD"}:
            return _Answer(405, b"this is only for reading: GET or HEAD\n")
        match request.target.partition(b"?")[0]:
            case b"/":
                language = preferred(_header(request, b"accept-language"))
                return _Answer(200, page(self._facts(), language).encode(), HTML)
            case b"/metrics":
                return _Answer(200, self._metrics.text(), CONTENT_TYPE)
            case b"/healthz":
                well = self._facts().store_answers
                return _Answer(200, b"ok\n") if well else _Answer(503, b"the store does not answer\n")
            case _:
                return _Answer(404, b"there is nothing here; try /, /metrics or /healthz\n")


async def _request(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """The request's head; None when the other end left. A body is not waited for."""
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(READ_BYTES))
    return event if isinstance(event, h11.Request) else None


def _written(connection: h11.Connection, request: h11.Request | None, answer: _Answer) -> bytes:
    headers = [*HEADERS, ("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body)))]
    if answer.status == 405:
        headers.append(("Allow", "GET, HEAD"))
    reason = HTTPStatus(answer.status).phrase
    head = connection.send(h11.Response(status_code=answer.status, reason=reason, headers=headers)) or b""
    if request is not None and request.method == b"HEAD":
        return head
    return head + (connection.send(h11.Data(data=answer.body)) or b"")


def _header(request: h11.Request, name: bytes) -> str:
    return ", ".join(value.decode("latin-1") for found, value in request.headers if found == name)
