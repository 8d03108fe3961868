r"""Is an access log's evidence whole and unchanged? `python verify_log.py FILE`, or `portvakt verify-log FILE`.

This file stands alone: copied out of Portvakt it needs Python 3.11 and the package `cryptography`, and trusts nothing of the server that
the evidence came from. What is checked, for each controller and each of its journals (one start of the controller's event store):

    digest = SHA-256("portvakt event" 0x00 ‖ digest before ‖ text of the event)      each event vouches for all before it
    before the first event: SHA-256("portvakt journal" 0x00 ‖ journal)
    seal   = Ed25519 over "portvakt seal" 0x00 ‖ ["<journal>",<sequence>,"<digest>"]  the controller vouches for the digest
    the first event of a journal names the journal before it, its last number and the digest after that

An event is proven when the digests lead from it without a break to a seal by one of the controller's keys. The keys stand in the file
itself: to be sure that they are the controller's own, compare them with what the controller says (`--key CONTROLLER=KEY` accepts no
other). What a file cannot prove is said: who held a card, that the controller's clock was right, what retention removed before the
first number that is there, and that nothing came after the last number of a controller's newest journal.

Exit code 0: all that is there is proven. 1: something is wrong or not proven. 2: this is no evidence.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EVENT_DOMAIN, JOURNAL_DOMAIN, SEAL_DOMAIN = b"portvakt event\0", b"portvakt journal\0", b"portvakt seal\0"
PREDECESSOR = re.compile(r"after journal ([0-9a-f-]{36}) (\d{1,19}) ([0-9a-f]{64})$")
FORMAT, VERSION = "portvakt evidence", 1
# The places of journal, sequence number, salt, moment and detail in an event's text.
JOURNAL, SEQUENCE, SALT, MOMENT, DETAIL = 0, 1, 2, 3, -1


class NoEvidence(Exception):
    """The file is not what this reads; the text says where."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong: gap, reorder, duplicate, change, withheld, seal, key, truncated, unproven or back."""

    what: str
    text: str


@dataclass(frozen=True)
class Event:
    """An event as it stands in the file; digests are hexadecimal, empty from a controller without a chain."""

    sequence: int
    before: str
    digest: str
    text: str

    def own_digest(self) -> str:
        """Return the digest that this text gives."""
        return hashlib.sha256(EVENT_DOMAIN + bytes.fromhex(self.before) + self.text.encode()).hexdigest()

    def words(self) -> list[Any]:
        """Return what the text says; empty for one that cannot be read."""
        try:
            words = json.loads(self.text)
        except ValueError:
            return []
        return words if isinstance(words, list) else []

    def withheld(self) -> bool:
        """Tell whether the server kept no more than its place: then the salt is gone, without which no digest can be tried."""
        return self.words()[SALT : SALT + 1] == [""] and self.own_digest() != self.digest

    def moment(self) -> int:
        """Return when it was, in microseconds since the Unix epoch; 0 where the text does not say it."""
        said = self.words()[MOMENT : MOMENT + 1]
        return said[0] if said and isinstance(said[0], int) else 0


@dataclass(frozen=True)
class Seal:
    """A controller's signature, as it stands in the file."""

    sequence: int
    digest: str
    seal: str
    key: str

    def holds(self, journal: str) -> bool:
        """Tell whether the key made this signature over this journal, number and digest."""
        said = json.dumps([journal, self.sequence, self.digest], separators=(",", ":")).encode()
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
            key.verify(bytes.fromhex(self.seal), SEAL_DOMAIN + said)
        except (InvalidSignature, TypeError, ValueError):
            return False
        return True


@dataclass
class Journal:
    """One journal: what the header says of it (`sequence`, `digest` of its end), its events and seals in the file's order."""

    id: str
    sequence: int = 0
    digest: str = ""
    removed: bool = True
    events: list[Event] = field(default_factory=list)
    seals: list[Seal] = field(default_factory=list)


@dataclass
class Controller:
    """One controller: its keys, of which those accepted without doubt, and its journals in the order in which they began."""

    id: str
    keys: set[str] = field(default_factory=set)
    journals: dict[str, Journal] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


def read(lines: Iterator[str]) -> tuple[dict[str, Any], dict[str, Controller]]:
    """Return the header and the controllers. Raises NoEvidence."""
    try:
        header = json.loads(next(lines, ""))
        if header["format"] != FORMAT or header["version"] != VERSION:
            raise NoEvidence(f"this reads {FORMAT} {VERSION}")
        controllers = {one["id"]: _controller(one) for one in header["controllers"]}
        for number, line in enumerate(lines, 2):
            _read_line(json.loads(line), controllers, number)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as fault:
        raise NoEvidence(f"this is not whole evidence: {type(fault).__name__} {fault}") from fault
    return header, controllers


