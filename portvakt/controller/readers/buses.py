"""Which buses are there, and which of them carries a given reader?"""

from collections.abc import Callable, Sequence
from pathlib import Path

from portvakt.controller.readers.keys import Keys
from portvakt.controller.readers.model import ReaderInput, ReaderState, Signal
from portvakt.core import snapshot


class Readers:
    """All readers of this controller; `deliver` is called in the event loop and must not block.

    `ports` is the folder that relative port paths of the snapshot start from.
    """

    def __init__(self, ports: Path, keys: Keys, deliver: Callable[[ReaderInput], None]) -> None:
        raise NotImplementedError

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """Takes over a new list of readers; a bus that did not change goes on undisturbed."""
        raise NotImplementedError

    async def run(self) -> None:
        """Serves the buses until cancelled."""
        raise NotImplementedError

    def signal(self, reader: str, signal: Signal) -> None:
        """Shows LED and buzzer at the reader; never blocks, and is given up after a second."""
        raise NotImplementedError

    def output(self, reader: str, number: int, seconds: float) -> None:
        """Switches an output of the reader on for `seconds`, then it falls back by itself; 0 switches it off."""
        raise NotImplementedError

    def watch_inputs(self, deliver: Callable[[str, int, bool], None]) -> None:
        """Calls `deliver(reader, input number, active)` for each change of an input terminal."""
        raise NotImplementedError

    def states(self) -> dict[str, ReaderState]:
        """Every configured reader's state by its id."""
        raise NotImplementedError
