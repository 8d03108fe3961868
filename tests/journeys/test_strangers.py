"""Stories of whoever comes to the provider's site without an account: they order, ask, get an answer, and say no to offers."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.pages import SOON, link_in_mail, mail_to, word
from tests.journeys.running import Running

Open = Callable[[str], Page]
ORDER = {
    "company": "Påhittade Lås AB",
    "organisation_number": "556000-4615",
    "address": "Påhittade gatan 1, 111 11 Stockholm",
    "first_name": "Berta",
    "last_name": "Beställare",
    "email": "bestallare@example.com",
    "phone": "08-000 00 00",
    "wanted": "Passersystem till tolv dörrar.",
}
QUESTION = {
    "question": "Fungerar det utan internet?",
    "first_name": "Folke",
    "last_name": "Frågvis",
    "email": "fragvis@example.com",
}
OFFER = {
    "subject_sv": "Fler läsare till dörren",
    "text_sv": "Nu finns läsare för utomhusbruk.",
    "subject_en": "More readers for the door",
    "text_en": "There are readers for outdoors now.",
}


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Page]:
    """Come to the site as nobody in particular."""
    context = chromium.new_context(locale="sv-SE")
    page = context.new_page()
    page.set_default_timeout(SOON)
    yield page
    context.close()


def fill(page: Page, values: dict[str, str]) -> None:
    """Fill in the fields of a form by their names, and send it."""
    for name, value in values.items():
        page.locator(f"main [name={name}]").fill(value)
    page.locator("main form button[type=submit]").last.click()


def open_row(running: Running, page: Page, path: str, text: str) -> None:
    """Open what a list at the desk shows with a text."""
    page.goto(f"{running.deployment.address}/desk/{path}")
    page.locator(".list-group-item-action", has_text=text).first.click()


def write_offer(running: Running, page: Page) -> None:
    """Write an offer to customers; it is not sent."""
    page.goto(f"{running.deployment.address}/desk/mailings/")
    expect(page.locator("[name=sort]:checked")).to_have_count(0)  # to whom is not chosen beforehand
    page.locator("[name=sort][value=own]").check()
    fill(page, OFFER)
    expect(page.locator("h1")).to_have_text(OFFER["subject_sv"])


@pytest.mark.row("S06")
@pytest.mark.row("S40")
def test_a_question_on_the_site_is_answered_from_the_desk(running: Running, visitor: Page, as_role: Open) -> None:
    visitor.goto(f"{running.deployment.address}/enquiry/")
    expect(visitor.locator("[data-collection]").first).to_be_visible()  # what for and who, beside the form
    fill(visitor, QUESTION)
    visitor.wait_for_url("**/thanks/")
    mail_to(running, QUESTION["email"])

    support = as_role("support")
    open_row(running, support, "enquiries/", QUESTION["question"])
    support.locator("main textarea").fill("Ja, dörren bestämmer själv.")
    support.locator("main form button[type=submit]").last.click()
    expect(support.locator("main")).to_contain_text("Ja, dörren bestämmer själv.")
    assert QUESTION["question"] in mail_to(running, QUESTION["email"], "Ja, dörren bestämmer själv.")


@pytest.mark.row("S40")
@pytest.mark.row("S13")
@pytest.mark.row("S14")
def test_whoever_orders_is_sent_offers_until_one_press_says_no(running: Running, visitor: Page, as_role: Open) -> None:
    """M-04: without signing in, and counted before the next offer goes."""
    visitor.goto(f"{running.deployment.address}/order/")
    fill(visitor, ORDER | {"organisation_number": "556000-4616"})
    expect(visitor.locator(".invalid-feedback").first).to_be_visible()
    fill(visitor, ORDER)
    visitor.wait_for_url("**/thanks/")
    mail_to(running, ORDER["email"])

    support = as_role("support")
    open_row(running, support, "orders/", ORDER["company"])
    support.locator("form:has([name=state][value=accepted]) button").click()
    expect(support.locator("main")).to_contain_text("portvakt open_organisation")

    write_offer(running, support)
    support.locator("form:has([name=step][value=send]) button").click()
    expect(support.locator(".invalid-feedback").first).to_be_visible()  # somebody must answer for what it is about
    support.locator("[name=similar]").check()
    support.locator("form:has([name=step][value=send]) button").click()
    running.do_now("mailings")
    refuse_at = link_in_mail(running, ORDER["email"], "/unsubscribe/")

    visitor.goto(refuse_at)
    visitor.locator("main form button").click()
    expect(visitor.locator("[role=status]")).to_contain_text(word("no more offers", "inga fler erbjudanden"))
    write_offer(running, support)
    expect(support.locator("main")).to_contain_text(word("It goes to 0 readers", "Det går till 0|går till 0"))
    expect(support.locator("main")).to_contain_text(word("1 has said no", "1 har sagt nej"))
