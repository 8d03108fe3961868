"""Which snapshot follows from another one and a delta?"""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from portvakt.core.snapshot.rows import SITE, Assignment, Credential, Delta, Snapshot

# So many follow one whole snapshot at most: a controller puts them together again at each start, and the server sends a whole one to
# whoever says so many.
MOST_DELTAS = 200

_OfPerson = TypeVar("_OfPerson", Credential, Assignment)


def apply(snapshot: Snapshot, delta: Delta) -> Snapshot:
    """Return the rows as they are after the delta. Raises ValueError where the delta follows another version."""
    rows = delta.rows
    if delta.base != snapshot.version:
        raise ValueError(f"the delta follows version {delta.base}, not {snapshot.version}")
    touched = frozenset(delta.touched)
    site = {name: getattr(rows, name) for name in ("controller", *SITE)} if delta.site else {}
    return msgspec.structs.replace(
        snapshot,
        version=rows.version,
        compiled_at=rows.compiled_at,
        digest_key=rows.digest_key,
        persons=(*(row for row in snapshot.persons if row.id not in touched), *rows.persons),
        credentials=(*_others(snapshot.credentials, touched), *rows.credentials),
        assignments=(*_others(snapshot.assignments, touched), *rows.assignments),
        **site,
    )


def _others(rows: Iterable[_OfPerson], touched: frozenset[str]) -> Iterable[_OfPerson]:
    return (row for row in rows if row.person not in touched)
