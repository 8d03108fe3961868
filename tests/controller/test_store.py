"""Is everything that happened still there, once and in order, whatever befalls process, disk and file?"""

import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from portvakt.controller import store as store_module
from portvakt.controller.log_key import FILE as LOG_KEY
from portvakt.controller.signed_store import StoredSnapshot
from portvakt.controller.store import DATABASE, START, Batch, Store
from portvakt.core import chain
from portvakt.core.chain import Predecessor
from portvakt.core.event import Event, EventKind
from tests.controller.fakes import NOON, FakeClock

OPENED = Event(EventKind.DOOR_OPENED, NOON, door="door-1")


def store_in(folder: Path) -> Store:
    return Store(folder, FakeClock().now)


def all_waiting(store: Store) -> list[Batch]:
    batches, cursor = [], START
    while (batch := store.waiting(cursor, 200)) is not None:
        batches.append(batch)
        cursor = batch.end
    return batches


def sequences(store: Store) -> list[int]:
    return [sequence for batch in all_waiting(store) for sequence, _ in batch.events]


def fill(store: Store) -> None:
    """From here on the database may not grow: SQLite answers as on a full disk, and the one spare page is used up."""
    pages = store._database.execute("PRAGMA page_count").fetchone()[0]
    store._database.execute(f"PRAGMA max_page_count = {pages}")
    while not store.in_memory:
        store.append([Event(EventKind.DOOR_OPENED, NOON, door="door-1", detail="x" * 200)])


def make_room(store: Store) -> None:
    store._database.execute("PRAGMA max_page_count = 100000")


