"""What does this controller know at this moment, and how does each decision change that?

The snapshot in force and one `State` value (core.decision.model). Nothing here waits for anything: a decision is made
and its consequences are known before the next one is asked for.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

import msgspec

from portvakt.core.decision import presence
from portvakt.core.decision.attempt import lockdown_rank
from portvakt.core.decision.compile import Index
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import Barred, Decision, Denied, Reason, Request, Side, State

log = logging.getLogger(__name__)


class Deciding:
    """Used in the event loop only."""

    def __init__(self, *, codes_from: int = 0) -> None:
        """Changing codes of steps up to `codes_from` are refused: before a restart they may have been used."""
        self._index: Index | None = None
        self._state = State(codes_from=codes_from)

    @property
    def index(self) -> Index | None:
        """The snapshot in force, compiled; None before the first."""
        return self._index

    @property
    def state(self) -> State:
        """What is known beside the snapshot."""
        return self._state

    def take(self, index: Index, confirmed_at: datetime) -> None:
        """Decide by another snapshot from now on."""
        self._index = index
        self._state = presence.after_swap(self._state, index)
        self.confirm(confirmed_at)

    def confirm(self, at: datetime) -> None:
        """The snapshot in force was the newest at this moment."""
        self._state = msgspec.structs.replace(self._state, confirmed_at=at)

    def trust_clock(self, trusted: bool) -> None:  # noqa: FBT001 - a trust's one property
        """Whether the clock shows a time that can be right."""
        self._state = msgspec.structs.replace(self._state, clock_trusted=trusted)

    def bar(self, barred: Barred | None) -> None:
        """What may open nothing until a newer snapshot is in force."""
        self._state = msgspec.structs.replace(self._state, barred=barred)

    def unsecured(self, doors: Iterable[str]) -> None:
        """Which doors are open, released, or about to be."""
        self._state = msgspec.structs.replace(self._state, unsecured=frozenset(doors))

    def restore(self, state: State) -> None:
        """Take back where persons were believed to be before a restart."""
        self._state = msgspec.structs.replace(
            self._state, places=state.places, inside=state.inside, entered=state.entered, first_in=state.first_in
        )

    def decide(self, request: Request) -> Decision:
        """Answer one attempt and remember what follows from the answer."""
        if self._index is None:
            return Denied(Reason.FAULT)
        decision = decide(request, self._index, self._state)
        try:
            self._state = presence.after(request, decision, self._state, self._index)
        except Exception:
            # What cannot be remembered must not happen: a code could be used twice, an area entered by too many.
            log.exception("what follows from a decision cannot be kept")
            return Denied(Reason.FAULT)
        return decision

    def passed(self, door: str, side: Side, persons: Iterable[str], at: datetime) -> None:
        """Persons went through a door that has a contact."""
        if self._index is not None:
            self._state = presence.passed(door, side, tuple(persons), at, self._state, self._index)

    def forgive(self, person: str | None) -> None:
        """Forget where a person, or everybody, is believed to be."""
        self._state = presence.forgiven(self._state, person)

    def give_up(self, door: str, side: Side) -> None:
        """Nobody waits for company here any more."""
        left = {place: each for place, each in self._state.waiting.items() if place != (door, side)}
        self._state = msgspec.structs.replace(self._state, waiting=left)

    def shut_out(self, door: str, persons: Iterable[str], at: datetime) -> bool:
        """Tell whether a lockdown that stands at a door by now refuses one of these."""
        if self._index is None or (known := self._index.doors.get(door)) is None:
            return False
        holders, rank = self._index.holders, lockdown_rank(known, int(at.timestamp()), self._state)
        rows = [holders.find_person(person) for person in persons]
        return any(rank > (0 if row < 0 else holders.overrides[row]) for row in rows)
