"""How is a controller enrolled, run and looked at? Start reading here.

`python -m portvakt.controller enrol --state DIR` once, `reader-key` for each reader, then `run`, which needs neither
server nor network: it decides from the snapshot it has and tells the server when there is one. `site.py` joins the parts.
"""

import argparse
import asyncio
import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path

from portvakt.controller import identity, logs, store
from portvakt.controller.clock import LoopClock
from portvakt.controller.clock_watch import Mark
from portvakt.controller.identity import Identity, IdentityFault
from portvakt.controller.log_key import public_log_key
from portvakt.controller.outputs import (
    DoorInput,
    Outputs,
    ReaderOutputs,
    SimulatedOutputs,
    WiringFault,
    gpio_outputs,
)
from portvakt.controller.readers import KeyFault, Keys, Language, Readers
from portvakt.controller.service import Manager
from portvakt.controller.site import MakeOutputs, Site
from portvakt.controller.status import Address
from portvakt.core.enrolment import EnrolmentError
from portvakt.core.event import Event, EventKind

LOCK_FILE = "running"
KEY_FOLDER = "reader-keys"
STATUS = "127.0.0.1:9880"
LOCK_TRIES, LOCK_PAUSE_SECONDS = 3, 0.1


class Refused(Exception):
    """The command cannot be done; the message is a sentence for whoever typed it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it was done, 1 when it was refused (the reason is on stderr)."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (Refused, IdentityFault, EnrolmentError, KeyFault, OSError) as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    """Serve the doors until SIGTERM or SIGINT; SIGHUP takes changed reader keys."""
    if os.geteuid() == 0 and not options.as_root:
        raise Refused(
            "as root, whoever breaks into this process has the whole machine; run it as a user of its own, or say --as-root"
        )
    logs.to_stderr()
    with _alone(options.state):
        _require_secrets_private(options.state)
        asyncio.run(_serve(options, _identity(options.state)))


def enrol(options: argparse.Namespace) -> None:
    """Enrol with a text from the server's page; "-" reads it from standard input, where no other process sees it."""
    line = sys.stdin.readline() if options.text == "-" else options.text
    with _alone(options.state):
        made = identity.enrol(line, options.state)
    _say(f"enrolled as {made.controller} with {made.link}")


def reader_key(options: argparse.Namespace) -> None:
    """Make or import a reader's secure channel key and print it once, for the reader's own set-up."""
    options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = Keys(options.state / KEY_FOLDER)
    if not options.replace and _has_key(keys, options.reader):
        raise Refused(
            f"reader {options.reader} has a key already; --replace makes another, which the reader must learn"
        )
    if options.imported is None:
        key = keys.make(options.reader)
    else:
        keys.write(options.reader, key := _hexadecimal(options.imported))
    _say(key.hex())


def status(options: argparse.Namespace) -> None:
    """Say what this controller is and where it stands."""
    who = _identity(options.state)
    _say(
        f"controller {who.controller}, server {who.link}, {'running' if _is_running(options.state) else 'not running'}"
    )
    found = store.summary(options.state)
    if found is None or found.confirmed_at is None:
        _say("no snapshot: every door stays locked")
    else:
        _say(f"snapshot {found.version}, confirmed {found.confirmed_at.isoformat(timespec='seconds')}")
    if (log_key := public_log_key(options.state)) is not None:
        _say(f"events are sealed with the key {log_key.hex()}")
    _say(f"{0 if found is None else found.waiting} events wait to be acknowledged")


def trust_clock(options: argparse.Namespace) -> None:
    """Believe the clock as it is now set, after it once ran ahead; for whoever has seen that it is right."""
    now = LoopClock().now()
    with _alone(options.state):
        mark = Mark(options.state)
        before = mark.read()
        kept = store.Store(options.state, lambda: now)
        said = "never" if before is None else before.isoformat(timespec="seconds")
        # First the record: what cannot be recorded is not done.
        kept.append(
            [Event(EventKind.CLOCK_JUMPED, now, detail=f"the clock was declared right by hand; before: {said}")]
        )
        kept.close()
        mark.write(now)
    _say(f"the clock is taken to be right: {now.isoformat(timespec='seconds')}")


