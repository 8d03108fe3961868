"""What does a story run on? The real processes with embedded PostgreSQL, libosdp readers, and headless Chromium."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from portvakt.demo.deployment import Deployment, Ports
from portvakt.demo.processes import Processes, listens
from tests.journeys.pages import SOON, sign_in
from tests.journeys.running import Running

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("PORTVAKT_VAR", ROOT / "var"))
# Chromium on a closed network must not look for updates; as root it has no sandbox.
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Readers that hang on the simulated buses before anybody has told the server of them: one as it comes from the factory, and one that
# has no secure channel at all.
NEW_READERS = (
    ("factory-new", "factory", "Tvättstuga", "bus-1", 9),
    ("clear-text", "clear-text", "Cykelrum", "bus-2", 9),
)


def add_readers(deployment: Deployment) -> None:
    """Hang the new readers on the buses of a site that is prepared."""
    doors = {door["name"]: door["id"] for door in deployment.facts["doors"]}
    with (deployment.folder / "site.toml").open("a") as plan:
        for name, mode, door, port, address in NEW_READERS:
            place = f'door = "{doors[door]}"\nport = "{port}"\naddress = {address}\n'
            key = "" if mode == "clear-text" else f'key_file = "{name}.key"\n'
            plan.write(f'\n[[reader]]\nid = "{name}"\nmode = "{mode}"\n{place}{key}')


def _free_ports() -> Ports:
    """Return six neighbouring ports that nobody listens on."""
    for base in range(20_000 + os.getpid() % 5_000 * 6, 60_000, 6):
        if not any(listens(port) for port in range(base, base + 6)):
            return Ports.from_base(base)
    raise AssertionError(f"no free ports on {socket.gethostname()}")


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """Run a deployment with the seeded property owner for the whole session; its folder goes with it."""
    folder = VAR / f"journeys-{os.getpid()}"
    deployment = Deployment(folder, _free_ports())
    try:
        owner = deployment.prepare()
        add_readers(deployment)
        with Processes(folder / "logs") as processes:
            story = Running(deployment, processes, owner, deployment.facts)
            # The stories are the same on every day of the week: no door stands unlocked by the clock.
            story.rows("delete from access_unlockschedule returning id")
            deployment.start_server(processes, owner)
            deployment.start_site(processes)
            story.wait_for("the readers coming online", story.readers_online)
            story.wait_for("the first snapshot in force", story.in_force)
            yield story
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(running: Running, chromium: Browser) -> dict[str, Any]:
    """Sign an admin in once; the stories that do not tell of signing in begin with what the browser then kept."""
    context = chromium.new_context(locale="en-GB")
    sign_in(context.new_page(), running.deployment.address, *running.password("admin"))
    kept = context.storage_state()
    context.close()
    return dict(kept)


@pytest.fixture
def as_role(running: Running, chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """Return how to open the first page of whoever has a role, in a browser of their own; each is closed with the story."""
    opened: list[BrowserContext] = []

    def open_page(role: str) -> Page:
        context = chromium.new_context(locale="en-GB")
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(SOON)
        sign_in(page, running.deployment.address, *running.password(role))
        return page

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture
def board(running: Running, chromium: Browser, signed_in: dict[str, Any]) -> Iterator[Page]:
    """Open the live doors for an admin, in English."""
    context = chromium.new_context(locale="en-GB", storage_state=signed_in)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(running.deployment.address)
    page.wait_for_url("**/o/**")
    yield page
    context.close()
