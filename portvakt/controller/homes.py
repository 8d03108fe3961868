"""Which events are kept at all? Of a door that leads into a home, none that tells of somebody's coming and going."""

import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence

from portvakt.controller.live_door import LiveDoor
from portvakt.core.event import PASSAGES, Event

log = logging.getLogger(__name__)

# Keeps events; returns when they are kept (see Journal.append).
Append = Callable[[Sequence[Event]], Coroutine[None, None, None]]


class Logged:
    """What is logged of the events of some doors, which may change meanwhile."""

    def __init__(self, keep: Append, doors: Mapping[str, LiveDoor]) -> None:
        self._keep, self._doors = keep, doors

    async def append(self, events: Sequence[Event]) -> None:
        """Keep what is logged of these; of passages at a home nothing, and nothing is waited for."""
        if logged := [event for event in events if not self._at_home(event)]:
            await self._keep(logged)

    def mention(self, event: Event) -> None:
        """Write an answer into the controller's own log too, where it is logged at all."""
        if not self._at_home(event):
            log.info(event.kind.value, extra={"door": event.door, "reason": event.reason})

    def _at_home(self, event: Event) -> bool:
        live = None if event.door is None else self._doors.get(event.door)
        return live is not None and live.settings.home and event.kind in PASSAGES
