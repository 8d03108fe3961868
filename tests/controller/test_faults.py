"""Is nothing lost, nothing twice and nothing wrong, whatever moment a fault chooses? Each test prints its table with -s.

FAULT_ROUNDS says how many lives are killed; FAULT_SEED makes them others.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from portvakt.controller.store import DATABASE, START, Store
from portvakt.core import chain
from portvakt.core.event import Event, EventKind
from portvakt.proto import link_pb2
from tests.controller.fakes import NOON, FakeClock
from tests.controller.fault_rounds import Server, check
from tests.controller.link_server import LinkServer
from tests.controller.test_link import linked, run

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1000"))
SEED = int(os.environ.get("FAULT_SEED", "20261122"))
FULL_DISKS = 12
FAULTS = ("lost", "twice", "wrong", "gaps", "chain", "set aside", "not recovered")


def table(what: str, counted: Counter[str]) -> None:
    """Print a line that says how many of each there were."""
    names = [*(name for name in counted if name not in FAULTS), *FAULTS]
    print(f"\n{what}: {', '.join(f'{name} {counted[name]}' for name in names)}")  # noqa: T201


def rounds_of(folder: Path, what: str, count: int) -> Counter[str]:
    """Run rounds in two processes, as many as a small machine has cores."""
    processes = []
    for half in range(2):
        own = folder / str(half)
        own.mkdir()
        command = [
            sys.executable,
            "-m",
            "tests.controller.fault_rounds",
            str(own),
            str(count // 2),
            str(SEED + half),
            what,
        ]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    return Counter(json.loads(said[0])) + Counter(json.loads(said[1]))


def test_kills_at_any_moment_lose_nothing(tmp_path: Path) -> None:
    counted = rounds_of(tmp_path, "kill", ROUNDS)
    table("kill -9", counted)
    assert counted["kills"] == ROUNDS // 2 * 2
    assert counted["events"] > ROUNDS
    assert {name: counted[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0)


def test_a_disk_that_fills_and_empties_loses_nothing(tmp_path: Path) -> None:
    """RLIMIT_FSIZE: no byte may be added to any file, which needs no root and no file system of its own."""
    counted = rounds_of(tmp_path, "full", FULL_DISKS)
    table("disk full", counted)
    assert counted["in memory"] > FULL_DISKS, "the disk did fill"
    assert {name: counted[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0)


def test_planted_faults_are_found() -> None:
    begun, words = ["B", "j"], [1, "access_granted", "front", "", "", 0, "", "p", "", "", "", ""]
    other = [*words[:7], "q", *words[8:]]
    server = Server()
    server.take("j", 1, words)
    assert check([begun, ["K", words], ["R", "front"]], [words], server, 1)["wrong"] == 0
    assert check([begun, ["K", words], ["K", words]], [words, words], server, 1)["lost"] == 1
    assert check([begun, ["K", other]], [words], server, 1)["wrong"] == 1
    assert check([begun], [other], server, 1)["wrong"] == 1
    assert check([begun, ["R", "front"], ["R", "front"]], [words], server, 1)["wrong"] == 1
    server.take("j", 3, words)
    assert check([begun], [words, words], server, 2)["gaps"] == 1
    server.take("j", 3, other)
    assert server.wrong["twice"] == 1


def opened(number: int) -> Event:
    return Event(EventKind.DOOR_OPENED, NOON, door="front", detail=str(number))


def reopened(folder: Path) -> tuple[list[int], bool, bool]:
    """The events that a store still has, whether their chain holds, and whether something was set aside."""
    store = Store(folder, FakeClock().now)
    cursor, numbers, whole = START, [], True
    while (batch := store.waiting(cursor, 500)) is not None:
        digest = batch.before
        for (sequence, event), salt in zip(batch.events, batch.salts, strict=True):
            digest = chain.next_digest(digest, chain.event_text(batch.journal, sequence, salt, chain.words_of(event)))
            if event.kind is EventKind.DOOR_OPENED:
                numbers.append(int(event.detail) if event.detail.isdecimal() else 0)
        whole &= digest == batch.after and (
            batch.events[0][0] != 1 or batch.before == chain.first_digest(batch.journal)
        )
        cursor = batch.end
    store.close()
    return numbers, whole, any(folder.glob("*.damaged-*"))


def test_a_write_torn_at_any_byte_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    """A power cut leaves what was flushed, and any part of what was being written, perhaps with wrong bits in it."""
    dice, counted = Random(SEED), Counter[str]()
    store = Store(tmp_path / "real", FakeClock().now)
    for number in range(1, 25):
        shutil.copytree(tmp_path / "real", tmp_path / "before")
        store.append([opened(number)])
        log = tmp_path / "real" / f"{DATABASE}-wal"
        new, old = log.read_bytes(), (tmp_path / "before" / log.name).read_bytes()
        for _ in range(8):
            copy = tmp_path / "copy"
            shutil.copytree(tmp_path / "before", copy)
            tail = bytearray(new[len(old) : dice.randint(len(old), len(new))])
            if tail and dice.random() < 0.5:
                tail[dice.randrange(len(tail))] ^= 1 << dice.randrange(8)
            (copy / log.name).write_bytes(old + tail)
            numbers, whole, aside = reopened(copy)
            counted["torn writes"] += 1
            counted["lost"] += numbers not in [list(range(1, number)), list(range(1, number + 1))]
            counted["chain"] += not whole
            counted["set aside"] += aside
            shutil.rmtree(copy)
        shutil.rmtree(tmp_path / "before")
    table("torn write", counted)
    assert {name: counted[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0)


def test_a_bit_that_flips_in_the_file_is_found_or_harms_nothing(tmp_path: Path) -> None:
    """Damage to what was flushed long ago cannot be undone; it must not pass unseen."""
    dice, counted = Random(SEED), Counter[str]()
    store = Store(tmp_path / "real", FakeClock().now)
    store.append([opened(number) for number in range(1, 120)])
    store.close()
    good = (tmp_path / "real" / DATABASE).read_bytes()
    for _ in range(150):
        copy = tmp_path / "copy"
        shutil.copytree(tmp_path / "real", copy)
        bad = bytearray(good)
        bad[dice.randrange(len(bad))] ^= 1 << dice.randrange(8)
        (copy / DATABASE).write_bytes(bad)
        numbers, whole, aside = reopened(copy)
        unharmed = numbers == list(range(1, 120)) and whole
        counted["flipped bits"] += 1
        counted["harmless"] += unharmed and not aside
        counted["kept aside and said"] += aside
        counted["told by the chain"] += not whole and not aside
        counted["lost"] += not unharmed and whole and not aside
        shutil.rmtree(copy)
    table("flipped bit", counted)
    assert counted["lost"] == 0
    assert counted["harmless"] < counted["flipped bits"], "some of it did harm"


@pytest.mark.parametrize("seed", range(3))
def test_a_link_cut_at_any_moment_loses_nothing_and_repeats_only_what_can_be_told(tmp_path: Path, seed: int) -> None:
    async def story() -> None:
        dice, server, sent = Random(SEED + seed), LinkServer(), 0

        def drop(when: str, up: link_pb2.Up) -> bool:
            server.acknowledges = when == "after" or dice.random() < 0.7
            return up.WhichOneof("body") == "events" and dice.random() < 0.25

        server.drop = drop
        async with linked(tmp_path, server) as controller:
            journal = controller.journal.id
            for _ in range(12):
                count = dice.randint(1, 40)
                await controller.happen(count)
                sent += count
                for _ in range(dice.randint(0, 30)):
                    await asyncio.sleep(0)
                if dice.random() < 0.4:
                    server.cut()
                elif dice.random() < 0.5:
                    await server.hear("events")
            server.drop, server.acknowledges = lambda _when, _up: False, True
            server.cut()
            await controller.all_acknowledged()
        recorded = server.recorded[journal]
        digest = chain.first_digest(journal)
        for event in recorded:
            words = [getattr(event, name) for name in chain.FIELDS]
            digest = chain.next_digest(digest, chain.event_text(journal, event.sequence, event.salt, words))
        lost = sent - len({event.sequence for event in recorded})
        counted = Counter({"streams": server.streams, "events": sent, "sent again": server.repeated, "lost": lost})
        counted["twice"] = len(recorded) - len({event.sequence for event in recorded})
        counted["wrong"] = [event.sequence for event in recorded] != list(range(1, sent + 1))
        table("link cut", counted)
        assert server.streams > 1, "the link was cut"
        assert {name: counted[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0)

    run(story)
