"""What must outlive a power cut at the door, and how is it written so that it does?

One SQLite file holds the snapshot in force (see signed_store) and every event that the server has not acknowledged. `Store.append`
returns when the events are on disk or, when the disk will not take them, safe in memory under the numbers they keep.

Numbers run without gaps within a journal, and a number that a server may have seen is never used for another event.
Events in memory are sent like the others (the server's disk is the safest place they can reach), so their numbers would
be used again after a power cut. One byte in a file of its own, overwritten in place because a full disk still allows
that, says so, and the next start begins another journal.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec

from portvakt.controller import signed_store
from portvakt.controller.signed_store import Signed, SignedStore, StoredSnapshot
from portvakt.core.event import Event, EventKind

DATABASE = "controller.sqlite3"
MEMORY_MARK = "events-in-memory"

SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (number INTEGER PRIMARY KEY, id TEXT NOT NULL, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    journal INTEGER NOT NULL, sequence INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (journal, sequence)
) WITHOUT ROWID;
"""

# Where the sender stands: journal number and sequence of the last event sent.
Cursor = tuple[int, int]
START: Cursor = (0, 0)


class Summary(msgspec.Struct, frozen=True):
    """What another process may ask a store: events not acknowledged, version in force (0 when none) and its age."""

    waiting: int
    version: int
    confirmed_at: datetime | None


class Batch(msgspec.Struct, frozen=True):
    """Consecutive events of one journal, ascending; `end` is the cursor after them."""

    journal: str
    events: tuple[tuple[int, Event], ...]
    end: Cursor


class Store:
    """The file; used from one thread at a time. `clock` gives aware UTC, for the events that the store itself adds."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        """Open or make the database in `folder`; a damaged one is set aside and reported as the first event."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._clock = clock
        self._trouble = ""
        self._memory: list[tuple[int, Event]] = []
        self._signed = SignedStore()
        self.in_memory = False
        self._mark = os.open(folder / MEMORY_MARK, os.O_RDWR | os.O_CREAT, 0o600)
        self._database = self._open(folder / DATABASE)
        self._marked = self._read_mark()
        self._start_journal(fresh=self._marked)
        if self._trouble:
            self.append([Event(EventKind.CONTROLLER_STARTED, self._clock(), detail=self._trouble)])

    @property
    def journal(self) -> str:
        """The UUID of the journal that new events are numbered in."""
        return self._journal

    def append(self, events: Sequence[Event]) -> int:
        """Number and keep the events, on disk unless `in_memory` says otherwise on return; gives the last number."""
        for event in events:
            self._keep(event)
        self.flush()
        return self._last

    def flush(self) -> bool:
        """Try to write what is only in memory; true when nothing is left there. Never raises for a bad disk."""
        recovered = [(self._last + 1, Event(EventKind.EVENTS_ON_DISK, self._clock()))] if self.in_memory else []
        try:
            self._write([*self._memory, *recovered])
        except (sqlite3.Error, OSError) as error:
            self._fall_back(error)
            return False
        self._last += len(recovered)
        self._memory.clear()
        self._signed.saved()
        self.in_memory = False
        if self._marked:
            self._marked = not self._set_mark(b"0")
        return True

    def waiting(self, after: Cursor, limit: int) -> Batch | None:
        """The next events after the cursor, at most `limit`, all of one journal; None when there is nothing to send."""
        rows = self._database.execute(
            "SELECT event.journal, journal.id, sequence, CAST(body AS BLOB) FROM event JOIN journal ON number = event.journal"
            " WHERE (event.journal, sequence) > (?, ?) ORDER BY event.journal, sequence LIMIT ?",
            (*after, limit),
        ).fetchall()
        if rows:
            number, journal = rows[0][:2]
            events = tuple((row[2], _decode(row[3])) for row in rows if row[0] == number)
            return Batch(journal, events, (number, events[-1][0]))
        return self._waiting_in_memory(after, limit)

    def waiting_count(self) -> int:
        """How many events the server has not acknowledged, on disk and in memory."""
        return int(self._database.execute("SELECT count(*) FROM event").fetchone()[0]) + len(self._memory)

    def acknowledge(self, journal: str, sequence: int) -> None:
        """Forget the journal's events up to and including `sequence`; what a bad disk keeps is only sent once more."""
        if journal == self._journal:
            self._memory = [kept for kept in self._memory if kept[0] > sequence]
        try:
            self._database.execute(
                "DELETE FROM event WHERE journal = (SELECT number FROM journal WHERE id = ?) AND sequence <= ?",
                (journal, sequence),
            )
            self._forget_old_journals()
        except sqlite3.Error as error:
            self._fall_back(error)

    def snapshot(self) -> StoredSnapshot | None:
        """The snapshot last saved with what followed it, or None; it must be verified again before use."""
        return self._signed.read(self._database)

    def save_snapshot(self, stored: StoredSnapshot) -> bool:
        """Replace the snapshot in one transaction; false when the disk refuses, which each flush then tries again."""
        self._signed.replace(stored)
        return self.flush()

    def save_delta(self, delta: Signed, at: datetime) -> bool:
        """Add what makes the snapshot a newer one from this moment; see save_snapshot."""
        self._signed.follow(delta, at)
        return self.flush()

    def save_bars(self, bars: Signed) -> bool:
        """Add what was taken back ahead of a snapshot; see save_snapshot."""
        self._signed.bar(bars)
        return self.flush()

    def confirm(self, at: datetime) -> bool:
        """Note that the snapshot in force was confirmed at this moment; see save_snapshot."""
        self._signed.confirm(at)
        return self.flush()

    def close(self) -> None:
        """Write what can be written and close the file."""
        self.flush()
        self._database.close()
        os.close(self._mark)

    def _open(self, path: Path) -> sqlite3.Connection:
        try:
            return _connect(path)
        except sqlite3.DatabaseError as error:
            if _is_passing(error):
                # A full disk has no room for the shared index either; alone with the file, SQLite keeps it in memory.
                return _connect(path, alone=True)
            aside = path.with_name(f"{path.name}.damaged-{uuid4().hex[:8]}")
            self._trouble = f"damaged store set aside as {aside.name}; a new journal begins"
            self._rescue(path)
            _set_aside(path, aside)
            return _connect(path)

    def _rescue(self, path: Path) -> None:
        """A damaged file may still hold the snapshot; its signatures are checked before use, so trying cannot hurt."""
        try:
            database = sqlite3.connect(path)
            try:
                found = signed_store.stored(database)
            finally:
                database.close()
        except (sqlite3.Error, TypeError, ValueError):
            return
        if found is not None:
            self._signed.replace(found)

    def _start_journal(self, *, fresh: bool) -> None:
        row = self._database.execute("SELECT number, id, last FROM journal ORDER BY number DESC LIMIT 1").fetchone()
        if row is None or fresh:
            row = (1 if row is None else row[0] + 1, str(uuid4()), 0)
        self._number, self._journal, self._last = int(row[0]), str(row[1]), int(row[2])

    def _keep(self, event: Event) -> None:
        self._last += 1
        self._memory.append((self._last, event))

    def _write(self, events: Sequence[tuple[int, Event]]) -> None:
        """One transaction: the events, the highest number ever used, and a snapshot not yet saved."""
        rows = [(self._number, sequence, msgspec.msgpack.encode(event)) for sequence, event in events]
        try:
            self._database.execute("BEGIN IMMEDIATE")
            # OR REPLACE: after an I/O error at the commit nobody knows whether these very rows are already there.
            self._database.executemany("INSERT OR REPLACE INTO event VALUES (?, ?, ?)", rows)
            last = max([self._last, *(sequence for sequence, _ in events)])
            self._database.execute(
                "INSERT OR REPLACE INTO journal VALUES (?, ?, ?)", (self._number, self._journal, last)
            )
            self._signed.write(self._database)
            self._database.execute("COMMIT")
        except sqlite3.Error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def _fall_back(self, error: Exception) -> None:
        """From now on events wait in memory; said once, by an event that waits there too."""
        if not self.in_memory:
            self.in_memory = True
            self._marked = self._set_mark(b"1")
            self._keep(Event(EventKind.EVENTS_IN_MEMORY, self._clock(), detail=str(error)[:200]))

    def _read_mark(self) -> bool:
        """Whether the last life ended with events in memory. The byte is written early: a full disk has no room for it."""
        value = os.pread(self._mark, 1, 0)
        if not value:
            self._set_mark(b"0")
        return value == b"1"

    def _set_mark(self, value: bytes) -> bool:
        try:
            os.pwrite(self._mark, value, 0)
            os.fsync(self._mark)
        except OSError:
            return False
        return True

    def _waiting_in_memory(self, after: Cursor, limit: int) -> Batch | None:
        seen = after[1] if after[0] == self._number else 0
        events = tuple(kept for kept in self._memory if kept[0] > seen)[:limit]
        if not events or not self._marked or after[0] > self._number:
            return None
        return Batch(self._journal, events, (self._number, events[-1][0]))

    def _forget_old_journals(self) -> None:
        self._database.execute(
            "DELETE FROM journal WHERE number < ? AND number NOT IN (SELECT DISTINCT journal FROM event)",
            (self._number,),
        )


