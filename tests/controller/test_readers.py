"""Do cards, keys and lights pass between controller and real OSDP readers, and does one bus leave the others alone?"""

import asyncio
from pathlib import Path

from portvakt.controller.readers import CardRead, KeysTyped, ReaderState, Signal
from tests.controller.stand import Stand, reader_plan, snapshot_reader

CARD = bytes.fromhex("a1b2c3c0")


def test_a_card_and_typed_keys_arrive(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            stand.site.card("north", 26, CARD)
            stand.site.keys("north", "12*90#")
            await stand.until(lambda: len(stand.inputs("north")) == 2)
            assert stand.inputs("north") == [CardRead("north", 26, CARD), KeysTyped("north", "12*90#")]

    asyncio.run(story())


def test_four_readers_share_a_bus(tmp_path: Path) -> None:
    names = ["east", "north", "south", "west"]

    async def story() -> None:
        plans = [reader_plan(name, address=number) for number, name in enumerate(names)]
        async with Stand(tmp_path, plans) as stand:
            await stand.until_online()
            for number, name in enumerate(names):
                stand.site.card(name, 32, bytes([number] * 4))
            await stand.until(lambda: all(stand.inputs(name) for name in names))
            assert [stand.inputs(name) for name in names] == [
                [CardRead(name, 32, bytes([number] * 4))] for number, name in enumerate(names)
            ]

    asyncio.run(story())


def test_a_signal_lights_the_reader_and_beeps(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            for signal, colour, beeps in [
                (Signal.GRANTED, "green", 1),
                (Signal.DENIED, "red", 4),
                (Signal.NEED_PIN, "amber", 5),
            ]:
                stand.readers.signal("north", signal)
                await stand.site.until(
                    lambda state, colour=colour, beeps=beeps: (  # type: ignore[misc]
                        state["readers"]["north"]["led"] == colour and state["readers"]["north"]["beeps"] == beeps
                    )
                )

    asyncio.run(story())


def test_a_dropped_reader_goes_offline_and_comes_back_while_another_bus_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        plans = [reader_plan("north"), reader_plan("south", port="bus1")]
        async with Stand(tmp_path, plans) as stand:
            await stand.until_online()
            stand.site.power("north", False)
            await stand.until_state("north", ReaderState.OFFLINE)
            assert stand.readers.states() == {"north": ReaderState.OFFLINE, "south": ReaderState.ONLINE}
            stand.site.card("south", 26, CARD)
            await stand.until(lambda: stand.inputs("south") == [CardRead("south", 26, CARD)])
            stand.site.power("north", True)
            await stand.until_state("north", ReaderState.ONLINE)
            stand.site.card("north", 26, CARD)
            await stand.until(lambda: stand.inputs("north") == [CardRead("north", 26, CARD)])
            assert stand.changes("south") == [ReaderState.ONLINE]

    asyncio.run(story())


def test_a_dead_reader_on_the_same_bus_does_not_stop_the_others(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north"), reader_plan("south", address=1)]) as stand:
            await stand.until_online()
            stand.site.power("north", False)
            await stand.until_state("north", ReaderState.OFFLINE)
            stand.site.card("south", 26, CARD)
            await stand.until(lambda: stand.inputs("south") == [CardRead("south", 26, CARD)])
            assert stand.changes("south") == [ReaderState.ONLINE]

    asyncio.run(story())


def test_nothing_typed_or_shown_while_a_reader_was_lost_is_delivered_later(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            stand.site.power("north", False)
            await stand.until_state("north", ReaderState.OFFLINE)
            stand.site.card("north", 26, CARD)
            stand.readers.signal("north", Signal.GRANTED)
            stand.site.power("north", True)
            await stand.until_state("north", ReaderState.ONLINE)
            stand.site.keys("north", "1")
            await stand.until(lambda: bool(stand.inputs("north")))
            assert stand.inputs("north") == [KeysTyped("north", "1")]
            assert stand.site.state()["readers"]["north"]["beeps"] == 0

    asyncio.run(story())


def test_an_opened_housing_is_told_and_the_reader_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            stand.site.tamper("north", True)
            await stand.until_state("north", ReaderState.TAMPERED)
            stand.site.card("north", 26, CARD)
            await stand.until(lambda: stand.inputs("north") == [CardRead("north", 26, CARD)])
            stand.site.tamper("north", False)
            await stand.until_state("north", ReaderState.ONLINE)

    asyncio.run(story())


def test_a_pulled_adapter_is_found_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            stand.site.unplug("bus0")
            await stand.until_state("north", ReaderState.OFFLINE)
            stand.site.plug("bus0")
            await stand.until_state("north", ReaderState.ONLINE)

    asyncio.run(story())


def test_configure_leaves_an_unchanged_bus_alone_and_rebuilds_a_changed_one(tmp_path: Path) -> None:
    async def story() -> None:
        plans = [reader_plan("north"), reader_plan("south", port="bus1"), reader_plan("west", port="bus1", address=1)]
        async with Stand(tmp_path, plans) as stand:
            await stand.until_online()
            stand.readers.configure([snapshot_reader(plans[0]), snapshot_reader(plans[1])])
            await stand.until(lambda: len(stand.changes("south")) == 2)
            assert stand.readers.states() == {"north": ReaderState.ONLINE, "south": ReaderState.ONLINE}
            assert stand.changes("north") == [ReaderState.ONLINE]
            stand.site.card("north", 26, CARD)
            await stand.until(lambda: stand.inputs("north") == [CardRead("north", 26, CARD)])

    asyncio.run(story())


def test_a_reader_that_cannot_be_asked_is_offline_with_its_reason(tmp_path: Path) -> None:
    async def story() -> None:
        plans = [reader_plan("north"), reader_plan("south", port="bus1")]
        async with Stand(tmp_path, plans) as stand:
            await stand.until_online()
            twin = snapshot_reader(reader_plan("twin", port="bus0"))
            stand.readers.configure([*map(snapshot_reader, plans), twin])
            assert stand.readers.states()["twin"] is ReaderState.OFFLINE
            assert stand.changes("twin") == [ReaderState.OFFLINE]
            assert stand.changes("north") == [ReaderState.ONLINE]

    asyncio.run(story())
