"""Stories of alarms: seen on the Board at once, and seen to by somebody."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.pages import SOON, go, issue_pin, row, sign_in, wait_until_in_force
from tests.journeys.running import Running

DURESS_PIN = "730529"


@pytest.mark.row("S36")
def test_a_duress_pin_opens_and_an_operator_sees_the_alarm_and_acknowledges_it(
    running: Running, chromium: Browser, board: Page
) -> None:
    person = issue_pin(running, board, "Tage Björk", DURESS_PIN, duress=True)
    wait_until_in_force(board)

    context = chromium.new_context(locale="en-GB")
    desk = context.new_page()
    desk.set_default_timeout(SOON)
    sign_in(desk, running.deployment.address, *running.password("operator"))
    go(running, desk, "alarms/")
    desk.wait_for_function("document.body.classList.contains('is-live')")
    alarm = row(desk, "Duress")
    expect(alarm).to_have_count(0)

    running.wait_for("the door at rest", lambda: running.at_rest("Port B"))
    before = running.releases("Port B")
    event = running.attempt("Port B", lambda: running.type_keys("Port B", DURESS_PIN + "#"))
    assert (event["kind"], event["auth_type"], str(event["person_id"])) == ("access_granted", 3, person)
    running.wait_for("the strike", lambda: running.releases("Port B") == before + 1)
    running.wait_for("the green light", lambda: running.reader_state("Port B")["led"] == "green")

    expect(alarm).to_contain_text("Port B", timeout=SOON)  # without a click: the page keeps itself current
    expect(alarm).to_contain_text("Urgent")
    expect(desk.locator("main")).not_to_contain_text("Tage")
    alarm.locator("[name=note]").fill("Rang the caretaker, police called")
    alarm.get_by_role("button", name="Acknowledge").click()
    expect(alarm).to_have_count(0)
    go(running, desk, "alarms/?state=all")
    expect(alarm).to_contain_text(re.compile("Sigrid Alm.*Rang the caretaker, police called", re.DOTALL))
    context.close()
