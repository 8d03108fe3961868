"""What happens at a simulated door: the strike is released, somebody goes through, the contact tells."""

import asyncio
from collections.abc import Callable
from typing import Any

from portvakt.controller.simulator.plan import DoorPlan


class SimulatedDoor:
    """A door leaf with strike and contact; `moved(open)` follows the contact, `struck(released)` the strike."""

    def __init__(self, plan: DoorPlan, moved: Callable[[bool], None], struck: Callable[[bool], None]) -> None:
        self.plan = plan
        self.released = False
        self.releases = 0
        self.open = False
        self._moved = moved
        self._struck = struck
        self._person: asyncio.TimerHandle | None = None

    def strike(self, released: bool) -> None:  # noqa: FBT001  A strike's one property.
        """The strike is released, and somebody is on the way in; or it locks, and who has not opened yet stays out."""
        if released == self.released:
            return
        self.released = released
        self.releases += released
        self._struck(released)
        if released and self.plan.opens_after_seconds > 0 and not self.open:
            self._later(self.plan.opens_after_seconds, self._go_through)
        elif not released and not self.open:
            self._nobody()

    def move(self, open_: bool) -> None:  # noqa: FBT001  A door's one property.
        """Somebody pushes the door, released or not, or closes it."""
        self._nobody()
        self._move(open_)

    def state(self) -> dict[str, Any]:
        """What can be seen of it, as JSON; `releases` counts them since the simulator began."""
        return {"released": self.released, "releases": self.releases, "open": self.open}

    def leave(self) -> None:
        """Nobody is at the door any more."""
        self._nobody()

    def _go_through(self) -> None:
        self._move(True)
        self._later(self.plan.closes_after_seconds, lambda: self._move(False))

    def _move(self, open_: bool) -> None:  # noqa: FBT001
        if open_ != self.open:
            self.open = open_
            self._moved(open_)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self._nobody()
        self._person = asyncio.get_running_loop().call_later(seconds, act)

    def _nobody(self) -> None:
        if self._person is not None:
            self._person.cancel()
        self._person = None
