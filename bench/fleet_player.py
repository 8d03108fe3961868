"""How does bench/fleet.py play its controllers? A fleet in a process of its own, told what to do by JSON lines on standard input.

    python bench/fleet_player.py FOLDER     # a folder with one enrolled state folder for each controller

Each order is answered by one line: {"attached"}, {"in_force": version}, {"refused": card}, {"events": [seconds, a second]}.
"""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from portvakt.controller.simulator import Fleet
from portvakt.controller.simulator.fleet import Member
from portvakt.core.credentials import card_digest, parse_card
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import CardShown, Granted, Request, Side

LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 300


class Player:
    """Answers orders about a running fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._answers: dict[str, tuple[tuple[Any, ...], bool]] = {}

    async def answer(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order."""
        match order:
            case {"attached": _}:
                return await self._all(lambda member: member.facts.link_up)
            case {"detached": _}:
                return await self._all(lambda member: not member.facts.link_up)
            case {"in_force": version}:
                return await self._all(lambda member: member.facts.snapshot_version >= version)
            case {"granted": card}:
                return await self._all(lambda member: self._opens(member, card))
            case {"refused": card}:
                return await self._refused(card)
            case {"events": (seconds, rate)}:
                return await self._events(seconds, rate)
        raise ValueError(order)

    async def _all(self, holds: Any) -> dict[str, Any]:
        left, deadline = list(self.fleet.members), time.monotonic() + PATIENCE_SECONDS
        while left := [member for member in left if not holds(member)]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(left)} controllers are not there")
            await asyncio.sleep(LOOK_SECONDS)
        return {"at": time.time()}

    async def _refused(self, card: str) -> dict[str, Any]:
        """Ask every door again and again whether it would let the card in; when did the first and the last say no?"""
        left, moments = list(self.fleet.members), []
        while left:
            still = [member for member in left if self._opens(member, card)]
            moments += [time.time()] * (len(left) - len(still))
            left = still
            await asyncio.sleep(LOOK_SECONDS)
        return {"at": moments}

    def _opens(self, member: Member, card: str) -> bool:
        """Decide as the door would. Nothing is asked twice while what is decided by is the same: only the answer would be."""
        deciding = member.deciding
        known = self._answers.get(member.controller)
        decided_by = (card, deciding.index, deciding.state.barred)
        if known is not None and all(one is other for one, other in zip(known[0], decided_by, strict=True)):
            return known[1]
        opens = self._decided(member, card)
        self._answers[member.controller] = decided_by, opens
        return opens

    def _decided(self, member: Member, card: str) -> bool:
        deciding, value = member.deciding, parse_card(card)
        if deciding.index is None or not deciding.index.doors:
            return False
        digest = card_digest(deciding.index.digest_key, value.bits, value.data)
        door = next(iter(deciding.index.doors))
        request = Request(door, Side.ENTRY, self.fleet.clock.now(), (CardShown(digest),))
        return isinstance(decide(request, deciding.index, deciding.state), Granted)

    async def _events(self, seconds: float, rate: float) -> dict[str, Any]:
        """Move door after door, so many times a second; return how many events that made."""
        for member in self.fleet.members:
            member.events.clear()
        doors = [door for member in self.fleet.members for door in member.doors()]
        loop, begun, made = asyncio.get_running_loop(), asyncio.get_running_loop().time(), 0
        since = time.time()
        while (passed := loop.time() - begun) < seconds:
            while made < passed * rate:
                turn, place = divmod(made, len(doors))
                self.fleet.contact(doors[place], open_=turn % 2 == 0)
                made += 1
            await asyncio.sleep(0.01)
        await self._all(lambda member: member.facts.events_waiting == 0)
        return {"since": since, "made": sum(len(member.events) for member in self.fleet.members)}


async def play(states: list[Path]) -> None:
    """Run the fleet and answer orders until standard input ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with Fleet(states) as fleet:
        player = Player(fleet)
        while line := await reader.readline():
            print(json.dumps(await player.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(play(sorted(Path(sys.argv[1]).iterdir())))
