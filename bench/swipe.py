"""How long from a card at an OSDP reader to the released strike, and how much of it is ours?

Run: python bench/swipe.py [--swipes 250] [--json FILE]. Two processes, as at a site: this one holds a real OSDP device on
a pseudo-terminal paced to the bus speed (ten bits a byte, both ways) and the door's wires; the other is the controller's
own code: readers, decision, journal on disk (SQLite, synchronous FULL), outputs. Each swipe waits a random time first, so
that it meets the reader's 50 ms poll at any phase. `total` is card shown → strike released at the door; `ours` is card
delivered by the OSDP driver → strike ordered, decision and disk; `disk` is the commit inside it. The clock is
CLOCK_MONOTONIC, which both processes share.
"""

import argparse
import asyncio
import json
import platform
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from portvakt.controller.clock import LoopClock
from portvakt.controller.doors import Doors
from portvakt.controller.journal import Journal
from portvakt.controller.outputs import SimulatedOutputs
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
DOOR, READER, PORT = "door", "reader", "bus0"
PATIENCE_SECONDS = 30.0


# ── the controller's process ─────────────────────────────────────────────────────────────────────────────────────────


class Stopwatch:
    """Notes when a card was delivered and when its strike was ordered, and prints both."""

    def __init__(self) -> None:
        self.read_at = self.disk_seconds = 0.0

    def report(self) -> None:
        ours = time.monotonic() - self.read_at
        sys.stdout.write(json.dumps({"ours": ours, "disk": self.disk_seconds}) + "\n")
        sys.stdout.flush()


class TimedStrikes:
    """The outputs, with the stopwatch read just before a release goes out."""

    def __init__(self, outputs: SimulatedOutputs, watch: Stopwatch) -> None:
        self._outputs = outputs
        self._watch = watch

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001 - see Outputs
        self._outputs.strike(door, released)
        if released:
            self._watch.report()


async def control(folder: Path, baud: int) -> None:
    """Be the controller until killed."""
    watch = Stopwatch()
    clock = LoopClock()
    journal = Journal(Store(folder / "state", clock.now))

    async def append(events: Sequence[Event]) -> None:
        began = time.monotonic()
        await journal.append(events)
        watch.disk_seconds = time.monotonic() - began

    def take(said: ReaderInput) -> None:
        if isinstance(said, CardRead):
            watch.read_at = time.monotonic()
        doors.from_reader(said)

    outputs = SimulatedOutputs(folder / "outputs.sock", lambda said: doors.from_door(said))  # noqa: PLW0108 - made below
    readers = Readers(folder / "ports", Keys(folder / "keys"), take)
    strikes = TimedStrikes(outputs, watch)
    doors = Doors(append=append, strikes=strikes, show=readers.signal, clock=clock, changed=lambda: None)
    snapshot = _snapshot(baud)
    doors.put_in_force(snapshot, compile_snapshot(snapshot), clock.now())
    readers.configure(snapshot.readers)
    await asyncio.gather(readers.run(), outputs.run())


def _snapshot(baud: int) -> Snapshot:
    accepted = (AuthType.KEY_CARD,)
    return Snapshot(
        controller="controller",
        organisation="organisation",
        version=1,
        compiled_at=int(time.time()),
        digest_key=DIGEST_KEY,
        doors=(Door(DOOR, "Europe/Stockholm", True, 5, 30, accepted, (), PastAge(72, "keep")),),
        readers=(Reader(READER, DOOR, Side.ENTRY, PORT, 0, baud),),
        schedules=(),
        rules=(Rule("rule", (RuleDoor(DOOR, accepted, ()),), None, None, None),),
        persons=tuple(Person(f"person-{number}", False, None, None) for number in range(PERSONS)),
        credentials=tuple(_card(number) for number in range(PERSONS)),
        assignments=tuple(Assignment("rule", f"person-{number}", None, None) for number in range(PERSONS)),
    )


