"""How many decisions a second, how long does the slowest in a hundred take, and what becomes of both with a million persons?

    bin/dev python -m pip install --require-hashes --target var/bench -r requirements/bench.txt
    PYTHONPATH=var/bench bin/dev python bench/decision.py [--requests 20000] [--large 1000000] [--json FILE]

10,000 persons with a card each, 200 doors, 50 schedules, 500 rules. The same attempts go to ours and to others that answer questions of
this kind (bench/decision_peers.py), and all must give the same answer. Ours is asked with the bits
of the card, as a reader gives them: its keyed digest (HMAC-SHA-256), the schedule in the door's local time and the reason are in the time.
A peer that would take longer than a minute answers a sample of the same attempts; the table says how many. Then ours alone with a million
persons and 2,000 doors. Memory is what tracemalloc counts for the index, the rows it was made from not among it.
"""

import argparse
import gc
import json
import platform
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec

from bench.decision_peers import Site, peers
from portvakt.core.credentials import card_digest
from portvakt.core.decision.compile import Index, amend, compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import AuthType, CardShown, CredentialKind, Decision, Granted, Request, Side, State
from portvakt.core.snapshot import (
    SITE,
    Assignment,
    Credential,
    Delta,
    Door,
    Interval,
    PastAge,
    Person,
    Rule,
    RuleDoor,
    Schedule,
    Snapshot,
)
from tests.core.decision.oracle import expected

KEY = bytes(32)
BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
AIM_P99_US, AIM_TIMES, AIM_BYTES = 5.0, 50, 300
PEER_SECONDS = 60.0
ORACLE_SAMPLE = 300
Asked = tuple[int, str, datetime]


def identifier(kind: str, number: int) -> str:
    """Make an id as long as those of the product, a UUID's."""
    return f"{kind:>8}-0000-4000-8000-{number:012x}".replace(" ", "0")


def bits_of(card: int) -> bytes:
    """Give a card's 32 bits."""
    return card.to_bytes(4, "big")


def site(persons: int, doors: int, schedules: int, rules: int) -> Snapshot:
    """Make a site: each rule for one to five doors in one schedule, each person in one to three rules; 2 % are suspended."""
    chance = Random(f"{persons} {doors}")
    types = (AuthType.KEY_CARD, AuthType.KEY_CARD_PLUS_PIN, AuthType.REX)
    names = [identifier("d", number) for number in range(doors)]
    plans = tuple(_schedule(chance, number) for number in range(schedules))
    made = tuple(_rule(chance, number, names, plans) for number in range(rules))
    return Snapshot(
        "controller",
        "organisation",
        1,
        0,
        KEY,
        tuple(Door(name, "Europe/Stockholm", True, 5, 30, types, types, PastAge(96, "deny")) for name in names),
        (),
        plans,
        made,
        tuple(Person(identifier("a", number), chance.random() < 0.02, None, None) for number in range(persons)),
        tuple(_card(number) for number in range(persons)),
        tuple(
            Assignment(rule.id, identifier("a", number), None, None)
            for number in range(persons)
            for rule in chance.sample(made, chance.choice([1, 1, 2, 3]))
        ),
    )


def _schedule(chance: Random, number: int) -> Schedule:
    start, end = chance.randrange(300, 600), chance.randrange(900, 1440)
    day = (Interval(start, 720), Interval(750, end)) if number % 2 else (Interval(end, start),)
    return Schedule(identifier("5", number), (day,) * 5 + ((),) * 2, ())


def _rule(chance: Random, number: int, doors: list[str], plans: tuple[Schedule, ...]) -> Rule:
    at = tuple(RuleDoor(door, (AuthType.KEY_CARD,), ()) for door in chance.sample(doors, chance.randrange(1, 6)))
    return Rule(identifier("f", number), at, chance.choice(plans).id, None, None)


def _card(number: int) -> Credential:
    digest = card_digest(KEY, 32, bits_of(number))
    return Credential(
        identifier("c", number), identifier("a", number), CredentialKind.KEY_CARD, digest, True, None, None
    )


