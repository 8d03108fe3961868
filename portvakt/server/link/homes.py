"""What is kept of passages at homes that a controller sends all the same? Their place in the chain, and nothing of what they said.

A controller with the newest snapshot sends none. One of older software does, and so does one that had them waiting when the door became a
home. Leaving such events out would look like a hole in the log; without the salt, the digest that stays tells nothing of them.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from uuid import UUID

from portvakt.core.event import PASSAGES, EventKind
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.places.models import Door

NOT_KEPT = "a passage at a home, which is not kept"
_TOLD = ("door_id", "reader_id", "auth_type", "person_id", "credential_id", "rule_id", "command_id", "salt", "raw")


def forget_homes(organisation: UUID, rows: Iterable[AccessEvent]) -> None:
    """Take out of rows, unsaved, what they say of passages at the organisation's homes; not even the time of day stays."""
    passages = [row for row in rows if row.kind in PASSAGES and row.door_id is not None]
    if not passages:
        return
    named = [row.door_id for row in passages if row.door_id]
    homes = set(Door.objects.filter(organisation=organisation, pk__in=named, home=True).values_list("pk", flat=True))
    for row in passages:
        if row.door_id in homes:
            _forget(row)


def _forget(row: AccessEvent) -> None:
    for name in _TOLD:
        setattr(row, name, None)
    row.kind, row.side, row.reason, row.detail = EventKind.MESSAGE_UNKNOWN, "", "", NOT_KEPT
    row.at, row.received_at = (datetime.combine(at.date(), time(), UTC) for at in (row.at, row.received_at))
