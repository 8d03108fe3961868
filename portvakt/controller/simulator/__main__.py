"""How is a simulated site started? python -m portvakt.controller.simulator --plan FILE.toml --control 127.0.0.1:8200"""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import uvicorn

from portvakt.controller.simulator.control import Control
from portvakt.controller.simulator.plan import Plan, PlanFault, read_plan
from portvakt.controller.simulator.site import Simulator


def main() -> int:
    """Runs until stopped; 2 when the plan cannot be used."""
    words = _words()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(_run(read_plan(words.plan), words.control))
    except PlanFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except KeyboardInterrupt:
        pass  # Ctrl-C is how it is meant to end.
    return 0


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="portvakt.controller.simulator", description="A site without hardware.")
    parser.add_argument("--plan", type=Path, required=True, help="TOML file with doors and readers")
    parser.add_argument("--control", required=True, help="HOST:PORT or the path of a unix socket")
    return parser.parse_args()


async def _run(plan: Plan, control: str) -> None:
    async with Simulator(plan) as site:
        await uvicorn.Server(_config(Control(site), control)).serve()


def _config(control: Control, address: str) -> uvicorn.Config:
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        return uvicorn.Config(control, host=host, port=int(port), log_level="warning", lifespan="off")
    return uvicorn.Config(control, uds=address, log_level="warning", lifespan="off")


if __name__ == "__main__":
    sys.exit(main())
