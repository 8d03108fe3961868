"""Is a reader that is not provably ours ever listened to?"""

import asyncio
import ctypes
from pathlib import Path

import pytest

from portvakt.controller.readers import CardRead, KeyFault, Keys, ReaderChanged, ReaderState, frames, libosdp
from portvakt.controller.readers.keys import DEFAULT_KEY
from portvakt.controller.readers.witness import Witness, reader_cryptogram
from portvakt.controller.simulator.reader import ClearTextReader
from tests.controller.stand import KEY, STRANGERS_KEY, Stand, reader_plan

CARD = bytes.fromhex("a1b2c3c0")


def _insecure(tmp_path: Path, mode: str, key: bytes, says: str) -> None:
    async def story() -> None:
        plans = [reader_plan("north", mode=mode), reader_plan("south", port="bus1")]
        async with Stand(tmp_path, plans, {"north": key}) as stand:
            stand.site.card("north", 26, CARD)
            await stand.until_state("north", ReaderState.INSECURE)
            await stand.until_state("south", ReaderState.ONLINE)
            stand.site.card("north", 26, CARD)
            stand.site.keys("north", "1234#")
            stand.site.card("south", 26, CARD)
            await stand.until(lambda: bool(stand.inputs("south")))
            change = next(one for one in stand.received if one.reader == "north")
            assert isinstance(change, ReaderChanged)
            assert says in change.detail
            assert stand.inputs("north") == []
            assert stand.changes("north") == [ReaderState.INSECURE]

    asyncio.run(story())


def test_a_reader_with_another_key_is_insecure(tmp_path: Path) -> None:
    _insecure(tmp_path, "secure", STRANGERS_KEY, "another key")


def test_a_reader_with_the_default_key_is_insecure(tmp_path: Path) -> None:
    _insecure(tmp_path, "secure", DEFAULT_KEY, "default key")


def test_a_reader_fresh_from_the_factory_is_insecure(tmp_path: Path) -> None:
    _insecure(tmp_path, "factory", KEY, "key")


def test_a_reader_that_speaks_clear_text_only_is_insecure(tmp_path: Path) -> None:
    _insecure(tmp_path, "clear-text", KEY, "clear text")


@pytest.mark.parametrize("noise", [b"\x00\xff" * 100, b"\x53" * 64, bytes(range(256)), b"\x53\x80\xff\xff\x0f" * 20])
def test_noise_on_the_line_passes(tmp_path: Path, noise: bytes) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            for _ in range(5):
                stand.site.noise("north", noise)
                stand.site.card("north", 26, CARD)
                await asyncio.sleep(0)
            await stand.until_state("north", ReaderState.ONLINE)
            await stand.site.until(lambda state: bool(state["readers"]["north"]["online"]))
            stand.received.clear()
            stand.site.keys("north", "5")
            await stand.until(lambda: "5" in [getattr(one, "digits", "") for one in stand.inputs("north")])
            assert ReaderState.INSECURE not in stand.changes("north")

    asyncio.run(story())


def test_a_clear_text_card_sent_before_the_handshake_is_never_delivered(tmp_path: Path) -> None:
    # libosdp keeps it and hands it over as soon as the real reader's channel is up.
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            await stand.until_online()
            stand.site.power("north", False)
            await stand.until_state("north", ReaderState.OFFLINE)
            genuine = stand.site._readers["north"]
            planted = ClearTextReader(genuine.plan, stand.site._lines["bus0"].send)
            planted.card(26, CARD)
            stand.site._readers["north"] = planted
            await stand.site.until(lambda _: not planted.cards)
            stand.site._readers["north"] = genuine
            stand.site.power("north", True)
            await stand.until_state("north", ReaderState.ONLINE)
            stand.site.card("north", 26, bytes(4))
            await stand.until(lambda: CardRead("north", 26, bytes(4)) in stand.inputs("north"))
            assert stand.inputs("north") == [CardRead("north", 26, bytes(4))]

    asyncio.run(story())


class _Tape:
    """A channel that answers nothing and remembers what was sent."""

    id = 0

    def __init__(self) -> None:
        self.sent: list[frames.Frame] = []
        self.answers = bytearray()

    def read(self, at_most: int) -> bytes:
        taken = bytes(self.answers[:at_most])
        del self.answers[:at_most]
        return taken

    def write(self, data: bytes) -> int:
        for frame in frames.Scanner().feed(data):
            self.sent.append(frame)
            if frame.code == frames.ID:
                self._answer(frame, frames.PD_ID, bytes(12))
            elif frame.code == frames.CAPABILITIES:
                self._answer(frame, frames.PD_CAPABILITIES, bytes([9, 1, 0]))
        return len(data)

    def flush(self) -> None:
        """Nothing to drop."""

    def _answer(self, to: frames.Frame, code: int, payload: bytes) -> None:
        self.answers += frames.encoded(frames.Frame(to.address, True, to.sequence, b"", code, payload))


def _challenge() -> bytes:
    ctypes.CDLL(None).srand(1)  # What an unseeded process starts with.
    tape = _Tape()
    libosdp.stir_random()
    panel = libosdp.panel(0, tape, KEY)
    for _ in range(20):
        panel.refresh()
    return next(frame.payload for frame in tape.sent if frame.code == frames.CHALLENGE)


def test_challenges_differ_from_start_to_start() -> None:
    assert len({_challenge() for _ in range(5)}) == 5


def test_a_witness_asks_for_two_proofs_and_forgets_them_once_secure() -> None:
    witness = Witness(KEY)
    wrong = frames.Frame(0, True, 1, b"\x12\x01", frames.CRYPTOGRAM, bytes(32))
    witness.heard(wrong)
    assert witness.finding == ""
    witness.heard(wrong)
    assert "another key" in witness.finding
    witness.clear()
    assert witness.finding == ""


def test_a_witness_accepts_our_own_key() -> None:
    witness, ours, theirs = Witness(KEY), bytes(range(8)), bytes(range(8, 16))
    witness.sent(frames.Frame(0, False, 1, b"\x11\x01", frames.CHALLENGE, ours))
    for _ in range(3):
        answer = bytes(8) + theirs + reader_cryptogram(KEY, ours, theirs)
        witness.heard(frames.Frame(0, True, 1, b"\x12\x01", frames.CRYPTOGRAM, answer))
    assert witness.finding == ""


def test_keys_are_private_files_of_sixteen_bytes(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    made = keys.make("north")
    assert len(made) == 16
    assert keys.read("north") == made
    assert (tmp_path / "keys" / "north.key").stat().st_mode & 0o777 == 0o600
    assert keys.make("south") != made


@pytest.mark.parametrize("name", ["../north", "", ".hidden", "a/b", "x" * 101])
def test_a_reader_id_cannot_leave_the_key_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyFault):
        Keys(tmp_path).write(name, KEY)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.make("north")
    (tmp_path / "north.key").chmod(0o640)
    with pytest.raises(KeyFault, match="others"):
        keys.read("north")


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(17), DEFAULT_KEY])
def test_a_short_or_published_key_is_refused(tmp_path: Path, key: bytes) -> None:
    (tmp_path / "north.key").write_bytes(key)
    (tmp_path / "north.key").chmod(0o600)
    with pytest.raises(KeyFault):
        Keys(tmp_path).read("north")
    with pytest.raises(KeyFault):
        Keys(tmp_path).write("south", key)
