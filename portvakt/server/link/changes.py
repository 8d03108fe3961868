"""What must the controllers of one organisation be told now? Asked, read and signed once for all of their streams."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar
from uuid import UUID

from portvakt.proto import link_pb2
from portvakt.server.link import versions
from portvakt.server.link.authority import Authority
from portvakt.server.link.device import Device
from portvakt.server.link.versions import News, SignedBody
from portvakt.server.purpose.work import Work

# Streams are a version or two apart, so these few are enough; a delta may be some megabytes.
REMEMBERED = 8

Result = TypeVar("Result")


class Building:
    """Lets few build at a time: what is urgent must find a thread free, and the loop its turn."""

    def __init__(self, at_a_time: int = 2) -> None:
        self.turn = asyncio.Semaphore(at_a_time)


class Changes:
    """One organisation's; `told` are called when there may be something new, one for each stream in this process."""

    def __init__(self, organisation: UUID, work: Work, authority: Authority, building: Building) -> None:
        self.told: set[Callable[[], None]] = set()
        self._organisation = organisation
        self._work = work
        self._authority = authority
        self._building = building
        self._news = Once[News](1)
        self._bars = Once[link_pb2.Down](REMEMBERED)
        self._deltas = Once[tuple[int, link_pb2.Down] | None](REMEMBERED)

    def look(self) -> None:
        """There may be something new: ask again, and tell every stream."""
        self._news.forget()
        for tell in self.told:
            tell()

    async def news(self) -> News:
        """Where the organisation stands; asked once after each notice."""
        return await self._news.get((), lambda: self._work.do(versions.news, self._organisation))

    async def bars(self, base: int, version: int) -> link_pb2.Down:
        """The message with what was taken back since `base`, up to `version` at least."""
        return await self._bars.get((base, version), lambda: self._make_bars(base))

    async def delta(self, base: int, version: int) -> tuple[int, link_pb2.Down] | None:
        """The version and the message that make `base` into `version` or newer, where no site changed; None where there is none."""
        return await self._deltas.get((base, version), lambda: self._make_delta(base))

    async def delta_with_site(self, device: Device, base: int) -> tuple[int, link_pb2.Down] | None:
        """The same for one controller, with its site's versions."""
        async with self._building.turn:
            signed = await self._work.do(versions.signed_delta, self._organisation, base, self._authority, device)
        return _delta(signed)

    async def whole(self, device: Device) -> SignedBody | None:
        """The newest snapshot of one controller; None for one that was removed. Raises versions.SnapshotUnfit."""
        async with self._building.turn:
            return await self._work.do(versions.signed_snapshot, device, self._authority)

    async def _make_bars(self, base: int) -> link_pb2.Down:
        signed = await self._work.do(versions.signed_bars, self._organisation, base, self._authority)
        return link_pb2.Down(bars=link_pb2.SignedSnapshot(body=signed.body, signature=signed.signature))

    async def _make_delta(self, base: int) -> tuple[int, link_pb2.Down] | None:
        async with self._building.turn:
            return _delta(await self._work.do(versions.signed_delta, self._organisation, base, self._authority))


def _delta(signed: SignedBody | None) -> tuple[int, link_pb2.Down] | None:
    if signed is None:
        return None
    message = link_pb2.SignedSnapshot(body=signed.body, signature=signed.signature)
    return signed.version, link_pb2.Down(delta=message)


class Once(Generic[Result]):
    """Does each thing once for all who ask while it is done and after, and remembers the newest few."""

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        self._done: OrderedDict[Hashable, asyncio.Task[Result]] = OrderedDict()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Result]]) -> Result:
        """Return what `make` gave for the key; what failed is tried again by the next who asks."""
        task = self._done.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._done[key] = asyncio.ensure_future(make())
            while len(self._done) > self._remembered:
                self._done.popitem(last=False)
        # One stream that ends must not take it from the others.
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Do everything anew from now on."""
        self._done.clear()
