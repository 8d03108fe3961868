"""How does a test start the program that runs at a site, and stand at the other end of its wires?"""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portvakt.controller import identity
from portvakt.controller.identity import Identity
from portvakt.controller.store import Store, StoredSnapshot
from portvakt.core.snapshot import Snapshot, sign, to_bytes
from tests.controller.authority import Authority
from tests.controller.fakes import FakeClock
from tests.controller.site import CONTROLLER, SITE

GENEROUS = 30  # seconds; a bound for a test that hangs, nothing is measured with it
SNAPSHOT_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def enrolled(state: Path) -> None:
    """As after enrolment with a server that nobody will ever reach."""
    authority = Authority()
    key, certificate = authority.pair(CONTROLLER)
    who = Identity(
        controller=CONTROLLER,
        link="127.0.0.1:1",
        key_pem=key.decode(),
        certificate_pem=certificate.decode(),
        ca_pem=authority.pem.decode(),
        snapshot_key=SNAPSHOT_KEY.public_key().public_bytes_raw(),
    )
    state.mkdir(mode=0o700, exist_ok=True)
    path = state / identity.FILE
    path.touch(0o600)
    path.write_bytes(msgspec.json.encode(who))


def with_snapshot(state: Path, snapshot: Snapshot = SITE) -> None:
    """As received a moment ago: the program reads the machine's own clock, which must not be earlier."""
    now = datetime.now(UTC)
    body = to_bytes(msgspec.structs.replace(snapshot, compiled_at=int(now.timestamp())))
    store = Store(state, FakeClock().now)
    store.save_snapshot(StoredSnapshot(body, sign(body, SNAPSHOT_KEY), snapshot.version, now))
    store.close()


class Wires:
    """The other end of the simulated wires, as plain as it can be."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.settimeout(GENEROUS)
        self._listening.bind(str(path))
        self._listening.listen()
        self._lines: Iterator[str] = iter(())
        self._connection: socket.socket | None = None

    def connect(self) -> None:
        self._connection, _ = self._listening.accept()
        self._connection.settimeout(GENEROUS)
        self._lines = iter(self._connection.makefile("r"))

    def say(self, **line: Any) -> None:
        assert self._connection is not None
        self._connection.sendall(json.dumps(line).encode() + b"\n")

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        return next(line for line in map(json.loads, self._lines) if wanted(line))

    def until_strike(self, door: str, *, released: bool) -> None:
        self.until(lambda line: line == {"strike": door, "released": released})

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._listening.close()


@contextmanager
def running(state: Path, wires: Wires, *more: str) -> Iterator[subprocess.Popen[str]]:
    more = more or ("--status", "off")
    command = [sys.executable, "-m", "portvakt.controller", "run", "--state", str(state)]
    command += ["--outputs", f"simulator:{wires.path}", "--ports", str(state / "ports"), "--as-root", *more]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            wires.connect()
            yield process
        finally:
            if process.poll() is None:
                process.kill()
