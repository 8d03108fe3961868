"""Stories of what persons are told and decide about their own data: on their own pages, at the first sign-in, and at home."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.pages import (
    download,
    find_person,
    go,
    invite,
    link_in_mail,
    save,
    sign_in_first,
    wait_until_in_force,
    word,
)
from tests.journeys.running import Running

Open = Callable[[str], Page]
RESIDENT = "Alva Berg"
GUARDIAN = "vardnadshavare@example.com"
CONSENT = "#expiry_reminders"


def own(running: Running, page: Page, path: str) -> None:
    """Open one of the resident's own pages."""
    go(running, page, f"me/{path}")


@pytest.mark.row("S38")
def test_a_resident_sees_what_is_held_how_much_and_why(running: Running, as_role: Open) -> None:
    page = as_role("regular")
    own(running, page, "")
    page.locator("aside").get_by_role("link", name=word("My data", "Mina uppgifter")).click()
    lines = page.locator("section[aria-labelledby=held] > .list-group > details")
    expect(lines.nth(3)).to_be_visible()
    (alva,) = running.rows("select id from people_person where first_name = 'Alva' and last_name = 'Berg'")
    (held,) = running.rows("select count(*) from logbook_accessevent where person_id = %(id)s", id=alva["id"])
    passages = lines.filter(has=page.locator("summary .fw-medium", has_text=word("^Passages$", "^Passager$")))
    expect(passages.locator("summary .numeric")).to_have_text(str(held["count"]))
    for number in range(lines.count()):
        line = lines.nth(number)
        line.locator("> summary").click()
        expect(line.locator("dd").nth(1)).to_contain_text(word("[a-z]{3}", "[a-zåäö]{3}"))  # what for
        expect(line.locator("dd").nth(2)).to_contain_text(word("[a-z]{3}", "[a-zåäö]{3}"))  # who sees it
    expect(page.locator("section[aria-labelledby=rights]")).to_contain_text("imy.se")


@pytest.mark.row("S16")
@pytest.mark.row("S17")
def test_a_consent_is_withdrawn_with_as_many_steps_as_it_was_given(
    running: Running, as_role: Open, tmp_path: Path
) -> None:
    """C-03: one press each way, on the same page."""
    page = as_role("regular")
    own(running, page, "consents/")
    card = page.locator(CONSENT)
    expect(card.locator("button")).to_have_count(1)
    card.locator("button[name=given][value=yes]").click()
    expect(card.locator(".bg-green-lt")).to_be_visible()
    expect(card.locator("button")).to_have_count(1)
    card.locator("button[name=given][value=no]").click()
    expect(card.locator("button[name=given][value=yes]")).to_be_visible()
    expect(card.locator(".bg-green-lt")).to_have_count(0)
    kept = json.loads(download(page, page.locator("a[download]"), tmp_path).read_text())
    said = running.rows("select given, at from privacy_consent where purpose = 'expiry_reminders' order by at")
    assert [row["given"] for row in said[-2:]] == [True, False]
    assert "expiry_reminders" in json.dumps(kept)
    assert kept["@context"]


@pytest.mark.row("S16")
def test_whoever_signs_in_first_reads_the_terms_and_nothing_is_ticked_beforehand(
    running: Running, board: Page, chromium: Browser
) -> None:
    """C-02: one box for each purpose, none ticked, and everything works without them."""
    page = sign_in_first(running, chromium, "person2@example.com", invite(running, board, "Astrid Dahl"))
    own(running, page, "")  # nothing else opens before
    page.wait_for_url("**/terms/**")
    assert page.locator("[name^=consent_]").count() > 0
    expect(page.locator("main input:checked, form input:checked")).to_have_count(0)
    page.locator("form[novalidate] button[type=submit]").first.click()
    expect(page.locator(".invalid-feedback, .alert-danger").first).to_be_visible()
    page.locator("[name=accept]").check()
    page.locator("[name=age][value=old]").check()
    page.locator("form[novalidate] button[type=submit]").first.click()
    page.wait_for_url("**/me/")
    (account,) = running.rows("select id from accounts_account where email = 'person2@example.com'")
    assert not running.rows("select 1 from privacy_consent where subject_id = %(id)s", id=account["id"])
    page.context.close()


