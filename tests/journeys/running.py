"""What can a story do with a running deployment? Play people at readers, kill and start processes, look into the log."""

import json
import re
import signal
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from portvakt.core.credentials import parse_card
from portvakt.demo import database
from portvakt.demo.deployment import DATABASE, Deployment
from portvakt.demo.processes import DemoFault, Processes, python, run

# Generous: the machine is shared; nothing here measures.
PATIENCE_SECONDS = 60


@dataclass
class Running:
    """A deployment with its processes, as bin/demo starts them."""

    deployment: Deployment
    processes: Processes
    owner: str
    facts: dict[str, Any] = field(default_factory=dict)

    # ── places and people of the seed ──

    def door(self, name: str) -> str:
        """Return the id of a door."""
        return next(door["id"] for door in self.facts["doors"] if door["name"] == name)

    def reader(self, door: str) -> str:
        """Return the id of a door's reader."""
        return next(reader["id"] for reader in self.facts["readers"] if reader["door"] == self.door(door))

    def person(self, name: str) -> dict[str, str]:
        """Return what an invented person would show and type."""
        return next(person for person in self.facts["people"] if person["name"] == name)

    def password(self, role: str) -> tuple[str, str]:
        """Return e-mail and pass phrase of an account with a role."""
        return next((row["email"], row["password"]) for row in self.facts["sign_ins"] if row["role"] == role)

    # ── at the door ──

    def _simulator(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.deployment.ports.simulator}{path}", data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def site(self) -> dict[str, Any]:
        """Return what can be seen at the simulated site."""
        return dict(self._simulator("/state"))

    def show_card(self, door: str, value: str) -> None:
        """Present a card at a door's reader."""
        self.show_card_to(self.reader(door), value)

    def show_card_to(self, reader: str, value: str) -> None:
        """Present a card at a reader, by its name at the simulated site."""
        card = parse_card(value)
        self._simulator(f"/readers/{reader}/card", {"bits": card.bits, "data": card.data.hex()})

    def type_keys(self, door: str, digits: str) -> None:
        """Type keys at a door's reader."""
        self._simulator(f"/readers/{self.reader(door)}/keys", {"digits": digits})

    def show_text(self, door: str, text: str) -> None:
        """Present a QR code or a plate at a door's reader."""
        self._simulator(f"/readers/{self.reader(door)}/text", {"text": text})

    def prop_open(self, door: str) -> None:
        """Push a door open and leave it so."""
        self._simulator(f"/doors/{self.door(door)}/contact", {"open": True})

    def close(self, door: str) -> None:
        """Close a door."""
        self._simulator(f"/doors/{self.door(door)}/contact", {"open": False})

    def press_exit(self, door: str) -> None:
        """Press the exit button of a door."""
        self._simulator(f"/doors/{self.door(door)}/exit", {})

    def releases(self, door: str) -> int:
        """Return how often a door's strike has been released."""
        return int(self.site()["doors"][self.door(door)]["releases"])

    def at_rest(self, door: str) -> bool:
        """Tell whether a door is closed and locked, so that the next grant is a release of its own."""
        state = self.site()["doors"][self.door(door)]
        return not state["released"] and not state["open"]

    def unlocked(self, door: str) -> bool:
        """Tell whether a door's strike is released, whoever goes through."""
        return bool(self.site()["doors"][self.door(door)]["released"])

    def reader_state(self, door: str) -> dict[str, Any]:
        """Return what can be seen at a door's reader."""
        return dict(self.site()["readers"][self.reader(door)])

    def readers_online(self) -> bool:
        """Tell whether every reader that came with the seed has its secure channel."""
        readers = self.site()["readers"]
        return all(readers[reader["id"]]["online"] for reader in self.facts["readers"])

    # ── in the log ──

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Ask the database as its owner, past all purposes: a test must see what really is there."""
        with psycopg.connect(database.url(self.owner, database=DATABASE), row_factory=dict_row) as connection:
            return connection.execute(query, parameters).fetchall()  # type: ignore[call-overload,no-any-return]

    def events(self, since: datetime, kind: str = "access_%", door: str = "") -> list[dict[str, Any]]:
        """Return the recorded events of a kind (a LIKE pattern) since a moment, in the controllers' own order."""
        query = """select * from logbook_accessevent where received_at >= %(since)s and kind like %(kind)s
                   and (%(door)s = '' or door_id::text = %(door)s) order by at, sequence"""
        return self.rows(query, since=since, kind=kind, door=self.door(door) if door else "")

    def state_told(self, door: str) -> str:
        """Return what the server was told of a door's state."""
        rows = self.rows("select state from places_doorstatus where door_id = %(door)s", door=self.door(door))
        return str(rows[0]["state"]) if rows else ""

    def wait_for(self, what: str, ready: Callable[[], Any]) -> Any:
        """Wait until something is true, with patience, and return it."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not (found := ready()):
            assert time.monotonic() < until, f"{what} did not happen within {PATIENCE_SECONDS} s"
            time.sleep(0.05)
        return found

    def attempt(self, door: str, act: Callable[[], None]) -> dict[str, Any]:
        """Do something at a door and return the access event that is recorded for it."""
        since = datetime.now(UTC)
        act()
        return dict(self.wait_for("an access event", lambda: self.events(since, door=door))[0])

    # ── processes ──

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        self.processes.stop(name, signal.SIGKILL)

    def stop(self, name: str) -> None:
        """End a process as an upgrade would, with time to say so."""
        self.processes.stop(name)

    def forget(self, name: str) -> None:
        """Let a stopped process be missing."""
        self.processes.running.pop(name)

    def do_now(self, job: str) -> None:
        """Let what is done every minute be done now; where it is queued already, that run does it."""
        with suppress(DemoFault):
            run(python("portvakt", "procrastinate", "defer", job), self.deployment.environment(self.owner, "jobs"))

    def start_link(self) -> None:
        """Start the server's end of the link again."""
        self.deployment.start_link(self.processes, self.owner)

    def start_controller(self) -> None:
        """Start the controller again and wait until its readers are back."""
        self.deployment.start_controller(self.processes)
        self.wait_for("the readers coming back", self.readers_online)

    def in_force(self) -> bool:
        """Tell whether the controller has the newest snapshot in force."""
        query = """select 1 from places_controllerstatus s join organisations_snapshotcounter c using (organisation_id)
                   where s.snapshot_version >= c.version and s.online"""
        return bool(self.rows(query))


def id_in(address: str) -> str:
    """Return the last UUID in an address."""
    return re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", address)[-1]
