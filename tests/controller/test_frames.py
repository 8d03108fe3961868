"""Are only whole and undamaged frames believed, whatever else comes over the wire?"""

import pytest

from portvakt.controller.readers.frames import CARD, PD_ID, Frame, Scanner, encoded

FRAME = Frame(5, True, 2, b"", PD_ID, bytes(range(12)))
RAW = encoded(FRAME)
# The first command of libosdp 3.2.9 to address 1, as recorded: mark byte, then an ID request with CRC.
RECORDED = bytes.fromhex("ff530109000461006023")
# An acknowledgement with a one-byte checksum and a secured one with its MAC, put together by hand from the standard.
WITH_CHECKSUM = bytes([0x53, 0x80, 0x07, 0x00, 0x01, 0x40, 0xE5])


def test_a_recorded_command_is_read() -> None:
    assert Scanner().feed(RECORDED) == [Frame(1, False, 0, b"", 0x61, b"\0")]


def test_a_checksum_is_as_good_as_a_crc() -> None:
    assert Scanner().feed(WITH_CHECKSUM) == [Frame(0, True, 1, b"", 0x40, b"")]


def test_frames_arrive_in_any_pieces() -> None:
    scanner = Scanner()
    found = [frame for byte in RAW + RAW for frame in scanner.feed(bytes([byte]))]
    assert found == [FRAME, FRAME]


@pytest.mark.parametrize("position", range(len(RAW)))
def test_a_flipped_bit_anywhere_is_noticed(position: int) -> None:
    for bit in range(8):
        damaged = bytearray(RAW)
        damaged[position] ^= 1 << bit
        assert FRAME not in Scanner().feed(bytes(damaged))


@pytest.mark.parametrize(
    "noise", [b"\x00" * 9, b"\x53", b"\x53\x53\x53", b"\xff\x53\x00\x00\x00\x00", bytes(range(256))]
)
def test_a_frame_is_found_behind_noise(noise: bytes) -> None:
    scanner = Scanner()
    found = scanner.feed(noise + RAW * 200)
    assert FRAME in found
    assert len(scanner._held) < 1500


@pytest.mark.parametrize("block", [b"\x00", b"\x01\x18", b"\xff\x18", b"\x02\x18"])
def test_a_broken_security_block_is_no_frame(block: bytes) -> None:
    raw = bytes([0x53, 0x80, 5 + len(block) + 1, 0, 0x08]) + block
    assert Scanner().feed(raw + bytes([-sum(raw) & 0xFF])) == []


def test_secured_frames_are_told_from_the_handshake() -> None:
    assert Frame(0, True, 0, b"\x16", CARD, b"").secured
    assert not Frame(0, True, 0, b"\x14\x01", CARD, b"").secured
    assert not Frame(0, True, 0, b"", CARD, b"").secured
