"""One life of a controller's doors, journal and store, to be killed: what it does is decided by a seed, and it says what it reached.

`K words` is written when the journal has said that an event is kept, `S journal sequence words` when an event was sent to the server,
before it is acknowledged, and `R door` when a strike was let go.
"""

import asyncio
import json
import os
import resource
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from portvakt.controller.journal import Journal
from portvakt.controller.outputs import ContactChanged
from portvakt.controller.readers import CardRead, KeysTyped
from portvakt.controller.store import START, Store
from portvakt.core import chain
from portvakt.core.chain import Words
from portvakt.core.event import Event
from tests.controller.rig import Rig
from tests.controller.site import (
    BACK,
    BACK_IN,
    BITS,
    CARD_ANNA,
    CARD_BO,
    CARD_SUSPENDED,
    CARD_UNKNOWN,
    FRONT,
    FRONT_IN,
    PIN_ANNA,
    PIN_BO,
)

STEPS = 150
CARDS = (CARD_ANNA, CARD_BO, CARD_SUSPENDED, CARD_UNKNOWN)


class Line:
    """Where a life says what it reached; a line that was not written to its end was not said."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, kind: str, *values: object) -> None:
        body = (json.dumps([kind, *values]) + "\n").encode()
        while body:
            body = body[os.write(self._descriptor, body) :]


class LivingRig(Rig):
    """The rig of the other tests on a real journal, saying what it reached."""

    def __init__(self, journal: Journal, line: Line) -> None:
        super().__init__()
        self._journal = journal
        self._line = line
        strike = self.outputs.strike

        def said(door: str, released: bool) -> None:  # noqa: FBT001 - see Outputs
            if released:
                line.say("R", door)
            strike(door, released)

        self.outputs.strike = said  # type: ignore[method-assign]

    async def _append(self, events: Sequence[Event]) -> None:
        await self._journal.append(events)
        for event in events:
            self._line.say("K", chain.words_of(event))


async def traffic(rig: Rig, seed: int) -> None:
    """Cards, keys, doors and time, several at once; what is at one door at the same time is kept in the order of arrival."""
    for step in steps(seed):
        for one in step:
            if isinstance(one, float):
                rig.clock.advance(one)
            elif isinstance(one, ContactChanged):
                rig.doors.from_door(one)
            else:
                rig.doors.from_reader(one)
        await rig.doors.settle()


def steps(seed: int) -> Iterator[list[CardRead | KeysTyped | ContactChanged | float]]:
    dice = Random(seed)
    for _ in range(STEPS):
        yield from (
            [CardRead(FRONT_IN, BITS, dice.choice(CARDS)) for _ in range(dice.randint(1, 6))],
            [
                KeysTyped(BACK_IN, f"{dice.choice((PIN_ANNA, PIN_BO, '0000'))}#"),
                CardRead(BACK_IN, BITS, dice.choice(CARDS)),
            ],
            [ContactChanged(dice.choice((FRONT, BACK)), dice.random() < 0.5)],
            [dice.choice((0.5, 3.0, 40.0))],
        )


async def sending(journal: Journal, dice: Random, line: Line) -> None:
    """The server's part: what it got is said, and only then acknowledged, often not all of it."""
    cursor = START
    while True:
        await asyncio.sleep(0)
        if (batch := await journal.waiting(cursor, dice.randint(1, 20))) is None:
            continue
        cursor = batch.end
        for sequence, event in batch.events:
            line.say("S", batch.journal, sequence, chain.words_of(event))
        if dice.random() < 0.7:
            await journal.acknowledge(batch.journal, batch.events[-1][0])


def live(folder: Path, seed: int, descriptor: int, chance: int, *, disk_fills: bool = False) -> None:
    """Live until killed; `chance` decides what the server acknowledges."""
    asyncio.run(_live(folder, seed, Line(descriptor), Random(chance), disk_fills=disk_fills))


async def _live(folder: Path, seed: int, line: Line, dice: Random, *, disk_fills: bool) -> None:
    rig_clock = Rig(None).clock
    journal = Journal(Store(folder, rig_clock.now))
    rig = LivingRig(journal, line)
    line.say("B", journal.id)
    sender = asyncio.create_task(sending(journal, dice, line))
    filling = asyncio.create_task(fill_and_free(folder, journal, dice)) if disk_fills else None
    await traffic(rig, seed)
    sender.cancel()
    if filling:
        filling.cancel()
    no_limit()
    await asyncio.gather(sender, *([filling] if filling else []), return_exceptions=True)
    await journal.retry()
    line.say("E", journal.in_memory)
    await journal.close()


async def fill_and_free(folder: Path, journal: Journal, dice: Random) -> None:
    """The disk takes no byte more than it has, and some time later it does again."""
    while True:
        size = largest(folder)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size - dice.randint(0, min(size, 9_000)), resource.RLIM_INFINITY))
        for _ in range(dice.randint(5, 40)):
            await asyncio.sleep(0)
        no_limit()
        await journal.retry()
        for _ in range(dice.randint(5, 40)):
            await asyncio.sleep(0)


def largest(folder: Path) -> int:
    return max(file.stat().st_size for file in folder.iterdir())


def no_limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def oracle(seed: int) -> list[Words]:
    """What the same traffic gives when nothing ever fails."""
    rig = Rig()
    asyncio.run(traffic(rig, seed))
    return [chain.words_of(event) for event in rig.events]
