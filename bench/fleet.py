"""How do a thousand controllers fare with one server?

A link process and PostgreSQL as bin/demo starts them, and a thousand whole controllers (store, link, decision; no hardware) in one other
process, all on this machine: so the figures hold what a thousand machines would do for themselves, too. Three questions:

- An operator revokes a card (the Board's own action and transaction): when is it refused at the first, at half, and at the last of them?
  Every door is asked again and again whether it would let the card in, and all must have let it in before.
- Doors move 500 times a second for a minute: is every event in the log, and how long after it happened?
- The link process is stopped and started: when is everyone attached again?

Every controller's state is in memory (/dev/shm) where there is such a folder: a thousand controllers have a thousand disks.

    bin/dev python bench/fleet.py [--controllers 1000] [--rounds 20] [--seconds 60] [--rate 500] [--json FILE]
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
import msgspec
import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portvakt.controller.identity import FILE, Identity
from portvakt.core.decision.model import AuthType, Side
from portvakt.demo import database
from portvakt.demo.deployment import DATABASE, Deployment, Ports
from portvakt.demo.processes import Processes, listens, python, run

AIM_SECONDS = 2.0
PERSONS = 200
FACILITY = 117
ORGANISATION = """
insert into organisations_organisation (id, slug, name, language, timezone, entry_log_days, active, created_at)
values (gen_random_uuid(), 'fleet', 'Fleet', 'sv', 'Europe/Stockholm', 14, true, now()) returning id
"""


def prepared(deployment: Deployment) -> str:
    """Make secrets, database and rights, and nothing of the demo's; return the database owner's address."""
    run(python("portvakt.server.link.authority", str(deployment.folder / "secrets"), "localhost"), os.environ)
    owner = database.start(deployment.folder / "pg")
    database.create(owner, DATABASE)
    for command in (["migrate", "-v0"], ["rights", "--apply"]):
        run(python("portvakt", *command), deployment.environment(owner, "owner"))
    return owner


class Owner:
    """An organisation with many controllers, changed as the Board changes it."""

    def __init__(self, deployment: Deployment, owner: str) -> None:
        os.environ.update(deployment.environment(owner, "board"), DJANGO_SETTINGS_MODULE="portvakt.server.settings")
        django.setup()
        from portvakt.server.purpose.actor import system  # noqa: PLC0415 - Django's models exist only from here on
        from portvakt.server.purpose.context import acting  # noqa: PLC0415

        self.acting = acting
        self.deployment, self.owner = deployment, owner
        self.organisation = self.ask(ORGANISATION)[0][0]
        self.by = system("bench", self.organisation)

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database as its owner."""
        with psycopg.connect(database.url(self.owner, database=DATABASE), autocommit=True) as connection:
            cursor = connection.execute(query, values)  # type: ignore[call-overload]
            return list(cursor.fetchall()) if cursor.description else []

    def set_up(self, count: int, states: Path) -> None:
        """Make controllers with a door and a reader each, one rule for all of them, and persons with cards in it."""
        from portvakt.server.access import actions as access  # noqa: PLC0415 - as above
        from portvakt.server.access.models import AccessRule  # noqa: PLC0415
        from portvakt.server.people import actions as people  # noqa: PLC0415
        from portvakt.server.places import actions as places  # noqa: PLC0415

        made, by = [], self.by
        with self.acting("premises_administration", self.organisation):
            site, _ = places.add_site(by=by, name="Fleet")
            section, _ = places.add_section(site, "Fleet", by=by)
            for number in range(count):
                controller, _ = places.add_controller(site, f"C{number}", by=by)
                values = {"entry_auth_types": [AuthType.KEY_CARD], "exit_auth_types": [AuthType.REX]}
                door, _ = places.add_door(section, controller, by=by, name=f"D{number}", **values)
                places.add_reader(door, by=by, side=Side.ENTRY, port="bus", address=0)
                made.append((str(controller.pk), door.pk))
        with self.acting("access_administration", self.organisation):
            rule = AccessRule(name="Fleet")
            access.save_rule(rule, {door: {Side.ENTRY: [AuthType.KEY_CARD]} for _, door in made}, by=by)
            for number in range(PERSONS):
                person, _ = people.enrol_person(by=by, first_name="P", last_name=str(number))
                people.issue_card(person, f"{FACILITY}-{number + 1}", by=by)
                access.assign(person, rule, by=by)
        self._enrol([controller for controller, _ in made], states)

    def _enrol(self, controllers: list[str], states: Path) -> None:
        """Give each its certificate as the enrolment would, without a thousand calls of it."""
        from portvakt.server.link.authority import Authority  # noqa: PLC0415 - as above

        authority = Authority(self.deployment.folder / "secrets")
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        serials = []
        for controller in controllers:
            issued = authority.issue(request.public_bytes(serialization.Encoding.DER), controller)
            who = Identity(
                controller=controller,
                link=f"localhost:{self.deployment.ports.link}",
                key_pem=pem.decode(),
                certificate_pem=issued.pem.decode(),
                ca_pem=authority.ca_pem.decode(),
                snapshot_key=authority.snapshot_public_key(),
            )
            state = states / controller
            state.mkdir(mode=0o700, parents=True)
            (state / FILE).touch(mode=0o600)
            (state / FILE).write_bytes(msgspec.json.encode(who))
            serials.append((issued.serial, controller))
        with psycopg.connect(database.url(self.owner, database=DATABASE), autocommit=True) as connection:
            update = "update places_controllerstatus set certificate_serial = %s where controller_id = %s"
            connection.cursor().executemany(update, serials)

    def revoke(self, number: int) -> float:
        """Revoke a person's card; return when the action was begun."""
        from portvakt.server.people.actions import revoke_credential  # noqa: PLC0415 - as above
        from portvakt.server.people.models import Credential  # noqa: PLC0415

        begun = time.time()
        with self.acting("access_administration", self.organisation):
            card = Credential.objects.get(person__first_name="P", person__last_name=str(number - 1), kind="key_card")
            revoke_credential(card, by=self.by)
        return begun

    def version(self) -> int:
        """Return the version that all should have in force."""
        query = "select version from organisations_snapshotcounter where organisation_id = %s"
        return int(self.ask(query, self.organisation)[0][0])


