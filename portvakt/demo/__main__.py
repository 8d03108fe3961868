"""How does the demo start and stop? `bin/demo`; start reading here to see a whole deployment joined."""

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from portvakt.demo.deployment import Deployment, Ports
from portvakt.demo.processes import DemoFault, Processes

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """Run the demo until Ctrl-C; return 0, or 1 with the reason on standard error."""
    options = _options()
    deployment = Deployment(options.folder, Ports.from_base(options.port))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        deployment.ports.require_free()
        # Only now: a demo that still runs on these ports keeps what it has.
        if options.fresh:
            shutil.rmtree(options.folder, ignore_errors=True)
        _run(deployment)
    except DemoFault as fault:
        print(f"The demo stopped: {fault}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, SystemExit):
        print("\nStopping.")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/demo", description="A whole deployment with a simulated site, on this machine alone."
    )
    parser.add_argument("--fresh", action="store_true", help="start over: forget everything an earlier demo kept")
    parser.add_argument("--port", type=int, default=8000, help="first of six ports in a row (8000)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(os.environ.get("PORTVAKT_VAR", ROOT / "var")) / "demo",
        help="where it is kept",
    )
    return parser.parse_args()


def _run(deployment: Deployment) -> None:
    print("Preparing database, secrets and pages …", flush=True)
    owner = deployment.prepare()
    with Processes(deployment.folder / "logs") as processes:
        deployment.start_server(processes, owner)
        deployment.start_site(processes)
        print(_welcome(deployment), flush=True)
        while True:
            time.sleep(1)
            processes.require_alive()


def _welcome(deployment: Deployment) -> str:
    sign_ins = [f"  {row['email']:24} {row['password']:14} {row['role']}" for row in deployment.facts["sign_ins"]]
    pages = f"{deployment.address}/o/{deployment.facts['organisation']}/"
    return "\n".join(
        [
            "",
            f"Portvakt is running: {deployment.address}",
            "",
            *sign_ins,
            "",
            f"Doors, live:  {pages}",
            f"Simulator:    {pages}simulator/   present a card or type a PIN at a reader",
            f"Controller:   http://127.0.0.1:{deployment.ports.status}/   what it says of itself, with or without the server",
            f"Logs, data:   {deployment.folder}",
            "",
            "Everybody in it is invented. Ctrl-C stops it; the next start keeps the data, bin/demo --fresh starts over.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
