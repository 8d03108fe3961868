"""How do strikes, contacts, buttons and the fire alarm reach us that hang on this machine's own GPIO lines?

A wiring file in TOML says which line is what, by its number on the chip:

    chip = "/dev/gpiochip0"

    [fire]                        # at most one; active is fire
    line = 5

    [tamper]                      # at most one; active is an open enclosure
    line = 6

    [[door]]
    id = "the door's id, as the Board shows it"
    strike = { line = 17, fails = "secure" }   # "safe": a magnet that holds as long as it has current
    contact = { line = 27 }                    # active is open; leave it out where there is none
    exit = { line = 22, active_low = true }    # active is pressed; leave it out where there is none

Every line may say `active_low = true`; an input may say `pull = "up"`, `"down"` or `"none"`. An input is pulled up unless it
says otherwise, so that a contact which closes a loop to ground when all is well reads active when the loop is cut.

The kernel removes the bounce of the contacts: an input counts once it has been still for DEBOUNCE, far below the 400 ms after
which EN 60839-11-1 wants any input taken. What is worn out or cut off in the wire cannot be seen from here.
"""

import asyncio
import contextlib
import logging
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from portvakt.controller.outputs.model import (
    ContactChanged,
    DoorInput,
    ExitPressed,
    FireChanged,
    Outputs,
    SiteInput,
    TamperChanged,
    nobody,
)
from portvakt.controller.readers import Readers
from portvakt.core import snapshot

try:
    import gpiod
    from gpiod.line import Bias, Direction, Edge, Value
except ImportError:  # It is for Linux alone, and a controller whose doors hang on readers needs none.
    gpiod = None  # type: ignore[assignment]

DEBOUNCE = timedelta(milliseconds=30)
REOPEN_SECONDS = 1.0
LARGEST_FILE = 1_000_000
CONSUMER = "portvakt"

log = logging.getLogger(__name__)


class WiringFault(Exception):
    """The wiring file or this machine cannot be used; the message says where and why."""


class OutLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A strike; one that fails secure needs current to open, one that fails safe needs current to stay locked."""

    line: int
    fails: Literal["secure", "safe"]
    active_low: bool = False


class InLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An input."""

    line: int
    active_low: bool = False
    pull: Literal["up", "down", "none"] = "up"


class DoorLines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What hangs on one door."""

    id: str
    strike: OutLine
    contact: InLine | None = None
    exit: InLine | None = None


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    chip: str
    door: tuple[DoorLines, ...]
    fire: InLine | None = None
    tamper: InLine | None = None


class Lines(Protocol):
    """The part of gpiod.LineRequest that is used here."""

    @property
    def fd(self) -> int: ...
    def set_value(self, line: int | str, value: Any) -> None: ...
    def get_values(self, lines: Iterable[int | str] | None = None) -> list[Any]: ...
    def read_edge_events(self) -> list[Any]: ...
    def release(self) -> None: ...


class Request(Protocol):
    """gpiod.request_lines, or what stands in for it."""

    def __call__(self, path: str, *, consumer: str, config: dict[int, Any]) -> Lines:
        """Takes the lines, outputs at their first value; OSError where that cannot be."""


def gpio_outputs(path: Path) -> Callable[[Readers, Callable[[DoorInput], None]], Outputs]:
    """What `--outputs gpio:FILE` makes its outputs with; WiringFault when file or machine cannot be used."""
    if gpiod is None:
        raise WiringFault("the package gpiod is missing here, so GPIO lines cannot be driven")
    return partial(_made, read_wiring(path))


def _made(wiring: Wiring, _readers: Readers, deliver: Callable[[DoorInput], None]) -> Outputs:
    return GpioOutputs(wiring, deliver, _request)


def _request(path: str, *, consumer: str, config: Any) -> Lines:
    return gpiod.request_lines(path, consumer=consumer, config=config)


def read_wiring(path: Path) -> Wiring:
    """The wiring in a file, checked; WiringFault otherwise."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise WiringFault(f"{path} is too large for a wiring file")
        wiring = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Wiring)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise WiringFault(f"{path}: {fault}") from fault
    if twice := _twice([door.id for door in wiring.door]):
        raise WiringFault(f"{path}: door {twice} is there twice")
    numbers = [line.line for line in _lines(wiring)]
    if twice := _twice([str(number) for number in numbers]):
        raise WiringFault(f"{path}: line {twice} is used twice")
    if min(numbers, default=0) < 0:
        raise WiringFault(f"{path}: a line's number is not negative")
    return wiring


def _twice(names: list[str]) -> str:
    return next((name for name in names if names.count(name) > 1), "")


def _lines(wiring: Wiring) -> Iterator[OutLine | InLine]:
    yield from (door.strike for door in wiring.door)
    yield from _inputs(wiring)


def _inputs(wiring: Wiring) -> Iterator[InLine]:
    yield from filter(None, [wiring.fire, wiring.tamper])
    for door in wiring.door:
        yield from filter(None, [door.contact, door.exit])


