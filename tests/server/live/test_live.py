"""Does an open page hear that something happened in its own organisation, and nobody else anything?"""

import asyncio
import http.client
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import Client
from psycopg import conninfo

from portvakt.demo import database
from portvakt.server.accounts.models import Account, Role
from portvakt.server.live.access import Listener, TurnedAway, listener
from portvakt.server.live.asgi import Live
from portvakt.server.live.hub import EVERYTHING, Hub
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.notices import Channel, Look, Notice, hint
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]
# How long a test waits for what must come before it fails; nothing takes that long.
PATIENCE_SECONDS = 15


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The live process, started as a deployment starts it, with its own login; its port."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = int(asked.getsockname()[1])
    parts = connection.settings_dict
    owner = conninfo.make_conninfo("", host=parts["HOST"], user="postgres", port=parts["PORT"] or "5432")
    env = database.environment(owner, "live", str(parts["NAME"]))
    command = [sys.executable, "-m", "portvakt", "live", "--port", str(port)]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert process.stderr is not None
    said = next((line for line in process.stderr if "Uvicorn running" in line), None)
    assert said, "the live process did not start"
    yield port
    process.terminate()
    process.communicate(timeout=10)


class Events:
    """Reads one stream."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self.connection.request("GET", path, headers=headers)
        self.response = self.connection.getresponse()

    def next_hint(self) -> tuple[str, str]:
        look = ""
        while True:
            name, _, value = self.response.readline().decode().strip().partition(": ")
            if name == "event":
                look = value
            if name == "data":
                return look, value


@pytest.fixture
def listen(live: int) -> Iterator[Callable[..., Events]]:
    """Open a stream with a browser's cookies."""
    with ExitStack() as opened:

        def events(slug: str, client: Client | None = None, **headers: str) -> Events:
            if client:
                headers["Cookie"] = f"sessionid={client.cookies['sessionid'].value}"
            stream = Events(live, f"/o/{slug}/events", headers)
            opened.callback(stream.connection.close)
            return stream

        yield events


def tell(cast: Cast, look: Look, row: object = "") -> None:
    with acting("door_operation", cast.organisation.pk):
        hint(cast.organisation.pk, look, str(row))


def test_a_page_hears_its_own_organisation_only(
    cast: Cast, other: Cast, client_of: ClientOf, listen: Callable[..., Events]
) -> None:
    stream = listen(cast.organisation.slug, client_of(cast.admin))
    assert stream.response.status == HTTPStatus.OK
    assert {stream.next_hint() for _ in EVERYTHING} == {("doors", "-"), ("log", "-"), ("controllers", "-")}
    tell(other, Look.DOORS, other.door.pk)
    tell(cast, Look.DOORS, cast.door.pk)
    assert stream.next_hint() == ("doors", str(cast.door.pk))
    tell(cast, Look.CONTROLLERS)
    assert stream.next_hint() == ("controllers", "-")


def test_the_answer_is_for_the_board_alone(cast: Cast, client_of: ClientOf, listen: Callable[..., Events]) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    stream = listen(cast.organisation.slug, client, Origin=settings.PUBLIC_URL)
    answered = {name.lower(): value for name, value in stream.response.getheaders()}
    assert answered["access-control-allow-origin"] == settings.PUBLIC_URL
    assert answered["access-control-allow-credentials"] == "true"
    assert (answered["content-type"], answered["cache-control"]) == ("text/event-stream; charset=utf-8", "no-store")
    assert listen(cast.organisation.slug, client, Origin="https://elsewhere.example").response.status == 403


def test_who_is_not_signed_in_or_not_there_hears_nothing(
    cast: Cast, other: Cast, client_of: ClientOf, listen: Callable[..., Events]
) -> None:
    slug = cast.organisation.slug
    assert listen(slug).response.status == 401
    assert listen(slug, Cookie="sessionid=made-up").response.status == 401
    assert listen(slug, client_of(other.admin)).response.status == 404
    assert listen(slug, client_of(cast.accounts[Role.REGULAR])).response.status == 404
    assert listen("nowhere", client_of(cast.admin)).response.status == 404


def test_who_signed_out_hears_nothing_the_next_time(
    cast: Cast, client_of: ClientOf, listen: Callable[..., Events]
) -> None:
    client = client_of(cast.admin)
    session = client.cookies["sessionid"].value
    with acting("account_sign_in"):
        client.logout()
    assert listen(cast.organisation.slug, Cookie=f"sessionid={session}").response.status == 401


def test_pages_are_bounded_for_each_account_and_in_all() -> None:
    hub, organisation = Hub(per_account=2, total=3), uuid4()
    one, two = (Listener(uuid4(), organisation) for _ in range(2))
    opened = [hub.open(one), hub.open(one)]
    with pytest.raises(TurnedAway) as refused:
        hub.open(one)
    assert refused.value.status is HTTPStatus.TOO_MANY_REQUESTS
    opened.append(hub.open(two))
    with pytest.raises(TurnedAway) as refused:
        hub.open(two)
    assert refused.value.status is HTTPStatus.SERVICE_UNAVAILABLE
    for page in opened:
        hub.close(page)
    assert hub._pages == {}
    assert hub.open(one)


def test_hints_that_nobody_took_yet_are_one() -> None:
    hub, who = Hub(), Listener(uuid4(), uuid4())
    page = hub.open(who)
    assert page.take() == list(EVERYTHING)
    for _ in range(3):
        hub.hear(Notice(Channel.LIVE, f"{who.organisation}:log:"))
    assert page.take() == [("log", "")]
    assert not page.due.is_set()
    hub.hear(Notice(None))
    assert page.take() == list(EVERYTHING)


def test_a_stream_says_that_it_is_there_and_ends(cast: Cast, client_of: ClientOf) -> None:
    """With its times at nothing, a stream runs through at once: hints, a sign of life, its end."""
    sent: list[dict[str, object]] = []
    cookie = f"sessionid={client_of(cast.admin).cookies['sessionid'].value}"
    hub = Hub()

    async def receive() -> dict[str, object]:
        stays: asyncio.Future[dict[str, object]] = asyncio.get_running_loop().create_future()
        return await stays

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": f"/o/{cast.organisation.slug}/events"}
    headers = [(b"cookie", cookie.encode())]
    application = Live(hub, heartbeat=0.001, stream=0.2)
    with as_login("live"):
        asyncio.run(application(scope | {"headers": headers}, receive, send))  # type: ignore[arg-type]
    bodies = b"".join(message.get("body", b"") for message in sent)  # type: ignore[misc]
    assert bodies.startswith(b"retry: 2000\n\n")
    assert b": still here\n\n" in bodies
    assert sent[-1] == {"type": "http.response.body", "body": b""}
    assert hub._pages == {}


def test_an_account_that_is_closed_hears_no_more(cast: Cast, client_of: ClientOf) -> None:
    cookie = {"sessionid": client_of(cast.admin).cookies["sessionid"].value}
    with as_login("live"):
        assert listener(cookie, cast.organisation.slug).account == cast.admin.pk
    with acting("account_administration"):
        Account.objects.filter(pk=cast.admin.pk).update(is_active=False)
    with as_login("live"), pytest.raises(TurnedAway) as turned:
        listener(cookie, cast.organisation.slug)
    assert turned.value.status == HTTPStatus.UNAUTHORIZED


def test_the_live_login_reads_no_password(cast: Cast) -> None:
    with as_login("live"), pytest.raises(DatabaseError, match="permission denied"), acting("live_updates"):
        list(Account.objects.values("password"))
