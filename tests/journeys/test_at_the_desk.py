"""Stories at the provider's desk: support looks with leave alone, and the data protection officer keeps the records and stops transfers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.pages import download, go, word
from tests.journeys.running import Running

Open = Callable[[str], Page]
TITLE = "Varför öppnar inte porten?"
RESIDENT = "Alva Berg"
ABROAD = "Påhittad Analys Ltd"
FORMATS = {"pdf": b"%PDF", "csv": b"", "json": b"{", "dpv": b"{", "fides": b""}


def desk(running: Running, page: Page, path: str = "") -> None:
    """Open a page of the desk."""
    page.goto(f"{running.deployment.address}/desk/{path}")


def ask_support(running: Running, board: Page) -> str:
    """Ask support a question on the Board, and return the path of the case."""
    go(running, board, "support/ask/")
    board.locator("[name=title]").fill(TITLE)
    board.locator("[name=text]").fill("Alva Bergs bricka nekas vid Port A.")
    board.locator("main form button[type=submit]").last.click()
    if board.url.endswith("/support/"):
        board.get_by_role("link", name=TITLE).first.click()
    expect(board.locator("h1")).to_have_text(TITLE)
    return board.url


def give_leave(board: Page) -> None:
    """Let support see persons, doors and controllers for as short as can be."""
    form = board.locator("form[action$='/leave/']")
    expect(form.locator("input:checked")).to_have_count(0)  # neither what nor how long is chosen beforehand
    form.locator("[name=purpose][value=support_look]").check()
    form.locator("[name=hours]").first.check()
    form.locator("button[type=submit]").click()


@pytest.mark.row("S02")
@pytest.mark.row("S41")
def test_support_answers_looks_with_leave_and_sees_nothing_once_it_is_taken_back(
    running: Running, board: Page, as_role: Open
) -> None:
    case = ask_support(running, board)
    support = as_role("support")
    desk(running, support, "support/")
    support.get_by_role("link", name=TITLE).first.click()
    at_the_desk = support.url
    expect(support.locator("a[href$='/look/']")).to_have_count(0)
    assert support.goto(f"{at_the_desk}look/").status == 403  # type: ignore[union-attr]
    expect(support.locator("body")).not_to_contain_text("Port A")
    support.goto(at_the_desk)
    support.locator("[name=text]").fill("Får vi titta en stund?")
    support.locator("main form:has([name=text]) button[type=submit]").click()

    board.goto(case)
    expect(board.locator("section[aria-labelledby=messages]")).to_contain_text("Får vi titta en stund?")
    give_leave(board)
    go(running, board)
    banner = board.locator(".alert-warning a[href*='/support/']")
    expect(banner).to_be_visible()  # on every page of the Board, as long as support may look

    support.goto(at_the_desk)
    support.locator("a[href$='/look/']").click()
    support.locator("[name=who]").fill("Alva")
    support.locator("main form[method=get] button").click()
    expect(support.locator("main")).to_contain_text(RESIDENT)
    looking = support.url

    banner.click()
    expect(board.locator("section[aria-labelledby=looks] time").first).to_be_visible()
    board.locator("form[action$='/take-back/'] button").click()
    expect(board.locator("form[action$='/take-back/']")).to_have_count(0)
    assert support.goto(looking).status == 403  # type: ignore[union-attr]
    expect(support.locator("body")).not_to_contain_text(RESIDENT)
    go(running, board)
    expect(banner).to_have_count(0)

    resident = as_role("regular")
    go(running, resident, "me/privacy/")
    looks = resident.locator("section[aria-labelledby=handed] tbody tr", has_text=word("support", "support"))
    expect(looks.first).to_contain_text(word("Names", "Namn"))


@pytest.mark.row("S03")
def test_the_officer_reads_the_records_and_takes_them_out_in_every_format(
    running: Running, as_role: Open, tmp_path: Path
) -> None:
    officer = as_role("dpo")
    expect(officer).to_have_url(f"{running.deployment.address}/desk/")
    desk(running, officer, "records/")
    for which in ("controller", "processor"):
        desk(running, officer, f"records/{which}/")
        agrees = officer.locator("main .badge, main dd").filter(
            has_text=word("exactly the rights", "precis de rättigheter")
        )
        expect(agrees.first).to_be_visible()
        for form, begins in FORMATS.items():
            link = officer.locator(f"a[href*='/records/{which}/{form}/']")
            assert download(officer, link, tmp_path).read_bytes().startswith(begins)
    record = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert record


@pytest.mark.row("S03")
def test_the_officer_sees_where_data_flows_and_takes_the_map_out(
    running: Running, as_role: Open, tmp_path: Path
) -> None:
    officer = as_role("dpo")
    desk(running, officer, "map/")
    expect(officer.locator(".flow-frame svg")).to_be_visible()
    everything = officer.locator("tbody tr").count()
    officer.locator("[name=activity]").select_option("entry_log")
    officer.locator("main form button[type=submit]").click()
    expect(officer.locator("tbody tr")).to_have_count(1)
    assert everything > 1
    file = download(officer, officer.locator("a[href*='/map/svg/']"), tmp_path)
    assert "<svg" in file.read_text()


def enter_recipient(running: Running, board: Page) -> None:
    """Enter a recipient outside the EEA, in a country without an adequacy decision, with nothing yet that protects data there."""
    go(running, board, "privacy/recipients/new/")
    board.locator("[name=name]").fill(ABROAD)
    board.locator("[name=category]").select_option("data_controller")
    board.locator("[name=what_for]").fill("Utreder inbrott åt organisationen.")
    board.locator("[name=purposes][value=entry_log_review]").check()
    board.locator("[name=country]").select_option("IN")
    board.locator("main form button[type=submit]").last.click()


def take_out(running: Running, board: Page) -> None:
    """Come to where one presses to take the access log out for the recipient abroad."""
    go(running, board, "access-log/export/")
    board.locator("[name=recipient]").select_option(label=ABROAD)


@pytest.mark.row("S19")
def test_nothing_goes_abroad_without_a_safeguard_nor_while_the_officer_has_stopped_it(
    running: Running, board: Page, as_role: Open, tmp_path: Path
) -> None:
    enter_recipient(running, board)
    take_out(running, board)
    press = board.locator("main form button[type=submit]").last
    refused = board.locator("main .invalid-feedback, main .alert-danger").first
    press.click()
    expect(refused).to_be_visible()  # nothing protects data there
    go(running, board, "privacy/recipients/")
    board.get_by_role("link", name=ABROAD).first.click()
    board.locator("[name=mechanism]").select_option("scc")
    board.locator("[name=safeguard]").fill("2021/914, modul 1")
    board.locator("[name=assessed]").fill(datetime.now(UTC).date().isoformat())
    board.locator("main form button[type=submit]").last.click()
    take_out(running, board)
    assert download(board, press, tmp_path).stat().st_size

    officer = as_role("dpo")
    desk(running, officer, "transfers/")
    officer.locator("[name=mechanism]").select_option("scc")
    stop = officer.locator("main form:has([name=mechanism]) button")
    stop.click()
    expect(officer.locator("main .invalid-feedback").first).to_be_visible()  # without a reason nothing is stopped
    officer.locator("[name=reason]").fill("Domstolen har ogiltigförklarat beslutet.")
    stop.click()
    expect(officer.locator(".card.border-danger")).to_contain_text("Domstolen")
    take_out(running, board)
    press.click()
    expect(refused).to_be_visible()
    desk(running, officer, "records/")
    expect(officer.locator("main .alert-danger")).to_contain_text(
        word("standard contractual", "standardavtalsklausuler")
    )

    desk(running, officer, "transfers/")
    officer.locator("form[action$='/lift/'] button").click()
    expect(officer.locator(".card.border-danger")).to_have_count(0)
    take_out(running, board)
    assert download(board, press, tmp_path).stat().st_size
