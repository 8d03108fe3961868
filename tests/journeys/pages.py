"""What does a story do on the pages of the Board and of a person's own, whichever story it is?"""

import re
from collections.abc import Iterable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.journeys.running import Running, id_in

SOON = 30_000  # milliseconds a page may take on a shared machine before the story fails
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "sv-SE"}


def go(running: Running, board: Page, path: str = "") -> None:
    """Open a page of the property owner's Board."""
    board.goto(f"{running.deployment.address}/o/{running.facts['organisation']}/{path}")


def confirm(board: Page) -> None:
    """Answer yes on a page that asks."""
    board.locator("form.question button[type=submit]").click()


def save(board: Page) -> None:
    """Send the form of a page, and say yes where the page first tells who gains and who loses."""
    board.locator("main form button[type=submit]").last.click()
    if board.locator("button[name=confirmed]").count():
        board.locator("button[name=confirmed]").click()


def wait_until_in_force(board: Page) -> None:
    """Wait for the note that the change is in force on every controller, with the time it took."""
    expect(board.locator(".in-force-card")).to_contain_text(re.compile(r"1 (of|av) 1.*\d s"), timeout=SOON)


def find_person(running: Running, board: Page, name: str) -> str:
    """Open the page of a person by searching, and return their id."""
    go(running, board, "persons/?q=" + name.split()[1])
    board.get_by_role("link", name=name).first.click()
    expect(board.locator("h1")).to_contain_text(name)
    return id_in(board.url)


def add_schedule(running: Running, board: Page, name: str, days: Iterable[int] = range(7)) -> None:
    """Add a schedule that is active all day on some days of the week, Monday being 0."""
    go(running, board, "schedules/add/")
    board.locator("[name=name]").fill(name)
    for day in days:
        hours = board.locator(f"input[name^='{day}-']")
        hours.nth(0).fill("00:00")
        hours.nth(1).fill("00:00")  # the midnight that ends the day
    save(board)
    expect(board.locator("h1")).to_have_text(name)


def issue_pin(running: Running, board: Page, name: str, digits: str, *, duress: bool = False) -> str:
    """Issue a PIN to a person, and return their id."""
    person = find_person(running, board, name)
    form = (
        board.locator("details", has=board.locator("input[name=duress]"))
        if duress
        else board.locator("details:has(#id_pin)")
    )
    form.locator("> summary").click()
    form.locator("[name=pin]").fill(digits)
    form.locator("button[type=submit]").click()
    expect(board.locator(".secret")).to_have_text(digits)
    board.locator("main .card a.btn").click()
    return person


def row(page: Page, text: str) -> Locator:
    """Return the row of a table with a text."""
    return page.locator("tr", has_text=text)


def word(english: str, swedish: str) -> re.Pattern[str]:
    """Return a pattern of what is said in the language of whoever reads."""
    return re.compile(f"{english}|{swedish}", re.IGNORECASE)


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    """Sign in on the page that asks for it, wherever it was asked."""
    page.goto(address)
    page.locator("input[type=email]").fill(email)
    page.locator("input[type=password]").fill(password)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url(lambda found: "/account/login/" not in found)


def phone_of(running: Running, browser: Browser, role: str = "regular") -> BrowserContext:
    """Return the browser of a phone in which an account with a role is signed in."""
    phone = browser.new_context(**PHONE)  # type: ignore[arg-type]
    page = phone.new_page()
    page.set_default_timeout(SOON)
    sign_in(page, running.deployment.address, *running.password(role))
    page.close()
    return phone


def link_in_mail(running: Running, address: str) -> str:
    """Return the link in the newest mail to an address; here mails are files, beside the deployment's own folder."""
    for path in sorted((running.deployment.folder.parent / "mail").iterdir(), reverse=True):
        mail = message_from_bytes(path.read_bytes(), policy=default)
        if mail["To"] == address:
            return re.findall(r"https?://\S+", str(mail.get_body().get_content()))[0]  # type: ignore[union-attr]
    raise AssertionError(f"no mail to {address}")


def download(page: Page, link: Locator, folder: Path) -> Path:
    """Follow a link to a file and return where it was put."""
    with page.expect_download() as begun:
        link.click()
    path = folder / begun.value.suggested_filename
    begun.value.save_as(path)
    return path


def text_at(address: str) -> str:
    """Return what a page says to a program."""
    with urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())
