"""Stories of a change to the rules: who gains by it is shown before it is saved, and what a guard rule forbids is not saved."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.pages import add_schedule, find_person, go, row, save, wait_until_in_force, word
from tests.journeys.running import Running

CONTRACTORS, DOOR, GUARD = "Hantverkare takbyte", "Tvättstuga", "Inga hantverkare i källaren på helgen"
KEY_CARD = 8


def is_contractor(running: Running, board: Page, name: str) -> None:
    """Say of a person that they are a contractor."""
    person = find_person(running, board, name)
    go(running, board, f"persons/{person}/edit/")
    board.locator("[name=category]").select_option("contractor")
    save(board)
    expect(board.locator("h1")).to_contain_text(name)


def add_guard(running: Running, board: Page) -> None:
    """Forbid contractors the cellar at weekends."""
    add_schedule(running, board, "Helg", days=(5, 6))
    go(running, board, "rules/guards/add/")
    board.locator("[name=name]").fill(GUARD)
    board.locator("[name=category]").select_option("contractor")
    board.locator("[name=schedule]").select_option(label="Helg")
    board.locator(f"[name=doors][value='{running.door(DOOR)}']").check()
    save(board)
    expect(row(board, GUARD)).to_contain_text(DOOR)


def open_rule(running: Running, board: Page) -> None:
    """Open the contractors' rule to change it."""
    go(running, board, "rules/")
    board.get_by_role("link", name=CONTRACTORS, exact=True).click()
    board.locator("a[href$='/edit/']").first.click()


def kept(running: Running) -> list[dict[str, object]]:
    """Return the doors and the schedule that the contractors' rule has."""
    return running.rows(
        """select part.door_id::text as door, schedule.name as schedule
           from access_ruledoor part join access_accessrule rule on rule.id = part.rule_id
           left join access_schedule schedule on schedule.id = rule.schedule_id
           where rule.name = %(name)s order by 1""",
        name=CONTRACTORS,
    )


@pytest.mark.row("S37")
def test_a_change_names_who_gains_and_a_guard_rule_refuses_one_that_lets_contractors_in_at_weekends(
    running: Running, board: Page
) -> None:
    is_contractor(running, board, "Åke Plåt")
    add_guard(running, board)

    open_rule(running, board)
    box = board.locator(f"[name='entry-{running.door(DOOR)}'][value='{KEY_CARD}']")
    box.check()
    board.locator("main form button[type=submit]").last.click()
    expect(board.locator("main")).to_contain_text(word("2 persons gain access", "2 personer får tillträde"))
    expect(board.locator("main")).to_contain_text("Åke Plåt")
    expect(board.locator("main")).to_contain_text(DOOR)
    assert running.door(DOOR) not in {part["door"] for part in kept(running)}
    board.locator("button[name=confirmed]").click()
    wait_until_in_force(board)
    before = kept(running)
    assert {"door": running.door(DOOR), "schedule": "Vardagar 07–18"} in before

    open_rule(running, board)
    board.locator("[name=schedule]").select_option("")
    board.locator("main form button[type=submit]").last.click()
    example = board.locator("main")
    expect(example).to_contain_text(GUARD)
    expect(example).to_contain_text(re.compile(rf"Åke Plåt.*{DOOR}.*{CONTRACTORS}.*\d{{4}}-\d\d-\d\d \d\d:\d\d"))
    assert board.locator("button[name=confirmed]").count() == 0
    assert kept(running) == before
