"""Do cards, keys and lights pass between controller and real OSDP readers, and does one bus leave the others alone?"""

import asyncio
from pathlib import Path

import pytest

from portvakt.controller.readers import CardRead, KeysTyped, Language, ReaderDetails, ReaderState, Signal, translate
from portvakt.controller.simulator.site import MOST_TEXT
from tests.controller.stand import Stand, Tap, reader_plan, snapshot_reader

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
                (Signal.WAIT_FOR_PERSON, "amber", 7),
                (Signal.LOCKED_DOWN, "red", 10),
            ]:
                stand.readers.signal("north", signal)
                await stand.site.until(
                    lambda state, colour=colour, beeps=beeps: (  # type: ignore[misc]
                        state["readers"]["north"]["led"] == colour and state["readers"]["north"]["beeps"] == beeps
                    )
                )

    asyncio.run(story())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.SWEDISH, ["Stig in", "Nekad", "Ange PIN", "En person till", "Ingen passage"]),
        (Language.ENGLISH, ["Come in", "Denied", "Enter PIN", "One more person", "Locked down"]),
    ],
)
def test_a_display_says_it_in_words(tmp_path: Path, language: Language, words: list[str]) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north", display=True)], language=language) as stand:
            await stand.until_online()
            for signal, text in zip(Signal, words, strict=True):
                stand.readers.signal("north", signal)
                await stand.site.until(lambda state, text=text: state["readers"]["north"]["text"] == text)  # type: ignore[misc]

    asyncio.run(story())


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("language", Language)
def test_every_line_fits_the_smallest_display_and_is_ascii(signal: Signal, language: Language) -> None:
    line = translate.text(signal, language)["data"]
    assert 0 < len(line) <= 16
    assert line.isascii()


def test_a_reader_without_a_display_is_sent_no_text_and_stays(tmp_path: Path) -> None:
    # libosdp drops the link on the NAK that such a reader would give.
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            tap = Tap(stand.site._readers["north"])
            stand.readers.signal("north", Signal.GRANTED)
            await stand.site.until(lambda state: state["readers"]["north"]["beeps"] == 1)
            stand.site.keys("north", "1")
            await stand.until(lambda: bool(stand.inputs("north")))
            assert stand.site.state()["readers"]["north"]["text"] == ""
            assert tap.challenges() == []

    asyncio.run(story())


def test_a_reader_says_what_it_is_once_it_was_online(tmp_path: Path) -> None:
    async def story() -> None:
        plans = [reader_plan("north", wires=True, display=True), reader_plan("south", address=1)]
        async with Stand(tmp_path, plans) as stand:
            assert stand.readers.details() == {}
            await stand.until_online()
            details = stand.readers.details()
            assert details["north"] == ReaderDetails(
                maker="02:00:01",
                model="2.1",
                firmware="1.2.3",
                serial="00000001",
                capabilities=("inputs", "outputs", "cards", "led", "buzzer", "display", "secure_channel"),
            )
            assert details["south"].serial == "00000002"
            assert details["south"].capabilities == ("cards", "led", "buzzer", "secure_channel")
            stand.site.power("north", False)
            await stand.until_state("north", ReaderState.OFFLINE)
            assert stand.readers.details()["north"].firmware == "1.2.3"

    asyncio.run(story())


def test_a_text_is_read_like_a_card_of_eight_bits_a_sign(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            longest = "Q" * MOST_TEXT
            for text in ["ABC123", longest]:
                stand.site.text("north", text)
            await stand.until(lambda: len(stand.inputs("north")) == 2)
            assert stand.inputs("north") == [
                CardRead("north", 48, b"ABC123"),
                CardRead("north", MOST_TEXT * 8, longest.encode()),
            ]

    asyncio.run(story())


FOUR = ["east", "north", "south", "west"]


def test_one_of_four_dies_and_returns_and_the_other_three_never_notice(tmp_path: Path) -> None:
    others = FOUR[1:]

    async def story() -> None:
        async with Stand(tmp_path, [reader_plan(name, address=number) for number, name in enumerate(FOUR)]) as stand:
            await stand.until_online()
            for east_is_there in (False, True, False, True):
                stand.site.power("east", east_is_there)
                await stand.until_state("east", ReaderState.ONLINE if east_is_there else ReaderState.OFFLINE)
                await _cards_at(stand, others + ["east"] * east_is_there)
            assert [stand.changes(name) for name in others] == [[ReaderState.ONLINE]] * 3

    asyncio.run(story())


async def _cards_at(stand: Stand, names: list[str]) -> None:
    """A card at each of them at once arrives from each of them once."""
    before = {name: len(stand.inputs(name)) for name in names}
    for name in names:
        stand.site.card(name, 26, CARD)
    await stand.until(lambda: all(len(stand.inputs(name)) > before[name] for name in names))
    assert [stand.inputs(name)[before[name] :] for name in names] == [[CardRead(name, 26, CARD)] for name in names]


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
