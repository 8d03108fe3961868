"""Does the service manager hear that the controller is up, alive and going down, and hear nothing when it is stuck?"""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portvakt.controller.__main__ import _parser, run
from portvakt.controller.service import PULSE_SECONDS, Manager, Pulse
from tests.controller.program import GENEROUS, Wires, enrolled, with_snapshot

UNIT = Path(__file__).parents[2] / "deploy" / "portvakt-controller.service"


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    """The manager's end: a real datagram socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.settimeout(GENEROUS)
        made.bind(str(tmp_path / "notify"))
        yield made


def manager(heard: socket.socket, **more: str) -> Manager:
    return Manager({"NOTIFY_SOCKET": heard.getsockname(), **more})


class Journal:
    """Answers how many events wait, or does not."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.fault: Exception | None = None
        self.asked = asyncio.Event()

    async def waiting_count(self) -> int:
        self.asked.set()
        await self.answers.wait()
        if self.fault is not None:
            raise self.fault
        return 7


def test_each_word_is_one_datagram(heard: socket.socket) -> None:
    said = manager(heard)
    said.ready()
    said.alive()
    said.stopping()
    assert [heard.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_an_address_without_a_file_is_understood() -> None:
    name = f"portvakt-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.settimeout(GENEROUS)
        made.bind(f"\0{name}")
        Manager({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert made.recv(100) == b"READY=1"


def test_without_a_manager_or_with_one_that_is_gone_nothing_fails(tmp_path: Path) -> None:
    Manager({}).ready()
    Manager({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).alive()


def test_a_manager_that_does_not_read_holds_nobody_up(heard: socket.socket) -> None:
    said = manager(heard)
    for _ in range(5000):
        said.alive()
    assert heard.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    ("patience", "pulse"), [("", PULSE_SECONDS), ("x", PULSE_SECONDS), ("0", PULSE_SECONDS), ("6000000", 2.0)]
)
def test_the_pulse_is_three_times_in_the_managers_patience(heard: socket.socket, patience: str, pulse: float) -> None:
    assert manager(heard, WATCHDOG_USEC=patience).pulse_seconds == pulse


def test_the_manager_hears_nothing_until_the_store_answers(heard: socket.socket) -> None:
    async def story() -> None:
        journal = Journal()
        now = 100.0
        pulse = Pulse(journal, manager(heard, WATCHDOG_USEC="30000"), lambda: now)
        running = asyncio.create_task(pulse.run())
        await journal.asked.wait()
        heard.setblocking(False)
        with pytest.raises(BlockingIOError):
            heard.recv(100)
        assert pulse.alive
        assert pulse.waiting is None
        now += 1
        assert not pulse.alive
        assert pulse.silent_seconds == 1
        journal.answers.set()
        heard.settimeout(GENEROUS)
        assert await asyncio.to_thread(heard.recv, 100) == b"WATCHDOG=1"
        assert pulse.waiting == 7
        assert pulse.alive
        # A disk that cannot be read is no reason to be killed: the thread answers, and the doors go on from memory.
        journal.fault = OSError("input/output error")
        while pulse.waiting is not None:
            assert await asyncio.to_thread(heard.recv, 100) == b"WATCHDOG=1"
        assert pulse.alive
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())


def test_a_running_controller_is_ready_alive_and_stopping(tmp_path: Path, heard: socket.socket) -> None:
    wires = Wires(tmp_path / "wires")
    state = tmp_path / "state"
    enrolled(state)
    with_snapshot(state)
    command = [
        sys.executable,
        "-m",
        "portvakt.controller",
        "run",
        "--state",
        str(state),
        "--status",
        "off",
        "--as-root",
    ]
    environment = {**os.environ, "NOTIFY_SOCKET": heard.getsockname(), "WATCHDOG_USEC": "300000"}
    with subprocess.Popen([*command, "--outputs", f"simulator:{wires.path}"], env=environment) as process:
        try:
            assert heard.recv(100) == b"READY=1"
            assert [heard.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
            process.send_signal(signal.SIGTERM)
            while (word := heard.recv(100)) == b"WATCHDOG=1":
                pass
            assert word == b"STOPPING=1"
            assert process.wait(GENEROUS) == 0
        finally:
            process.kill()
            wires.close()


def settings() -> dict[str, list[str]]:
    """The unit's lines by their names, each in the order written."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_starts_a_command_that_there_is() -> None:
    words = settings()["ExecStart"][0].split()
    assert words[1:3] == ["-m", "portvakt.controller"]
    options = _parser().parse_args(words[3:])
    assert options.command is run
    assert not options.as_root
    assert str(options.state) == f"/var/lib/{settings()['StateDirectory'][0]}"


def test_the_units_patience_is_longer_than_an_honest_pulse() -> None:
    patience = float(settings()["WatchdogSec"][0])
    assert Manager({"WATCHDOG_USEC": str(int(patience * 1e6))}).pulse_seconds * 3 <= patience


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    # The tree is not installed here: whether the program exists is not the question.
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(), flags=re.MULTILINE)
    assert complaints(tmp_path / "portvakt-controller.service", text) == ""
    assert "Unknown key" in complaints(tmp_path / "planted.service", text.replace("NoNewPrivileges=", "NoNewRights="))


def complaints(path: Path, text: str) -> str:
    path.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
    return "\n".join(line for line in done.stderr.splitlines() if path.name in line)
