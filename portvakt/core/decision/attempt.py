"""What is known of one attempt so far, while it is judged?

One mutable value that the steps of a decision fill in, because a copy at each step cost more than all checks together.
"""

from typing import cast

import msgspec

from portvakt.core.decision.compile import CompiledDoor, CompiledSide, Index
from portvakt.core.decision.holders import DURESS
from portvakt.core.decision.lockout import pins_locked
from portvakt.core.decision.model import (
    CredentialKind,
    Denied,
    Factor,
    PinOnPhone,
    PinTyped,
    Reason,
    Request,
    State,
    TypedAt,
)
from portvakt.core.decision.shapes import Shape, Source

NOBODY = -1


class Attempt(msgspec.Struct, gc=False):
    """A request with what is known about it so far: `second` since the epoch, rows of holders, -1 while not known."""

    request: Request
    index: Index
    state: State
    door: CompiledDoor
    side: CompiledSide
    shape: Shape
    second: int
    person: int = NOBODY
    credential: int = NOBODY
    duress: bool = False

    def denied(self, reason: Reason) -> Denied:
        """Refuse, naming who and what is known by now."""
        person, credential, holders = self.person, self.credential, self.index.holders
        return Denied(
            reason,
            self.shape.auth_type,
            None if person < 0 else holders.person_id(person),
            None if credential < 0 else holders.credential_id(credential),
            self.is_under_duress(),
        )

    def is_under_duress(self) -> bool:
        """Tell whether the PIN that came, alone or with something else, is a duress PIN of the person who is known."""
        place = 0 if self.shape.source is Source.PIN else self.shape.pin
        if self.person < 0 or place < 0:
            return False
        holders, pin = self.index.holders, self.request.factors[place]
        row = holders.find(CredentialKind.PIN, cast("PinTyped", pin).digest)
        return row >= 0 and holders.kinds[row] == DURESS and self.is_theirs(pin, row)

    def is_theirs(self, pin: Factor, row: int) -> bool:
        """Tell whether a PIN, found at this row, is in use and the person's own, and was typed by them if on a phone."""
        holders, barred = self.index.holders, self.state.barred
        if holders.owners[row] != self.person or holders.trouble_with_credential(row, self.second) is not None:
            return False
        if isinstance(pin, PinOnPhone) and pin.person != self.person_id():
            return False
        return barred is None or holders.credential_id(row) not in barred.credentials

    def person_id(self) -> str | None:
        """Return the person's id; None while nobody is known."""
        return None if self.person < 0 else self.index.holders.person_id(self.person)

    def credential_id(self) -> str | None:
        """Return the credential's id; None where there is none."""
        return None if self.credential < 0 else self.index.holders.credential_id(self.credential)

    def rank(self) -> int:
        """Give the highest rank of the lockdowns in effect at the door, 0 for none."""
        return lockdown_rank(self.door, self.second, self.state)

    def pins_locked(self, where: TypedAt | None = None) -> bool:
        """Tell whether PINs are locked in a phone, or, without one, at this side."""
        return pins_locked(self.state, where or (self.request.door, self.request.side), self.request.at)


def lockdown_rank(door: CompiledDoor, second: int, state: State) -> int:
    """Give the highest rank of the lockdowns in effect at a door at this second since the epoch, 0 for none."""
    for lockdown in door.lockdowns:
        if lockdown.ends_at is None or second < lockdown.ends_at or not state.clock_trusted:
            return lockdown.rank
    return 0
