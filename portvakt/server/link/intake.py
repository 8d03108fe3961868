"""How do the events of many controllers reach the log without a transaction for each of them?

What comes for an organisation while a unit of work records its events waits, and is recorded together in the next one: the busier, the
more at once, and nobody waits where nothing else is under way. If a unit fails, its batches are tried one by one, so that a bad one
holds up nobody else's.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.db import InterfaceError, OperationalError

from portvakt.server.link import rows
from portvakt.server.link.received import Sent
from portvakt.server.purpose.work import Work

# A unit takes well under a second, and what waits behind it no longer.
MOST_BATCHES, MOST_EVENTS = 200, 5_000


class _Waiting(msgspec.Struct):
    sent: Sent
    kept: asyncio.Future[None]


class Intake:
    """Records batches of events: those of one organisation in units, several organisations side by side."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._waiting: dict[UUID, deque[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def keep(self, sent: Sent) -> None:
        """Return when the events are committed; raises what recording them raises."""
        one = _Waiting(sent, asyncio.get_running_loop().create_future())
        organisation = sent.device.organisation
        if (waiting := self._waiting.get(organisation)) is not None:
            waiting.append(one)
        else:
            self._waiting[organisation] = deque([one])
            task = asyncio.create_task(self._record(organisation))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await one.kept

    async def _record(self, organisation: UUID) -> None:
        waiting = self._waiting[organisation]
        while waiting:
            if unit := _next(waiting):
                await self._keep(organisation, unit)
        del self._waiting[organisation]

    async def _keep(self, organisation: UUID, unit: Sequence[_Waiting]) -> None:
        try:
            await self._work.do(rows.keep_events, organisation, [one.sent for one in unit])
        except Exception as fault:  # noqa: BLE001 - handed to whoever waits
            if len(unit) == 1:
                _settle(unit, fault)
            else:
                await self._keep_each(organisation, unit)
        else:
            _settle(unit)

    async def _keep_each(self, organisation: UUID, unit: Sequence[_Waiting]) -> None:
        for place, one in enumerate(unit):
            try:
                await self._work.do(rows.keep_events, organisation, [one.sent])
            except (OperationalError, InterfaceError) as fault:
                # The database is not there, or not well: the rest would each wait for it in vain.
                _settle(unit[place:], fault)
                return
            except Exception as fault:  # noqa: BLE001 - as above
                _settle([one], fault)
            else:
                _settle([one])


def _next(waiting: deque[_Waiting]) -> list[_Waiting]:
    """Take what is recorded next, at least one; whose stream is gone will send it again."""
    unit: list[_Waiting] = []
    events = 0
    while waiting and len(unit) < MOST_BATCHES:
        events += len(waiting[0].sent.events)
        if unit and events > MOST_EVENTS:
            break
        one = waiting.popleft()
        if one.kept.done():
            events -= len(one.sent.events)
        else:
            unit.append(one)
    return unit


def _settle(unit: Sequence[_Waiting], fault: Exception | None = None) -> None:
    for one in unit:
        if one.kept.done():
            continue  # its stream ended meanwhile
        if fault is None:
            one.kept.set_result(None)
        else:
            one.kept.set_exception(fault)
