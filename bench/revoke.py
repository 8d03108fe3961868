"""How long from revoking a card in the Board to the door refusing it?

A whole deployment as bin/demo starts it: the Board over HTTP, the link, a controller, an OSDP reader at 9600 baud over its secure channel.
Each round a card is shown every 60 ms without pause while an operator revokes it (one POST, its confirmation included). The time runs from
sending that POST to the controller's decision on the first refused read, by the clock of the one machine both are on; so it contains the
request, the snapshot, its way, its commit, and on average half a reading interval. The reference platform documents up to three minutes for
a change to reach a door.

    bin/dev python bench/revoke.py [--rounds 100] [--json FILE]
"""

import argparse
import http.cookiejar
import json
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from portvakt.demo.deployment import Deployment, Ports
from portvakt.demo.processes import Processes, listens
from tests.journeys.running import Running

DOOR, WHO = "Port A", "Alva"
EVERY_SECONDS = 0.06
AIM_SECONDS = 1.0
FACILITY = 113


class Board:
    """An operator's browser without the pictures: cookies, forms, no scripts."""

    def __init__(self, running: Running) -> None:
        jar = http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self._jar, self._running = jar, running
        email, password = running.password("admin")
        self.get("/account/login/")
        self.post("/account/login/", login=email, password=password)

    def get(self, path: str) -> str:
        """Fetch a page."""
        return str(self._open.open(self._running.deployment.address + path).read().decode())

    def post(self, path: str, **fields: str) -> str:
        """Send a form."""
        token = next(cookie.value for cookie in self._jar if cookie.name == "csrftoken")
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token or ""}).encode()
        request = urllib.request.Request(
            self._running.deployment.address + path, data, {"Referer": self._running.deployment.address}
        )
        return str(self._open.open(request).read().decode())


def one_round(running: Running, board: Board, person: str, number: int) -> float:
    """Issue a card, show it without pause, revoke it; return the seconds from the POST to the first refusal."""
    organisation = f"/o/{running.facts['organisation']}/persons/{person}"
    board.post(f"{organisation}/cards/", value=f"{FACILITY}-{number}")
    running.wait_for("the card in force", running.in_force)
    found = running.rows(
        "select id::text from people_credential where kind = 'key_card' order by issued_at desc limit 1"
    )
    since, stop = datetime.now(UTC), threading.Event()
    showing = threading.Thread(target=show_without_pause, args=(running, f"{FACILITY}-{number}", stop))
    showing.start()
    try:
        running.wait_for("the card opening", lambda: running.events(since, "access_granted", DOOR))
        begun = datetime.now(UTC)
        board.post(f"{organisation}/credentials/{found[0]['id']}/revoke/")
        running.wait_for("a refusal", lambda: running.events(since, "access_denied", DOOR))
    finally:
        stop.set()
        showing.join()
    time.sleep(0.3)  # the last reads are on their way
    denied = running.events(since, "access_denied", DOOR)[0]
    late = [event for event in running.events(since, "access_granted", DOOR) if event["at"] > denied["at"]]
    if late or denied["reason"] != "credential_not_enabled":
        raise AssertionError(f"refused for {denied['reason']}, then granted {len(late)} times")
    return float((denied["at"] - begun).total_seconds())


def show_without_pause(running: Running, card: str, stop: threading.Event) -> None:
    """Hold a card to the reader again and again."""
    while not stop.wait(EVERY_SECONDS):
        running.show_card(DOOR, card)


def measure(rounds: int, port: int) -> list[float]:
    """Run a deployment for the measurement alone, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="portvakt-revoke-", dir="/var/tmp"))
    deployment = Deployment(folder / "demo", Ports.from_base(port))
    try:
        owner = deployment.prepare()
        with Processes(deployment.folder / "logs") as processes:
            deployment.start_server(processes, owner)
            deployment.start_site(processes)
            running = Running(deployment, processes, owner, deployment.facts)
            running.wait_for("the readers coming online", running.readers_online)
            running.wait_for("the first snapshot in force", running.in_force)
            board = Board(running)
            person = running.rows("select id::text from people_person where first_name = %(who)s", who=WHO)[0]["id"]
            return [one_round(running, board, person, number) for number in range(1, rounds + 1)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Measure, print the table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    port = next(base for base in range(30_000, 40_000, 6) if not any(listens(base + n) for n in range(6)))
    seconds = sorted(measure(options.rounds, port))
    p99 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
    row = {"rounds": options.rounds, "p50_s": statistics.median(seconds), "p99_s": p99, "max_s": seconds[-1]}
    print(f"{'revoke → refused':18} {'p50 s':>7} {'p99 s':>7} {'max s':>7}")
    print(f"{options.rounds:>12} rounds {row['p50_s']:7.3f} {row['p99_s']:7.3f} {row['max_s']:7.3f}")
    print(f"aim: p99 at most {AIM_SECONDS} s: {'met' if p99 <= AIM_SECONDS else 'missed'}")
    if options.json:
        options.json.write_text(json.dumps(row, indent=1))


if __name__ == "__main__":
    main()
