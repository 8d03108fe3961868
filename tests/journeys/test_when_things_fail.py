"""Stories of failure: what happened at the door is never lost, never told twice, and the door goes on answering."""

import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.pages import SOON, confirm, find_person, go, text_at, word
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


def state_on(page: str, device: str) -> str:
    """Return what a controller's own page says of a device."""
    return re.findall(rf"{device}</th><td[^>]*>([^<]*)", page)[0]


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


@pytest.mark.row("S36")
def test_a_revocation_while_the_link_is_cut_holds_once_it_is_back(running: Running, board: Page) -> None:
    card, door = running.person("Nanna Åkers")["card"], "Cykelrum"
    place = f"doors/{running.door(door)}/"
    running.wait_for("the snapshot in force", running.in_force)
    go(running, board, place)
    cut = board.locator("section[aria-labelledby=link-cut]")
    expect(cut).to_contain_text(word("If the link were cut now", "Om länken bröts nu"))
    expect(cut).to_contain_text(word("by the newest snapshot", "det nyaste beslutsunderlaget"))
    expect(cut).to_contain_text(word("Exit buttons always work", "Öppnaknappar fungerar alltid"))

    running.stop("link")
    offline = "select 1 from places_controllerstatus where not online"
    running.wait_for("the server knowing that the link is cut", lambda: running.rows(offline))
    go(running, board, place)
    expect(cut).to_contain_text(word("The link is cut", "Länken är bruten"), timeout=SOON)
    find_person(running, board, "Nanna Åkers")
    board.locator("a[href*='/credentials/'][href$='/revoke/'], button[formaction$='/revoke/']").first.click()
    confirm(board)
    expect(board.locator(".in-force-card")).to_contain_text(re.compile("0 (of|av) 1"), timeout=SOON)
    before = running.releases(door)
    running.show_card(door, card)  # as the page had said: by what it has, and exit and entry go on
    running.wait_for("the strike", lambda: running.releases(door) == before + 1)
    go(running, board, place)
    expect(cut).to_contain_text(word("an older snapshot", "ett äldre beslutsunderlag"))

    running.start_link()
    running.wait_for("the new snapshot in force", running.in_force)
    running.wait_for("the door at rest", lambda: running.at_rest(door))
    event = running.attempt(door, lambda: running.show_card(door, card))
    assert event["reason"] == "credential_not_enabled"


def test_the_controllers_own_page_answers_while_the_link_is_cut(running: Running) -> None:
    own = f"http://127.0.0.1:{running.deployment.ports.status}/"
    assert f"{running.door('Port A')}" in text_at(own)
    assert "<td>uppe" in text_at(own)
    running.kill("link")
    running.wait_for("the page saying so", lambda: "<td>nere" in text_at(own))
    running.wait_for("the door at rest", lambda: running.at_rest("Port A"))
    running.prop_open("Port A")
    running.wait_for("the page following the door", lambda: state_on(text_at(own), running.door("Port A")) != "låst")
    running.close("Port A")
    running.start_link()
    running.wait_for("the link being back", lambda: "<td>uppe" in text_at(own))


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
