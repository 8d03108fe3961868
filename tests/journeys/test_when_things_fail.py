"""Stories of failure: what happened at the door is never lost, never told twice, and the door goes on answering."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.journeys.running import Running

READS = 500
# After which card read which process dies; controller and server in turn, also both at once.
KILLS = {
    60: ["controller"],
    130: ["link"],
    210: ["controller", "link"],
    300: ["link"],
    380: ["controller"],
    440: ["link"],
}
BUSY = (("Port A", "Alva Berg"), ("Port B", "Arvid Blom"), ("Entré Ekbacken", "Karin Sund"), ("Cykelrum", "Lage Tall"))


def journals(running: Running) -> dict[str, list[int]]:
    """Return the sequence numbers recorded per journal of the running controller, in the order of their moments."""
    rows = running.rows(
        """select journal::text, sequence from logbook_accessevent
           where journal <> (select journal from logbook_accessevent order by id limit 1) order by at, sequence"""
    )
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["journal"], []).append(row["sequence"])
    return found


def assert_nothing_lost_or_doubled(running: Running) -> None:
    """Every journal must be recorded from 1 on without a gap, once, and in the order in which it happened."""
    for numbers in journals(running).values():
        assert numbers == list(range(1, len(numbers) + 1))


def nothing_waits(running: Running) -> bool:
    """Tell whether the controller says that all its events are recorded."""
    return bool(running.rows("select 1 from places_controllerstatus where online and waiting_events = 0"))


def test_the_link_is_cut_and_comes_back(running: Running) -> None:
    card = running.person("Alva Berg")["card"]
    running.kill("link")
    since, before = datetime.now(UTC), running.releases("Port A")
    for n in range(3):
        running.wait_for("the door at rest", lambda: running.at_rest("Port A"))
        running.show_card("Port A", card)
        running.wait_for("the strike", lambda n=n: running.releases("Port A") == before + n + 1)
    assert running.events(since) == []
    running.start_link()
    running.wait_for("the events arriving", lambda: len(running.events(since, "access_granted", "Port A")) == 3)
    assert_nothing_lost_or_doubled(running)


def test_a_revocation_while_the_link_is_cut_holds_once_it_is_back(running: Running) -> None:
    """The server's truth is a row: whatever was asked for while nobody listened is sent when someone does."""
    running.kill("link")
    running.rows("""update people_person set suspended_at = now() where first_name = 'Nanna' returning id""")
    running.rows("""update organisations_snapshotcounter set version = version + 1 returning version""")
    running.start_link()
    running.wait_for("the new snapshot in force", running.in_force)
    event = running.attempt("Cykelrum", lambda: running.show_card("Cykelrum", running.person("Nanna Åkers")["card"]))
    assert event["reason"] == "person_suspended"


def test_the_controller_restarts_without_any_server(running: Running) -> None:
    for name in ("link", "board", "live", "jobs"):
        running.kill(name)
    running.kill("controller")
    running.start_controller()
    running.wait_for("the door at rest", lambda: running.at_rest("Port B"))
    before = running.releases("Port B")
    running.show_card("Port B", running.person("Arvid Blom")["card"])
    running.wait_for("the strike", lambda: running.releases("Port B") == before + 1)
    running.show_card("Port B", running.person("Signe Holt")["card"])
    for name in ("link", "board", "live", "jobs"):
        running.forget(name)
    running.deployment.start_server(running.processes, running.owner)
    denied: Callable[[], object] = lambda: running.rows(  # noqa: E731
        "select 1 from logbook_accessevent where reason = 'person_suspended' and door_id::text = %(door)s",
        door=running.door("Port B"),
    )
    running.wait_for("what happened meanwhile", denied)
    running.wait_for("all being recorded", lambda: nothing_waits(running))
    assert_nothing_lost_or_doubled(running)


@pytest.mark.row("S21")
def test_500_cards_while_controller_and_server_are_killed(running: Running) -> None:
    since = datetime.now(UTC)
    before = {door: running.releases(door) for door, _who in BUSY}
    for n in range(READS):
        door, who = BUSY[n % len(BUSY)]
        running.show_card(door, running.person(who)["card"])
        time.sleep(0.02)  # a crowd, not a flood: four readers, each asked for a card every 80 ms
        for name in KILLS.get(n, []):
            running.kill(name)
        for name in KILLS.get(n, []):
            running.start_link() if name == "link" else running.start_controller()
    running.wait_for("the readers coming back", running.readers_online)
    running.wait_for("all being recorded", lambda: nothing_waits(running))
    assert_nothing_lost_or_doubled(running)
    # Cards shown to a dead controller are nobody's event; most must have been read, or the story tells nothing.
    assert len(running.events(since)) > READS / 2
    granted = Counter(str(event["door_id"]) for event in running.events(since, "access_granted"))
    for door, _who in BUSY:
        released = running.releases(door) - before[door]
        assert released > 0
        # A grant is on disk before the strike is released, so no release is without its event.
        assert granted[running.door(door)] >= released