def test_events_come_back_in_order_with_all_their_words(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    events = [
        Event(EventKind.CONTROLLER_STARTED, NOON),
        Event(EventKind.ACCESS_DENIED, NOON + timedelta(microseconds=7), door="d", reader="r", detail="å"),
    ]
    assert store.append(events) == 2
    [batch] = all_waiting(store)
    assert (batch.journal, batch.events) == (store.journal, tuple(enumerate(events, 1)))
    assert len(set(batch.salts)) == 2


def test_waiting_gives_no_more_than_asked_and_goes_on_from_there(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([OPENED] * 5)
    first = store.waiting(START, 3)
    assert first is not None
    second = store.waiting(first.end, 3)
    assert second is not None
    assert [sequence for sequence, _ in (*first.events, *second.events)] == [1, 2, 3, 4, 5]
    assert store.waiting(second.end, 3) is None


def test_every_start_begins_a_journal_that_names_the_one_before(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    journal, last = store.journal, store.append([OPENED] * 3)
    [first] = all_waiting(store)
    store.acknowledge(journal, last)
    assert store.waiting_count() == 0
    store.close()
    again = store_in(tmp_path)
    long = msgspec.structs.replace(OPENED, detail="d" * 200)
    assert (again.journal != journal, again.append([long, OPENED])) == (True, 2)
    [batch] = all_waiting(again)
    assert chain.predecessor(batch.events[0][1].detail) == Predecessor(journal, 3, first.after)
    assert len(batch.events[0][1].detail) == 200
    assert batch.events[0][1].detail.startswith("ddd")
    assert batch.events[1][1] == OPENED


def test_two_lives_of_one_disk_never_use_the_same_number(tmp_path: Path) -> None:
    store_in(tmp_path / "one").append([OPENED])
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    lives = [store_in(tmp_path / name) for name in ("one", "copy", "one")]
    assert len({store.journal for store in lives}) == 3


def test_batches_hang_together_and_are_sealed_wherever_they_are_cut(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([OPENED] * 7)
    whole = store.waiting(START, 100)
    assert whole is not None
    assert whole.before == chain.first_digest(store.journal)
    store.acknowledge(store.journal, 2)
    first = store.waiting(START, 1)
    assert first is not None
    before, cursor, seen = first.before, START, 2
    while (batch := store.waiting(cursor, 2)) is not None:
        assert batch.before == before
        for (sequence, event), salt in zip(batch.events, batch.salts, strict=True):
            assert sequence == seen + 1
            text = chain.event_text(store.journal, sequence, salt, chain.words_of(event))
            before, seen = chain.next_digest(before, text), sequence
        assert batch.after == before
        assert chain.seal_holds(store.journal, seen, before, batch.seal, store.log_key)
        cursor = batch.end
    assert (seen, before) == (7, whole.after)


def test_the_log_key_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    key = store_in(tmp_path).log_key
    assert store_in(tmp_path).log_key == key
    assert (tmp_path / LOG_KEY).stat().st_mode & 0o777 == 0o600
    assert store_in(tmp_path / "other").log_key != key


@pytest.mark.parametrize("damage", ["short", "open to all"])
def test_a_log_key_that_cannot_be_used_is_kept_aside_and_doors_go_on(tmp_path: Path, damage: str) -> None:
    key = store_in(tmp_path).log_key
    if damage == "short":
        (tmp_path / LOG_KEY).write_bytes(b"x")
    else:
        (tmp_path / LOG_KEY).chmod(0o644)
    again = store_in(tmp_path)
    assert again.log_key != key
    assert len(list(tmp_path.glob(f"{LOG_KEY}.unusable-*"))) == 1
    assert store_in(tmp_path).log_key == again.log_key


def test_a_store_of_another_version_is_kept_aside_not_written_into(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / DATABASE)
    database.execute("CREATE TABLE event (journal INTEGER, sequence INTEGER, body BLOB)")
    database.close()
    store = store_in(tmp_path)
    assert store.append([OPENED]) == 2
    assert not store.in_memory
    assert len(list(tmp_path.glob("*.damaged-*"))) == 1


def test_memory_is_bounded_and_what_had_no_room_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_IN_MEMORY", 5)
    store = store_in(tmp_path)
    fill(store)
    while len(store._memory) < 5:
        store.append([OPENED])
    last = store.append([msgspec.structs.replace(OPENED, at=NOON + timedelta(minutes=n)) for n in range(4)])
    assert len(store._memory) == 5
    make_room(store)
    assert store.flush()
    events = [event for batch in all_waiting(store) for _, event in batch.events]
    assert sequences(store) == list(range(1, last + 3))
    assert [event.kind for event in events[-2:]] == [EventKind.EVENTS_ON_DISK, EventKind.EVENTS_DROPPED]
    assert events[-1].detail == "4 events between 2026-11-25 11:00:00+00:00 and 2026-11-25 11:03:00+00:00"
    store.append([OPENED])
    kinds = [event.kind for batch in all_waiting(store) for _, event in batch.events]
    assert kinds.count(EventKind.EVENTS_DROPPED) == 1


def test_room_that_the_server_makes_is_used_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_BYTES_IN_MEMORY", 300)
    store = store_in(tmp_path)
    fill(store)
    while store._has_room():
        store.append([OPENED])
    store.append([OPENED] * 3)
    store.acknowledge(store.journal, store._head.last)
    batch = all_waiting(store)[-1]
    assert [(event.kind, event.detail[:9]) for _, event in batch.events] == [(EventKind.EVENTS_DROPPED, "3 events ")]
    store.append([OPENED])
    assert sequences(store)[:2] == [batch.events[0][0], batch.events[0][0] + 1]


def test_an_acknowledgement_takes_only_what_it_names(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([OPENED] * 3)
    store.acknowledge("another journal", 3)
    store.acknowledge(store.journal, 2)
    assert sequences(store) == [3]


def test_every_commit_is_flushed_to_the_disk(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    assert store._database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert (tmp_path / DATABASE).stat().st_mode & 0o077 == 0


def test_a_full_disk_keeps_events_in_memory_in_order_and_alarms_once(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    before = store.append([OPENED])
    fill(store)
    on_disk = store._database.execute("SELECT count(*) FROM event").fetchone()[0]
    last = store.append([OPENED, OPENED])
    assert on_disk >= before
    assert sequences(store) == list(range(1, last + 1))
    kinds = [event.kind for batch in all_waiting(store) for _, event in batch.events]
    assert kinds.count(EventKind.EVENTS_IN_MEMORY) == 1
    assert "full" in next(
        e.detail for b in all_waiting(store) for _, e in b.events if e.kind.value == "events_in_memory"
    )

    make_room(store)
    assert store.flush()
    assert not store.in_memory
    assert sequences(store) == list(range(1, last + 2))
    assert all_waiting(store)[-1].events[-1][1].kind is EventKind.EVENTS_ON_DISK
    store.close()
    assert sequences(store_in(tmp_path)) == list(range(1, last + 2))


def test_events_in_memory_can_be_acknowledged_and_never_come_back(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    fill(store)
    last = store.append([OPENED])
    store.acknowledge(store.journal, last)
    assert sequences(store) == []
    make_room(store)
    assert store.append([OPENED]) == last + 2  # between them: EVENTS_ON_DISK
    assert sequences(store) == [last + 1, last + 2]


def test_numbers_seen_only_in_memory_are_not_used_again_after_a_power_cut(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    fill(store)
    kept = store._database.execute("SELECT max(sequence) FROM event").fetchone()[0]
    store._database.close()  # as a power cut leaves it: memory gone, file as it was
    again = store_in(tmp_path)
    assert again.journal != store.journal
    assert again.append([OPENED]) == 1
    old, new = all_waiting(again)
    assert (old.journal, [sequence for sequence, _ in old.events]) == (store.journal, list(range(1, kept + 1)))
    assert (new.journal, [sequence for sequence, _ in new.events]) == (again.journal, [1])


def test_a_snapshot_is_replaced_whole_and_remembers_when_it_was_confirmed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    assert store.snapshot() is None
    assert not store.has_snapshot()
    assert store.save_snapshot(StoredSnapshot(b"one", b"s1", 1, NOON))
    assert store.save_snapshot(StoredSnapshot(b"two", b"s2", 2, NOON))
    store.confirm(NOON + timedelta(hours=1))
    store.close()
    again = store_in(tmp_path)
    assert again.has_snapshot()
    assert again.snapshot() == StoredSnapshot(b"two", b"s2", 2, NOON + timedelta(hours=1))


def test_a_snapshot_that_a_full_disk_refuses_is_in_force_and_saved_later(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    fill(store)
    newest = StoredSnapshot(bytes(9000), b"s", 9, NOON)
    assert not store.save_snapshot(newest)
    assert store.snapshot() == newest
    assert store.has_snapshot()
    make_room(store)
    assert store.flush()
    assert store._database.execute("SELECT version FROM snapshot").fetchone() == (9,)


def test_a_damaged_file_is_kept_aside_and_said_so(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([OPENED])
    store.close()
    (tmp_path / DATABASE).write_bytes(b"this is no database" * 500)
    again = store_in(tmp_path)
    assert again.journal != store.journal
    [batch] = all_waiting(again)
    assert [(sequence, event.kind) for sequence, event in batch.events] == [(1, EventKind.CONTROLLER_STARTED)]
    assert "damaged" in batch.events[0][1].detail
    assert len(list(tmp_path.glob("*.damaged-*"))) == 1


def test_the_snapshot_is_rescued_from_a_file_with_a_damaged_event_table(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.save_snapshot(StoredSnapshot(b"body", b"signature", 3, NOON))
    store.append([Event(EventKind.DOOR_OPENED, NOON, detail="x" * 200)] * 200)
    root = store._database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'event'").fetchone()[0]
    size = store._database.execute("PRAGMA page_size").fetchone()[0]
    store.close()
    with (tmp_path / DATABASE).open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    again = store_in(tmp_path)
    assert again.snapshot() == StoredSnapshot(b"body", b"signature", 3, NOON)


def test_an_event_that_cannot_be_read_keeps_its_place(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([OPENED] * 2)
    store._database.execute("UPDATE event SET body = x'c1' WHERE sequence = 1")
    assert sequences(store) == [1, 2]


def test_a_locked_database_is_no_damaged_database(tmp_path: Path) -> None:
    store_in(tmp_path).close()
    other = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError):
        store_in(tmp_path)
    assert not list(tmp_path.glob("*.damaged-*"))


@pytest.mark.parametrize("lines", [1, 40, 150])
def test_what_was_called_kept_is_there_after_kill_9(tmp_path: Path, lines: int) -> None:
    command = [sys.executable, "-m", "tests.controller.append_forever", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().split() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += [line.split() for line in process.stdout.read().splitlines() if line.count(" ") == 1]
    store = store_in(tmp_path)
    found = sequences(store)
    [batch, *_] = all_waiting(store)
    assert said[-1] == [batch.journal, str(int(said[0][1]) + len(said) - 1)]
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= int(said[-1][1])
    assert store.append([OPENED]) == 1


def test_what_a_bad_disk_could_not_forget_is_sent_in_runs_without_holes(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([OPENED] * 6)
    store._database.execute("DELETE FROM event WHERE sequence IN (3, 5)")
    runs = [[sequence for sequence, _ in batch.events] for batch in all_waiting(store)]
    assert runs == [[1, 2], [4], [6]]
