"""Lives are begun, killed at moments that a seed decides, and what is left of each is held against an oracle; prints a table as JSON.

A process of its own, so that a life is forked from a warm interpreter without threads: a kill costs some 40 ms.
"""

import json
import os
import select
import shutil
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from portvakt.controller.store import START, Store
from portvakt.core import chain
from portvakt.core.event import EventKind
from tests.controller.fakes import FakeClock
from tests.controller.fault_life import live, oracle

SEEDS = 12
# A life does everything between its start and its end in a few tens of milliseconds.
LONGEST_SECONDS = 0.06
FRESH_AFTER = 25
# What the store itself adds; the oracle's disk never fails.
OF_THE_STORE = {EventKind.EVENTS_IN_MEMORY.value, EventKind.EVENTS_ON_DISK.value}
FROM_DETAIL = slice(0, -1)


@dataclass
class Server:
    """What a server would have on record, and what it would have had to complain of."""

    recorded: dict[str, dict[int, list[Any]]] = field(default_factory=dict)
    heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)

    def take(self, journal: str, sequence: int, words: list[Any]) -> None:
        known = self.recorded.setdefault(journal, {})
        if known.setdefault(sequence, words) != words:
            self.wrong["twice"] += 1

    def take_left(self, folder: Path, dice: Random) -> int:
        """Take what a reopened store still has, checking chain and seals; acknowledge some of it. Returns how many were left."""
        store = Store(folder, FakeClock().now)
        cursor, left = START, 0
        while (batch := store.waiting(cursor, 50)) is not None:
            digest = batch.before
            for (sequence, event), salt in zip(batch.events, batch.salts, strict=True):
                words = chain.words_of(event)
                self.take(batch.journal, sequence, json.loads(json.dumps(words)))
                digest = chain.next_digest(digest, chain.event_text(batch.journal, sequence, salt, words))
            last = batch.events[-1][0]
            sealed = chain.seal_holds(batch.journal, last, digest, batch.seal, store.log_key)
            known = self.heads.get(batch.journal)
            if known is not None and known[0] == batch.events[0][0] - 1 and known[1] != batch.before:
                self.wrong["chain"] += 1
            if digest != batch.after or not sealed:
                self.wrong["chain"] += 1
            self.heads[batch.journal] = (last, digest)
            left += len(batch.events)
            cursor = batch.end
            if dice.random() < 0.8:
                store.acknowledge(batch.journal, last)
        store.close()
        return left


def said_by(folder: Path, seed: int, dice: Random, *, disk_fills: bool) -> list[list[Any]]:
    """Let a life run, kill it at some moment unless its disk fills, and return the lines it wrote to their ends."""
    reading, writing = os.pipe()
    chance, seconds = dice.randrange(2**30), dice.uniform(0, LONGEST_SECONDS)
    if (life := os.fork()) == 0:
        os.close(reading)
        live(folder, seed, writing, chance, disk_fills=disk_fills)
        os._exit(0)
    os.close(writing)
    body, end = b"", None
    while True:
        ready, _, _ = select.select([reading], [], [], None if end is None else max(0.0, end - time.monotonic()))
        if not ready:
            os.kill(life, signal.SIGKILL)
            end = None
        elif not (piece := os.read(reading, 65_536)):
            break
        else:
            body += piece
            if end is None and not disk_fills and b"\n" in body and body == piece:
                end = time.monotonic() + seconds
    os.close(reading)
    os.waitpid(life, 0)
    return [json.loads(line) for line in body.split(b"\n")[:-1]]


def check(said: list[list[Any]], expected: list[list[Any]], server: Server, left: int) -> Counter[str]:
    """Hold one life against the oracle: lost, twice or wrong."""
    found: Counter[str] = Counter({"kills": 1, "left": left})
    journal = next((line[1] for line in said if line[0] == "B"), None)
    if journal is None:
        return found
    kept = [line[1] for line in said if line[0] == "K"]
    released = Counter(line[1] for line in said if line[0] == "R")
    recorded = server.recorded.get(journal, {})
    numbers = sorted(recorded)
    found["events"] = len(numbers)
    found["gaps"] += numbers != list(range(1, len(numbers) + 1))
    found["in memory"] = sum(one[1] == EventKind.EVENTS_IN_MEMORY.value for one in recorded.values())
    own = [recorded[number] for number in numbers if recorded[number][1] not in OF_THE_STORE]
    found["lost"] += max(0, len(kept) - len(own))
    # The first event of a journal also names the journal before it.
    found["wrong"] += [one[FROM_DETAIL] for one in own] != [one[FROM_DETAIL] for one in expected[: len(own)]]
    found["wrong"] += [one[FROM_DETAIL] for one in kept] != [one[FROM_DETAIL] for one in own[: len(kept)]]
    granted = Counter(one[2] for one in own if one[1] == EventKind.ACCESS_GRANTED.value)
    found["wrong"] += any(released[door] > granted[door] for door in released)
    return found


def rounds(folder: Path, count: int, seed: int, *, disk_fills: bool) -> Counter[str]:
    """Run so many lives; a new disk every FRESH_AFTER of them."""
    dice, total = Random(seed), Counter[str]()
    expected = [json.loads(json.dumps(oracle(one))) for one in range(SEEDS)]
    server = Server()
    for number in range(count):
        state = folder / f"state-{number // FRESH_AFTER}"
        one = number % SEEDS
        said = said_by(state, one, dice, disk_fills=disk_fills)
        for line in said:
            if line[0] == "S":
                server.take(line[1], line[2], line[3])
        left = server.take_left(state, dice) if state.exists() else 0
        total += check(said, expected[one], server, left)
        total["set aside"] += len(list(state.glob("*.damaged-*")))
        total["not recovered"] += any(line[0] == "E" and line[1] for line in said)
        if (number + 1) % FRESH_AFTER == 0:
            shutil.rmtree(state)
    return total + server.wrong


if __name__ == "__main__":
    where, how_many, first_seed, what = sys.argv[1:]
    table = rounds(Path(where), int(how_many), int(first_seed), disk_fills=what == "full")
    sys.stdout.write(json.dumps(table))
