"""Does a controller lose anything when link processes come and go, and does one start on wrong rights?"""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import grpc
import msgspec
import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from portvakt.controller.identity import Identity
from portvakt.demo import database
from portvakt.server.link.rows import call_silent_ones_offline
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.people.actions import revoke_credential
from portvakt.server.places.actions import SILENT_SECONDS, release_door
from portvakt.server.places.models import ControllerStatus
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login
from tests.server.link.conftest import address_of_owner, link_process
from tests.server.link.station import LinkProcess, Station

Attach = Callable[..., Station]


@pytest.fixture
def second(tmp_path: Path) -> Iterator[LinkProcess]:
    with link_process(tmp_path / "second.log") as started:
        yield started


def at(who: Identity, process: LinkProcess) -> Identity:
    return msgspec.structs.replace(who, link=process.address)


def is_online(cast: Cast) -> bool:
    with acting("premises_administration", cast.organisation.pk):
        return ControllerStatus.objects.get(controller=cast.controller).online


def recorded(cast: Cast) -> list[int]:
    with acting("entry_log_review", cast.organisation.pk):
        return list(AccessEvent.objects.order_by("sequence").values_list("sequence", flat=True))


def test_a_controller_that_comes_to_another_process_leaves_the_first(
    cast: Cast, enrolled: Identity, attach: Attach, second: LinkProcess
) -> None:
    here = attach()
    here.events(1)
    here.acknowledged()
    there = attach(at(enrolled, second))
    assert here.end() is grpc.StatusCode.OK
    there.events(2)
    assert there.acknowledged() == 2
    assert is_online(cast)


def test_whichever_process_has_the_stream_hears_of_changes_and_commands(
    cast: Cast, enrolled: Identity, attach: Attach, second: LinkProcess
) -> None:
    there = attach(at(enrolled, second))
    there.expect("snapshot")
    with acting("access_administration", cast.organisation.pk):
        there.in_force(wanted_version(cast.organisation.pk))
        revoke_credential(cast.card, by=cast.by)
    there.expect("delta")
    with acting("door_operation", cast.organisation.pk):
        command, _ = release_door(cast.door, by=cast.by)
    assert there.expect("command").command.id == str(command.pk)


def test_what_a_killed_process_had_acknowledged_is_there_and_the_rest_comes_again(
    cast: Cast, enrolled: Identity, attach: Attach, second: LinkProcess
) -> None:
    there = attach(at(enrolled, second))
    for sequence in range(1, 51):
        there.events(sequence)
    acknowledged = there.acknowledged()
    second.process.kill()
    assert there.end() is grpc.StatusCode.UNAVAILABLE
    assert recorded(cast)[:acknowledged] == list(range(1, acknowledged + 1))
    here = attach()
    here.events(*range(acknowledged + 1, 51), journal=there.journal)
    assert here.acknowledged() == 50
    assert recorded(cast) == list(range(1, 51))


def test_a_process_that_is_told_to_stop_ends_its_streams_in_good_order(
    cast: Cast, enrolled: Identity, attach: Attach, second: LinkProcess
) -> None:
    there = attach(at(enrolled, second))
    there.events(1)
    there.acknowledged()
    second.process.send_signal(signal.SIGTERM)
    # On a busy machine the connection may be gone before its last status is read; the controller reconnects after either.
    assert there.end() in {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
    assert second.process.wait(15) == 0
    assert not is_online(cast)


def test_controllers_of_a_process_that_died_are_called_offline(cast: Cast) -> None:
    long_ago = timezone.now() - timedelta(seconds=SILENT_SECONDS + 1)
    with as_login("link"), acting("controller_link"):
        status = ControllerStatus.objects.filter(controller=cast.controller)
        status.update(online=True, seen_at=timezone.now())
    with as_login("link"):
        call_silent_ones_offline()
    assert is_online(cast)
    with as_login("link"), acting("controller_link"):
        status.update(seen_at=long_ago)
    with as_login("link"):
        call_silent_ones_offline()
    assert not is_online(cast)


@pytest.mark.parametrize("command", ["link", "live", "jobs"])
def test_no_process_starts_on_other_rights_than_those_of_the_register(command: str) -> None:
    name = str(connection.settings_dict["NAME"])
    with psycopg.connect(database.url(address_of_owner(), database=name), autocommit=True) as owner:
        owner.execute("grant select (first_name) on people_person to purpose_entry")
        try:
            env = database.environment(address_of_owner(), command, name)
            start = [sys.executable, "-m", "portvakt", command]
            refused = subprocess.run(start, env=env, capture_output=True, text=True, timeout=60, check=False)
        finally:
            owner.execute("revoke select (first_name) on people_person from purpose_entry")
    assert refused.returncode == 1
    assert "not in the register" in refused.stderr
    assert "first_name" in refused.stderr
