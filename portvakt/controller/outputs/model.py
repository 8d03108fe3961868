"""What do the doors need from the wiring, and what can the wiring tell them?"""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from portvakt.core import snapshot


class ContactChanged(msgspec.Struct, frozen=True):
    """The door's contact says open or closed; also sent once when it is first known. Until then it is unknown."""

    door: str
    open: bool


class ExitPressed(msgspec.Struct, frozen=True):
    """The request-to-exit button or sensor inside the door was used."""

    door: str


DoorInput = ContactChanged | ExitPressed


class FireChanged(msgspec.Struct, frozen=True):
    """The controller's fire input became active, or is so no more; inactive until told otherwise."""

    active: bool


class TamperChanged(msgspec.Struct, frozen=True):
    """The controller's own enclosure was opened or closed; closed until told otherwise."""

    active: bool


SiteInput = FireChanged | TamperChanged


class Outputs(Protocol):
    """What the doors need from the wiring; every driver in this folder keeps it."""

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """Takes over the readers of a new snapshot; the entry reader of a door may carry its wires."""

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001  A strike's one property.
        """Releases or locks the strike; returns at once, and repeats by itself until the wire has it."""

    def reachable(self, door: str) -> bool:
        """Whether the door's strike can be driven right now, as far as the wiring can tell."""

    def watch_site(self, deliver: Callable[[SiteInput], None]) -> None:
        """Calls `deliver` for each change of the inputs that belong to no door; to be called before `run`."""

    async def run(self) -> None:
        """Serves the wiring until cancelled, then leaves every strike locked."""


def nobody(_said: SiteInput) -> None:
    """Nobody asked for the site's inputs."""