async def _serve(options: argparse.Namespace, who: Identity) -> None:
    stop = asyncio.Event()
    site = Site(
        state=options.state,
        ports=options.ports,
        keys=Keys(options.state / KEY_FOLDER),
        identity=who,
        make_outputs=options.outputs,
        software=_software(),
        language=options.language,
        status=options.status,
        manager=Manager(os.environ),
    )
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_signal_handler(signal.SIGHUP, site.read_keys_again)
    await site.run(stop)


def _software() -> str:
    try:
        return metadata.version("portvakt")
    except metadata.PackageNotFoundError:
        # Run from a source tree that was never installed.
        return "unknown"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m portvakt.controller", description="A controller of Portvakt.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.add_argument("--state", type=Path, required=True, metavar="DIR", help="folder of everything it must keep")
        made.set_defaults(command=function)
        return made

    made = command("run", run, "Serve the doors.")
    made.add_argument(
        "--outputs", type=_outputs, required=True, metavar="readers|gpio:FILE|simulator:SOCKET", help="the wiring"
    )
    made.add_argument("--ports", type=Path, default=Path("/dev"), metavar="DIR", help="folder of the serial ports")
    made.add_argument(
        "--status", type=_address, default=STATUS, metavar="HOST:PORT|off", help=f"status page ({STATUS})"
    )
    made.add_argument(
        "--language", type=Language, choices=list(Language), default=Language.SWEDISH, help="of readers' displays"
    )
    made.add_argument("--as-root", action="store_true", help="run as root all the same: for trials only")
    made = command("enrol", enrol, "Enrol with a server, once.")
    made.add_argument("text", nargs="?", default="-", help="the text from the server's page, or - for standard input")
    made = command("reader-key", reader_key, "Make or import the secure channel key of a reader and print it.")
    made.add_argument("reader", metavar="READER_ID")
    made.add_argument("--import", dest="imported", metavar="HEX", help="16 bytes; - reads them from standard input")
    made.add_argument("--replace", action="store_true", help="even if the reader has a key")
    command("trust-clock", trust_clock, "Believe the clock as it is now set, after it once ran ahead.")
    command("status", status, "Say what this controller is and where it stands.")
    return parser


def _outputs(text: str) -> MakeOutputs:
    if text == "readers":
        return ReaderOutputs
    kind, _, path = text.partition(":")
    if kind == "gpio" and path:
        try:
            return gpio_outputs(Path(path))
        except WiringFault as fault:
            raise argparse.ArgumentTypeError(str(fault)) from fault
    if kind != "simulator" or not path:
        raise argparse.ArgumentTypeError("is one of readers, gpio:FILE and simulator:SOCKET")
    return partial(_simulated, Path(path))


def _address(text: str) -> Address | None:
    if text == "off":
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise argparse.ArgumentTypeError("is either HOST:PORT or off")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def _simulated(path: Path, _readers: Readers, deliver: Callable[[DoorInput], None]) -> Outputs:
    return SimulatedOutputs(path, deliver)


def _identity(state: Path) -> Identity:
    found = identity.load(state)
    if found is None:
        raise Refused(f"{state} holds no enrolled controller; enrol it first")
    return found


def _require_secrets_private(state: Path) -> None:
    """Raise IdentityFault, which says what to do, when anybody else on this machine has a right to the secrets."""
    folder = state / KEY_FOLDER
    for path in (state, state / identity.FILE, folder, *sorted(folder.glob("*"))):
        if path.exists():
            identity.require_private(path)


def _has_key(keys: Keys, reader: str) -> bool:
    try:
        keys.read(reader)
    except KeyFault:
        return False
    return True


def _hexadecimal(text: str) -> bytes:
    try:
        return bytes.fromhex(sys.stdin.readline() if text == "-" else text)
    except ValueError:
        raise Refused("a key is 32 hexadecimal digits") from None


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One process at a time may be this controller; the lock goes with the process, however it ends."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(state / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, state)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, state: Path) -> None:
    # `status` holds the lock for an instant to see whether anyone else does; that must keep no controller from starting.
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_SECONDS)
        else:
            return
    raise Refused(f"the controller in {state} is running already")


def _is_running(state: Path) -> bool:
    try:
        with _alone(state):
            return False
    except Refused:
        return True


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
