"""Do events, snapshots and commands get across once each, however the stream is cut and whatever the server says?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portvakt.controller.clock_watch import ClockFacts
from portvakt.controller.commands import Commands
from portvakt.controller.doors import Doors
from portvakt.controller.identity import Identity
from portvakt.controller.journal import Journal
from portvakt.controller.link import LONGEST_PAUSE, Link, pause, until_one_ends
from portvakt.controller.outputs import ContactChanged
from portvakt.controller.readers import Adoption, AdoptionOutcome
from portvakt.controller.report import Report
from portvakt.controller.snapshots import Snapshots
from portvakt.controller.store import Store
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import Snapshot, sign, to_bytes
from portvakt.proto import link_pb2
from tests.controller.authority import Authority
from tests.controller.fakes import NOON, FakeClock, FakeOutputs
from tests.controller.link_server import GENEROUS, Cable, LinkServer, serving
from tests.controller.site import CONTROLLER, FRONT, SITE, site

SNAPSHOT_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SOUND_CLOCK = ClockFacts(trusted=True, unsynchronised=False, kernel=None, jumps=0, last_jump_seconds=0.0)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def signed(snapshot: Snapshot, key: Ed25519PrivateKey = SNAPSHOT_KEY) -> link_pb2.Down:
    body = to_bytes(snapshot)
    return link_pb2.Down(snapshot=link_pb2.SignedSnapshot(body=body, signature=sign(body, key)))


def release(command: str) -> link_pb2.Down:
    return link_pb2.Down(command=link_pb2.Command(id=command, release_door=link_pb2.ReleaseDoor(door=FRONT)))


async def no_readers(reader: str, _seconds: int) -> Adoption:
    return Adoption(reader, AdoptionOutcome.FAILED, "This controller has no such reader.")


GOOD_CLOCK = ClockFacts(trusted=True, unsynchronised=False, kernel=None, jumps=0, last_jump_seconds=0.0)


class Controller:
    """Everything of the controller that the link touches, on a real store."""

    def __init__(self, folder: Path, identity: Identity) -> None:
        self.clock = FakeClock()
        self.outputs = FakeOutputs()
        self.store = Store(folder, self.clock.now)
        self.journal = Journal(self.store)
        self.doors = Doors(
            append=self.journal.append,
            strikes=self.outputs,
            show=lambda _reader, _signal: None,
            clock=self.clock,
            changed=self._changed,
        )
        self.snapshots = Snapshots(
            identity=identity,
            journal=self.journal,
            clock=self.clock,
            put_in_force=self.doors.put_in_force,
            confirmed=self.doors.deciding.confirm,
            bar=self.doors.deciding.bar,
        )
        self.link = Link(
            identity=identity,
            journal=self.journal,
            snapshots=self.snapshots,
            commands=Commands(self.doors, no_readers),
            status=Report(self.doors, NoReaders(), lambda: GOOD_CLOCK).status,  # type: ignore[arg-type]
            clock=self.clock,
            software="test",
        )
        self.journal.on_change(self.link.events_waiting)

    def _changed(self) -> None:
        self.link.status_changed()

    async def happen(self, count: int) -> None:
        await self.journal.append([Event(EventKind.DOOR_CLOSED, NOON, door=FRONT, detail=str(n)) for n in range(count)])

    async def all_acknowledged(self) -> None:
        async with asyncio.timeout(GENEROUS):
            while await self.journal.waiting_count():  # noqa: ASYNC110 - the store rings no bell for this
                await asyncio.sleep(0)


class NoReaders:
    """A site without a serial port."""

    states = details = staticmethod(dict)


def identity_by(authority: Authority, port: int) -> Identity:
    key, certificate = authority.pair(CONTROLLER)
    return Identity(
        controller=CONTROLLER,
        link=f"127.0.0.1:{port}",
        key_pem=key.decode(),
        certificate_pem=certificate.decode(),
        ca_pem=authority.pem.decode(),
        snapshot_key=SNAPSHOT_KEY.public_key().public_bytes_raw(),
    )


@asynccontextmanager
async def linked(folder: Path, server: LinkServer) -> AsyncIterator[Controller]:
    authority = Authority()
    async with serving(server, authority) as port, dialling(folder, authority, port) as controller:
        yield controller


@asynccontextmanager
async def dialling(folder: Path, authority: Authority, port: int) -> AsyncIterator[Controller]:
    controller = Controller(folder, identity_by(authority, port))
    running = asyncio.create_task(controller.link.run())
    try:
        yield controller
    finally:
        running.cancel()
        await asyncio.wait([running], timeout=GENEROUS)
        assert running.cancelled()
        await controller.doors.settle()
        await controller.journal.close()


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(3 * GENEROUS):
            await story()

    asyncio.run(bounded())


def test_the_stream_opens_with_hello_and_status_under_our_own_certificate(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            hello = await server.hear("hello")
            assert (hello.journal, hello.snapshot_version, hello.software) == (controller.journal.id, 0, "test")
            status = await server.hear("status")
            assert (list(status.doors), status.waiting_events, status.events_in_memory) == ([], 0, False)
            assert server.names == [CONTROLLER.encode()]

    run(story)


def test_what_waited_and_what_happens_now_arrives_once_and_is_forgotten(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await controller.happen(450)
            await controller.happen(1)
            await controller.all_acknowledged()
            recorded = server.recorded[controller.journal.id]
            assert [event.sequence for event in recorded] == list(range(1, 452))
            assert (recorded[0].kind, recorded[0].door, recorded[0].at_us) == (
                "door_closed",
                FRONT,
                int(NOON.timestamp()) * 1_000_000,
            )
            assert server.repeated == 0

    run(story)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("body", ["hello", "status", "events"])
def test_a_stream_cut_anywhere_loses_nothing_and_records_nothing_twice(tmp_path: Path, when: str, body: str) -> None:
    async def story() -> None:
        server = LinkServer()
        cuts = iter([True, True, False])

        def drop(moment: str, up: link_pb2.Up) -> bool:
            return moment == when and up.WhichOneof("body") == body and next(cuts, False)

        server.drop = drop
        async with linked(tmp_path, server) as controller:
            await controller.happen(300)
            await controller.all_acknowledged()
            assert [event.sequence for event in server.recorded[controller.journal.id]] == list(range(1, 301))
            assert server.streams >= 2

    run(story)


def test_events_recorded_whose_acknowledgement_was_lost_are_sent_again_and_not_recorded_again(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        server.acknowledges = False
        async with linked(tmp_path, server) as controller:
            await controller.happen(5)
            await server.hear("events")
            server.acknowledges = True
            server.cut()
            await controller.all_acknowledged()
            assert len(server.recorded[controller.journal.id]) == 5
            assert server.repeated == 5

    run(story)


def test_a_server_that_comes_later_gets_everything(tmp_path: Path) -> None:
    async def story() -> None:
        authority, server = Authority(), LinkServer()
        async with serving(LinkServer(), authority) as port:
            pass
        async with dialling(tmp_path, authority, port) as controller:
            await controller.happen(3)
            async with serving(server, authority, port):
                await controller.all_acknowledged()
        assert len(server.recorded[controller.journal.id]) == 3

    run(story)


def test_a_stream_that_goes_silent_is_given_up_and_dialled_anew(tmp_path: Path) -> None:
    async def story() -> None:
        authority, server = Authority(), LinkServer()
        async with serving(server, authority) as port:
            cable = Cable(port)
            way = await asyncio.start_server(cable.carry, "127.0.0.1", 0)
            async with dialling(tmp_path, authority, way.sockets[0].getsockname()[1]) as controller:
                await server.hear("status")
                cable.cut()
                await controller.happen(3)
                await controller.all_acknowledged()
                assert len(server.recorded[controller.journal.id]) == 3
                assert server.streams == 2
            way.close()

    run(story)


def test_a_server_that_another_authority_vouches_for_hears_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        impostor, server = Authority(), LinkServer()
        async with serving(server, impostor) as port:
            controller = Controller(tmp_path, identity_by(Authority(), port))
            with pytest.raises(grpc.aio.AioRpcError):
                await controller.link._attach()
            await controller.journal.close()
        assert server.streams == 0

    run(story)


def test_a_snapshot_comes_in_force_is_saved_and_answered(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await server.hear("status")
            await server.send(signed(SITE))
            answer = await server.hear("snapshot")
            assert (answer.version, answer.in_force, answer.refusal) == (1, True, "")
            status = await server.hear("status")
            assert {door.door: door.state for door in status.doors} == {"front": "locked", "back": "locked"}
            stored = controller.store.snapshot()
            assert stored is not None
            assert (stored.version, stored.body) == (1, to_bytes(SITE))

    run(story)


@pytest.mark.parametrize(
    ("offered", "code", "version"),
    [
        (signed(site(version=6), OTHER_KEY), "wrong_signature", 6),
        (signed(site(version=4)), "older_version", 4),
        (signed(site(version=5, compiled_at=7)), "same_version", 5),
        (signed(site(version=6, controller="another")), "other_controller", 6),
        (signed(site(version=6, doors=())), "inconsistent", 6),
        (link_pb2.Down(snapshot=link_pb2.SignedSnapshot(body=b"x", signature=b"y")), "wrong_signature", 0),
    ],
)
def test_a_bad_snapshot_is_refused_and_reported_once_and_the_old_one_stays(
    tmp_path: Path, offered: link_pb2.Down, code: str, version: int
) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await server.hear("status")
            await server.send(signed(site(version=5)))
            assert (await server.hear("snapshot")).in_force
            for _ in range(2):
                await server.send(offered)
                answer = await server.hear("snapshot")
                assert (answer.version, answer.in_force, answer.refusal.partition(":")[0]) == (version, False, code)
            assert (await server.hear_event("snapshot_refused")).detail.startswith(code)
            assert controller.snapshots.version == 5
            await controller.all_acknowledged()
            kinds = [event.kind for event in server.recorded[controller.journal.id]]
            assert kinds.count("snapshot_refused") == 1
            await server.send(release("c1"))
            assert (await server.hear("command")).granted

    run(story)


def test_the_same_snapshot_again_and_a_confirmation_restart_the_age(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await server.hear("status")
            for again in (signed(SITE), signed(SITE), link_pb2.Down(confirmed=link_pb2.Confirmed(version=1))):
                controller.clock.at += timedelta(hours=1)
                await server.send(again)
            await server.send(link_pb2.Down(confirmed=link_pb2.Confirmed(version=2)))
            await server.send(release("after all of them"))
            await server.hear("command")
            stored = controller.store.snapshot()
            assert stored is not None
            assert stored.confirmed_at == NOON + timedelta(hours=3)

    run(story)


def test_a_snapshot_survives_a_restart_without_a_server_unless_it_was_tampered_with(tmp_path: Path) -> None:
    async def story() -> None:
        identity = identity_by(Authority(), 1)
        controller = Controller(tmp_path, identity)
        answer = await controller.snapshots.offer(to_bytes(SITE), sign(to_bytes(SITE), SNAPSHOT_KEY))
        assert answer.refusal == ""
        await controller.journal.close()
        again = Controller(tmp_path, identity)
        assert await again.snapshots.restore(again.store.snapshot())
        assert again.doors.states() == {"front": "locked", "back": "locked"}
        again.store._database.execute("UPDATE snapshot SET body = body || x'00'")
        await again.journal.close()
        last = Controller(tmp_path, identity)
        assert not await last.snapshots.restore(last.store.snapshot())
        assert last.doors.states() == {}
        await last.journal.close()

    run(story)


def test_a_command_acts_once_also_over_two_streams(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await server.hear("status")
            await server.send(signed(SITE))
            await server.hear("snapshot")
            await server.send(release("c1"))
            first = await server.hear("command")
            server.cut()
            await server.hear("hello")
            await server.send(release("c1"))
            second = await server.hear("command")
            assert first == second
            assert (first.id, first.granted, first.reason) == ("c1", True, "")
            assert controller.outputs.diary.count(f"release {FRONT}") == 1

    run(story)


def test_a_person_opens_a_door_over_the_link(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server):
            await server.hear("status")
            await server.send(signed(SITE))
            await server.hear("snapshot")
            for command, person in (("c1", "anna"), ("c2", "bo")):
                asked = link_pb2.RemoteOpen(door=FRONT, side="entry", person=person)
                await server.send(link_pb2.Down(command=link_pb2.Command(id=command, remote_open=asked)))
            answers = {answer.id: answer for answer in [await server.hear("command"), await server.hear("command")]}
            assert answers["c1"].granted
            assert (answers["c2"].granted, answers["c2"].reason) == (False, "unauthorised")

    run(story)


def test_what_a_newer_server_says_is_reported_once_and_skipped(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await server.hear("status")
            field_99 = bytes([0x9A, 0x06, 0x01, 0x41])  # number 99, length-delimited, "A"
            for _ in range(3):
                await server.send(link_pb2.Down.FromString(field_99))
            command = link_pb2.Command.FromString(link_pb2.Command(id="c1").SerializeToString() + field_99)
            await server.send(link_pb2.Down(command=command))
            answer = await server.hear("command")
            assert (answer.id, answer.granted, answer.reason) == ("c1", False, "fault")
            known = link_pb2.Confirmed(version=1).SerializeToString() + field_99
            await server.send(link_pb2.Down(confirmed=link_pb2.Confirmed.FromString(known)))
            await server.send(signed(SITE))
            assert (await server.hear("snapshot")).in_force
            await controller.all_acknowledged()
            details = [e.detail for e in server.recorded[controller.journal.id] if e.kind == "message_unknown"]
            assert details == ["message with unknown fields [99]", "command with unknown fields [99]"]

    run(story)


def test_a_door_that_moves_is_in_the_next_status(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await server.hear("status")
            await server.send(signed(SITE))
            controller_says = partial(server.hear, "status")
            await controller_says()
            controller.doors.from_door(ContactChanged(FRONT, open=True))
            status = await controller_says()
            while {door.door: door.state for door in status.doors}[FRONT] != "forced":
                status = await controller_says()
            assert (await server.hear_event("door_forced")).door == FRONT

    run(story)


def test_being_told_to_stop_just_as_the_stream_fails_is_not_forgotten() -> None:
    async def story() -> None:
        async def fail_late(told: asyncio.Event) -> None:
            await told.wait()
            raise ConnectionError

        async def go_on() -> None:
            await asyncio.Event().wait()

        told = asyncio.Event()
        task = asyncio.create_task(until_one_ends(fail_late(told), go_on()))
        await asyncio.sleep(0)
        told.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    run(story)


@pytest.mark.parametrize("failures", [0, 1, 3, 5, 50, 10_000])
def test_pauses_between_attempts_grow_are_spread_and_stay_bounded(failures: int) -> None:
    pauses = [pause(failures) for _ in range(50)]
    assert all(0.1 <= seconds <= LONGEST_PAUSE for seconds in pauses)
    assert len(set(pauses)) > 10