def attempts(rows: Snapshot, count: int) -> list[Asked]:
    """Make attempts over a week, in order: two in three where a rule of the person's leads, one in fifty with an unknown card."""
    chance = Random(count)
    doors = [door.id for door in rows.doors]
    theirs: dict[str, list[str]] = {}
    leads = {rule.id: [each.door for each in rule.doors] for rule in rows.rules}
    for row in rows.assignments:
        theirs.setdefault(row.person, []).extend(leads[row.rule])
    made = []
    for number in range(count):
        card = chance.randrange(len(rows.persons))
        own = theirs[identifier("a", card)] if chance.random() < 2 / 3 else doors
        unknown = chance.random() < 0.02
        at = BEGINS + timedelta(seconds=number * 604_800 // count)
        made.append((len(rows.persons) + card if unknown else card, chance.choice(own), at))
    return made


def asked_of_ours(index: Index) -> Callable[[int, str, datetime], Decision]:
    """Ask as a controller does: digest, request, decision. The state is at hand there."""
    state = State(confirmed_at=BEGINS + timedelta(days=3.5))

    def answer(card: int, door: str, at: datetime) -> Decision:
        shown = CardShown(card_digest(KEY, 32, bits_of(card)))
        return decide(Request(door, Side.ENTRY, at, (shown,)), index, state)

    return answer


def timed(answer: Callable[..., object], asked: list[tuple[object, ...]]) -> dict[str, float]:
    """Ask twice: for the time of each (microseconds), and of all together without a clock between them."""
    each = []
    gc.collect()
    gc.freeze()
    for one in asked:
        begun = time.perf_counter_ns()
        answer(*one)
        each.append((time.perf_counter_ns() - begun) / 1000)
    begun = time.perf_counter()
    for one in asked:
        answer(*one)
    seconds = time.perf_counter() - begun
    each.sort()
    p99 = each[min(len(each) - 1, len(each) * 99 // 100)]
    return {"asked": len(asked), "per_second": len(asked) / seconds, "p50_us": statistics.median(each), "p99_us": p99}


def measure_ours(rows: Snapshot, index: Index, asked: list[Asked]) -> list[dict[str, object]]:
    """Measure with and without the digest, the best of three each; and hold a sample to the oracle."""
    whole = asked_of_ours(index)
    cards = [CardShown(card_digest(KEY, 32, bits_of(card))) for card, _, _ in asked]
    ready = [
        (Request(door, Side.ENTRY, at, (card,)), index, State(confirmed_at=BEGINS + timedelta(days=3.5)))
        for card, (_, door, at) in zip(cards, asked, strict=True)
    ]
    for request, _, state in ready[:: max(1, len(ready) // ORACLE_SAMPLE)] if len(rows.persons) <= 10_000 else ():
        if decide(request, index, state) != expected(request, rows, state):
            raise AssertionError(f"the oracle answers otherwise: {request}")
    best = [
        min((timed(answer, given) for _ in range(3)), key=lambda row: row["p99_us"])  # type: ignore[arg-type]
        for answer, given in ((whole, asked), (decide, ready))
    ]
    return [{"what": "ours", **best[0]}, {"what": "ours, digest at hand", **best[1]}]


def measure_peers(rows: Snapshot, index: Index, asked: list[Asked]) -> list[dict[str, object]]:
    """Measure each of the others; every answer must be ours."""
    numbers = {identifier("c", number): number for number in range(len(rows.persons))}
    ours = asked_of_ours(index)
    made = []
    for peer in peers(Site(rows, numbers)):
        begun = time.perf_counter()
        for one in asked[:: len(asked) // 100]:
            peer.opens(*one)
        per_request = (time.perf_counter() - begun) / 100
        # Each attempt is answered three times: to compare, and twice to measure.
        step = max(1, round(3 * per_request * len(asked) / PEER_SECONDS + 0.5))
        sample = asked[::step]
        for one in sample:
            if peer.opens(*one) != isinstance(ours(*one), Granted):
                raise AssertionError(f"{peer.name} answers otherwise: {one}")
        made.append({"what": peer.name, **timed(peer.opens, sample)})  # type: ignore[arg-type]
    return made


def measure_large(persons: int, count: int) -> dict[str, object]:
    """Compile, ask and amend with many persons and 2,000 doors."""
    rows = site(persons, 2000, 50, 5000)
    asked = attempts(rows, count)
    begun = time.perf_counter()
    index = compile_snapshot(rows)
    compiled = time.perf_counter() - begun
    found = {"persons": persons, "doors": 2000, "rows": measure_ours(rows, index, asked), "compile_s": compiled}
    found["amend_ms"] = 1000 * statistics.median(_amended(rows, index, number) for number in range(5))
    del index
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept = compile_snapshot(rows)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found["bytes_per_person"] = (after - before) / persons
    assert kept.version == 1
    return found


def _amended(rows: Snapshot, index: Index, number: int) -> float:
    """Suspend one person; return the seconds, and see that the door knows of it."""
    who = rows.persons[number]
    theirs = tuple(row for row in rows.credentials if row.person == who.id)
    changed = msgspec.structs.replace(
        rows,
        **dict.fromkeys(SITE, ()),
        controller="",
        version=2,
        persons=(msgspec.structs.replace(who, suspended=True),),
        credentials=theirs,
        assignments=tuple(row for row in rows.assignments if row.person == who.id),
    )
    delta = Delta(1, (who.id,), site=False, rows=changed)
    begun = time.perf_counter()
    after = amend(index, delta)
    seconds = time.perf_counter() - begun
    door = rows.doors[0].id
    answer = asked_of_ours(after)(number, door, BEGINS)
    if getattr(answer, "reason", None) != "person_suspended":
        raise AssertionError("the amended index does not know of the change")
    return seconds


def main() -> None:
    """Measure, print the tables and write JSON."""
    words = argparse.ArgumentParser(description="Decisions per second, against others and with a million persons.")
    words.add_argument("--requests", type=int, default=20_000)
    words.add_argument("--large", type=int, default=1_000_000)
    words.add_argument("--json", type=Path)
    options = words.parse_args()
    rows = site(10_000, 200, 50, 500)
    index = compile_snapshot(rows)
    asked = attempts(rows, options.requests)
    granted = sum(isinstance(asked_of_ours(index)(*one), Granted) for one in asked)
    table = [*measure_ours(rows, index, asked), *measure_peers(rows, index, asked)]
    print(f"10,000 persons, 200 doors; {granted} of {len(asked)} attempts are granted")
    _print(table)
    large = measure_large(options.large, options.requests)
    print(f"\n{large['persons']:,} persons, 2,000 doors")
    _print(large["rows"])  # type: ignore[arg-type]
    print(
        f"index {large['bytes_per_person']:.0f} bytes a person (tracemalloc); compiled in {large['compile_s']:.1f} s;"
    )
    print(f"amended for one person in {large['amend_ms']:.0f} ms;")
    ratio = float(large["rows"][1]["p50_us"]) / float(table[1]["p50_us"])  # type: ignore[index, arg-type]
    print(f"a decision takes {ratio:.2f} times as long as with 10,000 persons (p50, digest at hand)")
    _aims(table, large)
    if options.json:
        machine = {"python": platform.python_version(), "machine": platform.platform()}
        options.json.write_text(json.dumps({"bench": "decision", **machine, "rows": table, "large": large}, indent=1))


def _print(table: list[dict[str, object]]) -> None:
    print(f"{'':22} {'asked':>7} {'per second':>11} {'p50 µs':>9} {'p99 µs':>9}")
    for row in table:
        figures = f"{row['per_second']:11,.0f} {row['p50_us']:9.2f} {row['p99_us']:9.2f}"
        print(f"{row['what']:22} {row['asked']:7} {figures}")


def _aims(table: list[dict[str, object]], large: dict[str, object]) -> None:
    by_name = {str(row["what"]): row for row in table}
    ours = by_name["ours"]
    aims = [(f"p99 at most {AIM_P99_US} µs", float(ours["p99_us"]) <= AIM_P99_US)]  # type: ignore[arg-type]
    for name in ("pycasbin", "cedarpy"):
        if name in by_name:
            times = float(ours["per_second"]) / float(by_name[name]["per_second"])  # type: ignore[arg-type]
            aims.append((f"{AIM_TIMES} times {name} ({times:.0f})", times >= AIM_TIMES))
    aims.append((f"at most {AIM_BYTES} bytes a person", float(large["bytes_per_person"]) <= AIM_BYTES))  # type: ignore[arg-type]
    for text, met in aims:
        print(f"aim: {text}: {'met' if met else 'missed'}")


if __name__ == "__main__":
    main()