def _card(number: int) -> Credential:
    data = CARD if number == 0 else number.to_bytes(3, "big") + b"\0"
    digest = card_digest(DIGEST_KEY, BITS, data)
    return Credential(f"card-{number}", f"person-{number}", CredentialKind.KEY_CARD, digest, True, None, None)


# ── the site's process ───────────────────────────────────────────────────────────────────────────────────────────────


async def measure(folder: Path, baud: int, swipes: int) -> list[dict[str, float]]:
    """Swipe so often at one bus speed; seconds per swipe."""
    Keys(folder / "keys").make(READER)
    reader = ReaderPlan(READER, DOOR, PORT, 0, baud, f"keys/{READER}.key", paced=True)
    door = DoorPlan(DOOR, opens_after_seconds=0.02, closes_after_seconds=0.02)
    released: asyncio.Queue[float] = asyncio.Queue()

    def watch(what: str, _door: str, value: bool) -> None:  # noqa: FBT001 - see Simulator
        if what == "strike" and value:
            released.put_nowait(time.monotonic())

    async with Simulator(Plan((door,), (reader,), folder=folder), watch) as site:
        command = [sys.executable, __file__, "--controller", str(folder), "--baud", str(baud)]
        program = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            await site.until(lambda state: bool(state["readers"][READER]["online"]), PATIENCE_SECONDS)
            return [await _swipe(site, program, released) for _ in range(swipes)]
        finally:
            program.kill()
            await program.wait()


async def _swipe(
    site: Simulator, program: asyncio.subprocess.Process, released: asyncio.Queue[float]
) -> dict[str, float]:
    await site.until(lambda state: not state["doors"][DOOR]["released"], PATIENCE_SECONDS)
    await asyncio.sleep(random.uniform(0.1, 0.2))
    shown_at = time.monotonic()
    site.card(READER, BITS, CARD)
    async with asyncio.timeout(PATIENCE_SECONDS):
        total = await released.get() - shown_at
        assert program.stdout is not None
        line = await program.stdout.readline()
    return {"total": total, **json.loads(line)}


def summary(baud: int, swipes: list[dict[str, float]]) -> dict[str, float]:
    """Milliseconds per percentile, for one bus speed."""
    row: dict[str, float] = {"baud": baud, "swipes": len(swipes)}
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
    words.add_argument("--json", type=Path)
    words.add_argument("--folder", type=Path, help="where the journal is written; a temporary folder otherwise")
    words.add_argument("--controller", type=Path, help=argparse.SUPPRESS)
    words.add_argument("--baud", type=int, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.controller:
        asyncio.run(control(asked.controller, asked.baud))
        return
    rows = [_measured(asked.folder, baud, asked.swipes) for baud in BAUDS]
    _print(rows)
    if asked.json:
        machine = {"python": platform.python_version(), "machine": platform.platform()}
        asked.json.write_text(
            json.dumps({"bench": "swipe", "aim_ours_p99_ms": AIM_MS, **machine, "rows": rows}, indent=1)
        )


def _measured(folder: Path | None, baud: int, swipes: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=folder) as made:
        return summary(baud, asyncio.run(measure(Path(made), baud, swipes)))


def _print(rows: list[dict[str, float]]) -> None:
    print(f"{'baud':>7} {'swipes':>6}  {'':6} {'p50':>8} {'p95':>8} {'p99':>8}   ms")
    for row in rows:
        for what in ("total", "ours", "disk"):
            figures = " ".join(f"{row[f'{what}_p{percent}_ms']:8.2f}" for percent in (50, 95, 99))
            print(f"{row['baud']:7.0f} {row['swipes']:6.0f}  {what:6} {figures}")
    met = all(row["ours_p99_ms"] <= AIM_MS for row in rows)
    print(f"aim: ours p99 ≤ {AIM_MS:.0f} ms: {'met' if met else 'missed'}")


if __name__ == "__main__":
    main()
