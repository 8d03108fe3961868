"""Do strikes and inputs pass over this machine's own lines, and is a wiring file that cannot be used refused?

The chip is a small fake with the interface of gpiod 2: no machine of ours has lines, and none has been driven for real.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gpiod
import pytest
from gpiod.line import Bias, Direction, Edge, Value

from portvakt.controller.outputs import (
    ContactChanged,
    ExitPressed,
    FireChanged,
    TamperChanged,
    WiringFault,
    gpio,
    gpio_outputs,
)
from portvakt.controller.outputs.gpio import GpioOutputs, read_wiring
from tests.controller.stand import reader_plan, snapshot_reader
from tests.controller.test_outputs import Inputs, running

FIRE, TAMPER, SECURE, SAFE, CONTACT, EXIT = 5, 6, 17, 18, 27, 22
FILE = f"""
chip = "/dev/gpiochip0"
fire = {{ line = {FIRE} }}
tamper = {{ line = {TAMPER}, pull = "none" }}

[[door]]
id = "door"
strike = {{ line = {SECURE}, fails = "secure" }}
contact = {{ line = {CONTACT} }}
exit = {{ line = {EXIT}, active_low = true }}

[[door]]
id = "magnet"
strike = {{ line = {SAFE}, fails = "safe" }}
"""


class FakeEdge:
    """A gpiod.EdgeEvent as far as it is used."""

    Type = gpiod.EdgeEvent.Type

    def __init__(self, line: int, rising: bool) -> None:  # noqa: FBT001
        self.line_offset = line
        self.event_type = self.Type.RISING_EDGE if rising else self.Type.FALLING_EDGE


class FakeChip:
    """Lines that somebody else moves; it can be taken away, and it can lose edges as a full kernel buffer does."""

    def __init__(self, active: set[int] | None = None) -> None:
        self.active = active or set()
        self.config: dict[int, gpiod.LineSettings] = {}
        self.values: dict[int, Value] = {}
        self.held = self.gone = self.loses_edges = False
        self.requests = 0
        self.edges: list[FakeEdge] = []
        self._news = asyncio.Event()

    def request(self, path: str, *, consumer: str, config: dict[int, Any]) -> "FakeChip":
        self.requests += 1
        if self.gone or self.held:
            raise OSError(19, "No such device" if self.gone else "busy")
        assert (path, consumer) == ("/dev/gpiochip0", "portvakt")
        self.held, self.config, self.fd = True, config, os.eventfd(0, os.EFD_NONBLOCK)
        self.values = {n: one.output_value for n, one in config.items() if one.direction is Direction.OUTPUT}
        self._news.set()
        return self

    def set_value(self, line: int | str, value: Value) -> None:
        self._check()
        assert isinstance(line, int)
        self.values[line] = value
        self._news.set()

    def get_values(self, lines: Any = None) -> list[Value]:
        self._check()
        return [Value.ACTIVE if line in self.active else Value.INACTIVE for line in lines]

    def read_edge_events(self) -> list[FakeEdge]:
        self._check()
        os.eventfd_read(self.fd)
        edges, self.edges = self.edges, []
        return [] if self.loses_edges else edges

    def release(self) -> None:
        self.held = False
        os.close(self.fd)
        self._news.set()

    def move(self, *lines: int) -> None:
        """The lines change one after the other, all before anyone looks."""
        for line in lines:
            self.active ^= {line}
            self.edges.append(FakeEdge(line, line in self.active))
        os.eventfd_write(self.fd, 1)

    def pull_out(self) -> None:
        self.gone = True
        os.eventfd_write(self.fd, 1)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def _check(self) -> None:
        if self.gone:
            raise OSError(19, "No such device")


class Bench:
    """Outputs on a fake chip, and what they told."""

    def __init__(self, folder: Path, active: set[int] | None = None) -> None:
        path = folder / "wiring.toml"
        path.write_text(FILE)
        self.inputs = Inputs()
        self.chip = FakeChip(active)
        self.outputs = GpioOutputs(read_wiring(path), self.inputs, self.chip.request)
        self.outputs.watch_site(self.inputs)


def test_a_strike_gets_current_as_it_fails_secure_or_safe_and_is_locked_at_the_end(tmp_path: Path) -> None:
    async def story() -> None:
        bench = Bench(tmp_path)
        values = bench.chip.values
        async with running(bench.outputs):
            await bench.chip.until(lambda: bench.chip.held)
            values = bench.chip.values
            assert values == {SECURE: Value.INACTIVE, SAFE: Value.ACTIVE}
            for door in ("door", "magnet"):
                bench.outputs.strike(door, True)
            assert values == {SECURE: Value.ACTIVE, SAFE: Value.INACTIVE}
        assert values == {SECURE: Value.INACTIVE, SAFE: Value.ACTIVE}
        assert not bench.chip.held

    asyncio.run(story())


def test_the_lines_are_asked_for_as_the_file_says(tmp_path: Path) -> None:
    async def story() -> None:
        bench = Bench(tmp_path)
        async with running(bench.outputs):
            await bench.chip.until(lambda: bench.chip.held)
            config = bench.chip.config
            assert set(config) == {FIRE, TAMPER, SECURE, SAFE, CONTACT, EXIT}
            assert [config[line].bias for line in (FIRE, TAMPER)] == [Bias.PULL_UP, Bias.DISABLED]
            assert [config[line].active_low for line in (EXIT, CONTACT)] == [True, False]
            inputs = [config[line] for line in (FIRE, TAMPER, CONTACT, EXIT)]
            assert {one.direction for one in inputs} == {Direction.INPUT}
            assert {one.edge_detection for one in inputs} == {Edge.BOTH}
            assert {one.debounce_period.total_seconds() for one in inputs} == {0.03}

    asyncio.run(story())


def test_contact_button_fire_and_enclosure_are_told(tmp_path: Path) -> None:
    async def story() -> None:
        bench = Bench(tmp_path)
        async with running(bench.outputs):
            await bench.inputs.until(lambda: bench.inputs.seen == [ContactChanged("door", False)])
            bench.chip.move(CONTACT)
            bench.chip.move(EXIT, EXIT)  # Pressed and let go before anyone looked: still pressed.
            bench.chip.move(FIRE)
            bench.chip.move(TAMPER)
            bench.chip.move(FIRE)
            await bench.inputs.until(lambda: len(bench.inputs.seen) == 6)
            assert bench.inputs.seen[1:] == [
                ContactChanged("door", True),
                ExitPressed("door"),
                FireChanged(True),
                TamperChanged(True),
                FireChanged(False),
            ]

    asyncio.run(story())


def test_a_contact_is_unknown_until_the_chip_is_there_and_fire_that_burns_already_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        bench = Bench(tmp_path, {CONTACT, FIRE, EXIT})
        assert bench.inputs.seen == []
        async with running(bench.outputs):
            await bench.inputs.until(lambda: len(bench.inputs.seen) == 2)
            assert set(bench.inputs.seen) == {ContactChanged("door", True), FireChanged(True)}

    asyncio.run(story())


def test_an_edge_that_the_kernel_dropped_is_made_good(tmp_path: Path) -> None:
    async def story() -> None:
        bench = Bench(tmp_path)
        async with running(bench.outputs):
            await bench.inputs.until(lambda: bool(bench.inputs.seen))
            bench.chip.loses_edges = True
            bench.chip.move(CONTACT)
            await bench.inputs.until(lambda: ContactChanged("door", True) in bench.inputs.seen)

    asyncio.run(story())


def test_a_chip_that_was_lost_is_opened_again_with_the_strikes_as_they_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpio, "REOPEN_SECONDS", 0)

    async def story() -> None:
        bench = Bench(tmp_path)
        async with running(bench.outputs):
            await bench.inputs.until(lambda: bool(bench.inputs.seen))
            assert bench.outputs.reachable("door")
            bench.chip.pull_out()
            await bench.chip.until(lambda: not bench.chip.held)
            assert not bench.outputs.reachable("door")
            bench.outputs.strike("door", True)
            bench.chip.gone = False
            await bench.chip.until(lambda: bench.chip.held)
            assert bench.chip.values[SECURE] is Value.ACTIVE
            assert bench.outputs.reachable("door")

    asyncio.run(story())


def test_a_strike_that_cannot_be_set_counts_as_a_lost_chip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpio, "REOPEN_SECONDS", 0)

    async def story() -> None:
        bench = Bench(tmp_path)
        async with running(bench.outputs):
            await bench.inputs.until(lambda: bool(bench.inputs.seen))
            bench.chip.gone = True
            bench.outputs.strike("door", True)
            await bench.chip.until(lambda: not bench.chip.held)
            bench.chip.gone = False
            await bench.chip.until(lambda: bench.chip.held)
            assert bench.chip.values[SECURE] is Value.ACTIVE

    asyncio.run(story())


def test_a_door_that_is_not_in_the_file_is_not_reachable_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        bench = Bench(tmp_path)
        bench.outputs.configure([snapshot_reader(reader_plan("north")), _at("cellar")])
        async with running(bench.outputs):
            await bench.chip.until(lambda: bench.chip.held)
            before = dict(bench.chip.values)
            bench.outputs.strike("cellar", True)
            assert bench.chip.values == before
            assert not bench.outputs.reachable("cellar")

    asyncio.run(story())
    assert [record.message for record in caplog.records if "cellar" in record.message]
    assert not [record.message for record in caplog.records if "door door" in record.message]


def _at(door: str) -> Any:
    return gpio.msgspec.structs.replace(snapshot_reader(reader_plan("other", address=1)), door=door)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chip = 1", "chip"),
        ("[[door", "wiring.toml"),
        (FILE.replace('"safe"', '"open"'), "fails"),
        (FILE.replace(f"line = {SAFE}", f"line = {FIRE}"), "line 5 is used twice"),
        (FILE.replace('"magnet"', '"door"'), "door door is there twice"),
        (FILE.replace(f"line = {SAFE}", "line = -1"), "negative"),
        (FILE + "colour = 1\n", "colour"),
        (FILE + "#" * 1_000_001, "too large"),
    ],
)
def test_a_wiring_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "wiring.toml"
    path.write_text(text)
    with pytest.raises(WiringFault, match=says):
        read_wiring(path)


def test_a_missing_file_and_a_missing_library_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WiringFault, match="No such file"):
        gpio_outputs(tmp_path / "nothing.toml")
    monkeypatch.setattr(gpio, "gpiod", None)
    with pytest.raises(WiringFault, match="gpiod is missing"):
        gpio_outputs(tmp_path / "nothing.toml")


def test_the_real_library_is_asked_and_a_missing_chip_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "wiring.toml"
    path.write_text(FILE.replace("/dev/gpiochip0", str(tmp_path / "gpiochip9")))

    async def story() -> None:
        outputs = gpio_outputs(path)(None, Inputs())  # type: ignore[arg-type]
        async with running(outputs):
            while not caplog.records:  # noqa: ASYNC110 - the log is all that tells
                await asyncio.sleep(0)
            outputs.strike("door", True)
            assert not outputs.reachable("door")

    asyncio.run(story())
    assert "cannot be had" in caplog.records[0].message