def _controller(said: dict[str, Any]) -> Controller:
    journals = {
        str(one["id"]): Journal(str(one["id"]), int(one["sequence"]), one["digest"], bool(one["removed"]))
        for one in said["journals"]
    }
    told = [f"{one['what']} {one['sequence']}–{one['last']} in {one['journal']}, {one['at']}" for one in said["faults"]]
    return Controller(said["id"], {one["key"] for one in said["keys"] if one["accepted"]}, journals, told)


def _read_line(line: dict[str, Any], controllers: dict[str, Controller], number: int) -> None:
    if (kind := line["line"]) not in {"event", "seal"}:
        raise NoEvidence(f"line {number} is neither an event nor a seal")
    journals = controllers[line["controller"]].journals
    name = str(line["journal"])
    journal = journals.setdefault(name, Journal(name))
    sequence = int(line["sequence"])
    if kind == "event":
        for digest in (line["before"], line["digest"]):
            bytes.fromhex(digest)
        line["text"].encode()  # what has no bytes has no digest either
        journal.events.append(Event(sequence, line["before"], line["digest"], line["text"]))
    else:
        journal.seals.append(Seal(sequence, line["digest"], line["seal"], line["key"]))


def check_controller(controller: Controller) -> dict[str, list[Finding]]:
    """Return what is wrong, by journal."""
    return {
        journal.id: [
            *_order(journal),
            *_contents(journal),
            *_seals(journal, controller.keys),
            *_end(journal),
            *_predecessor(journal, controller),
            *_unproven(journal, controller.keys),
        ]
        for journal in controller.journals.values()
    }


def _order(journal: Journal) -> Iterator[Finding]:
    seen: set[int] = set()
    last = 0
    for event in journal.events:
        if event.sequence in seen:
            yield Finding("duplicate", f"number {event.sequence} stands more than once")
        elif event.sequence < last:
            yield Finding("reorder", f"number {event.sequence} stands after {last}")
        seen.add(event.sequence)
        last = max(last, event.sequence)
    numbers = sorted(seen)
    for earlier, later in pairwise(numbers):
        if later > earlier + 1:
            yield Finding("gap", f"numbers {earlier + 1} to {later - 1} are missing")


def _contents(journal: Journal) -> Iterator[Finding]:
    by_number = {event.sequence: event for event in journal.events}
    first = hashlib.sha256(JOURNAL_DOMAIN + journal.id.encode()).hexdigest()
    for event in journal.events:
        if not event.digest:
            continue
        if event.withheld():
            yield Finding("withheld", f"number {event.sequence} was a passage at a home; what it said is not kept")
        elif event.words()[: SEQUENCE + 1] != [journal.id, event.sequence] or event.own_digest() != event.digest:
            yield Finding("change", f"number {event.sequence} does not give its digest")
        earlier = by_number.get(event.sequence - 1)
        expected = first if event.sequence == 1 else earlier.digest if earlier else event.before
        if event.before != expected:
            yield Finding("change", f"number {event.sequence} does not follow what is before it")


def _seals(journal: Journal, keys: set[str]) -> Iterator[Finding]:
    by_number = {event.sequence: event for event in journal.events}
    for seal in journal.seals:
        if not seal.holds(journal.id):
            yield Finding("seal", f"the seal of number {seal.sequence} is not its key's")
        elif seal.key not in keys:
            yield Finding(
                "key", f"the seal of number {seal.sequence} is by a key that is not the controller's: {seal.key}"
            )
        event = by_number.get(seal.sequence)
        if event is not None and event.digest != seal.digest:
            yield Finding("change", f"number {seal.sequence} has another digest than was sealed")


def _end(journal: Journal) -> Iterator[Finding]:
    """Yield that events are missing at the end, by what the header, a seal or nothing at all says."""
    last = max((event.sequence for event in journal.events), default=0)
    known = max([journal.sequence, *(seal.sequence for seal in journal.seals)])
    if known > last and (journal.events or not journal.removed):
        yield Finding("truncated", f"numbers {last + 1} to {known} are missing at the end")


