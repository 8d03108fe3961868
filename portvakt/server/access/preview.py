"""Who would gain and who would lose by a change? It is made, looked at, and undone."""

from collections.abc import Callable, Mapping
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.difference import Changes, difference
from portvakt.server.access.snapshot import build_whole

Touched = Mapping[str, tuple[str, ...]]
"""By person, the doors; ids."""


class Difference(msgspec.Struct, frozen=True):
    """Who would gain and who would lose at which doors; a person may do both, also at the same door."""

    gains: Touched
    losses: Touched

    def __bool__(self) -> bool:
        return bool(self.gains or self.losses)


def preview(organisation: UUID, change: Callable[[], object]) -> Difference:
    """Return what a change would do to access in an organisation; the rows stay as they are. Raises what the change refuses with.

    What has ended by now counts as nothing. Lockdowns, areas and interlocks are no matter of rights.
    """
    before = compile_snapshot(build_whole(organisation))
    with transaction.atomic():
        change()
        rows = build_whole(organisation)
        # Until it is undone every other change of the organisation waits, the start of a lockdown too.
        transaction.set_rollback(True)
    found = difference(before, compile_snapshot(rows), timezone.now())
    return Difference(_doors(found.gains), _doors(found.losses))


def _doors(changes: Mapping[str, Changes]) -> Touched:
    return {person: tuple(sorted({change.door for change in rows})) for person, rows in changes.items()}
