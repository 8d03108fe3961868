"""Stories in the browser: what an operator does takes effect at the door, and what happens at the door is seen."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.pages import confirm, find_person, go, invite, sign_in_first, wait_until_in_force
from tests.journeys.running import Running, id_in


@pytest.fixture
def newest(board: Page) -> Callable[[], str]:
    """Return how to read the newest line of the live feed."""
    return lambda: board.locator("#events").inner_text()


@pytest.mark.row("S37")
def test_a_card_shown_in_the_simulator_opens_the_door_and_is_seen_live(running: Running, board: Page) -> None:
    running.wait_for("the door at rest", lambda: running.at_rest("Port B"))
    before = running.releases("Port B")
    with board.context.new_page() as watching:
        go(running, watching)
        seen = watching.locator("#events")
        expect(seen).to_be_visible()
        events = seen.inner_text()
        go(running, board, "simulator/")
        board.locator("select").first.select_option(label="Arvid Blom")
        # The panel is drawn anew again and again; on a busy machine it never stands still for as long as a click waits for that.
        board.locator(f"#card-{running.reader('Port B')}").dispatch_event("click")
        running.wait_for("the strike", lambda: running.releases("Port B") == before + 1)
        running.wait_for("the event in the live feed", lambda: seen.inner_text() != events)
        expect(seen).to_contain_text(re.compile("Beviljad|Granted"))
        expect(seen).not_to_contain_text("Arvid")  # the live view names nobody


@pytest.mark.row("S36")
def test_a_revoked_card_is_refused_once_the_page_says_it_is_in_force(running: Running, board: Page) -> None:
    card = running.person("Ebba Hall")["card"]
    assert running.attempt("Port A", lambda: running.show_card("Port A", card))["kind"] == "access_granted"
    find_person(running, board, "Ebba Hall")
    board.locator("a[href*='/credentials/'][href$='/revoke/'], button[formaction$='/revoke/']").first.click()
    confirm(board)
    wait_until_in_force(board)
    event = running.attempt("Port A", lambda: running.show_card("Port A", card))
    assert (event["kind"], event["reason"]) == ("access_denied", "credential_not_enabled")


def test_a_new_employee_is_enrolled_issued_a_card_assigned_granted_logged_and_suspended(
    running: Running, board: Page
) -> None:
    go(running, board, "persons/add/")
    board.locator("[name$=first_name]").fill("Nya")
    board.locator("[name$=last_name]").fill("Medarbetare")
    board.locator("main form button[type=submit]").last.click()
    expect(board.locator("h1")).to_contain_text("Nya Medarbetare")
    person = id_in(board.url)

    board.locator("details:has([name$=value]) > summary").click()
    board.locator("[name$=value]").fill("112-30001")
    board.locator("details:has([name$=value]) button[type=submit]").click()
    wait_until_in_force(board)
    assert running.attempt("Cykelrum", lambda: running.show_card("Cykelrum", "112-30001"))["reason"] == "unauthorised"

    board.locator("details:has(select[name$=rule]) > summary").click()
    board.locator("select[name$=rule]").select_option(label="Boende Ekbacken")
    board.locator("details:has(select[name$=rule]) button[type=submit]").click()
    wait_until_in_force(board)
    event = running.attempt("Cykelrum", lambda: running.show_card("Cykelrum", "112-30001"))
    assert (event["kind"], str(event["person_id"])) == ("access_granted", person)

    go(running, board, f"access-log/?person={person}")
    expect(board.locator("main")).to_contain_text("Nya Medarbetare")
    expect(board.locator("main")).to_contain_text("Cykelrum")

    go(running, board, f"persons/{person}/suspend/")
    confirm(board)
    wait_until_in_force(board)
    event = running.attempt("Cykelrum", lambda: running.show_card("Cykelrum", "112-30001"))
    assert event["reason"] == "person_suspended"


def test_an_operator_opens_a_door_from_the_board(running: Running, board: Page) -> None:
    running.wait_for("the door at rest", lambda: running.at_rest("Entré Ekbacken"))
    before = running.releases("Entré Ekbacken")
    go(running, board, f"doors/{running.door('Entré Ekbacken')}/")
    board.locator("form[action$='/release/'] button").first.click()
    running.wait_for("the strike", lambda: running.releases("Entré Ekbacken") == before + 1)
    running.wait_for(
        "the event with who asked nowhere in it", lambda: running.rows(
            "select 1 from logbook_accessevent where kind = 'door_released_by_operator' and person_id is null"
        ),
    )  # fmt: skip


@pytest.mark.row("S10")
def test_a_wrong_password_is_answered_beside_the_form_and_signs_nobody_in(running: Running, board: Page) -> None:
    context = board.context.browser.new_context()  # type: ignore[union-attr]
    stranger = context.new_page()
    stranger.goto(running.deployment.address)
    stranger.locator("input[type=email]").fill(running.password("admin")[0])
    stranger.locator("input[type=password]").fill("not the pass phrase")
    stranger.locator("form button[type=submit]").first.click()
    expect(stranger.locator("form").first).to_contain_text(re.compile("lösenord|password"), ignore_case=True)
    stranger.goto(f"{running.deployment.address}/o/{running.facts['organisation']}/persons/")
    assert "/account/login/" in stranger.url
    context.close()


def test_a_passkey_is_added_and_signs_in(running: Running, board: Page) -> None:
    """With the browser's own virtual authenticator, as a security key or a phone would do it."""
    protocol = board.context.new_cdp_session(board)
    protocol.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": {**key, "automaticPresenceSimulation": True}})
    board.goto(f"{running.deployment.address}/account/2fa/webauthn/add/")
    if board.locator("input[type=password]").count():
        board.locator("input[type=password]").fill(running.password("admin")[1])
        board.locator("main form button[type=submit]").first.click()
    board.locator("[name=name]").fill("Security key")
    if board.locator("[name=passwordless]").count():
        board.locator("[name=passwordless]").check()
    board.locator("#mfa_webauthn_add").click()
    board.wait_for_url(lambda address: "/webauthn/add/" not in address)
    board.context.clear_cookies()
    board.goto(f"{running.deployment.address}/account/login/")
    board.locator("#passkey_login").click()
    board.wait_for_url("**/o/**")
    running.rows("delete from mfa_authenticator returning id")  # other stories sign in by password alone


@pytest.mark.row("S09")
def test_a_resident_is_invited_and_opens_their_door_from_a_phone(
    running: Running, board: Page, chromium: Browser
) -> None:
    invitation = invite(running, board, "Arvid Blom")
    person = id_in(board.url)
    page = sign_in_first(running, chromium, "person1@example.com", invitation)
    page.locator("[name=accept]").check()
    page.locator("[name=age][value=old]").check()
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/me/")
    expect(page.locator("h1")).to_have_text("Mina dörrar")

    running.wait_for("the door at rest", lambda: running.at_rest("Port A"))
    before = running.releases("Port A")
    door = page.locator(".own-door", has_text="Port A")
    event = running.attempt("Port A", lambda: door.get_by_role("button").click())
    assert (event["kind"], event["auth_type"], str(event["person_id"])) == ("access_granted", 9, person)
    running.wait_for("the strike", lambda: running.releases("Port A") == before + 1)
    expect(door).to_contain_text("Port A är öppnad.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert (door.get_by_role("button").bounding_box() or {})["height"] >= 44
    page.context.close()
