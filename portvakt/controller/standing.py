"""Where is everybody believed to be, and which doors had their first person in, after a restart too?

A file of its own beside the store: what is believed may be lost without harm (a person whose place is unknown may pass),
events may not, and neither must wait for the other. It is written in a thread, a moment after it changed.
"""

import asyncio
import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from portvakt.core.decision.model import Place, State

DATABASE = "standing.sqlite3"
WRITE_SECONDS = 1.0
KEYS = {"place": ("person",), "entered": ("person", "area"), "first_in": ("door",)}
# The rest of each row by its key.
Rows = Mapping[tuple[str, ...], tuple[object, ...]]
SCHEMA = """
CREATE TABLE IF NOT EXISTS place (person TEXT PRIMARY KEY, area TEXT, since REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entered (person TEXT, area TEXT, at REAL NOT NULL, PRIMARY KEY (person, area)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS first_in (door TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
"""


class Standing:
    """The file; `state` is asked what there is to keep."""

    def __init__(self, folder: Path, state: Callable[[], State]) -> None:
        self._path = folder / DATABASE
        self._state = state
        self._kept = State()

    def load(self) -> State:
        """What was kept, as far as it can be read; nothing of a file that is damaged, which begins anew."""
        try:
            self._kept = self._read()
        except (sqlite3.Error, ValueError, OverflowError, TypeError, OSError):
            # Whatever is written there: a controller that cannot tell where anybody is still opens its doors.
            with contextlib.suppress(OSError):
                self._path.unlink()
        return self._kept

    async def run(self) -> None:
        """Write what changed, until cancelled and once more then."""
        try:
            while True:
                await asyncio.sleep(WRITE_SECONDS)
                await asyncio.to_thread(self.write)
        finally:
            self.write()

    def write(self) -> None:
        """Write what changed since the last time; what a bad disk refuses is tried again the next time."""
        state = self._state()
        if all(getattr(state, name) is getattr(self._kept, name) for name in ("places", "entered", "first_in")):
            return
        with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(self._open()) as database, database:
            _change(database, "place", _places(self._kept), _places(state))
            _change(database, "entered", _entered(self._kept), _entered(state))
            _change(database, "first_in", _first_in(self._kept), _first_in(state))
            self._kept = state

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=1)
        self._path.chmod(0o600)
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(SCHEMA)
        return database

    def _read(self) -> State:
        with contextlib.closing(self._open()) as database:
            places = {
                person: Place(area, datetime.fromtimestamp(since, UTC))
                for person, area, since in database.execute("SELECT person, area, since FROM place")
            }
            entered = {
                (person, area): datetime.fromtimestamp(at, UTC)
                for person, area, at in database.execute("SELECT * FROM entered")
            }
            first_in = {
                door: datetime.fromtimestamp(at, UTC) for door, at in database.execute("SELECT * FROM first_in")
            }
        inside = Counter(place.area for place in places.values() if place.area is not None)
        return State(places=places, inside=dict(inside), entered=entered, first_in=first_in)


def _places(state: State) -> Rows:
    return {(person,): (place.area, place.since.timestamp()) for person, place in state.places.items()}


def _entered(state: State) -> Rows:
    return {key: (at.timestamp(),) for key, at in state.entered.items()}


def _first_in(state: State) -> Rows:
    return {(door,): (at.timestamp(),) for door, at in state.first_in.items()}


def _change(database: sqlite3.Connection, table: str, before: Rows, after: Rows) -> None:
    """Bring a table from one set of rows to the next."""
    key = " AND ".join(f"{column} = ?" for column in KEYS[table])
    database.executemany(f"DELETE FROM {table} WHERE {key}", before.keys() - after.keys())  # noqa: S608 - all names are ours
    rows = [(*name, *value) for name, value in after.items() if before.get(name) != value]
    if rows:
        places = ", ".join("?" * len(rows[0]))
        database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({places})", rows)  # noqa: S608 - as above
