"""How long from a card at an OSDP reader to the released strike, and how much of it is ours?

Run: python bench/swipe.py [--readers 1] [--swipes 250] [--json FILE]. Two processes, as at a site: this one holds a real OSDP device on
a pseudo-terminal paced to the bus speed (ten bits a byte, both ways) and the door's wires; the other is the controller's
own code: readers, decision, journal on disk (SQLite, synchronous FULL), outputs. Each swipe waits a random time first, so
that it meets the reader's 50 ms poll at any phase. `total` is card shown → strike released at the door; `ours` is card
delivered by the OSDP driver → strike ordered, decision and disk; `disk` is the commit inside it. The clock is
CLOCK_MONOTONIC, which both processes share.

With more readers they share one bus, each at a door of its own, and there are three cases: a card `in turn` at one of them,
a card `at once` at all of them, and a card in turn while `one lost` reader of the bus is without power. `swipes` are cards.
"""

import argparse
import asyncio
import json
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from portvakt.controller.clock import LoopClock
from portvakt.controller.doors import Doors
from portvakt.controller.journal import Journal
from portvakt.controller.outputs import DoorInput, SimulatedOutputs
from portvakt.controller.readers import CardRead, Keys, ReaderInput, Readers
from portvakt.controller.simulator import DoorPlan, Plan, ReaderPlan, Simulator
from portvakt.controller.store import Store
from portvakt.core.credentials import card_digest
from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.model import AuthType, CredentialKind, Side
from portvakt.core.event import Event
from portvakt.core.snapshot import Assignment, Credential, Door, PastAge, Person, Reader, Rule, RuleDoor, Snapshot

BAUDS = (115200, 9600)
PERSONS = 10_000
AIM_MS = 10.0
BITS, CARD = 26, bytes.fromhex("a1b2c3c0")
DIGEST_KEY = bytes(32)
PORT = "bus0"
IN_TURN, AT_ONCE, ONE_LOST = "in turn", "at once", "one lost"
PATIENCE_SECONDS = 30.0


# ── the controller's process ─────────────────────────────────────────────────────────────────────────────────────────


class Stopwatch:
    """Notes by door when a card was delivered and when its strike was ordered, and prints both."""

    def __init__(self) -> None:
        self.read_at: dict[str, float] = {}
        self.disk_seconds: dict[str, float] = {}

    def report(self, door: str) -> None:
        ours = time.monotonic() - self.read_at[door]
        sys.stdout.write(json.dumps({"door": door, "ours": ours, "disk": self.disk_seconds[door]}) + "\n")
        sys.stdout.flush()


class TimedOutputs(SimulatedOutputs):
    """The outputs, with the stopwatch read just after a release went out."""

    def __init__(self, path: Path, deliver: Callable[[DoorInput], None], watch: Stopwatch) -> None:
        super().__init__(path, deliver)
        self._stopwatch = watch

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001 - see Outputs
        super().strike(door, released)
        if released:
            self._stopwatch.report(door)


async def control(folder: Path, baud: int, readers_there: int) -> None:
    """Be the controller until killed."""
    watch = Stopwatch()
    clock = LoopClock()
    journal = Journal(Store(folder / "state", clock.now))

    async def append(events: Sequence[Event]) -> None:
        began = time.monotonic()
        await journal.append(events)
        watch.disk_seconds |= {event.door: time.monotonic() - began for event in events if event.door}

    def take(said: ReaderInput) -> None:
        if isinstance(said, CardRead):
            watch.read_at[_door(int(said.reader.rpartition("-")[2]))] = time.monotonic()
        doors.from_reader(said)

    outputs = TimedOutputs(folder / "outputs.sock", lambda said: doors.from_door(said), watch)  # noqa: PLW0108 - made below
    readers = Readers(folder / "ports", Keys(folder / "keys"), take)
    doors = Doors(append=append, strikes=outputs, show=readers.signal, clock=clock, changed=lambda: None)
    snapshot = _snapshot(baud, readers_there)
    doors.put_in_force(snapshot, compile_snapshot(snapshot), clock.now())
    readers.configure(snapshot.readers)
    await asyncio.gather(readers.run(), outputs.run())


