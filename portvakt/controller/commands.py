"""What does the server ask a door to do, and how does each command act once however often it comes?

Answers are remembered in memory alone: after a restart nothing is repeated, since commands are kept nowhere.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine

import msgspec

from portvakt.controller.doors import Doors
from portvakt.core.decision.model import Denied, Granted, Reason, RemoteOpening, Side

# A server repeats a command within seconds; a thousand commands are far more than any site has in that time.
REMEMBERED = 1000


class Answer(msgspec.Struct, frozen=True):
    """What became of a command; `reason` is core.decision.model.Reason, empty when granted."""

    granted: bool
    reason: str = ""


class Commands:
    """Carries out commands at the doors."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._answers: OrderedDict[str, asyncio.Task[Answer]] = OrderedDict()

    async def release(self, command: str, door: str) -> Answer:
        """An operator releases the door."""
        return await self._once(command, lambda: self._release(command, door))

    async def open(self, command: str, door: str, side: str, person: str) -> Answer:
        """A person asks from a distance; the rules decide (auth type REMOTE)."""
        return await self._once(command, lambda: self._open(command, door, side, person))

    async def _once(self, command: str, act: Callable[[], Coroutine[None, None, Answer]]) -> Answer:
        if command not in self._answers:
            self._answers[command] = asyncio.create_task(act())
            if len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        # Whoever stops waiting for the answer must not stop a door half-way.
        return await asyncio.shield(self._answers[command])

    async def _release(self, command: str, door: str) -> Answer:
        reason = await self._doors.release(door, command)
        return Answer(granted=True) if reason is None else Answer(granted=False, reason=reason.value)

    async def _open(self, command: str, door: str, side: str, person: str) -> Answer:
        try:
            at_side = Side(side)
        except ValueError:
            return Answer(granted=False, reason=Reason.FAULT.value)
        decision = await self._doors.decide_and_act(door, at_side, (RemoteOpening(person),), command)
        if isinstance(decision, Granted):
            return Answer(granted=True)
        reason = decision.reason if isinstance(decision, Denied) else Reason.AUTH_TYPE_NOT_ACCEPTED
        return Answer(granted=False, reason=reason.value)