def summary(folder: Path) -> Summary | None:
    """Read the store of a controller, running or not, without changing it; None when there is none."""
    path = folder / DATABASE
    if not path.exists():
        return None
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        waiting = database.execute("SELECT count(*) FROM event").fetchone()[0]
        version, confirmed_at = signed_store.standing(database)
    finally:
        database.close()
    return Summary(waiting, version, confirmed_at)


def _connect(path: Path, *, alone: bool = False) -> sqlite3.Connection:
    # One thread uses the connection at a time, but not always the one that opened it.
    database = sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)
    try:
        path.chmod(0o600)
        if alone:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        # FULL: each commit is flushed to the disk before it returns; NORMAL would flush at checkpoints only.
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(SCHEMA + signed_store.SCHEMA)
        _check(database)
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    answer = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise sqlite3.DatabaseError(answer)


def _is_passing(error: sqlite3.DatabaseError) -> bool:
    """A full, locked or missing disk is not a damaged file: the data is fine and must stay where it is."""
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    return primary not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH}


def _set_aside(path: Path, aside: Path) -> None:
    """Keep the file, and its log and index under the same name so that SQLite finds them again."""
    for ending in ("", "-wal", "-shm"):
        source = path.with_name(path.name + ending)
        if source.exists():
            source.rename(aside.with_name(aside.name + ending))


def _decode(body: bytes) -> Event:
    """An event as stored; one that cannot be read keeps its place in the sequence and says so."""
    try:
        return msgspec.msgpack.decode(body, type=Event)
    except msgspec.MsgspecError:
        return Event(EventKind.MESSAGE_UNKNOWN, datetime.fromtimestamp(0, UTC), detail="a stored event cannot be read")
