"""What does a story do on the pages of the Board and of a person's own, whichever story it is?"""

import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.journeys.running import Running, id_in

SOON = 30_000  # milliseconds a page may take on a shared machine before the story fails
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "sv-SE"}
NEW_PASSWORD = "en lång mening att minnas"


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


def mail_to(running: Running, address: str, says: str = "") -> str:
    """Return the newest mail of this deployment to an address that says something, once there is one."""

    def found() -> str | None:
        return next((text for to, text in _mails(running) if to == address and says in text), None)

    return str(running.wait_for(f"a mail to {address} with {says!r}", found))


def _mails(running: Running) -> Iterator[tuple[str, str]]:
    """Yield to whom each mail went and what it says, the newest first; here mails are files, beside the deployment's own folder."""
    began = (running.deployment.folder / "seed.json").stat().st_mtime
    for path in sorted((running.deployment.folder.parent / "mail").iterdir(), reverse=True):
        if path.stat().st_mtime < began:
            continue
        mail = message_from_bytes(path.read_bytes(), policy=default)
        body = mail.get_body(("plain",))  # type: ignore[union-attr]
        text = str(body.get_content()) if body else ""
        # Other deployments on the machine may leave their mails in the same folder.
        if {running.deployment.address} >= set(re.findall(r"http://localhost:\d+", text)):
            yield mail["To"], text


def link_in_mail(running: Running, address: str, part: str) -> str:
    """Return the link with a part that was mailed last to an address."""
    text = mail_to(running, address, part)
    return next(link for link in re.findall(r"https?://\S+", text) if part in link)


def invite(running: Running, board: Page, name: str) -> str:
    """Invite a person to an account of their own, and return the address of the page where they choose a pass phrase."""
    person = find_person(running, board, name)
    (row,) = running.rows("select email from people_person where id = %(person)s", person=person)
    board.locator("a[href$='/invite/']").click()
    confirm(board)
    expect(board.locator(".alert-success")).to_contain_text(row["email"])
    return link_in_mail(running, row["email"], "/password/reset/key/")


def sign_in_first(running: Running, browser: Browser, email: str, invitation: str) -> Page:
    """Follow an invitation on a phone and sign in for the first time; return the page where the terms are asked about."""
    page = browser.new_context(**PHONE).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(SOON)
    page.goto(invitation)
    for field in ("password1", "password2"):
        page.locator(f"[name={field}]").fill(NEW_PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda address: "/password/reset/key/" not in address or "/done" in address)
    page.goto(running.deployment.address)
    page.locator("input[type=email]").fill(email)
    page.locator("input[type=password]").fill(NEW_PASSWORD)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url("**/terms/**")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # What stands above the window cannot be scrolled to.
    assert page.evaluate("document.querySelector('h1').getBoundingClientRect().top + scrollY") >= 0
    return page


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
