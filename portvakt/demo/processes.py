"""How are the processes of a deployment started together, watched and stopped together?"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_SECONDS = 10


class DemoFault(Exception):
    """The demo cannot run; the text says why and what to do."""


@dataclass
class Processes:
    """Child processes by name; each writes to its own file in `logs`. Leaving the block stops all, last started first."""

    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in reversed(self.running):
            self.stop(name)

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a module or program of this environment, in a group of its own so that Ctrl-C reaches only us."""
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [*command],
                env={**env},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop one process, and kill it if it takes longer than ten seconds; a kill takes its own children with it."""
        process = self.running[name]
        if process.poll() is None:
            process.send_signal(how) if how is not signal.SIGKILL else os.killpg(process.pid, how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def require_alive(self) -> None:
        """Raise DemoFault, with the end of its log, for a process that has ended."""
        for name, process in self.running.items():
            if process.poll() is not None:
                end = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-15:]
                raise DemoFault(f"{name} has ended; its log {self.logs / name}.log ends:\n  " + "\n  ".join(end))

    def wait_until(self, what: str, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something is so, while every process lives; DemoFault when it takes too long."""
        until = time.monotonic() + seconds
        while not ready():
            self.require_alive()
            if time.monotonic() > until:
                raise DemoFault(f"{what} did not happen within {seconds:.0f} s; see the logs in {self.logs}")
            time.sleep(0.1)


def python(*arguments: str) -> list[str]:
    """Return the command that runs this environment's Python on a module."""
    return [sys.executable, "-m", *arguments]


def run(command: Sequence[str], env: Mapping[str, str]) -> str:
    """Run a command to its end and return what it printed; DemoFault with its output if it failed."""
    done = subprocess.run([*command], env={**env}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DemoFault(f"{' '.join(command[2:5])} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def answers(url: str) -> bool:
    """Tell whether something answers HTTP at an address."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def listens(port: int) -> bool:
    """Tell whether something listens on a local port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