class Player:
    """The process that plays the controllers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **order: Any) -> dict[str, Any]:
        """Give an order and wait for the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return dict(json.loads(self._process.stdout.readline()))


@contextmanager
def playing(states: Path) -> Iterator[Player]:
    """Run the player while the block runs."""
    command = [sys.executable, str(Path(__file__).with_name("fleet_player.py")), str(states)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Player(process)
        finally:
            process.kill()


def revocations(owner: Owner, player: Player, rounds: int) -> dict[str, Any]:
    """Revoke one card after the other; seconds to the refusal at the first, half and the last of the controllers."""
    last, half, first, force = [], [], [], []
    for number in range(1, rounds + 1):
        card = f"{FACILITY}-{number}"
        player.ask(granted=card)
        begun = owner.revoke(number)
        moments = sorted(player.ask(refused=card)["at"])
        first.append(moments[0] - begun)
        half.append(moments[len(moments) // 2] - begun)
        last.append(moments[-1] - begun)
        force.append(player.ask(in_force=owner.version())["at"] - begun)
    return {
        "rounds": rounds,
        "first_p50_s": statistics.median(first),
        "half_p50_s": statistics.median(half),
        "last_p50_s": statistics.median(last),
        "last_p99_s": percentile(last),
        "in_force_everywhere_p50_s": statistics.median(force),
        "in_force_everywhere_max_s": max(force),
    }


def events(owner: Owner, player: Player, seconds: float, rate: float) -> dict[str, Any]:
    """Have doors move; count what came into the log, and how long after it happened."""
    told = player.ask(events=[seconds, rate])
    query = """select count(*), percentile_cont(0.5) within group (order by extract(epoch from received_at - at)),
               percentile_cont(0.99) within group (order by extract(epoch from received_at - at))
               from logbook_accessevent where at >= to_timestamp(%s) and kind like 'door_%%'"""
    count, p50, p99 = owner.ask(query, told["since"])[0]
    return {
        "made": told["made"],
        "in_log": count,
        "lost": told["made"] - count,
        "p50_s": float(p50),
        "p99_s": float(p99),
    }


def restart(deployment: Deployment, processes: Processes, owner: str, player: Player) -> dict[str, Any]:
    """Stop and start the link process; seconds until everyone is attached again, from the stop and from its being ready."""
    begun = time.time()
    processes.stop("link")
    player.ask(detached=True)
    deployment.start_link(processes, owner)
    processes.wait_until("the link listening", lambda: listens(deployment.ports.link))
    ready, attached = time.time(), player.ask(attached=True)["at"]
    return {"from_stop_s": attached - begun, "from_ready_s": attached - ready}


def percentile(values: list[float], part: float = 0.99) -> float:
    """Return the value that so large a part does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measure(options: argparse.Namespace, port: int) -> dict[str, Any]:
    """Run a deployment for the measurement alone, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="portvakt-fleet-", dir="/var/tmp"))
    memory = Path("/dev/shm")
    states = Path(tempfile.mkdtemp(prefix="portvakt-fleet-", dir=memory if memory.is_dir() else folder))
    deployment = Deployment(folder / "demo", Ports.from_base(port))
    try:
        owner = prepared(deployment)
        bench = Owner(deployment, owner)
        bench.set_up(options.controllers, states)
        with Processes(deployment.folder / "logs") as processes:
            deployment.start_link(processes, owner)
            processes.wait_until("the link listening", lambda: listens(deployment.ports.link))
            with playing(states) as player:
                begun = time.time()
                first = player.ask(in_force=bench.version())["at"] - begun
                print(
                    f"{options.controllers} controllers have their first snapshot in force after {first:.1f} s",
                    flush=True,
                )
                return {
                    "controllers": options.controllers,
                    "first_in_force_s": first,
                    "revoke": revocations(bench, player, options.rounds),
                    "events": events(bench, player, options.seconds, options.rate),
                    "restart": restart(deployment, processes, owner, player),
                }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(states, ignore_errors=True)


def main() -> None:
    """Measure, print the table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--controllers", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    port = next(base for base in range(30_000, 40_000, 6) if not any(listens(base + n) for n in range(6)))
    found = measure(options, port)
    for name, row in found.items():
        if isinstance(row, dict):
            print(name)
            for key, value in row.items():
                print(f"  {key:28} {value:10.3f}" if isinstance(value, float) else f"  {key:28} {value:10}")
    met = found["revoke"]["last_p99_s"] <= AIM_SECONDS
    print(f"aim: refused at the last of them within {AIM_SECONDS} s (p99): {'met' if met else 'missed'}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
