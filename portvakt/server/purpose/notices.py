"""How do the server's processes tell each other that something was committed?

A notice goes out with its transaction (PostgreSQL NOTIFY) and says only where to look; the truth is always a row. It carries ids, never
personal data, and nobody needs a right to hear it. A notice can be missed while a connection is lost, so `notices()` says when it begins
to listen anew: whoever depends on it looks at the rows then.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from enum import StrEnum
from uuid import UUID

import msgspec
import psycopg
from django.conf import settings
from django.db import connection
from psycopg import conninfo, sql

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
# TCP's own probes notice within half a minute that the database's host is gone; a listener says nothing that would.
PROBES = {"keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3", "connect_timeout": "10"}


class Channel(StrEnum):
    """What a notice is about, and its payload: an organisation, a controller, "controller:stream", or a hint."""

    SNAPSHOT = "portvakt_snapshot"
    COMMAND = "portvakt_command"
    ATTACHED = "portvakt_attached"
    LIVE = "portvakt_live"


class Look(StrEnum):
    """What an open page is told to look at again."""

    CONTROLLERS = "controllers"
    DOORS = "doors"
    LOG = "log"


class Notice(msgspec.Struct, frozen=True):
    """One notice; `channel` is None when listening began (anew) and earlier ones may have been missed."""

    channel: Channel | None
    payload: str = ""


def notify(channel: Channel, payload: object) -> None:
    """Send a notice when the open transaction is committed; the same notice twice in it arrives once."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [channel.value, str(payload)])


def hint(organisation: UUID, look: Look, row: UUID | str = "") -> None:
    """Tell an organisation's open pages what to look at again, when the open transaction is committed."""
    notify(Channel.LIVE, f"{organisation}:{look}:{row}")


def hints(organisation: UUID, look: Look, rows: Iterable[UUID | str]) -> None:
    """Tell the same of several rows, in one statement."""
    payloads = [f"{organisation}:{look}:{row}" for row in rows]
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, payload) from unnest(%s::text[]) payload", [Channel.LIVE.value, payloads])


async def notices(*channels: Channel) -> AsyncIterator[Notice]:
    """Yield what others commit, for ever; the connection is made anew, with this process's login, whenever it is lost."""
    while True:
        try:
            async for notice in _listen(channels):
                yield notice
        except psycopg.Error as trouble:
            log.warning("listening was cut: %s", type(trouble).__name__)
        await asyncio.sleep(PAUSE_SECONDS)


async def _listen(channels: tuple[Channel, ...]) -> AsyncIterator[Notice]:
    async with await psycopg.AsyncConnection.connect(_address(), autocommit=True) as listener:
        for channel in channels:
            await listener.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
        yield Notice(None)
        async for heard in listener.notifies():
            yield Notice(Channel(heard.channel), heard.payload)


def _address() -> str:
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    described = settings.DATABASES["default"]
    parts = {name: str(described[key]) for key, name in names.items() if described.get(key)}
    return conninfo.make_conninfo("", **parts, **PROBES)
