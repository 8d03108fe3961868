"""How does what many controllers say reach the database without a transaction for each of them?

What comes while a unit of work is under way waits, and is kept together in the next one: the busier, the more at once, and nobody waits
where nothing else is under way. Events are gathered for each organisation, whose rows nobody else may touch; statuses for all. If a unit
fails, what is in it is tried one by one, so that something bad holds up nobody else's.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import msgspec
from django.db import InterfaceError, OperationalError

from portvakt.server.link import rows, statuses
from portvakt.server.link.received import Sent
from portvakt.server.link.statuses import Told
from portvakt.server.purpose.work import Work

Item = TypeVar("Item")

# A unit takes well under a second, and what waits behind it no longer.
MOST_TOGETHER, MOST_EVENTS = 200, 5_000


class Intake:
    """Keeps events and statuses of all controllers that are attached to this process."""

    def __init__(self, work: Work) -> None:
        self._events = Gathering(work, rows.keep_events, lambda sent: len(sent.events), MOST_EVENTS)
        self._statuses = Gathering(work, statuses.keep_statuses, lambda _: 1, MOST_TOGETHER)

    async def keep(self, sent: Sent) -> None:
        """Return when a batch of events is committed; raises what recording it raises."""
        await self._events.keep(sent.device.organisation, sent)

    async def tell(self, told: Told) -> None:
        """Return when a status is committed; raises what keeping it raises."""
        await self._statuses.keep("all", told)


class _Waiting(msgspec.Struct, Generic[Item]):
    item: Item
    kept: asyncio.Future[None]


class Gathering(Generic[Item]):
    """Has items kept in units: those of one key one after the other, those of several keys side by side.

    A unit has at most `most` by weight, and at most MOST_TOGETHER items, but at least one.
    """

    def __init__(
        self, work: Work, unit: Callable[[Sequence[Item]], None], weigh: Callable[[Item], int], most: int
    ) -> None:
        self._work, self._unit, self._weigh, self._most = work, unit, weigh, most
        self._waiting: dict[Hashable, deque[_Waiting[Item]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def keep(self, key: Hashable, item: Item) -> None:
        """Return when the item is kept; raises what keeping it raises."""
        one = _Waiting(item, asyncio.get_running_loop().create_future())
        if (waiting := self._waiting.get(key)) is not None:
            waiting.append(one)
        else:
            self._waiting[key] = deque([one])
            task = asyncio.create_task(self._keep_all(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await one.kept

    async def _keep_all(self, key: Hashable) -> None:
        waiting = self._waiting[key]
        while waiting:
            if unit := self._next(waiting):
                await self._keep(unit)
        del self._waiting[key]

    def _next(self, waiting: deque[_Waiting[Item]]) -> list[_Waiting[Item]]:
        unit: list[_Waiting[Item]] = []
        weight = 0
        while waiting and len(unit) < MOST_TOGETHER:
            if waiting[0].kept.done():
                waiting.popleft()  # its stream is gone; the controller says it again
                continue
            weight += self._weigh(waiting[0].item)
            if unit and weight > self._most:
                break
            unit.append(waiting.popleft())
        return unit

    async def _keep(self, unit: Sequence[_Waiting[Item]]) -> None:
        try:
            await self._work.do(self._unit, [one.item for one in unit])
        except Exception as fault:  # noqa: BLE001 - handed to whoever waits
            if len(unit) == 1:
                _settle(unit, fault)
            else:
                await self._keep_each(unit)
        else:
            _settle(unit)

    async def _keep_each(self, unit: Sequence[_Waiting[Item]]) -> None:
        for place, one in enumerate(unit):
            try:
                await self._work.do(self._unit, [one.item])
            except (OperationalError, InterfaceError) as fault:
                # The database is not there, or not well: the rest would each wait for it in vain.
                _settle(unit[place:], fault)
                return
            except Exception as fault:  # noqa: BLE001 - as above
                _settle([one], fault)
            else:
                _settle([one])


def _settle(unit: Sequence[_Waiting[Item]], fault: Exception | None = None) -> None:
    for one in unit:
        if one.kept.done():
            continue  # its stream ended meanwhile
        if fault is None:
            one.kept.set_result(None)
        else:
            one.kept.set_exception(fault)
