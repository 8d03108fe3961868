"""Does the program that runs at a site start, decide, stop and come back as promised, with no server anywhere?"""

import json
import os
import signal
import socket
import sqlite3
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portvakt.controller import identity
from portvakt.controller.__main__ import KEY_FOLDER, main
from portvakt.controller.clock_watch import Mark
from portvakt.controller.log_key import load_log_key
from portvakt.controller.store import DATABASE, START, Store
from tests.controller.fakes import NOON, FakeClock
from tests.controller.program import GENEROUS, Wires, enrolled, running, with_snapshot
from tests.controller.site import BACK, FRONT

READER_KEY = "00112233445566778899aabbccddeeff"


@pytest.fixture
def wires(tmp_path: Path) -> Iterator[Wires]:
    made = Wires(tmp_path / "wires")
    yield made
    made.close()


def kinds(state: Path) -> list[tuple[int, str]]:
    """Everything that waits, of every life in turn."""
    store = Store(state, FakeClock().now)
    found, cursor = [], START
    while (batch := store.waiting(cursor, 1000)) is not None:
        found += [(sequence, event.kind.value) for sequence, event in batch.events]
        cursor = batch.end
    store.close()
    return found


def what(line: str) -> str:
    return str(json.loads(line)["what"])


def test_it_decides_from_its_snapshot_with_no_server_and_stops_with_locked_doors(tmp_path: Path, wires: Wires) -> None:
    state = tmp_path / "state"
    enrolled(state)
    with_snapshot(state)
    with running(state, wires) as process:
        for door in (FRONT, BACK):
            wires.say(exit=door)
            wires.until_strike(door, released=True)
        process.send_signal(signal.SIGTERM)
        wires.until_strike(FRONT, released=False)
        assert process.wait(GENEROUS) == 0
        assert process.stderr is not None
        lines = process.stderr.read().splitlines()
    assert what(lines[0]) == "started"
    assert "snapshot 1" in json.loads(lines[0])["detail"]
    assert "every strike was locked" in what(lines[-1])
    said = kinds(state)
    assert [kind for _, kind in said if kind == "access_granted"] == ["access_granted"] * 2
    assert said[0] == (1, "controller_started")


def test_after_kill_9_it_goes_on_where_it_was(tmp_path: Path, wires: Wires) -> None:
    state = tmp_path / "state"
    enrolled(state)
    with_snapshot(state)
    for _ in range(2):
        with running(state, wires) as process:
            wires.say(exit=FRONT)
            wires.until_strike(FRONT, released=True)
            process.kill()
    said = kinds(state)
    # Each life has a journal of its own, numbered without gaps from 1.
    numbers = [sequence for sequence, _ in said]
    first_life = numbers.index(1, 1)
    assert numbers == [*range(1, first_life + 1), *range(1, len(said) - first_life + 1)]
    # The exit button waits for no disk: what it did in a life's last moment may be lost with it, and nothing else.
    assert [kind for _, kind in said if kind not in ("reader_offline", "access_granted")] == ["controller_started"] * 2


def test_without_a_snapshot_it_says_so_and_opens_nothing(tmp_path: Path, wires: Wires) -> None:
    state = tmp_path / "state"
    enrolled(state)
    with running(state, wires) as process:
        wires.say(exit=FRONT)
        process.terminate()
        assert process.wait(GENEROUS) == 0
        assert process.stderr is not None
        assert "no snapshot: every door stays locked" in map(what, process.stderr.read().splitlines())
    assert kinds(state) == [(1, "controller_started")]


def test_a_snapshot_that_was_tampered_with_is_not_put_in_force(tmp_path: Path, wires: Wires) -> None:
    state = tmp_path / "state"
    enrolled(state)
    with_snapshot(state)
    database = sqlite3.connect(state / DATABASE)
    database.execute("UPDATE snapshot SET signature = ?", (bytes(64),))
    database.commit()
    database.close()
    with running(state, wires) as process:
        process.terminate()
        assert process.wait(GENEROUS) == 0
    assert [kind for _, kind in kinds(state)] == ["controller_started", "snapshot_refused"]


