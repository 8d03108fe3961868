"""Is there a fire alarm, is the enclosure open, and what became of readers? What is told of a site beside its passages."""

import logging
from collections.abc import Callable

from portvakt.controller import entries
from portvakt.controller.clock import Clock
from portvakt.controller.outputs import FireChanged, TamperChanged
from portvakt.controller.readers import Adoption, ReaderChanged
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import Reader

log = logging.getLogger(__name__)


class Conditions:
    """`fire` and `tampered` as the wires last said; every change is told of, and none of them opens or locks a door."""

    def __init__(
        self,
        clock: Clock,
        reader: Callable[[str], Reader | None],
        tell: Callable[[Event], None],
        changed: Callable[[], None],
    ) -> None:
        """`reader` finds a reader of the snapshot by its id; `changed` is called when the site stands otherwise."""
        self._clock = clock
        self._reader = reader
        self._tell = tell
        self._changed = changed
        self.fire = self.tampered = False

    def reader_changed(self, said: ReaderChanged) -> None:
        """A reader's state became another."""
        event = entries.of_reader(said, self._reader(said.reader), self._clock.now())
        log.warning(event.kind.value, extra={"reader": said.reader, "detail": said.detail})
        self._tell(event)
        self._changed()

    def adopted(self, adoption: Adoption) -> None:
        """A reader was given its key, or could not be."""
        self._tell(entries.of_adoption(adoption, self._reader(adoption.reader), self._clock.now()))

    def fire_changed(self, said: FireChanged) -> None:
        """The fire alarm began or ended."""
        if said.active is not self.fire:
            self.fire = said.active
            self._tell(Event(EventKind.FIRE_BEGUN if said.active else EventKind.FIRE_ENDED, self._clock.now()))
            self._changed()

    def tamper_changed(self, said: TamperChanged) -> None:
        """The enclosure was opened, which is told once for each time, or closed."""
        if said.active and not self.tampered:
            self._tell(Event(EventKind.CONTROLLER_TAMPERED, self._clock.now()))
        self.tampered = said.active
        self._changed()
