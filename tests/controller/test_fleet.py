"""Can a program play many doors at once, and does it see what a site would do?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from portvakt.controller.identity import FILE
from portvakt.controller.readers import Signal
from portvakt.controller.simulator import Fleet, NoSuchDoor
from portvakt.core.credentials import card_digest, parse_card
from portvakt.core.decision.model import CredentialKind
from portvakt.core.event import EventKind
from portvakt.core.snapshot import Credential, Snapshot, sign, to_bytes
from portvakt.proto import link_pb2
from tests.controller.authority import Authority
from tests.controller.link_server import GENEROUS, LinkServer, serving
from tests.controller.site import KEY, SITE, site
from tests.controller.test_link import SNAPSHOT_KEY, identity_by

CARD, MANY = "12-34567", 20


def snapshot_for(controller: str) -> Snapshot:
    """The small site, once for each controller: doors, readers and rules carry its name."""
    value = parse_card(CARD)
    card = Credential(
        "card", "anna", CredentialKind.KEY_CARD, card_digest(KEY, value.bits, value.data), True, None, None
    )
    named = msgspec.json.encode(site(credentials=(card,), digest_key=KEY, version=7))
    for word in ("front", "back"):
        named = named.replace(f'"{word}"'.encode(), f'"{word} {controller}"'.encode())
    return msgspec.structs.replace(msgspec.json.decode(named, type=Snapshot), controller=controller)


class FleetServer(LinkServer):
    """Sends each controller its own snapshot at Hello."""

    async def Attach(self, requests: AsyncIterator[link_pb2.Up], context: object) -> None:  # noqa: N802
        name = context.auth_context()["x509_common_name"][0].decode()  # type: ignore[attr-defined]
        body = to_bytes(snapshot_for(name))
        signed = link_pb2.SignedSnapshot(body=body, signature=sign(body, SNAPSHOT_KEY))
        await context.write(link_pb2.Down(snapshot=signed))  # type: ignore[attr-defined]
        await super().Attach(requests, context)


@asynccontextmanager
async def fleet_of(folder: Path, count: int) -> AsyncIterator[tuple[Fleet, FleetServer]]:
    authority, server = Authority(), FleetServer()
    async with serving(server, authority) as port:
        states = [enrolled(folder / str(number), authority, port, f"c{number}") for number in range(count)]
        async with Fleet(states) as fleet:
            await fleet.until(lambda: all(member.facts.snapshot_version == 7 for member in fleet.members), GENEROUS)
            yield fleet, server


def enrolled(state: Path, authority: Authority, port: int, name: str) -> Path:
    state.mkdir(mode=0o700)
    key, certificate = authority.pair(name)
    who = identity_by(authority, port)
    who = msgspec.structs.replace(who, controller=name, key_pem=key.decode(), certificate_pem=certificate.decode())
    (state / FILE).touch(mode=0o600)
    (state / FILE).write_bytes(msgspec.json.encode(who))
    return state


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(3 * GENEROUS):
            await story()

    asyncio.run(bounded())


def test_twenty_controllers_decide_in_one_process(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_of(tmp_path, MANY) as (fleet, server):
            doors = [f"front c{number}" for number in range(MANY)]
            for door in doors:
                fleet.show(door, CARD)
            await fleet.until(lambda: all(fleet.released(door) for door in doors))
            for door in doors:
                fleet.contact(door, open_=True)
            await fleet.until(lambda: all(fleet.state(door) == "open" for door in doors))
            assert {fleet.shown(door) for door in doors} == {Signal.GRANTED}
            granted = [event for event in fleet.events() if event.kind is EventKind.ACCESS_GRANTED]
            assert {event.door for event in granted} == set(doors)
            assert {event.person for event in granted} == {"anna"}
            while sum(len(events) for events in server.recorded.values()) < len(fleet.events()):
                await server.hear("events")

    run(story)


def test_doors_go_on_while_the_links_are_cut_and_tell_it_afterwards(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_of(tmp_path, 3) as (fleet, server):
            fleet.cut_links(["c1"])
            await fleet.until(lambda: not next(m for m in fleet.members if m.controller == "c1").facts.link_up)
            fleet.show("front c1", "12-1")
            await fleet.until(lambda: bool(fleet.events("front c1")))
            assert fleet.events("front c1")[0].kind is EventKind.ACCESS_DENIED
            assert all(m.facts.link_up for m in fleet.members if m.controller != "c1")
            assert "front c1" not in {event.door for each in server.recorded.values() for event in each}
            fleet.restore_links()
            assert (await server.hear_event("access_denied")).door == "front c1"

    run(story)


def test_keys_exit_buttons_fire_and_clocks_are_played(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_of(tmp_path, 1) as (fleet, _server):
            fleet.type("back c0", "123456#")
            fleet.press_exit("front c0")
            fleet.fire("front c0", active=True)
            fleet.jump(3600)
            wanted = {EventKind.ACCESS_DENIED, EventKind.ACCESS_GRANTED, EventKind.FIRE_BEGUN, EventKind.CLOCK_JUMPED}
            await fleet.until(lambda: wanted <= {event.kind for event in fleet.events()})

    run(story)


def test_a_door_that_nobody_has_is_named(tmp_path: Path) -> None:
    async def story() -> None:
        async with fleet_of(tmp_path, 1) as (fleet, _server):
            for ask in (
                lambda: fleet.show("side", CARD),
                lambda: fleet.press_exit("side"),
                lambda: fleet.state("side"),
            ):
                with pytest.raises(NoSuchDoor, match="side"):
                    ask()
            assert SITE.doors[0].id not in fleet.members[0].doors()

    run(story)