def test_one_state_folder_is_one_controller(tmp_path: Path, wires: Wires, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state"
    enrolled(state)
    with_snapshot(state)
    assert main(["status", "--state", str(state)]) == 0
    said = capsys.readouterr().out
    assert "not running\nsnapshot 1, confirmed 20" in said
    key = load_log_key(state).public_key().public_bytes_raw().hex()
    assert said.endswith(f"\nevents are sealed with the key {key}\n0 events wait to be acknowledged\n")
    with running(state, wires):
        assert main(["run", "--state", str(state), "--outputs", "readers", "--as-root"]) == 1
        assert "running already" in capsys.readouterr().err
        assert main(["status", "--state", str(state)]) == 0
        assert "not running" not in capsys.readouterr().out


def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = ["--state", str(tmp_path)]
    assert main(["run", *state, "--outputs", "readers", "--as-root"]) == 1
    assert "enrol it first" in capsys.readouterr().err
    assert main(["status", *state]) == 1
    assert main(["enrol", *state, "no text"]) == 1
    assert "not an enrolment text" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["run", *state, "--outputs", "nothing"])
    enrolled(tmp_path)
    assert main(["status", *state]) == 0
    assert "no snapshot" in capsys.readouterr().out


def test_a_reader_key_is_made_or_imported_and_printed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["reader-key", "--state", str(tmp_path)]
    assert main([*command, "reader-1"]) == 0
    made = bytes.fromhex(capsys.readouterr().out)
    path = tmp_path / KEY_FOLDER / "reader-1.key"
    assert path.read_bytes() == made
    assert main([*command, "reader-1"]) == 1
    assert path.read_bytes() == made
    assert main([*command, "reader-1", "--replace", "--import", READER_KEY]) == 0
    assert path.read_bytes().hex() == capsys.readouterr().out.strip() == READER_KEY
    for wrong in ("zz", "00", "303132333435363738393a3b3c3d3e3f"):
        assert main([*command, "reader-2", "--import", wrong]) == 1
    assert main([*command, "../reader", "--import", READER_KEY]) == 1


def test_root_is_refused_unless_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", "--state", str(tmp_path), "--outputs", "readers"]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert main(command) == 1
    assert "a user of its own" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(command) == 1
    assert "enrol it first" in capsys.readouterr().err


@pytest.mark.parametrize("opened", ["", identity.FILE, KEY_FOLDER, f"{KEY_FOLDER}/reader-1.key"])
@pytest.mark.parametrize("right", [0o040, 0o004, 0o010])
def test_secrets_that_others_can_reach_are_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], opened: str, right: int
) -> None:
    state = tmp_path / "state"
    enrolled(state)
    assert main(["reader-key", "--state", str(state), "reader-1"]) == 0
    path = state / opened
    before = path.stat().st_mode & 0o777
    path.chmod(before | right)
    capsys.readouterr()
    assert main(["run", "--state", str(state), "--outputs", "readers", "--as-root"]) == 1
    assert f"chmod {before:04o} {path}" in capsys.readouterr().err


def test_what_the_commands_make_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        state = tmp_path / "new" / "state"
        assert main(["reader-key", "--state", str(state), "reader-1"]) == 0
        Mark(state).write(NOON)
    finally:
        os.umask(before)
    made = [state, *state.rglob("*")]
    assert len(made) == 4
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_a_clock_that_once_ran_ahead_is_declared_right_by_hand(
    tmp_path: Path, wires: Wires, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    enrolled(state)
    with_snapshot(state)
    Mark(state).write(datetime.now(UTC) + timedelta(days=400))
    with running(state, wires) as process:
        wires.say(exit=FRONT)
        assert main(["trust-clock", "--state", str(state)]) == 1
        assert "running already" in capsys.readouterr().err
        process.terminate()
        assert process.wait(GENEROUS) == 0
        assert process.stderr is not None
        assert "the clock is earlier than what has happened" in map(what, process.stderr.read().splitlines())
    assert main(["trust-clock", "--state", str(state)]) == 0
    assert kinds(state)[-1][1] == "clock_jumped"
    with running(state, wires) as process:
        process.terminate()
        assert process.wait(GENEROUS) == 0
        assert process.stderr is not None
        assert "the clock is earlier" not in process.stderr.read()


def test_its_page_answers_without_a_server(tmp_path: Path, wires: Wires) -> None:
    state = tmp_path / "state"
    enrolled(state)
    with_snapshot(state)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running(state, wires, "--status", f"127.0.0.1:{port}"):
        wires.say(exit=FRONT)
        wires.until_strike(FRONT, released=True)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=GENEROUS) as answer:
            said = answer.read().decode()
    assert 'portvakt_decisions_total{answer="granted",reason=""} 1.0' in said
    assert "portvakt_snapshot_version 1.0" in said
    assert "portvakt_link_up 0.0" in said


@pytest.mark.parametrize("address", ["", "9880", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", ":9880"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--state", str(tmp_path), "--outputs", "readers", f"--status={address}"])
