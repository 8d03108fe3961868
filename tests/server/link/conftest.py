"""What does a test of the link stand on? The real process, with its own login, on ports of its own."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import conninfo

from portvakt.controller import identity
from portvakt.controller.identity import Identity
from portvakt.demo import database
from portvakt.server.link.authority import make_secrets
from portvakt.server.places.actions import begin_enrolment
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.notices import Channel
from tests.cast import Cast
from tests.server.link.station import Hints, LinkProcess, Station


def address_of_owner() -> str:
    """The database of this test run, as its owner."""
    parts = connection.settings_dict
    return conninfo.make_conninfo("", host=parts["HOST"], user="postgres", port=parts["PORT"] or "5432")


def free_port() -> str:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{asked.getsockname()[1]}"


@contextmanager
def link_process(log: Path) -> Iterator[LinkProcess]:
    """A link process, started as a deployment starts it; killed in the end if the test did not stop it."""
    make_secrets(settings.SECRETS, ["127.0.0.1"])
    env = database.environment(address_of_owner(), "link", str(connection.settings_dict["NAME"]))
    address, enrol_address = free_port(), free_port()
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "portvakt", "link", "--listen", address, "--listen-enrol", enrol_address],
            env=env, stdout=subprocess.PIPE, stderr=written, text=True, cwd=Path.cwd(),
        )  # fmt: skip
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "link ready\n", log.read_text()
        yield LinkProcess(process, log, address, enrol_address)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LinkProcess]:
    """The link process of a file's tests; the Board's settings name its ports."""
    with link_process(tmp_path_factory.mktemp("link") / "log") as started:
        settings.LINK_ADDRESS, settings.ENROL_ADDRESS = started.address, started.enrol_address
        yield started


@pytest.fixture
def enrolled(link: LinkProcess, cast: Cast, tmp_path: Path) -> Identity:
    """The cast's controller, enrolled."""
    return identity.enrol(enrolment_text(cast), tmp_path)


def enrolment_text(cast: Cast) -> str:
    with acting("premises_administration", cast.organisation.pk):
        text, _ = begin_enrolment(cast.controller, by=cast.by)
    return text


@pytest.fixture
def attach(enrolled: Identity) -> Iterator[Callable[..., Station]]:
    """Open a stream as the cast's controller, or as another identity; all are closed at the end."""
    with ExitStack() as opened:

        def station(who: Identity = enrolled, *, version: int = 0, deltas: int = 0, unread: int = 0) -> Station:
            return opened.enter_context(Station(who, version, deltas, unread))

        yield station


@pytest.fixture
def hints(cast: Cast) -> Iterator[Hints]:
    """Hear what pages of the cast's organisation are told."""
    address = database.url(address_of_owner(), database=str(connection.settings_dict["NAME"]))
    with psycopg.connect(address, autocommit=True) as listener:
        listener.execute(f"listen {Channel.LIVE}")
        yield Hints(listener, str(cast.organisation.pk))
