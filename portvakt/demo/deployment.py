"""How does a whole deployment, with a controller and a simulated site, come to run on one machine?"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portvakt.core.credentials import parse_card
from portvakt.demo import database
from portvakt.demo.processes import DemoFault, Processes, answers, listens, python, run

DATABASE = "portvakt"


@dataclass(frozen=True)
class Ports:
    """Which local ports the deployment listens on."""

    board: int
    live: int
    simulator: int
    link: int
    enrol: int
    status: int

    @classmethod
    def from_base(cls, base: int) -> "Ports":
        """Return six ports in a row, the Board's first."""
        return cls(*range(base, base + 6))

    def require_free(self) -> None:
        """Raise DemoFault for a port that something else listens on."""
        for port in (self.board, self.live, self.simulator, self.link, self.enrol, self.status):
            if listens(port):
                raise DemoFault(
                    f"port {port} is in use; stop what listens there, or choose others: bin/demo --port 8100"
                )


@dataclass(frozen=True)
class Deployment:
    """One folder with everything a deployment keeps: database, secrets, the controller's state, logs."""

    folder: Path
    ports: Ports

    @property
    def address(self) -> str:
        """Where the Board is."""
        return f"http://localhost:{self.ports.board}"

    @property
    def facts(self) -> dict[str, Any]:
        """What the seed left: sign-ins, doors, readers, people and what they say at a reader."""
        return dict(json.loads((self.folder / "seed.json").read_text()))

    def environment(self, owner: str, entry_point: str) -> dict[str, str]:
        """Return the environment of one process, with its own database login."""
        ports, secrets = self.ports, self.folder / "secrets"
        return database.environment(
            owner,
            entry_point,
            DATABASE,
            PORTVAKT_SECRETS=str(secrets),
            SECRET_KEY_FILE=str(secrets / "django.key"),
            PUBLIC_URL=self.address,
            LIVE_URL=f"http://localhost:{ports.live}",
            LINK_ADDRESS=f"localhost:{ports.link}",
            ENROL_ADDRESS=f"localhost:{ports.enrol}",
            SIMULATOR_URL=f"http://127.0.0.1:{ports.simulator}",
            EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend",
            PROVIDER_SITE="yes",
        )

    def prepare(self) -> str:
        """Make what is missing: secrets, database, rights, the property owner; return the database owner's address."""
        self.folder.mkdir(parents=True, exist_ok=True)
        run(
            python("portvakt.server.link.authority", str(self.folder / "secrets"), "localhost", "127.0.0.1"), os.environ
        )
        owner = database.start(self.folder / "pg")
        database.create(owner, DATABASE)
        env = self.environment(owner, "owner")
        run(python("portvakt", "migrate", "-v0"), env)
        run(python("portvakt", "rights", "--apply", "--told", "a demo: its persons are invented"), env)
        run(python("portvakt", "collectstatic", "--noinput", "-v0"), env)
        if not (self.folder / "seed.json").exists():
            run(python("portvakt.demo.seed", str(self.folder)), env)
            self._wire()
        return owner

    def _wire(self) -> None:
        """Write the plan of the simulated site and give each reader its key, at both ends of its bus."""
        for reader in self.facts["readers"]:
            run(
                python("portvakt.controller", "reader-key", "--state", str(self.folder / "controller"), reader["id"]),
                os.environ,
            )
        (self.folder / "site.toml").write_text(plan(self.facts))

    def start_server(self, processes: Processes, owner: str) -> None:
        """Start the four processes of the server and wait until each answers."""
        ports = self.ports
        self.start_link(processes, owner)
        live = python("portvakt", "live", "--port", str(ports.live))
        processes.start("live", live, self.environment(owner, "live"))
        processes.start("jobs", python("portvakt", "jobs"), self.environment(owner, "jobs"))
        board = python("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(ports.board), "--blocking-threads", "4",
                       "--no-ws", "portvakt.server.wsgi:application")  # fmt: skip
        processes.start("board", board, self.environment(owner, "board"))
        processes.wait_until("the Board answering", lambda: answers(self.address))
        processes.wait_until("the link listening", lambda: listens(ports.link) and listens(ports.enrol))
        processes.wait_until("live hints", lambda: listens(ports.live))

    def start_link(self, processes: Processes, owner: str) -> None:
        """Start the server's end of the link alone."""
        listen = ["--listen", f"127.0.0.1:{self.ports.link}", "--listen-enrol", f"127.0.0.1:{self.ports.enrol}"]
        processes.start("link", python("portvakt", "link", *listen), self.environment(owner, "link"))

    def start_site(self, processes: Processes) -> None:
        """Start the simulated site and the controller that works it, enrolled once."""
        state = self.folder / "controller"
        simulator = python("portvakt.controller.simulator", "--plan", str(self.folder / "site.toml"))
        processes.start("simulator", [*simulator, "--control", f"127.0.0.1:{self.ports.simulator}"], os.environ)
        processes.wait_until("the simulator listening", lambda: listens(self.ports.simulator))
        if not (state / "identity.json").exists():
            run(python("portvakt.controller", "enrol", "--state", str(state), self.facts["enrolment"]), os.environ)
        self.start_controller(processes)

    def start_controller(self, processes: Processes) -> None:
        """Start the controller alone, as it would start after a reboot."""
        state = self.folder / "controller"
        # A demo that was begun before controllers refused a folder that others can read.
        state.chmod(0o700)
        outputs = f"simulator:{self.folder / 'outputs.sock'}"
        run_it = python(
            "portvakt.controller",
            "run",
            "--state",
            str(state),
            "--outputs",
            outputs,
            "--ports",
            str(self.folder / "ports"),
            "--status",
            f"127.0.0.1:{self.ports.status}",
            # A trial is started by whoever is there, and its secrets protect nothing.
            "--as-root",
        )
        processes.start("controller", run_it, os.environ)


def plan(facts: dict[str, Any]) -> str:
    """Return the simulator's plan for the seeded doors, readers and people."""
    lines = ['ports = "ports"', 'outputs = "outputs.sock"']
    for door in facts["doors"]:
        lines += ["", "[[door]]", f'id = "{door["id"]}"', "opens_after_seconds = 1.0", "closes_after_seconds = 4.0"]
    for reader in facts["readers"]:
        lines += ["", "[[reader]]", *(f'{key} = "{reader[key]}"' for key in ("id", "door", "port"))]
        lines += [
            f"address = {reader['address']}",
            f"baud = {reader['baud']}",
            f'key_file = "controller/reader-keys/{reader["id"]}.key"',
        ]
    for person in facts["people"]:
        card = parse_card(person["card"])
        lines += ["", "[[person]]", f'name = "{person["name"]}"', f"bits = {card.bits}", f'card = "{card.data.hex()}"']
        lines += [f'{what} = "{person[what]}"' for what in ("pin", "passcode", "plate", "code") if person.get(what)]
    return "\n".join(lines) + "\n"