class GpioOutputs:
    """Strikes and inputs on the lines of one chip. A chip that is lost is opened again every second."""

    def __init__(self, wiring: Wiring, deliver: Callable[[DoorInput], None], request: Request) -> None:
        self._wiring = wiring
        self._deliver = deliver
        self._request = request
        self._watch: Callable[[SiteInput], None] = nobody
        self._strikes = {door.id: door.strike for door in wiring.door}
        self._released: set[str] = set()
        self._inputs = _meanings(wiring)
        self._active: dict[int, bool] = {}
        self._lines: Lines | None = None
        self._lost = asyncio.Event()

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """The file knows the doors by id; a door without lines is named in the log."""
        for door in sorted({one.door for one in readers} - self._strikes.keys()):
            log.warning("door %s has no lines in the wiring file; it cannot be released", door)

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001
        """Sets the line now, and again once a lost chip is back."""
        if released:
            self._released.add(door)
        else:
            self._released.discard(door)
        if self._lines is not None and door in self._strikes:
            self._set(self._lines, door)

    def reachable(self, door: str) -> bool:
        """The chip is open and the door has a strike on it."""
        return self._lines is not None and door in self._strikes

    def watch_site(self, deliver: Callable[[SiteInput], None]) -> None:
        """See Outputs."""
        self._watch = deliver

    async def run(self) -> None:
        """Keeps the lines."""
        try:
            while True:
                try:
                    await self._serve()
                except OSError as fault:
                    log.warning("the lines of %s cannot be had: %s", self._wiring.chip, fault.strerror or fault)
                await asyncio.sleep(REOPEN_SECONDS)
        finally:
            for door in list(self._released):
                self.strike(door, False)
            self._close()

    async def _serve(self) -> None:
        lines = self._request(self._wiring.chip, consumer=CONSUMER, config=self._settings())
        self._lines = lines
        self._lost.clear()
        loop, descriptor = asyncio.get_running_loop(), lines.fd
        loop.add_reader(descriptor, self._readable)
        try:
            self._look(lines)
            await self._lost.wait()
        except OSError:
            self._lost.set()
            raise
        finally:
            loop.remove_reader(descriptor)
            if self._lost.is_set():
                self._close()

    def _readable(self) -> None:
        if self._lines is None:
            return
        try:
            for event in self._lines.read_edge_events():
                self._note(event.line_offset, event.event_type is event.Type.RISING_EDGE)
            self._look(self._lines)
        except OSError as fault:
            log.warning("the lines of %s are lost: %s", self._wiring.chip, fault.strerror or fault)
            self._lost.set()

    def _look(self, lines: Lines) -> None:
        """How the inputs stand now: the first time, and in case the kernel had to drop an edge."""
        if numbers := list(self._inputs):
            for number, value in zip(numbers, lines.get_values(numbers), strict=True):
                self._note(number, value is Value.ACTIVE)

    def _note(self, number: int, active: bool) -> None:  # noqa: FBT001  A wire's one property.
        before = self._active.get(number)
        self._active[number] = active
        if before is active:
            return
        kind, door = self._inputs[number]
        if kind == "contact":
            self._deliver(ContactChanged(door, active))
        elif kind == "exit" and active and before is not None:
            self._deliver(ExitPressed(door))
        elif kind == "fire" and (active or before):
            self._watch(FireChanged(active))
        elif kind == "tamper" and (active or before):
            self._watch(TamperChanged(active))

    def _set(self, lines: Lines, door: str) -> None:
        try:
            lines.set_value(self._strikes[door].line, self._value(door))
        except OSError as fault:
            log.warning("the strike of door %s cannot be set: %s", door, fault.strerror or fault)
            self._lost.set()

    def _value(self, door: str) -> Any:
        current = (door in self._released) is (self._strikes[door].fails == "secure")
        return Value.ACTIVE if current else Value.INACTIVE

    def _settings(self) -> dict[int, Any]:
        inputs = {line.line: _input_settings(line) for line in _inputs(self._wiring)}
        return inputs | {
            strike.line: gpiod.LineSettings(
                direction=Direction.OUTPUT, active_low=strike.active_low, output_value=self._value(door)
            )
            for door, strike in self._strikes.items()
        }

    def _close(self) -> None:
        if self._lines is not None:
            with contextlib.suppress(OSError):
                self._lines.release()
        self._lines = None


def _meanings(wiring: Wiring) -> dict[int, tuple[str, str]]:
    """What each input line means, by its number: its kind and its door, empty for the site's own."""
    found = {line.line: (kind, "") for kind in ("fire", "tamper") if (line := getattr(wiring, kind)) is not None}
    for door in wiring.door:
        found |= {
            line.line: (kind, door.id) for kind in ("contact", "exit") if (line := getattr(door, kind)) is not None
        }
    return found


def _input_settings(line: InLine) -> Any:
    pull = {"up": Bias.PULL_UP, "down": Bias.PULL_DOWN, "none": Bias.DISABLED}[line.pull]
    return gpiod.LineSettings(
        direction=Direction.INPUT,
        edge_detection=Edge.BOTH,
        active_low=line.active_low,
        bias=pull,
        debounce_period=DEBOUNCE,
    )
