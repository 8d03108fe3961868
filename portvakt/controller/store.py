"""What must outlive a power cut at the door, and how is it written so that it does?

One SQLite file holds the snapshot in force (see signed_store) and every event that the server has not acknowledged. `Store.append`
returns when the events are on disk or, when the disk will not take them, safe in memory under the numbers they keep.

Numbers run without gaps within a journal, each event vouches for those before it (core.chain), and every start begins another journal:
nothing on the disk can prove that it is newer than what a server has seen. The disk may be a copy or a restored one, and events in memory
are sent like the others (the server's disk is the safest place they can reach) and are gone after a power cut. The first event of a journal
names the journal before it.

What waits in memory is bounded. Past the bound, which takes a disk that refuses and a server out of reach, the events that are there stay
and the others are counted; EVENTS_DROPPED says how many as soon as there is room.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import msgspec

from portvakt.controller import signed_store
from portvakt.controller.chained import Dropped, Head, Kept, new_head, read_event
from portvakt.controller.log_key import load_log_key
from portvakt.controller.signed_store import Signed, SignedStore, StoredSnapshot
from portvakt.core import chain
from portvakt.core.chain import DIGEST_BYTES, Predecessor
from portvakt.core.event import Event, EventKind

DATABASE = "controller.sqlite3"
# A week of a busy site's events, in some 20 MB of a controller's memory; a single event is a few hundred bytes.
MOST_IN_MEMORY, MOST_BYTES_IN_MEMORY = 10_000, 4 * 1024 * 1024
NOTHING_DROPPED = Dropped()

SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, last INTEGER NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS event (
    journal INTEGER NOT NULL, sequence INTEGER NOT NULL, body BLOB NOT NULL,
    salt BLOB NOT NULL, before BLOB NOT NULL, after BLOB NOT NULL, PRIMARY KEY (journal, sequence)
) WITHOUT ROWID;
"""
JOURNAL_COLUMNS = ("number", "id", "last", "digest")
JOURNAL_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EVENT_COLUMNS = ("journal", "sequence", "body", "salt", "before", "after")
# CAST: a value of another type than was written (a damaged file) is for whoever checks the chain to refuse.
SELECT_WAITING = (
    "SELECT event.journal, journal.id, CAST(sequence AS INTEGER), CAST(body AS BLOB),"
    " ifnull(CAST(salt AS BLOB), x''), ifnull(CAST(before AS BLOB), x''), ifnull(CAST(after AS BLOB), x'')"
    " FROM event JOIN journal ON number = event.journal"
    " WHERE (event.journal, sequence) > (?, ?) ORDER BY event.journal, sequence LIMIT ?"
)

# Where the sender stands: journal number and sequence of the last event sent.
Cursor = tuple[int, int]
START: Cursor = (0, 0)


class Summary(msgspec.Struct, frozen=True):
    """What another process may ask a store: events not acknowledged, version in force (0 when none) and its age."""

    waiting: int
    version: int
    confirmed_at: datetime | None


class Batch(msgspec.Struct, frozen=True):
    """Consecutive events of one journal, ascending, each with its salt; `end` is the cursor after them.

    `before` and `after` are the chain's digests around them, `seal` vouches for all up to the last.
    """

    journal: str
    events: tuple[tuple[int, Event], ...]
    end: Cursor
    salts: tuple[bytes, ...]
    before: bytes
    after: bytes
    seal: bytes