@pytest.mark.row("S16")
def test_a_childs_account_waits_until_the_guardian_says_yes(running: Running, board: Page, chromium: Browser) -> None:
    """C-07, C-08: the account waits, a mail asks, and no consent is asked of the child."""
    page = sign_in_first(running, chromium, "person3@example.com", invite(running, board, "Axel Ek"))
    page.locator("[name=accept]").check()
    page.locator("[name=age][value=young]").check()
    page.locator("[name=guardian_name]").fill("Vera Vårdnadshavare")
    page.locator("[name=guardian_email]").fill(GUARDIAN)
    page.locator("form[novalidate] button[type=submit]").first.click()
    page.wait_for_url("**/terms/waiting/")
    own(running, page, "")
    page.wait_for_url("**/terms/waiting/**")

    elsewhere = chromium.new_context(locale="sv-SE").new_page()
    elsewhere.goto(link_in_mail(running, GUARDIAN, "/guardian/"))
    expect(elsewhere.locator("body")).to_contain_text("Axel Ek")
    own(running, page, "")
    page.wait_for_url("**/terms/waiting/**")  # that the link was opened answers nothing
    elsewhere.locator("[name=guardian]").check()
    elsewhere.locator("form:has([name=answer][value=yes]) button").click()
    expect(elsewhere.locator("h1")).to_have_text(word("Thank you for your answer", "Tack för ditt svar"))
    elsewhere.context.close()
    (kept,) = running.rows("select given_at from privacy_guardianconsent where email = %(email)s", email=GUARDIAN)
    assert kept["given_at"]

    own(running, page, "")
    expect(page.locator("h1")).to_have_text("Mina dörrar")
    own(running, page, "consents/")
    expect(page.locator("button[name=given]")).to_have_count(0)  # a child is asked for none
    page.context.close()


@pytest.mark.row("S18")
def test_who_took_the_access_log_out_for_whom_is_seen_by_those_in_it(
    running: Running, board: Page, as_role: Open, tmp_path: Path
) -> None:
    person = find_person(running, board, RESIDENT)
    go(running, board, f"access-log/?person={person}")
    board.locator("a[href*='/export/']").click()
    choice = board.locator("[name=recipient]")
    choice.select_option("police")
    board.locator("main form button[type=submit]").last.click()
    expect(board.locator("main form")).to_contain_text(word("authority|law", "myndighet|lag"))
    note = "K 1234-26, rättegångsbalken 27 kap."
    board.locator("[name=note]").fill(note)
    file = download(board, board.locator("main form button[type=submit]").last, tmp_path)
    assert RESIDENT in file.read_text(encoding="utf-8-sig")

    page = as_role("regular")
    own(running, page, "privacy/")
    handed = page.locator("section[aria-labelledby=handed] tbody tr").first
    expect(handed).to_contain_text(word("police", "polis"))
    expect(handed).to_contain_text(word("passage", "passage|passer"))


@pytest.fixture
def home(running: Running, board: Page) -> Iterator[str]:
    """Let a door lead into a flat for the time of a story."""
    door = "Port B"
    set_home(running, board, door, home=True)
    yield door
    set_home(running, board, door, home=False)


def set_home(running: Running, board: Page, door: str, *, home: bool) -> None:
    """Say on the door's page whether it leads into a home."""
    go(running, board, f"places/doors/{running.door(door)}/")
    board.locator("[name=home]").set_checked(home)
    save(board)
    wait_until_in_force(board)


@pytest.mark.row("S36")
def test_whoever_comes_home_is_let_in_and_not_logged(running: Running, board: Page, home: str) -> None:
    card, since = running.person(RESIDENT)["card"], datetime.now(UTC)
    running.wait_for("the door at rest", lambda: running.at_rest(home))
    before = running.releases(home)
    running.show_card(home, card)
    running.wait_for("the strike", lambda: running.releases(home) == before + 1)
    # What is logged comes in the order it happened, so that a later passage elsewhere is the proof that nothing is on its way.
    assert running.attempt("Port A", lambda: running.show_card("Port A", card))["kind"] == "access_granted"
    running.wait_for("the door at rest", lambda: running.at_rest(home))
    assert running.attempt("Port A", lambda: running.show_card("Port A", card))["kind"] == "access_granted"
    assert running.events(since, "%", home) == []
