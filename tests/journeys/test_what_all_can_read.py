"""Stories of the privacy notice: read by anybody, in both languages and by children, changed by the organisation, and told to each."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.pages import go, mail_to, save, word
from tests.journeys.running import Running

RESIDENT = "person0@example.com"  # Alva Berg, as a person of the organisation
REASON = "Två inbrott i källaren under hösten."


def notice(running: Running, page: Page, rest: str = "") -> None:
    """Open a page of the organisation's notice."""
    page.goto(f"{running.deployment.address}/privacy/{running.facts['organisation']}/{rest}")


@pytest.mark.row("S40")
@pytest.mark.row("S35")
def test_the_notice_stands_at_a_fixed_address_in_two_languages_for_children_and_as_a_pdf(
    running: Running, chromium: Browser
) -> None:
    """N-08, C-08: in the reader's language, and in words for children."""
    running.wait_for(
        "a notice", lambda: running.rows("select 1 from privacy_noticeversion where organisation_id notnull")
    )
    page = chromium.new_context(locale="sv-SE").new_page()
    notice(running, page)
    expect(page.locator("main h1").first).to_contain_text("Björkgården")
    expect(page.locator("main [lang], html[lang]").first).to_be_visible()
    swedish = page.locator("main").inner_text()
    page.locator("a[lang=en]").click()
    expect(page.locator("main h1").first).to_contain_text("uses your personal data")
    page.locator("a[href*='variant=child']").click()
    expect(page.locator("main h1").first).to_contain_text("About your data")
    assert page.locator("main").inner_text() != swedish
    notice(running, page, "children/?language=sv")
    expect(page.locator("main h1").first).to_contain_text("Om dina uppgifter")
    expect(page.locator("footer")).to_contain_text("Integritetsskyddsmyndigheten")

    answer = page.context.request.get(
        f"{running.deployment.address}/privacy/{running.facts['organisation']}/versions/1/pdf/?language=sv"
    )
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
    page.goto(running.deployment.address + "/contact/")
    expect(page.locator("main")).to_contain_text(word("Data protection officer", "Dataskyddsombud"))
    page.context.close()


@pytest.mark.row("S34")
def test_a_longer_keeping_needs_a_reason_is_published_compared_and_told(
    running: Running, board: Page, chromium: Browser
) -> None:
    """N-06: every version stays as it was, and each person is told of the new one."""
    go(running, board, "privacy/keeping/")
    board.locator("[name=entry_log_days]").fill("60")
    save(board)
    expect(board.locator(".invalid-feedback, .alert-danger").first).to_be_visible()
    (kept,) = running.rows("select entry_log_days from organisations_organisation where not provider")
    assert kept["entry_log_days"] == 14
    board.locator("[name=entry_log_reason]").fill(REASON)
    save(board)
    expect(board.locator("main")).to_contain_text(REASON)

    newest = running.wait_for(
        "a new version of the notice",
        lambda: running.rows(
            "select max(number) from privacy_noticeversion where organisation_id notnull having max(number) > 1"
        ),
    )[0]["max"]
    page = chromium.new_context(locale="en-GB").new_page()
    notice(running, page, f"versions/{newest}/changes/?language=en")
    expect(page.locator("ins", has_text="60").first).to_be_visible()
    expect(page.locator("del", has_text="14").first).to_be_visible()
    expect(page.locator("main")).to_contain_text(REASON)
    notice(running, page, "versions/1/?language=en")
    expect(page.locator("main")).not_to_contain_text(REASON)  # what was said then is kept as it was

    running.do_now("deliver_notices")
    told = mail_to(running, RESIDENT, f"/versions/{newest}/")
    assert "/changes/" in told
    page.context.close()