class Store:
    """The file; used from one thread at a time. `clock` gives aware UTC, for the events that the store itself adds."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        """Open or make the database in `folder`; a damaged one is set aside and reported as the first event."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._clock = clock
        self._trouble = ""
        self._memory: list[Kept] = []
        self._bytes_in_memory = 0
        self._dropped = NOTHING_DROPPED
        self._signed = SignedStore()
        self.in_memory = False
        self._key = load_log_key(folder)
        self._database = self._open(folder / DATABASE)
        self._head = self._new_journal()
        if self._trouble:
            self.append([Event(EventKind.CONTROLLER_STARTED, self._clock(), detail=self._trouble)])

    @property
    def journal(self) -> str:
        """The UUID of the journal that new events are numbered in."""
        return self._head.journal

    @property
    def log_key(self) -> bytes:
        """The raw Ed25519 public key that this controller's events are sealed with."""
        return self._key.public_key().public_bytes_raw()

    def append(self, events: Sequence[Event], dropped: Dropped = NOTHING_DROPPED) -> int:
        """Number and keep the events, on disk unless `in_memory` says otherwise on return; gives the last number.

        `dropped` are those that came no further than the queue before the store.
        """
        self._dropped = self._dropped.and_then(dropped)
        for event in events:
            self._take(event)
        self.flush()
        return self._head.last

    def flush(self) -> bool:
        """Try to write what is only in memory; true when nothing is left there. Never raises for a bad disk."""
        head, recovered = self._recovered()
        try:
            self._write(head, [*self._memory, *recovered])
        except (sqlite3.Error, OSError) as error:
            self._fall_back(error)
            return False
        self._head = head
        self._memory.clear()
        self._bytes_in_memory = 0
        self._dropped = NOTHING_DROPPED
        self._signed.saved()
        self.in_memory = False
        return True

    def waiting(self, after: Cursor, limit: int) -> Batch | None:
        """The next events after the cursor, at most `limit`, all of one journal; None when there is nothing to send.

        They are consecutive. A disk that could not forget what was acknowledged may have left some and not others.
        """
        rows = self._database.execute(SELECT_WAITING, (*after, limit)).fetchall()
        if not rows:
            return self._waiting_in_memory(after, limit)
        number, journal = rows[0][:2]
        own = [row for place, row in enumerate(rows) if row[0] == number and row[2] == rows[0][2] + place]
        kept = [Kept(row[2], read_event(row[3]), *row[3:]) for row in own]
        return self._batch(number, journal, kept)

    def waiting_count(self) -> int:
        """How many events the server has not acknowledged, on disk and in memory."""
        return int(self._database.execute("SELECT count(*) FROM event").fetchone()[0]) + len(self._memory)

    def acknowledge(self, journal: str, sequence: int) -> None:
        """Forget the journal's events up to and including `sequence`; what a bad disk keeps is only sent once more."""
        if journal == self._head.journal and self._memory:
            self._memory = [kept for kept in self._memory if kept.sequence > sequence]
            self._bytes_in_memory = sum(len(kept.body) for kept in self._memory)
            self._tell_dropped()
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

    def has_snapshot(self) -> bool:
        """Tell whether a snapshot was ever saved; quick, however long it is."""
        return self._signed.holds(self._database)

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

    def _new_journal(self) -> Head:
        row = self._database.execute(
            "SELECT number, id, last, digest FROM journal ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return new_head(1, None) if row is None else new_head(row[0] + 1, Predecessor(*row[1:]))

    def _take(self, event: Event) -> None:
        """Keep an event, or count it where there is no room."""
        if self._has_room():
            self._tell_dropped()
            self._keep(event)
        else:
            self._dropped = self._dropped.more([event])

    def _has_room(self) -> bool:
        return len(self._memory) < MOST_IN_MEMORY and self._bytes_in_memory < MOST_BYTES_IN_MEMORY

    def _keep(self, event: Event) -> None:
        self._head, kept = self._head.follow(event)
        self._memory.append(kept)
        self._bytes_in_memory += len(kept.body)

    def _tell_dropped(self) -> None:
        """Once there is room, say how many events had none."""
        if self._dropped.count and self._has_room():
            self._keep(self._dropped.event(self._clock()))
            self._dropped = NOTHING_DROPPED

    def _recovered(self) -> tuple[Head, list[Kept]]:
        """What is to be said if the disk takes it, with the head after that; nothing is taken up before it has."""
        events = [Event(EventKind.EVENTS_ON_DISK, self._clock())] if self.in_memory else []
        if self._dropped.count:
            events.append(self._dropped.event(self._clock()))
        head, recovered = self._head, []
        for event in events:
            head, kept = head.follow(event)
            recovered.append(kept)
        return head, recovered

    def _write(self, head: Head, events: Sequence[Kept]) -> None:
        """One transaction: the events, where the journal then stands, and a snapshot not yet saved."""
        rows = [(head.number, kept.sequence, kept.body, kept.salt, kept.before, kept.after) for kept in events]
        try:
            self._database.execute("BEGIN IMMEDIATE")
            # OR REPLACE: after an I/O error at the commit nobody knows whether these very rows are already there.
            self._database.executemany("INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?, ?)", rows)
            if head.last:
                row = (head.number, head.journal, head.last, head.digest)
                self._database.execute("INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?)", row)
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
            self._keep(Event(EventKind.EVENTS_IN_MEMORY, self._clock(), detail=str(error)[:200]))

    def _waiting_in_memory(self, after: Cursor, limit: int) -> Batch | None:
        number, seen = self._head.number, after[1] if after[0] == self._head.number else 0
        kept = [kept for kept in self._memory if kept.sequence > seen][:limit]
        if not kept or after[0] > number:
            return None
        return self._batch(number, self._head.journal, kept)

    def _batch(self, number: int, journal: str, kept: Sequence[Kept]) -> Batch:
        last = kept[-1]
        return Batch(
            journal=journal,
            events=tuple((one.sequence, one.event) for one in kept),
            end=(number, last.sequence),
            salts=tuple(one.salt for one in kept),
            before=kept[0].before,
            after=last.after,
            seal=chain.seal(journal, last.sequence, last.after, self._key),
        )

    def _forget_old_journals(self) -> None:
        self._database.execute(
            "DELETE FROM journal WHERE number < ? AND number NOT IN (SELECT DISTINCT journal FROM event)",
            (self._head.number,),
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
    for table, columns in (("journal", JOURNAL_COLUMNS), ("event", EVENT_COLUMNS)):
        if tuple(row[1] for row in database.execute(f"PRAGMA table_info({table})")) != columns:
            raise sqlite3.DatabaseError(f"the table {table} is not this version's")
    for number, journal, last, digest in database.execute("SELECT * FROM journal").fetchall():
        _check_journal(number, journal, last, digest)
    if database.execute("SELECT 1 FROM event WHERE journal NOT IN (SELECT number FROM journal) LIMIT 1").fetchone():
        raise sqlite3.DatabaseError("there are events of no journal")


def _check_journal(number: object, journal: object, last: object, digest: object) -> None:
    """A journal that cannot be named to the server would stop all that waits behind it."""
    sound = isinstance(number, int) and isinstance(journal, str) and JOURNAL_ID.fullmatch(journal)
    if not (sound and isinstance(last, int) and isinstance(digest, bytes) and len(digest) == DIGEST_BYTES):
        raise sqlite3.DatabaseError("a journal is not one")


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
