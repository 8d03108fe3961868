"""Does what is believed about persons and doors survive a restart, and harm nothing when it does not?"""

import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path

from portvakt.controller.standing import DATABASE, Standing
from portvakt.core.decision.model import Place, State
from tests.controller.fakes import NOON

LATER = NOON + timedelta(minutes=5)
BEGUN = State(
    places={"anna": Place("vault", NOON), "bo": Place(None, NOON), "cecilia": Place("vault", LATER)},
    inside={"vault": 2},
    entered={("anna", "vault"): NOON},
    first_in={"front": NOON},
)


def kept(folder: Path, *states: State) -> State:
    """Let one controller live through the states, and return what the next begins with."""
    now = [State()]
    standing = Standing(folder, lambda: now[0])
    standing.load()
    for state in states:
        now[0] = state
        standing.write()
    return Standing(folder, State).load()


def test_places_and_first_persons_are_found_again(tmp_path: Path) -> None:
    found = kept(tmp_path, BEGUN)
    assert (found.places, found.inside) == (BEGUN.places, BEGUN.inside)
    assert (found.entered, found.first_in) == (BEGUN.entered, BEGUN.first_in)


def test_what_changed_and_who_was_forgotten_is_found_too(tmp_path: Path) -> None:
    after = State(places={"anna": Place(None, LATER)}, inside={}, first_in={"back": LATER})
    found = kept(tmp_path, BEGUN, after)
    assert (found.places, found.inside) == (after.places, after.inside)
    assert (found.entered, found.first_in) == (after.entered, after.first_in)


def test_a_damaged_file_begins_anew(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"not a database at all" * 100)
    assert kept(tmp_path).places == {}
    assert kept(tmp_path, BEGUN).places == BEGUN.places


def test_values_of_another_kind_begin_anew_too(tmp_path: Path) -> None:
    kept(tmp_path, BEGUN)
    with contextlib.closing(sqlite3.connect(tmp_path / DATABASE)) as database, database:
        database.execute("UPDATE place SET since = 'yesterday' WHERE person = 'bo'")
    assert Standing(tmp_path, State).load() == State()
    assert kept(tmp_path, BEGUN).places == BEGUN.places


def test_a_disk_that_refuses_is_tried_again(tmp_path: Path) -> None:
    now = [BEGUN]
    standing = Standing(tmp_path / "gone", lambda: now[0])
    standing.write()
    (tmp_path / "gone").mkdir()
    standing.write()
    assert Standing(tmp_path / "gone", State).load().places == BEGUN.places


def test_only_its_owner_can_read_who_is_inside(tmp_path: Path) -> None:
    kept(tmp_path, BEGUN)
    assert (tmp_path / DATABASE).stat().st_mode & 0o077 == 0