def _door(number: int) -> str:
    return f"door-{number}"


def _reader(number: int) -> str:
    return f"reader-{number}"


def _snapshot(baud: int, readers: int) -> Snapshot:
    accepted = (AuthType.KEY_CARD,)
    numbers = range(readers)
    return Snapshot(
        controller="controller",
        organisation="organisation",
        version=1,
        compiled_at=int(time.time()),
        digest_key=DIGEST_KEY,
        doors=tuple(
            Door(_door(one), "Europe/Stockholm", True, 5, 30, accepted, (), PastAge(72, "keep")) for one in numbers
        ),
        readers=tuple(Reader(_reader(one), _door(one), Side.ENTRY, PORT, one, baud) for one in numbers),
        schedules=(),
        rules=(Rule("rule", tuple(RuleDoor(_door(one), accepted, ()) for one in numbers), None, None, None),),
        persons=tuple(Person(f"person-{number}", False, None, None) for number in range(PERSONS)),
        credentials=tuple(_card(number) for number in range(PERSONS)),
        assignments=tuple(Assignment("rule", f"person-{number}", None, None) for number in range(PERSONS)),
    )


def _card(number: int) -> Credential:
    data = CARD if number == 0 else number.to_bytes(3, "big") + b"\0"
    digest = card_digest(DIGEST_KEY, BITS, data)
    return Credential(f"card-{number}", f"person-{number}", CredentialKind.KEY_CARD, digest, True, None, None)


# ── the site's process ───────────────────────────────────────────────────────────────────────────────────────────────


