"""How does a test of yours play doors against a Portvakt server, without any hardware?

Give it one enrolment text for each controller (the Board: Controllers, Enrol) and a card that may pass:

    python examples/play_a_fleet.py --card 12-34567 TEXT [TEXT ...]

It enrols the controllers, waits until each has its doors, shows the card at every entry reader, cuts the way to the server and shows it
again, and prints what was written down. It ends with 0 when every door let the card in both times.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from portvakt.controller import identity
from portvakt.controller.simulator import Fleet
from portvakt.core.decision.model import Side
from portvakt.core.event import Event, EventKind


def enrolled(folder: Path, texts: list[str]) -> list[Path]:
    """Enrol one controller for each text; return their state folders."""
    states = [folder / str(number) for number in range(len(texts))]
    for state, text in zip(states, texts, strict=True):
        identity.enrol(text, state)
    return states


async def story(states: list[Path], card: str) -> bool:
    """Show the card with and without the server; tell whether it opened every door both times."""
    async with Fleet(states) as fleet:
        await fleet.until(lambda: all(member.facts.snapshot_version for member in fleet.members))
        doors = [door for member in fleet.members for door in member.doors() if fleet.has_reader(door, Side.ENTRY)]
        opened = await everywhere(fleet, doors, card)
        fleet.cut_links()
        await fleet.until(lambda: not any(member.facts.link_up for member in fleet.members))
        opened_alone = await everywhere(fleet, doors, card)
        fleet.restore_links()
        await fleet.until(lambda: all(member.facts.events_waiting == 0 for member in fleet.members))
        for event in fleet.events():
            print(f"{event.at:%H:%M:%S} {event.kind.value:22} {event.door or '-'} {event.reason or ''}")
    return opened and opened_alone


async def everywhere(fleet: Fleet, doors: list[str], card: str) -> bool:
    """Show the card at every door; tell whether it was granted at all of them."""
    before = {door: len(answers(fleet, door)) for door in doors}
    for door in doors:
        fleet.show(door, card)
    await fleet.until(lambda: all(len(answers(fleet, door)) > before[door] for door in doors))
    return all(answers(fleet, door)[-1].kind is EventKind.ACCESS_GRANTED for door in doors)


def answers(fleet: Fleet, door: str) -> list[Event]:
    """Return what was answered at a door."""
    kinds = {EventKind.ACCESS_GRANTED, EventKind.ACCESS_DENIED}
    return [event for event in fleet.events(door) if event.kind in kinds]


def main() -> int:
    """Run the story."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--card", required=True)
    parser.add_argument("text", nargs="+")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        opened = asyncio.run(story(enrolled(Path(folder), options.text), options.card))
    print("every door let the card in" if opened else "a door stayed locked")
    return 0 if opened else 1


if __name__ == "__main__":
    sys.exit(main())
