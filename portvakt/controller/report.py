"""What does the controller tell the server of itself, its doors and its readers?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from portvakt.controller.clock_watch import ClockFacts
from portvakt.controller.doors import Doors
from portvakt.controller.live_door import LiveDoor
from portvakt.controller.readers import Readers
from portvakt.proto import link_pb2

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Report:
    """Puts a status together; `clock` is asked how the clock stands."""

    def __init__(self, doors: Doors, readers: Readers, clock: Callable[[], ClockFacts]) -> None:
        self._doors = doors
        self._readers = readers
        self._clock = clock

    def status(self, waiting_events: int, *, events_in_memory: bool) -> link_pb2.Status:
        """Everything but the number of events, which the journal knows."""
        return link_pb2.Status(
            doors=[self._door(live) for live in self._doors.live().values()],
            readers=self._reader_rows(),
            waiting_events=waiting_events,
            events_in_memory=events_in_memory,
            clock=_word(self._clock()),
            fire=self._doors.conditions.fire,
            tampered=self._doors.conditions.tampered,
        )

    def _door(self, live: LiveDoor) -> link_pb2.DoorStatus:
        until = live.posture.until
        return link_pb2.DoorStatus(
            door=live.id,
            state=live.state.value,
            posture=live.posture.kind.value,
            why=live.posture.why,
            until_us=0 if until is None else (until - EPOCH) // timedelta(microseconds=1),
            reachable=self._doors.reachable(live.id),
        )

    def _reader_rows(self) -> list[link_pb2.ReaderStatus]:
        details, rows = self._readers.details(), []
        for reader, state in self._readers.states().items():
            row = link_pb2.ReaderStatus(reader=reader, state=state)
            if (said := details.get(reader)) is not None:
                row.model, row.firmware = f"{said.maker} {said.model}", said.firmware
                row.capabilities = ", ".join(said.capabilities)
            rows.append(row)
        return rows


def _word(clock: ClockFacts) -> str:
    if not clock.trusted:
        return "wrong"
    if clock.kernel is None:
        return "unknown"
    return "unsynchronised" if clock.unsynchronised else "good"