class Bench:
    """The site, the controller's process beside it, and what each of the two saw of a card."""

    def __init__(self, site: Simulator, program: asyncio.subprocess.Process, readers: int) -> None:
        self._site = site
        self._program = program
        self._readers = readers
        self.released: dict[str, asyncio.Queue[float]] = {_door(one): asyncio.Queue() for one in range(readers)}

    def watch(self, what: str, door: str, value: bool) -> None:  # noqa: FBT001 - see Simulator
        if what == "strike" and value:
            self.released[door].put_nowait(time.monotonic())

    async def cards(self, case: str, cards: int) -> list[dict[str, float]]:
        """So many cards, seconds each."""
        first = 0
        if case == ONE_LOST:
            self._site.power(_reader(0), False)
            first = 1
        at_a_time = self._readers if case == AT_ONCE else 1
        seen: list[dict[str, float]] = []
        for number in range(cards // at_a_time):
            one = first + number % (self._readers - first)
            seen += await self._show(list(range(self._readers)) if case == AT_ONCE else [one])
        return seen

    async def _show(self, readers: list[int]) -> list[dict[str, float]]:
        await self.quiet()
        await asyncio.sleep(random.uniform(0.1, 0.2))
        shown_at = time.monotonic()
        for one in readers:
            self._site.card(_reader(one), BITS, CARD)
        async with asyncio.timeout(PATIENCE_SECONDS):
            totals = {_door(one): await self.released[_door(one)].get() - shown_at for one in readers}
            assert self._program.stdout is not None
            told = [json.loads(await self._program.stdout.readline()) for _ in readers]
        return [{"total": totals[one["door"]], "ours": one["ours"], "disk": one["disk"]} for one in told]

    async def quiet(self) -> None:
        """Every door is locked and shut."""
        await self._site.until(
            lambda state: not any(one["released"] or one["open"] for one in state["doors"].values()), PATIENCE_SECONDS
        )


async def measure(folder: Path, baud: int, readers: int, case: str, cards: int) -> list[dict[str, float]]:
    """Show so many cards at one bus speed; seconds per card."""
    keys, numbers = Keys(folder / "keys"), range(readers)
    for one in numbers:
        keys.make(_reader(one))
    doors = tuple(DoorPlan(_door(one), opens_after_seconds=0.02, closes_after_seconds=0.02) for one in numbers)
    plans = tuple(
        ReaderPlan(_reader(one), _door(one), PORT, one, baud, f"keys/{_reader(one)}.key", paced=True) for one in numbers
    )
    watchers: list[Bench] = []

    def watch(what: str, door: str, value: bool) -> None:  # noqa: FBT001 - see Simulator
        for watcher in watchers:
            watcher.watch(what, door, value)

    async with Simulator(Plan(doors, plans, folder=folder), watch) as site:
        command = [sys.executable, __file__, "--controller", str(folder), "--baud", str(baud)]
        program = await asyncio.create_subprocess_exec(
            *command, "--readers", str(readers), stdout=asyncio.subprocess.PIPE
        )
        try:
            watchers.append(bench := Bench(site, program, readers))
            await site.until(lambda state: all(one["online"] for one in state["readers"].values()), PATIENCE_SECONDS)
            return await bench.cards(case, cards)
        finally:
            program.kill()
            await program.wait()


def summary(baud: int, readers: int, case: str, swipes: list[dict[str, float]]) -> dict[str, Any]:
    """Milliseconds per percentile, for one bus speed and case."""
    row: dict[str, Any] = {"baud": baud, "readers": readers, "case": case, "swipes": len(swipes)}
    for what in ("total", "ours", "disk"):
        ordered = sorted(swipe[what] for swipe in swipes)
        for percent in (50, 95, 99):
            index = min(len(ordered) - 1, len(ordered) * percent // 100)
            row[f"{what}_p{percent}_ms"] = round(ordered[index] * 1000, 2)
    return row


def main() -> None:
    """Measure both speeds, print the table, write JSON where asked."""
    words = argparse.ArgumentParser(description="Card at the reader → strike.")
    words.add_argument("--swipes", type=int, default=250)
    words.add_argument("--readers", type=int, default=1, help="how many readers share the bus")
    words.add_argument("--json", type=Path)
    words.add_argument("--folder", type=Path, help="where the journal is written; a temporary folder otherwise")
    words.add_argument("--controller", type=Path, help=argparse.SUPPRESS)
    words.add_argument("--baud", type=int, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.controller:
        asyncio.run(control(asked.controller, asked.baud, asked.readers))
        return
    cases = [IN_TURN] if asked.readers == 1 else [IN_TURN, AT_ONCE, ONE_LOST]
    rows = [_measured(asked.folder, baud, asked.readers, case, asked.swipes) for baud in BAUDS for case in cases]
    _print(rows)
    if asked.json:
        machine = {"python": platform.python_version(), "machine": platform.platform()}
        asked.json.write_text(
            json.dumps({"bench": "swipe", "aim_ours_p99_ms": AIM_MS, **machine, "rows": rows}, indent=1)
        )


def _measured(folder: Path | None, baud: int, readers: int, case: str, swipes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=folder) as made:
        return summary(baud, readers, case, asyncio.run(measure(Path(made), baud, readers, case, swipes)))


def _print(rows: list[dict[str, Any]]) -> None:
    print(f"{'baud':>7} {'readers':>7} {'case':8} {'swipes':>6}  {'':6} {'p50':>8} {'p95':>8} {'p99':>8}   ms")
    for row in rows:
        for what in ("total", "ours", "disk"):
            figures = " ".join(f"{row[f'{what}_p{percent}_ms']:8.2f}" for percent in (50, 95, 99))
            print(f"{row['baud']:7} {row['readers']:7} {row['case']:8} {row['swipes']:6}  {what:6} {figures}")
    met = all(row["ours_p99_ms"] <= AIM_MS for row in rows)
    print(f"aim: ours p99 ≤ {AIM_MS:.0f} ms: {'met' if met else 'missed'}")


if __name__ == "__main__":
    main()
