"""Does a reader get its key only when it was ordered, and does it hold a key we know of whatever stops in between?"""

import asyncio
import threading
from pathlib import Path

import pytest

from portvakt.controller.readers import AdoptionOutcome, CardRead, Readers, ReaderState, adoption
from portvakt.controller.readers.keys import DEFAULT_KEY, Held
from portvakt.controller.simulator import DoorPlan, Plan, Simulator
from portvakt.controller.simulator.reader import SecureReader
from tests.controller.stand import KEY, STRANGERS_KEY, Stand, Tap, reader_plan, snapshot_reader

CARD = bytes.fromhex("a1b2c3c0")
SECONDS = 20


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shortest window is for people; a test that must see one end cannot wait half a minute."""
    monkeypatch.setattr("portvakt.controller.readers.buses.SHORTEST_SECONDS", 0)


def _unkeyed(stand: Stand, reader: str) -> None:
    (stand.keys._folder / f"{reader}.key").unlink()


def _new(folder: Path, mode: str = "factory") -> Stand:
    stand = Stand(folder, [reader_plan("north", mode=mode), reader_plan("south", address=1)])
    _unkeyed(stand, "north")
    return stand


def _site_key(folder: Path) -> bytes:
    return (folder / "site" / "north.key").read_bytes()


async def _cards_pass(stand: Stand) -> None:
    await stand.until_state("north", ReaderState.ONLINE)
    stand.received.clear()
    stand.site.card("north", 26, CARD)
    await stand.until(lambda: stand.inputs("north") == [CardRead("north", 26, CARD)])


def test_a_new_reader_gets_its_own_key_and_comes_back_under_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with _new(tmp_path) as stand:
            await stand.until_state("south", ReaderState.ONLINE)
            ended = await stand.readers.adopt("north", SECONDS)
            assert ended.outcome is AdoptionOutcome.ADOPTED
            assert ended.details is not None
            assert (ended.details.firmware, ended.details.serial) == ("1.2.3", "00000001")
            assert stand.keys.read("north") == _site_key(tmp_path)
            assert stand.keys.held("north").pending == b""
            assert stand.keys.read("north") not in {DEFAULT_KEY, KEY}
            await _cards_pass(stand)
            assert stand.changes("south") == []

    asyncio.run(story())


def test_an_adopted_reader_is_ours_after_both_started_anew(tmp_path: Path) -> None:
    async def story() -> None:
        async with _new(tmp_path) as stand:
            await stand.readers.adopt("north", SECONDS)
        plans = stand.plans
        async with Simulator(Plan((DoorPlan("door"),), tuple(plans), folder=tmp_path)) as site:
            readers = Readers(site.ports_path, stand.keys, lambda _: None)
            readers.configure([snapshot_reader(plan) for plan in plans])
            running = asyncio.create_task(readers.run())
            await site.until(lambda state: state["readers"]["north"]["online"] and state["readers"]["south"]["online"])
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())


def test_a_reader_that_holds_our_key_gets_a_new_one_without_the_default_key(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            tap = Tap(stand.site._readers["north"])
            assert (await stand.readers.adopt("north", SECONDS)).outcome is AdoptionOutcome.ADOPTED
            assert stand.keys.read("north") == _site_key(tmp_path) != KEY
            assert tap.challenges()
            assert all(one.security[1:2] == b"\1" for one in tap.challenges())  # 0 would be the default key.
            await _cards_pass(stand)

    asyncio.run(story())


def test_a_broken_reader_is_replaced_by_one_from_the_factory(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north", mode="factory")]) as stand:
            await stand.until_state("north", ReaderState.INSECURE)
            assert (await stand.readers.adopt("north", SECONDS)).outcome is AdoptionOutcome.ADOPTED
            assert stand.keys.read("north") == _site_key(tmp_path) != KEY
            await _cards_pass(stand)

    asyncio.run(story())


@pytest.mark.parametrize("kept", [KEY, None])
def test_a_strangers_reader_is_not_adopted_and_what_we_had_stays(tmp_path: Path, kept: bytes | None) -> None:
    async def story() -> None:
        stand = Stand(tmp_path, [reader_plan("north")], {"north": STRANGERS_KEY})
        if kept is None:
            _unkeyed(stand, "north")
        async with stand:
            ended = await stand.readers.adopt("north", 3)
            assert ended.outcome is AdoptionOutcome.TIMED_OUT
            assert "factory settings" in ended.detail
            assert _site_key(tmp_path) == STRANGERS_KEY
            folder = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
            assert folder == ({} if kept is None else {"north.key": KEY})
            _nothing_open(stand)

    asyncio.run(story())


def _nothing_open(stand: Stand) -> None:
    bus = stand.readers.bus("north")
    assert bus is not None
    peer = bus.peer("north")
    assert peer is None or not peer.installing


@pytest.mark.parametrize("mode", ["factory", "clear-text"])
def test_nothing_that_a_reader_sends_while_it_is_adopted_is_taken(tmp_path: Path, mode: str) -> None:
    async def story() -> None:
        async with _new(tmp_path, mode) as stand:
            await stand.until_state("south", ReaderState.ONLINE)
            adopting = asyncio.create_task(stand.readers.adopt("north", 4))
            if mode == "factory":
                stand.site._readers["north"]._keep = _refuse  # type: ignore[attr-defined]
            while not adopting.done():
                stand.site.card("north", 26, CARD)
                await asyncio.sleep(0.01)
            assert adopting.result().outcome is AdoptionOutcome.TIMED_OUT
            assert stand.inputs("north") == []
            assert ReaderState.ONLINE not in stand.changes("north")
            assert stand.readers.states()["north"] is not ReaderState.ONLINE
            _nothing_open(stand)

    asyncio.run(story())


def test_a_card_at_a_reader_that_holds_its_key_but_is_not_adopted_yet_is_not_taken(tmp_path: Path) -> None:
    async def story() -> None:
        async with _new(tmp_path) as stand:
            await stand.until_state("south", ReaderState.ONLINE)
            stored, promote = threading.Event(), stand.keys.promote

            def promote_late(reader: str) -> None:
                stored.wait()
                promote(reader)

            stand.keys.promote = promote_late  # type: ignore[method-assign]
            adopting = asyncio.create_task(stand.readers.adopt("north", SECONDS))
            await stand.site.until(lambda _: (tmp_path / "site" / "north.key").exists())
            tap = Tap(stand.site._readers["north"])
            while not tap.cards():
                stand.site.card("north", 26, CARD)
                await asyncio.sleep(0.01)
            stored.set()
            assert (await adopting).outcome is AdoptionOutcome.ADOPTED
            await stand.until_state("north", ReaderState.ONLINE)
            assert stand.changes("north").count(ReaderState.ONLINE) == 1
            assert stand.inputs("north") == []

    asyncio.run(story())


def _refuse(_key: bytes) -> None:
    raise ValueError("this reader keeps its key")


def test_a_reader_that_takes_no_new_key_keeps_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adoption, "KEY_SECONDS", 0.5)

    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            stand.site._readers["north"]._keep = _refuse  # type: ignore[attr-defined]
            ended = await stand.readers.adopt("north", SECONDS)
            assert ended.outcome is AdoptionOutcome.FAILED
            assert "keeps the one it has" in ended.detail
            await _cards_pass(stand)
            assert stand.keys.read("north") == KEY
            assert not (tmp_path / "keys" / "north.pending").exists()

    asyncio.run(story())


def test_a_silent_reader_leaves_nothing_behind(tmp_path: Path) -> None:
    async def story() -> None:
        async with _new(tmp_path) as stand:
            stand.site.power("north", False)
            ended = await stand.readers.adopt("north", 3)
            assert ended.outcome is AdoptionOutcome.TIMED_OUT
            assert "does not answer" in ended.detail
            assert not list((tmp_path / "keys").glob("north*"))
            _nothing_open(stand)

    asyncio.run(story())


def test_a_reader_that_comes_late_but_in_time_is_adopted(tmp_path: Path) -> None:
    async def story() -> None:
        async with _new(tmp_path) as stand:
            stand.site.power("north", False)
            adopting = asyncio.create_task(stand.readers.adopt("north", SECONDS))
            await stand.until_state("south", ReaderState.ONLINE)
            stand.site.power("north", True)
            assert (await adopting).outcome is AdoptionOutcome.ADOPTED

    asyncio.run(story())


def test_a_key_that_was_taken_but_not_stored_is_found_again_by_the_readers_proof(tmp_path: Path) -> None:
    async def story() -> None:
        async with _new(tmp_path) as stand:
            north = stand.site._readers["north"]
            assert isinstance(north, SecureReader)
            keep, adopting = north._keep, asyncio.create_task(stand.readers.adopt("north", SECONDS))

            def cut_off(key: bytes) -> None:
                keep(key)
                adopting.cancel()

            north._keep = cut_off
            await asyncio.gather(adopting, return_exceptions=True)
            assert adopting.cancelled()
            assert _held(stand) == Held(pending=_site_key(tmp_path))
            await _cards_pass(stand)
            assert _held(stand) == Held(_site_key(tmp_path))

    asyncio.run(story())


def _held(stand: Stand) -> Held:
    return stand.keys.held("north")


@pytest.mark.parametrize("old", [KEY, b""])
def test_a_controller_that_starts_with_a_pending_key_learns_that_the_reader_took_it(tmp_path: Path, old: bytes) -> None:
    async def story() -> None:
        stand = Stand(tmp_path, [reader_plan("north")])
        if not old:
            _unkeyed(stand, "north")
        (tmp_path / "site" / "north.key").write_bytes(stand.keys.make_pending("north"))
        async with stand:
            await _cards_pass(stand)
            assert _held(stand) == Held(_site_key(tmp_path))
            assert ReaderState.INSECURE not in stand.changes("north")

    asyncio.run(story())


def test_a_controller_that_starts_with_a_pending_key_learns_that_the_reader_did_not_take_it(tmp_path: Path) -> None:
    async def story() -> None:
        stand = Stand(tmp_path, [reader_plan("north")])
        stand.keys.make_pending("north")
        async with stand:
            await _cards_pass(stand)
            assert _held(stand) == Held(KEY)
            stand.readers.configure([snapshot_reader(plan) for plan in stand.plans])
            assert stand.readers.states()["north"] is ReaderState.ONLINE

    asyncio.run(story())


def test_a_new_reader_whose_adoption_broke_off_before_it_took_the_key_says_what_to_do(tmp_path: Path) -> None:
    async def story() -> None:
        stand = _new(tmp_path)
        stand.keys.make_pending("north")
        async with stand:
            await stand.until_state("north", ReaderState.INSECURE)
            change = next(one for one in stand.received if stand.changes("north") and one.reader == "north")
            assert "adopt it again" in getattr(change, "detail", "")
            assert (await stand.readers.adopt("north", SECONDS)).outcome is AdoptionOutcome.ADOPTED
            await _cards_pass(stand)

    asyncio.run(story())


@pytest.mark.parametrize("mode", ["factory", "secure"])
def test_a_reader_whose_acknowledgement_is_lost_is_adopted_all_the_same(tmp_path: Path, mode: str) -> None:
    async def story() -> None:
        stand = _new(tmp_path) if mode == "factory" else Stand(tmp_path, [reader_plan("north")])
        async with stand:
            north = stand.site._readers["north"]
            assert isinstance(north, SecureReader)
            lost: list[bytes] = []
            keep, send = north._keep, north._channel.send
            assert send is not None

            def keep_and_fall_silent(key: bytes) -> None:
                keep(key)

                def lose_one(data: bytes) -> None:
                    lost.append(data)
                    north._channel.send = send

                north._channel.send = lose_one

            north._keep = keep_and_fall_silent
            if mode == "secure":
                await stand.until_online()
            assert (await stand.readers.adopt("north", SECONDS)).outcome is AdoptionOutcome.ADOPTED
            assert lost
            assert _held(stand) == Held(_site_key(tmp_path))
            await _cards_pass(stand)

    asyncio.run(story())


def test_noise_on_the_line_does_not_stop_an_adoption(tmp_path: Path) -> None:
    async def story() -> None:
        async with _new(tmp_path) as stand:
            adopting = asyncio.create_task(stand.readers.adopt("north", SECONDS))
            for noise in [b"\x53\x80\xff\xff\x0f" * 20, b"\x00\xff" * 100, bytes(range(256))] * 3:
                stand.site.noise("north", noise)
                await asyncio.sleep(0.05)  # Spread over the handshake.
            assert (await adopting).outcome is AdoptionOutcome.ADOPTED
            assert _held(stand) == Held(_site_key(tmp_path))

    asyncio.run(story())


def test_a_change_of_the_bus_ends_an_adoption(tmp_path: Path) -> None:
    async def story() -> None:
        async with _new(tmp_path) as stand:
            await stand.until_state("south", ReaderState.ONLINE)
            stand.site.power("north", False)
            adopting = asyncio.create_task(stand.readers.adopt("north", SECONDS))
            await asyncio.sleep(0)
            stand.readers.configure([])
            ended = await adopting
            assert ended.outcome is AdoptionOutcome.FAILED
            assert "bus" in ended.detail

    asyncio.run(story())


def test_what_cannot_be_adopted_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portvakt.controller.readers.buses.SHORTEST_SECONDS", 30)

    async def refused(readers: Readers, reader: str, seconds: int) -> str:
        ended = await readers.adopt(reader, seconds)
        assert ended.outcome is AdoptionOutcome.FAILED
        return ended.detail

    async def story() -> None:
        async with _new(tmp_path) as stand:
            await stand.until_state("south", ReaderState.ONLINE)
            assert "30 to 600" in await refused(stand.readers, "north", 29)
            assert "30 to 600" in await refused(stand.readers, "north", 601)
            assert "no such reader" in await refused(stand.readers, "nobody", 60)
            stand.site.power("north", False)
            first = asyncio.create_task(stand.readers.adopt("north", 60))
            await asyncio.sleep(0)
            assert "already" in await refused(stand.readers, "north", 60)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            _nothing_open(stand)

    asyncio.run(story())


def test_a_replaced_key_on_disk_restarts_that_reader_alone(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north"), reader_plan("south", address=1)]) as stand:
            await stand.until_online()
            stand.keys.write("north", STRANGERS_KEY)
            stand.readers.configure([snapshot_reader(plan) for plan in stand.plans])
            await stand.until_state("north", ReaderState.INSECURE)
            assert stand.changes("south") == [ReaderState.ONLINE]

    asyncio.run(story())
