"""Stories of doors that stand otherwise than their rules say: locked down, held unlocked, unlocked by a schedule."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.pages import SOON, add_schedule, confirm, find_person, go, row, save, wait_until_in_force, word
from tests.journeys.running import Running, id_in

PLAN = "Nödläge portarna"
RANK = "5"
AT_THE_DOOR = ZoneInfo("Europe/Stockholm")
MOMENT = "%Y-%m-%dT%H:%M"


def let_pass(running: Running, board: Page, name: str, rank: str) -> None:
    """Let a person pass lockdowns up to a rank."""
    person = find_person(running, board, name)
    go(running, board, f"persons/{person}/edit/")
    board.locator("[name=overrides]").select_option(rank)
    save(board)
    wait_until_in_force(board)


def prepare(running: Running, board: Page) -> str:
    """Prepare a lockdown of the two street doors and return its id."""
    go(running, board, "lockdown/")
    board.get_by_role("link", name=word("Add a plan for Björkgården", "plan för Björkgården")).click()
    board.locator("[name=name]").fill(PLAN)
    board.locator("[name=rank]").fill(RANK)
    for door in ("Port A", "Port B"):
        board.locator(f"[name=doors][value='{running.door(door)}']").check()
    save(board)
    board.get_by_role("link", name=PLAN, exact=True).click()
    return id_in(board.url)


def rehearse(board: Page) -> None:
    """Ask the controllers what each door of the plan would do, and wait until all have answered."""
    board.locator("form[action$='/rehearse/'] button").click()
    for door in ("Port A", "Port B"):
        expect(row(board, door).locator("td").last).to_contain_text(word("would", "skulle"), timeout=SOON)


@pytest.mark.row("S36")
def test_a_lockdown_refuses_all_but_those_who_pass_it_and_was_rehearsed_before(running: Running, board: Page) -> None:
    resident, caretaker = running.person("Alva Berg")["card"], running.person("Ulla Gren")["card"]
    let_pass(running, board, "Ulla Gren", RANK)
    prepare(running, board)

    running.prop_open("Port B")
    running.wait_for("the Board knowing of it", lambda: running.state_told("Port B") in {"open", "forced", "held_open"})
    rehearse(board)
    expect(row(board, "Port A").locator("td").last).to_have_text(word("^would lock$", "^skulle låsas$"))
    expect(row(board, "Port B").locator("td").last).to_contain_text(word("would not lock", "skulle inte låsas"))
    assert running.attempt("Port A", lambda: running.show_card("Port A", resident))["kind"] == "access_granted"
    running.close("Port B")

    board.locator("a.btn-danger.btn-lg").click()
    confirm(board)
    wait_until_in_force(board)
    expect(board.locator("main")).to_contain_text(word("2 of 2 doors", "2 av 2 dörrar"), timeout=SOON)
    go(running, board, "persons/")
    expect(board.locator(".alert-danger[role=alert]")).to_contain_text(PLAN)
    event = running.attempt("Port A", lambda: running.show_card("Port A", resident))
    assert (event["kind"], event["reason"]) == ("access_denied", "lockdown")
    event = running.attempt("Port A", lambda: running.show_card("Port A", caretaker))
    assert event["kind"] == "access_granted"
    elsewhere = running.person("Karin Sund")["card"]
    event = running.attempt("Entré Ekbacken", lambda: running.show_card("Entré Ekbacken", elsewhere))
    assert event["kind"] == "access_granted"  # no door of the plan

    board.locator(".alert-danger a.btn").click()
    confirm(board)
    wait_until_in_force(board)
    expect(board.locator(".alert-danger[role=alert]")).to_have_count(0)
    event = running.attempt("Port A", lambda: running.show_card("Port A", resident))
    assert event["kind"] == "access_granted"


def stands(board: Page, *words: str) -> None:
    """Wait until the door's page says how the door stands."""
    for each in words:
        expect(board.locator(".datagrid").first).to_contain_text(word(*each.split("|")), timeout=SOON)


@pytest.mark.row("S37")
def test_an_operator_holds_a_door_unlocked_for_a_time_and_ends_it(running: Running, board: Page) -> None:
    door = running.door("Entré Ekbacken")
    until = datetime.now(AT_THE_DOOR) + timedelta(hours=2)
    go(running, board, f"doors/{door}/hold/")
    board.locator("[name=until]").fill(until.strftime(MOMENT))
    save(board)
    go(running, board, f"doors/{door}/")
    stands(board, "held unlocked by an operator|av en operatör", f"{until:%H:%M}|{until:%H:%M}")
    running.wait_for("the strike", lambda: running.unlocked("Entré Ekbacken"))
    go(running, board, "audit-log/")
    expect(board.locator("main")).to_contain_text("Petra Lindvall")

    go(running, board, f"doors/{door}/lock-again/")
    confirm(board)
    running.wait_for("the strike to hold again", lambda: running.at_rest("Entré Ekbacken"))
    go(running, board, f"doors/{door}/")
    stands(board, "follows its access rules|passerregler")


@pytest.mark.row("S36")
def test_an_unlock_schedule_waits_for_the_first_person_in(running: Running, board: Page) -> None:
    door = running.door("Tvättstuga")
    running.wait_for("the door at rest", lambda: running.at_rest("Tvättstuga"))
    add_schedule(running, board, "Dygnet runt")
    go(running, board, f"doors/{door}/unlock-schedule/")
    board.locator("[name=schedule]").select_option(label="Dygnet runt")
    board.locator("[name=first_person_in]").check()
    save(board)
    running.wait_for("the snapshot in force", running.in_force)
    go(running, board, f"doors/{door}/")
    stands(board, "Dygnet runt|Dygnet runt", "after the first person|första person", "follows its|passerregler")
    assert running.at_rest("Tvättstuga")

    event = running.attempt("Tvättstuga", lambda: running.show_card("Tvättstuga", running.person("Karin Sund")["card"]))
    assert event["kind"] == "access_denied"  # nobody has come in by it
    event = running.attempt("Tvättstuga", lambda: running.show_card("Tvättstuga", running.person("Ulla Gren")["card"]))
    assert event["kind"] == "access_granted"
    stands(board, "since the first person|sedan den första")
    assert running.unlocked("Tvättstuga")

    go(running, board, f"doors/{door}/unlock-schedule/")
    board.locator("[name=schedule]").select_option("")
    save(board)
    running.wait_for("the door locked again", lambda: running.at_rest("Tvättstuga"))