def _predecessor(journal: Journal, controller: Controller) -> Iterator[Finding]:
    first = next((event for event in journal.events if event.sequence == 1), None)
    words = first.words() if first else []
    if not words or not (named := PREDECESSOR.search(str(words[DETAIL]))):
        return
    before, number = controller.journals.get(named[1]), int(named[2])
    if before is None or not before.events:
        if number and first and _older_events(journal, first, controller):
            yield Finding(
                "gap", f"journal {named[1]}, numbers up to {number}, is missing, though older events are there"
            )
        return
    last = max(event.sequence for event in before.events)
    if last > number:
        yield Finding("back", f"it begins after number {number} of {before.id}, which goes on to {last}")
    elif last < number and before.sequence < number:
        yield Finding("truncated", f"it begins after number {number} of {before.id}, which ends at {last}")
    if any(event.sequence == number and event.digest != named[3] for event in before.events):
        yield Finding("change", f"it begins after another number {number} of {before.id} than is there")


def _older_events(journal: Journal, first: Event, controller: Controller) -> bool:
    """Tell whether another journal began before an event: retention takes the oldest first, so what lies between must be there."""
    others = (other.events[0] for other in controller.journals.values() if other.events and other is not journal)
    return any(other.moment() < first.moment() for other in others)


def _unproven(journal: Journal, keys: set[str]) -> Iterator[Finding]:
    missing = sorted({event.sequence for event in journal.events} - proven(journal, keys))
    if missing:
        yield Finding("unproven", f"{len(missing)} of {len(journal.events)} events, {_ranges(missing)}")


def proven(journal: Journal, keys: set[str]) -> set[int]:
    """Return the numbers from which the digests lead to a seal without a break."""
    by_number = {event.sequence: event for event in journal.events}
    sealed = {(seal.sequence, seal.digest) for seal in journal.seals if seal.key in keys and seal.holds(journal.id)}
    found: set[int] = set()
    needed = ""
    for number in sorted(by_number, reverse=True):
        event = by_number[number]
        whole = bool(event.digest) and event.own_digest() == event.digest
        if whole and (event.digest == needed or (number, event.digest) in sealed):
            found.add(number)
            needed = event.before if number - 1 in by_number else ""
        else:
            needed = ""
    return found


def _ranges(numbers: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs[:10])


def report(header: dict[str, Any], controllers: dict[str, Controller]) -> Iterator[tuple[str, bool]]:
    """Yield lines to print, each with whether it says that something is wrong."""
    yield f"organisation {header['organisation']}, taken out {header['made_at']}", False
    yield f"retention removes what is older than {header['removed_before']}", False
    for controller in controllers.values():
        yield f"controller {controller.id}", False
        for key in sorted(controller.keys):
            yield f"  key {key}", False
        for told in controller.told:
            yield f"  told when it came: {told}", False
        for journal, findings in check_controller(controller).items():
            yield from _journal_lines(controller.journals[journal], controller.keys, findings)


def _journal_lines(journal: Journal, keys: set[str], findings: list[Finding]) -> Iterator[tuple[str, bool]]:
    numbers = sorted({event.sequence for event in journal.events})
    count = len(proven(journal, keys))
    where = f"{numbers[0]}–{numbers[-1]}" if numbers else "none left"
    yield f"  journal {journal.id}: events {where}, {count} of {len(journal.events)} proven", False
    if numbers and numbers[0] > 1:
        yield f"    1–{numbers[0] - 1} are not there: removed by retention; what they were cannot be told", False
    for finding in findings:
        yield f"    WRONG {finding.what}: {finding.text}", True


def _keys(said: Sequence[str]) -> dict[str, set[str]]:
    keys: dict[str, set[str]] = {}
    for one in said:
        controller, _, key = one.partition("=")
        keys.setdefault(controller, set()).add(key.lower())
    return keys


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one file and print what is proven; return the exit code."""
    parser = argparse.ArgumentParser(prog="verify-log", description="Check the evidence of an access log.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", action="append", default=[], metavar="CONTROLLER=KEY", help="accept only this key")
    options = parser.parse_args(arguments)
    try:
        with options.file.open(encoding="utf-8") as lines:
            header, controllers = read(iter(lines))
        for controller, keys in _keys(options.key).items():
            controllers[controller].keys = keys
        said = list(report(header, controllers))
    except (OSError, UnicodeDecodeError, NoEvidence, KeyError) as fault:
        sys.stderr.write(f"{options.file}: {fault}\n")
        return 2
    sys.stdout.writelines(f"{line}\n" for line, _ in said)
    wrong = sum(is_wrong for _, is_wrong in said)
    sys.stdout.write(f"{wrong} findings\n" if wrong else "all that is there is proven\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
