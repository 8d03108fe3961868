"""Stories of a person who opens with the phone: with a code that changes, and by scanning the code printed at a door."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.pages import PHONE, SOON, find_person, go, phone_of, save, sign_in, wait_until_in_force, word
from tests.journeys.running import Running

WHO = "Alva Berg"
STEP_MS = 30_000  # how long a changing code is shown
AT_THE_DOOR = {"latitude": 59.3601, "longitude": 17.9989}  # of the seed's Björkgården
A_KILOMETRE_OFF = {"latitude": 59.3691, "longitude": 17.9989}
# Keeps what the page's own script hands to the drawing of the code, as a camera in front of the phone would read it.
READ_THE_DRAWING = """
let drawing;
Object.defineProperty(window, "qrcode", {
  configurable: true,
  set(made) { drawing = made; },
  get() {
    return drawing && new Proxy(drawing, {
      apply(target, self, given) {
        const code = Reflect.apply(target, self, given), add = code.addData;
        code.addData = (text, ...more) => { window.drawn = text; return add.call(code, text, ...more); };
        return code;
      },
    });
  },
});
"""


@pytest.fixture
def phone(running: Running, chromium: Browser) -> Iterator[BrowserContext]:
    """Take the phone of a resident who is signed in."""
    context = phone_of(running, chromium)
    yield context
    context.close()


def drawn(page: Page, other_than: str = "") -> str:
    """Return the code that the phone shows, once it is another."""
    page.wait_for_function("old => window.drawn && window.drawn !== old", arg=other_than)
    expect(page.locator(".changing-code-drawing svg")).to_be_visible()
    return str(page.evaluate("window.drawn"))


@pytest.mark.row("S38")
def test_a_changing_code_opens_once_and_the_next_one_again(running: Running, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.clock.install()
    page.add_init_script(READ_THE_DRAWING)
    page.goto(f"{running.deployment.address}/o/{running.facts['organisation']}/me/code/")
    first = drawn(page)
    running.wait_for("the door at rest", lambda: running.at_rest("Port A"))
    before = running.releases("Port A")
    event = running.attempt("Port A", lambda: running.show_text("Port A", first))
    assert (event["kind"], event["auth_type"], event["reason"]) == ("access_granted", 2, "")
    running.wait_for("the strike", lambda: running.releases("Port A") == before + 1)

    event = running.attempt("Port A", lambda: running.show_text("Port A", first))
    assert (event["kind"], event["reason"]) == ("access_denied", "replayed_code")

    page.clock.run_for(STEP_MS)
    second = drawn(page, first)
    event = running.attempt("Port A", lambda: running.show_text("Port A", second))
    assert event["kind"] == "access_granted"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def near_only(running: Running, board: Page, door: str, metres: str) -> str:
    """Let phones open a door only from near by; return the address that is printed at its entry side."""
    go(running, board, f"places/doors/{running.door(door)}/")
    board.locator("[name=within_metres]").fill(metres)
    save(board)
    wait_until_in_force(board)
    go(running, board, f"places/doors/{running.door(door)}/codes/")
    return board.locator(".sign", has_text=word("Entry", "In")).first.locator("p").last.inner_text()


def assign(running: Running, board: Page, name: str, rule: str) -> None:
    """Put a person into a rule."""
    find_person(running, board, name)
    board.locator("details:has(select[name$=rule]) > summary").click()
    board.locator("select[name$=rule]").select_option(label=rule)
    board.locator("details:has(select[name$=rule]) button[type=submit]").click()
    wait_until_in_force(board)


@pytest.mark.row("S38")
def test_a_scanned_code_opens_with_a_pin_in_the_phone_when_it_is_near(
    running: Running, board: Page, chromium: Browser
) -> None:
    assign(running, board, WHO, "Styrelsen")
    printed = near_only(running, board, "Teknikrum", "100")
    pin = running.person(WHO)["pin"]
    phone = chromium.new_context(**PHONE, geolocation=A_KILOMETRE_OFF, permissions=["geolocation"])  # type: ignore[arg-type]
    page = phone.new_page()
    page.set_default_timeout(SOON)
    sign_in(page, printed, *running.password("regular"))
    expect(page.locator("h1")).to_have_text("Teknikrum")

    def press() -> None:
        page.locator("[name=pin]").fill(pin)
        page.locator("form[data-position] button[type=submit]").click()

    answer = page.locator("#answer")
    event = running.attempt("Teknikrum", press)
    assert (event["kind"], event["reason"], event["auth_type"]) == ("access_denied", "too_far", 7)
    expect(answer).to_contain_text("Du är för långt från dörren")

    phone.set_geolocation(AT_THE_DOOR)  # type: ignore[arg-type]
    page.reload()
    running.wait_for("the door at rest", lambda: running.at_rest("Teknikrum"))
    before = running.releases("Teknikrum")
    event = running.attempt("Teknikrum", press)
    assert (event["kind"], event["auth_type"]) == ("access_granted", 7)
    running.wait_for("the strike", lambda: running.releases("Teknikrum") == before + 1)
    expect(answer).to_contain_text("Teknikrum är öppnad.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    phone.close()
