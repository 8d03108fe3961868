"""How does a browser hear that something happened? `GET /o/<slug>/events`, server-sent events that are hints alone.

A hint says what to look at again ("doors", "log", "controllers"), with the id of a door or "-"; the page then asks the Board, which opens
a purpose like for any other request (docs/decisions/0013). A stream ends after ten minutes: the browser comes again and is judged anew.
"""

import asyncio
import logging
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

import django
from django.conf import settings
from django.http import parse_cookie

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portvakt.server.settings")
django.setup()

from portvakt.server.live.access import TurnedAway, listener  # noqa: E402 - models exist only from here on
from portvakt.server.live.hub import Hub, Page  # noqa: E402
from portvakt.server.purpose.notices import Channel, notices  # noqa: E402
from portvakt.server.purpose.work import Work  # noqa: E402

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PATH = re.compile(r"/o/([-a-zA-Z0-9_]{1,50})/events")
# Proxies give up a connection that says nothing for 30 or 60 s.
HEARTBEAT_SECONDS = 15.0
STREAM_SECONDS = 600.0
THREADS = 4


class Live:
    """The ASGI application."""

    def __init__(self, hub: Hub, heartbeat: float = HEARTBEAT_SECONDS, stream: float = STREAM_SECONDS) -> None:
        self._hub = hub
        self._heartbeat, self._stream_seconds = heartbeat, stream
        self._work = Work(THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        listening = asyncio.create_task(self._listen())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        listening.cancel()
        self._work.finish()
        await send({"type": "lifespan.shutdown.complete"})

    async def _listen(self) -> None:
        async for notice in notices(Channel.LIVE):
            self._hub.hear(notice)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            page = await self._admit(scope, headers)
        except TurnedAway as away:
            await _start(send, away.status, [])
            await send({"type": "http.response.body", "body": b""})
            return
        except Exception as trouble:  # noqa: BLE001 - the type alone: the text of a database's error may hold values
            log.error("not answered: %s", type(trouble).__name__)  # noqa: TRY400
            await _start(send, HTTPStatus.SERVICE_UNAVAILABLE, [])
            await send({"type": "http.response.body", "body": b""})
            return
        try:
            await self._stream(page, receive, send)
        finally:
            self._hub.close(page)

    async def _admit(self, scope: Scope, headers: dict[str, str]) -> Page:
        """Return the page for a stream. Raises TurnedAway."""
        if not (path := PATH.fullmatch(scope["path"])):
            raise TurnedAway(HTTPStatus.NOT_FOUND)
        if scope["method"] != "GET":
            raise TurnedAway(HTTPStatus.METHOD_NOT_ALLOWED)
        if headers.get("origin", settings.PUBLIC_URL) != settings.PUBLIC_URL:
            raise TurnedAway(HTTPStatus.FORBIDDEN)
        who = await self._work.do(listener, parse_cookie(headers.get("cookie", "")), path[1])
        return self._hub.open(who)

    async def _stream(self, page: Page, receive: Receive, send: Send) -> None:
        kinds = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
        await _start(send, HTTPStatus.OK, kinds)
        gone = asyncio.create_task(_gone(receive))
        telling = asyncio.create_task(self._tell(page, send))
        try:
            await asyncio.wait({gone, telling}, timeout=self._stream_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, telling):
                task.cancel()
            await asyncio.gather(gone, telling, return_exceptions=True)
        if not gone.done() or gone.cancelled():
            await send({"type": "http.response.body", "body": b""})

    async def _tell(self, page: Page, send: Send) -> None:
        """Send hints as they come, and a comment when there are none for a while."""
        await _send(send, "retry: 2000\n\n")
        while True:
            try:
                async with asyncio.timeout(self._heartbeat):
                    await page.due.wait()
            except TimeoutError:
                await _send(send, ": still here\n\n")
            else:
                # A browser drops an event whose data is empty.
                await _send(send, "".join(f"event: {look}\ndata: {row or '-'}\n\n" for look, row in page.take()))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Send, status: HTTPStatus, headers: Headers) -> None:
    always: Headers = [
        (b"access-control-allow-origin", settings.PUBLIC_URL.encode()),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin, Cookie"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status.value, "headers": [*always, *headers]})


async def _send(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


application = Live(Hub())
