"""How is a simulated site started? python -m portvakt.controller.simulator --plan FILE.toml --control 127.0.0.1:8200"""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from portvakt.controller.simulator.control import Control
from portvakt.controller.simulator.plan import Plan, PlanFault, read_plan
from portvakt.controller.simulator.site import Simulator


def main() -> int:
    """Runs until SIGTERM or Ctrl-C; 2 when the plan cannot be used."""
    words = _words()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(_run(read_plan(words.plan), words.control))
    except (PlanFault, OSError) as fault:  # OSError is a port or a socket path that cannot be had.
        sys.stderr.write(f"{fault}\n")
        return 2
    return 0


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="portvakt.controller.simulator", description="A site without hardware.")
    parser.add_argument("--plan", type=Path, required=True, help="TOML file with doors and readers")
    parser.add_argument("--control", required=True, help="HOST:PORT or the path of a unix socket")
    return parser.parse_args()


class _Server(uvicorn.Server):
    """uvicorn ends the process by itself on a signal; the site's ports and sockets must be taken away first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True


async def _run(plan: Plan, control: str) -> None:
    async with Simulator(plan) as site:
        server = _Server(_config(Control(site), control))
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
        await server.serve()


def _config(control: Control, address: str) -> uvicorn.Config:
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        return uvicorn.Config(control, host=host, port=int(port), log_level="warning", lifespan="off")
    return uvicorn.Config(control, uds=address, log_level="warning", lifespan="off")


if __name__ == "__main__":
    sys.exit(main())
