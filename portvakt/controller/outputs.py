"""How does a decision reach the lock, and how does the door tell that it moved?"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from portvakt.controller.readers import Readers
from portvakt.core import snapshot


class ContactChanged(msgspec.Struct, frozen=True):
    """The door's contact says open or closed; also sent once when it is first known."""

    door: str
    open: bool


class ExitPressed(msgspec.Struct, frozen=True):
    """The request-to-exit button or sensor inside the door was used."""

    door: str


DoorInput = ContactChanged | ExitPressed


class Outputs(Protocol):
    """What the doors need from the wiring; both drivers below keep it."""

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """Takes over the readers of a new snapshot; the entry reader of a door may carry its wires."""

    def strike(self, door: str, released: bool) -> None:
        """Releases or locks the strike; returns at once, and repeats by itself until the wire has it."""

    async def run(self) -> None:
        """Serves the wiring until cancelled, then leaves every strike locked."""


class SimulatedOutputs:
    """Strikes and inputs of a simulator, as JSON lines over its unix stream socket."""

    def __init__(self, path: Path, deliver: Callable[[DoorInput], None]) -> None:
        raise NotImplementedError

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        raise NotImplementedError

    def strike(self, door: str, released: bool) -> None:
        raise NotImplementedError

    async def run(self) -> None:
        raise NotImplementedError


class ReaderOutputs:
    """Strike on output 0, contact on input 0 and exit button on input 1 of the door's entry reader."""

    def __init__(self, readers: Readers, deliver: Callable[[DoorInput], None]) -> None:
        raise NotImplementedError

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        raise NotImplementedError

    def strike(self, door: str, released: bool) -> None:
        raise NotImplementedError

    async def run(self) -> None:
        raise NotImplementedError
