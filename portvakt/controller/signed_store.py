"""How does what the server signed outlive a power cut, and what of it can be read again from a damaged file?

The whole snapshot that came last, the deltas that came after it, and what was taken back, each with its signature as it
came: all of it is verified again before it is used. What the disk refuses waits in memory and is written with the next
commit. What was taken back is kept until a whole snapshot says so too, so that a damaged delta never gives it back.
"""

import sqlite3
from datetime import UTC, datetime

import msgspec

SCHEMA = """
CREATE TABLE IF NOT EXISTS snapshot (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    body BLOB NOT NULL, signature BLOB NOT NULL, version INTEGER NOT NULL, confirmed_at_us INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS delta (version INTEGER PRIMARY KEY, body BLOB NOT NULL, signature BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS bars (
    signature BLOB PRIMARY KEY, body BLOB NOT NULL, version INTEGER NOT NULL
) WITHOUT ROWID;
"""

# CAST: a value of another type than was written (a damaged or meddled-with file) is for the signature to refuse.
_SNAPSHOT = (
    "SELECT CAST(body AS BLOB), CAST(signature AS BLOB), CAST(version AS INTEGER), CAST(confirmed_at_us AS INTEGER)"
    " FROM snapshot"
)
_PARTS = {
    "delta": "SELECT CAST(body AS BLOB), CAST(signature AS BLOB), CAST(version AS INTEGER) FROM delta ORDER BY version",
    "bars": "SELECT CAST(body AS BLOB), CAST(signature AS BLOB), CAST(version AS INTEGER) FROM bars ORDER BY version",
}


class Signed(msgspec.Struct, frozen=True):
    """A body as received, its signature, and the version that it says it makes or precedes."""

    body: bytes
    signature: bytes
    version: int


class StoredSnapshot(msgspec.Struct, frozen=True):
    """A whole snapshot as received, with the deltas after it (ascending) and what was taken back.

    `confirmed_at` is when the server last said that what they make is the newest.
    """

    body: bytes
    signature: bytes
    version: int
    confirmed_at: datetime
    deltas: tuple[Signed, ...] = ()
    bars: tuple[Signed, ...] = ()

    @property
    def newest(self) -> int:
        """The version that snapshot and deltas make together."""
        return self.deltas[-1].version if self.deltas else self.version


class SignedStore:
    """What is to be written with the next commit, and how it is written and read."""

    def __init__(self) -> None:
        self.saved()

    def saved(self) -> None:
        """All of it is on disk; nothing waits."""
        self._whole: StoredSnapshot | None = None
        self._deltas: list[Signed] = []
        self._bars: list[Signed] = []
        self._confirmed_at: datetime | None = None

    def replace(self, whole: StoredSnapshot) -> None:
        """A whole snapshot, with what follows it, takes the place of all that was before it."""
        self._whole = msgspec.structs.replace(whole, deltas=(), bars=())
        self._deltas, self._confirmed_at = list(whole.deltas), None
        self._bars += whole.bars

    def follow(self, delta: Signed, at: datetime) -> None:
        """A delta came in force at this moment."""
        self._deltas.append(delta)
        self._confirmed_at = at

    def bar(self, bars: Signed) -> None:
        """Something was taken back."""
        self._bars.append(bars)

    def confirm(self, at: datetime) -> None:
        """What is in force was the newest at this moment."""
        self._confirmed_at = at

    def write(self, database: sqlite3.Connection) -> None:
        """Write what waits; the caller has begun a transaction and ends it."""
        if (whole := self._whole) is not None:
            row = (whole.body, whole.signature, whole.version, _microseconds(whole.confirmed_at))
            database.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?, ?)", row)
            database.execute("DELETE FROM delta")
            database.execute("DELETE FROM bars WHERE version <= ?", (whole.version,))
        deltas = [(one.version, one.body, one.signature) for one in self._deltas]
        database.executemany("INSERT OR REPLACE INTO delta VALUES (?, ?, ?)", deltas)
        bars = [(one.signature, one.body, one.version) for one in self._bars]
        database.executemany("INSERT OR REPLACE INTO bars VALUES (?, ?, ?)", bars)
        if self._confirmed_at is not None:
            database.execute("UPDATE snapshot SET confirmed_at_us = ?", (_microseconds(self._confirmed_at),))

    def holds(self, database: sqlite3.Connection) -> bool:
        """Tell whether there is a snapshot, kept or waiting to be, without reading its body."""
        return self._whole is not None or database.execute("SELECT 1 FROM snapshot").fetchone() is not None

    def read(self, database: sqlite3.Connection) -> StoredSnapshot | None:
        """What is kept and what waits to be; None before the first snapshot."""
        kept = self._whole or stored(database)
        if kept is None:
            return None
        return msgspec.structs.replace(
            kept,
            confirmed_at=self._confirmed_at or kept.confirmed_at,
            deltas=(*kept.deltas, *self._deltas),
            bars=(*kept.bars, *self._bars),
        )


def stored(database: sqlite3.Connection) -> StoredSnapshot | None:
    """What the file holds, parts up to the first that cannot be read (the signatures judge the rest); None without a snapshot."""
    row = database.execute(_SNAPSHOT).fetchone()
    if row is None:
        return None
    body, signature, version, confirmed_at_us = row
    confirmed_at = datetime.fromtimestamp(confirmed_at_us / 1e6, UTC)
    parts = _parts(database, "delta"), _parts(database, "bars")
    return StoredSnapshot(body, signature, version, confirmed_at, *parts)


def standing(database: sqlite3.Connection) -> tuple[int, datetime | None]:
    """The version that is kept, 0 for none, and when it was confirmed, without reading the bodies."""
    row = database.execute("SELECT CAST(version AS INTEGER), CAST(confirmed_at_us AS INTEGER) FROM snapshot").fetchone()
    if row is None:
        return 0, None
    newest = database.execute("SELECT CAST(max(version) AS INTEGER) FROM delta").fetchone()[0]
    return max(row[0], newest or 0), datetime.fromtimestamp(row[1] / 1e6, UTC)


def _parts(database: sqlite3.Connection, table: str) -> tuple[Signed, ...]:
    found: list[Signed] = []
    try:
        found.extend(Signed(*row) for row in database.execute(_PARTS[table]))
    except sqlite3.Error:
        # The file is damaged here. What was read of it so far is sound if it verifies.
        return tuple(found)
    return tuple(found)


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1e6)
