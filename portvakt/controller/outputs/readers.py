"""How do strike, contact and exit button reach us that hang on a door's reader?"""

import asyncio
from collections.abc import Callable, Sequence

from portvakt.controller.outputs.model import ContactChanged, DoorInput, ExitPressed, SiteInput
from portvakt.controller.readers import Readers, ReaderState
from portvakt.core import snapshot
from portvakt.core.decision.model import Side

STRIKE_OUTPUT, CONTACT_INPUT, EXIT_INPUT = 0, 0, 1  # Partner: simulator/reader.py.
# A released strike is held by the reader's own timer and renewed: if controller or bus die, it locks within HOLD_SECONDS.
HOLD_SECONDS = 3.0
RENEW_SECONDS = 1.0


class ReaderOutputs:
    """Strike on output 0, contact on input 0 and exit button on input 1 of the door's entry reader.

    The reader reports its inputs by itself when they change; libosdp 3.2 takes the reader off the bus when it cannot
    answer a direct question about them, so none is asked, and a contact is unknown until reported.

    There is no fire input and no enclosure here: a reader hangs on the side of the wall where anyone can open it, and what
    its terminals say may not unlock a house.
    """

    def __init__(self, readers: Readers, deliver: Callable[[DoorInput], None]) -> None:
        self._readers = readers
        self._deliver = deliver
        self._reader_of: dict[str, str] = {}
        self._door_of: dict[str, str] = {}
        self._released: set[str] = set()
        self._locked_once: set[str] = set()
        readers.watch_inputs(self._input_changed)

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """Learns which reader carries which door; a door that is gone is locked first."""
        reader_of = {one.door: one.id for one in readers if one.side is Side.ENTRY}
        for door in [door for door in self._released if reader_of.get(door) != self._reader_of.get(door)]:
            self.strike(door, False)
        self._reader_of = reader_of
        self._door_of = {reader: door for door, reader in reader_of.items()}

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001
        """Switches the output, and renews it while released; once locked, it is said twice in case the first got lost."""
        if released:
            self._released.add(door)
        else:
            self._released.discard(door)
            self._locked_once.add(door)
        self._switch(door)

    def reachable(self, door: str) -> bool:
        """The door's entry reader is online, and says that it has outputs."""
        reader = self._reader_of.get(door, "")
        details = self._readers.details().get(reader)
        listening = self._readers.states().get(reader) in {ReaderState.ONLINE, ReaderState.TAMPERED}
        return listening and details is not None and "outputs" in details.capabilities

    def watch_site(self, deliver: Callable[[SiteInput], None]) -> None:
        """See Outputs; nothing of the kind hangs on a reader."""

    async def run(self) -> None:
        """Renews what is released."""
        try:
            while True:
                await asyncio.sleep(RENEW_SECONDS)
                again, self._locked_once = self._released | self._locked_once, set()
                for door in again:
                    self._switch(door)
        finally:
            for door in list(self._released):
                self.strike(door, False)

    def _switch(self, door: str) -> None:
        if reader := self._reader_of.get(door):
            self._readers.output(reader, STRIKE_OUTPUT, HOLD_SECONDS if door in self._released else 0)

    def _input_changed(self, reader: str, number: int, active: bool) -> None:  # noqa: FBT001
        door = self._door_of.get(reader)
        if door is None:
            return
        if number == CONTACT_INPUT:
            self._deliver(ContactChanged(door, active))
        elif number == EXIT_INPUT and active:
            self._deliver(ExitPressed(door))
