"""Stories of equipment and cards: a new reader gets its key, one without a secure channel none, and a card is read before it is issued."""

import os
import signal

import pytest
from playwright.sync_api import Page, expect

from portvakt.core.event import EventKind
from portvakt.demo.processes import python, run
from tests.journeys.pages import SOON, confirm, find_person, go, row, save, wait_until_in_force, word
from tests.journeys.running import Running

KEY_CARD = "8"
NEW_CARD, TWO_FACED = "112-31001", ("112-31002", "112-31003")


def add_reader(running: Running, board: Page, door: str, port: str, address: int) -> str:
    """Say that a reader hangs at a door's exit side, which takes cards; return the reader's id."""
    place = running.door(door)
    go(running, board, f"places/doors/{place}/")
    board.locator(f"[name=exit_auth_types][value='{KEY_CARD}']").check()
    save(board)
    go(running, board, f"places/doors/{place}/readers/new/")
    board.locator("[name=side]").select_option("exit")
    board.locator("[name=port]").fill(port)
    board.locator("[name=address]").fill(str(address))
    board.locator("[name=baud]").select_option("9600")
    save(board)
    running.wait_for("the snapshot in force", running.in_force)
    query = "select id::text from places_reader where door_id = %(door)s and side = 'exit'"
    return str(running.rows(query, door=place)[0]["id"])


def let_out(running: Running, board: Page, rule: str, door: str) -> None:
    """Let those of a rule leave by a door with their card."""
    go(running, board, "rules/")
    board.get_by_role("link", name=rule, exact=True).click()
    board.locator("a[href$='/edit/']").first.click()
    board.locator(f"[name='exit-{running.door(door)}'][value='{KEY_CARD}']").check()
    save(board)
    wait_until_in_force(board)


@pytest.mark.row("S36", "S21")
def test_a_reader_from_the_factory_is_adopted_on_the_board_and_a_card_opens_there(
    running: Running, board: Page
) -> None:
    let_out_by = running.person("Ulla Gren")["card"]
    reader = add_reader(running, board, "Tvättstuga", "bus-1", 9)
    let_out(running, board, "Fastighetsskötare", "Tvättstuga")
    assert not running.site()["readers"]["factory-new"]["online"]
    before = running.releases("Tvättstuga")
    running.show_card_to("factory-new", let_out_by)

    go(running, board, "controllers/")
    board.get_by_role("link", name="Undercentral 1").first.click()
    row(board, reader).get_by_role("link", name=word("Adopt", "Ta i drift")).click()
    board.locator("main form button[type=submit]").click()
    expect(board.locator(".alert-success")).to_be_visible(timeout=SOON)
    running.wait_for("its secure channel", lambda: running.site()["readers"]["factory-new"]["online"])
    assert running.releases("Tvättstuga") == before  # what it was shown without a key is nothing
    event = running.attempt("Tvättstuga", lambda: running.show_card_to("factory-new", let_out_by))
    assert (event["kind"], event["side"], event["auth_type"]) == ("access_granted", "exit", int(KEY_CARD))
    running.wait_for("the strike", lambda: running.releases("Tvättstuga") == before + 1)


@pytest.mark.row("S21")
def test_a_reader_without_a_secure_channel_opens_nothing_and_is_an_alarm(running: Running, board: Page) -> None:
    reader = add_reader(running, board, "Cykelrum", "bus-2", 9)
    let_out(running, board, "Boende Ekbacken", "Cykelrum")
    state = running.deployment.folder / "controller"
    run(python("portvakt.controller", "reader-key", "--state", str(state), reader), os.environ)
    running.processes.running["controller"].send_signal(signal.SIGHUP)
    alarms = "select 1 from logbook_accessevent where kind = %(kind)s and door_id::text = %(door)s"
    place = {"kind": EventKind.READER_INSECURE, "door": running.door("Cykelrum")}
    running.wait_for("the alarm", lambda: running.rows(alarms, **place))
    before = running.releases("Cykelrum")
    running.show_card_to("clear-text", running.person("Karin Sund")["card"])
    go(running, board, "alarms/")
    expect(row(board, "Cykelrum").first).to_be_visible()
    go(running, board, f"doors/{running.door('Cykelrum')}/")
    expect(board.locator("main")).to_contain_text("bus-2:9")
    assert running.releases("Cykelrum") == before
    go(running, board, f"places/readers/{reader}/remove/")
    confirm(board)
    running.wait_for("the snapshot in force", running.in_force)


def begin_to_read(running: Running, board: Page, name: str, door: str) -> None:
    """Ask a door's reader to read a card for a person, and wait until it does."""
    find_person(running, board, name)
    board.locator("details:has(a[href$='/cards/read/']) > summary").click()
    board.locator("a[href$='/cards/read/']").click()
    board.locator(f"[name=reader][value='{running.reader(door)}']").check()
    save(board)
    expect(board.locator("#so-far strong")).to_contain_text(door, timeout=SOON)


@pytest.mark.row("S37")
def test_a_card_is_read_twice_at_a_reader_issued_and_opens(running: Running, board: Page) -> None:
    door = "Entré Ekbacken"
    running.wait_for("the door at rest", lambda: running.at_rest(door))
    before = running.releases(door)
    begin_to_read(running, board, "Karin Sund", door)
    running.show_card(door, NEW_CARD)
    expect(board.locator("#so-far strong")).to_contain_text(word("once more", "en gång till"), timeout=SOON)
    running.show_card(door, NEW_CARD)
    meaning = board.locator("#so-far tr", has_text="31001").first
    expect(meaning).to_contain_text("112", timeout=SOON)
    meaning.locator("input[type=radio]").check()
    expect(board.locator("#id_number")).to_have_value("31001")
    board.locator("#so-far button[type=submit]").click()
    wait_until_in_force(board)
    assert running.releases(door) == before  # while it is read for the Board it opens nothing
    event = running.attempt(door, lambda: running.show_card(door, NEW_CARD))
    assert (event["kind"], event["auth_type"]) == ("access_granted", int(KEY_CARD))


@pytest.mark.row("S37")
def test_a_card_that_says_something_else_each_time_is_not_issued(running: Running, board: Page) -> None:
    door = "Entré Ekbacken"
    held = "select count(*) as held from people_credential"
    before = running.rows(held)
    begin_to_read(running, board, "Karin Sund", door)
    running.show_card(door, TWO_FACED[0])
    expect(board.locator("#so-far strong")).to_contain_text(word("once more", "en gång till"), timeout=SOON)
    running.show_card(door, TWO_FACED[1])
    expect(board.locator("#so-far [role=alert]")).to_contain_text(
        word("cannot be used", "kan inte användas"), timeout=SOON
    )
    expect(board.locator("#so-far form")).to_have_count(0)
    assert running.rows(held) == before
