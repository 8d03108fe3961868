"""Is every event recorded once, does every change reach the controller, and does the Board learn what became of it?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client

from portvakt.controller.identity import Identity
from portvakt.core.snapshot import Snapshot, open_signed
from portvakt.proto import link_pb2
from portvakt.server.link.received import EPOCH
from portvakt.server.logbook.models import AccessEvent, AuditEntry
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.people.actions import revoke_credential
from portvakt.server.places.actions import release_door
from portvakt.server.places.models import ControllerStatus, DoorCommand, DoorStatus, ReaderStatus
from portvakt.server.purpose.context import acting
from tests.cast import Cast
from tests.server.link.station import Hints, LinkProcess, Station, event

Attach = Callable[..., Station]


def recorded(cast: Cast) -> list[int]:
    with acting("entry_log_review", cast.organisation.pk):
        events = AccessEvent.objects.filter(controller_id=cast.controller.pk)
        return list(events.order_by("journal", "sequence").values_list("sequence", flat=True))


def status_of(cast: Cast) -> ControllerStatus:
    with acting("premises_administration", cast.organisation.pk):
        return ControllerStatus.objects.get(controller=cast.controller)


def opened(message: link_pb2.Down, who: Identity) -> Snapshot:
    key = Ed25519PublicKey.from_public_bytes(who.snapshot_key)
    return open_signed(message.snapshot.body, message.snapshot.signature, key, who.controller, 0)


def test_events_are_recorded_once_however_often_they_come(cast: Cast, attach: Attach, hints: Hints) -> None:
    first = attach()
    first.events(1, 2, 3, door=str(cast.door.pk))
    assert first.acknowledged() == 3
    hints.wait_for(f"log:{cast.door.pk}")
    first.events(2, 3, 4)
    assert first.acknowledged() == 4
    second = attach()
    second.events(3, 4, 5, journal=first.journal)
    assert second.acknowledged() == 5
    assert recorded(cast) == [1, 2, 3, 4, 5]


def test_an_event_keeps_all_that_was_said(cast: Cast, attach: Attach) -> None:
    ids = {name: str(uuid4()) for name in ("reader", "person", "credential", "rule", "command")}
    door = str(cast.door.pk)
    said: dict[str, Any] = {
        "door": door,
        "side": "entry",
        "auth_type": 8,
        "reason": "wrong_pin",
        "detail": "a\0b",
        **ids,
    }
    station = attach()
    station.events(7, kind="access_denied", at_us=1_795_000_000_000_001, **said)
    assert station.acknowledged() == 7
    with acting("entry_log_review", cast.organisation.pk):
        (row,) = AccessEvent.objects.filter(controller_id=cast.controller.pk)
    kept = {name: str(getattr(row, f"{name}_id")) for name in ids}
    assert kept == ids
    assert (row.organisation_id, row.door_id, str(row.journal)) == (cast.organisation.pk, cast.door.pk, station.journal)
    assert (row.kind, row.side, row.auth_type, row.reason) == ("access_denied", "entry", 8, "wrong_pin")
    assert (row.at.isoformat(), row.detail) == ("2026-11-18T11:06:40.000001+00:00", "a\ufffdb")


@pytest.mark.parametrize(
    "bad",
    [{"kind": "teleported"}, {"door": "front"}, {"side": "roof"}, {"reason": "mood\0"}, {"auth_type": 4000}],
    ids=lambda bad: next(iter(bad)),
)
def test_an_event_that_cannot_be_read_is_recorded_as_such_and_told(
    cast: Cast, attach: Attach, link: LinkProcess, bad: dict[str, object]
) -> None:
    station = attach()
    batch = [event(1), event(**({"sequence": 2, "kind": "access_denied"} | bad)), event(3)]  # type: ignore[arg-type]
    station.send(events=link_pb2.Events(journal=station.journal, events=batch))
    assert station.acknowledged() == 3
    assert recorded(cast) == [1, 2, 3]
    with acting("entry_log_review", cast.organisation.pk):
        row = AccessEvent.objects.get(controller_id=cast.controller.pk, sequence=2)
    assert (row.kind, row.person_id, row.detail.split(":")[0]) == ("message_unknown", None, f"event {batch[1].kind}")
    assert f"event not understood: controller {cast.controller.pk}" in link.log.read_text()


def test_an_event_without_a_sound_number_is_skipped_and_told(cast: Cast, attach: Attach, link: LinkProcess) -> None:
    station = attach()
    batch = [event(1), event(2**63), event(3)]
    station.send(events=link_pb2.Events(journal=station.journal, events=batch))
    assert station.acknowledged() == 2**63
    assert recorded(cast) == [1, 3]
    assert f"event skipped: controller {cast.controller.pk}" in link.log.read_text()


@pytest.mark.parametrize("at", [datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC), None])
def test_an_event_of_a_controller_without_a_clock_is_kept_as_of_now(
    cast: Cast, attach: Attach, client_of: Callable[..., Client], at: datetime | None
) -> None:
    station = attach()
    station.events(1, at_us=2**62 if at is None else (at - EPOCH) // timedelta(microseconds=1))
    assert station.acknowledged() == 1
    with acting("entry_log_review", cast.organisation.pk):
        row = AccessEvent.objects.get(controller_id=cast.controller.pk)
    assert row.at == row.received_at
    assert client_of(cast.admin).get(f"/o/{cast.organisation.slug}/").status_code == 200


def test_a_gap_is_told_and_does_not_stop_what_follows(cast: Cast, attach: Attach, link: LinkProcess) -> None:
    station = attach()
    station.events(1, 2)
    station.events(5)
    assert [station.acknowledged(), station.acknowledged()] == [2, 5]
    assert recorded(cast) == [1, 2, 5]
    assert f"controller {cast.controller.pk} journal {station.journal}, gap from 3 to 4" in link.log.read_text()


def test_a_controller_cannot_write_into_another_organisation(cast: Cast, other: Cast, attach: Attach) -> None:
    station = attach()
    station.events(1, door=str(other.door.pk))
    station.send(status=link_pb2.Status(doors=[link_pb2.DoorStatus(door=str(other.door.pk), state="open")]))
    station.events(2)
    assert [station.acknowledged(), station.acknowledged()] == [1, 2]
    assert recorded(other) == []
    with acting("premises_administration", other.organisation.pk):
        assert not DoorStatus.objects.exists()


def test_the_newest_snapshot_comes_at_hello_and_after_what_was_refused(
    cast: Cast, enrolled: Identity, attach: Attach
) -> None:
    station = attach()
    first = opened(station.expect("snapshot"), enrolled)
    assert {door.id for door in first.doors} == {str(cast.door.pk), str(cast.cellar.pk)}
    card = next(row for row in first.credentials if row.id == str(cast.card.pk))
    assert card.enabled
    station.send(snapshot=link_pb2.SnapshotAnswer(version=first.version, in_force=False, refusal="inconsistent: so"))
    with acting("access_administration", cast.organisation.pk):
        entry = revoke_credential(cast.card, by=cast.by)
    second = opened(station.expect("snapshot"), enrolled)
    assert second.version == entry.snapshot_version
    assert not next(row for row in second.credentials if row.id == str(cast.card.pk)).enabled


def test_a_snapshot_in_force_shows_and_is_confirmed_at_the_next_hello(
    cast: Cast, enrolled: Identity, attach: Attach, hints: Hints
) -> None:
    station = attach()
    snapshot = opened(station.expect("snapshot"), enrolled)
    station.send(snapshot=link_pb2.SnapshotAnswer(version=snapshot.version, in_force=True))
    station.events(1)
    station.acknowledged()
    status = status_of(cast)
    assert (status.snapshot_version, status.snapshot_refusal) == (snapshot.version, "")
    assert status.snapshot_in_force_at is not None
    hints.wait_for("controllers:")
    again = attach(version=snapshot.version)
    assert again.expect("confirmed").confirmed.version == snapshot.version


def test_a_refused_snapshot_shows_and_the_old_one_counts(cast: Cast, attach: Attach) -> None:
    station = attach(version=1)
    station.expect("snapshot")
    station.send(snapshot=link_pb2.SnapshotAnswer(version=5, in_force=False, refusal="wrong_signature: not ours"))
    station.events(1)
    station.acknowledged()
    status = status_of(cast)
    assert (status.snapshot_version, status.snapshot_refusal) == (1, "wrong_signature: not ours")


def test_a_restored_database_catches_up_with_its_controllers(cast: Cast, enrolled: Identity, attach: Attach) -> None:
    with acting("premises_administration", cast.organisation.pk):
        ahead = wanted_version(cast.organisation.pk) + 1  # as given out after the backup was taken
    station = attach(version=ahead)
    assert opened(station.expect("snapshot"), enrolled).version > ahead
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.get(action="snapshot.renewed").actor_name == "link"


def test_a_version_that_was_never_given_out_changes_nothing(cast: Cast, attach: Attach) -> None:
    station = attach(version=2**62)
    station.events(1)
    station.acknowledged()
    with acting("audit_review", cast.organisation.pk):
        assert not AuditEntry.objects.filter(action="snapshot.renewed").exists()


def test_status_is_kept_and_pages_hear_of_what_changed(cast: Cast, attach: Attach, hints: Hints) -> None:
    station = attach()
    told = link_pb2.Status(
        doors=[link_pb2.DoorStatus(door=str(cast.door.pk), state="open"), link_pb2.DoorStatus(door="x", state="open")],
        readers=[link_pb2.ReaderStatus(reader=str(cast.readers[0].pk), state="insecure")],
        waiting_events=2**40,
        events_in_memory=True,
    )
    station.send(status=told)
    hints.wait_for(f"doors:{cast.door.pk}")
    with acting("premises_administration", cast.organisation.pk):
        assert [row.state for row in DoorStatus.objects.filter(door=cast.door)] == ["open"]
        assert [row.state for row in ReaderStatus.objects.filter(reader=cast.readers[0])] == ["insecure"]
    status = status_of(cast)
    assert (status.online, status.events_in_memory, status.waiting_events) == (True, True, 2**31 - 1)
    assert status.software == "test 1"


def test_a_controller_whose_stream_ends_is_offline(cast: Cast, attach: Attach, hints: Hints) -> None:
    station = attach()
    station.events(1)
    station.acknowledged()
    assert status_of(cast).online
    station.close()
    assert station.end() is grpc.StatusCode.OK
    assert not status_of(cast).online


def test_a_new_stream_ends_the_old_one_and_the_controller_stays_online(cast: Cast, attach: Attach) -> None:
    first = attach()
    first.events(1)
    first.acknowledged()
    second = attach()
    assert first.end() is grpc.StatusCode.OK
    second.events(2)
    assert second.acknowledged() == 2
    assert status_of(cast).online


def test_an_operator_releases_a_door_and_learns_the_answer(cast: Cast, attach: Attach, hints: Hints) -> None:
    station = attach()
    station.events(1)
    station.acknowledged()
    with acting("door_operation", cast.organisation.pk, cast.admin.pk):
        command, entry = release_door(cast.door, by=cast.by)
    sent = station.expect("command").command
    assert (sent.id, sent.release_door.door) == (str(entry.pk), str(cast.door.pk))
    station.send(command=link_pb2.CommandAnswer(id=sent.id, granted=False, reason="door_out_of_service"))
    hints.wait_for(f"doors:{cast.door.pk}")
    with acting("door_operation", cast.organisation.pk):
        answered = DoorCommand.objects.get(pk=command.pk)
    assert (answered.granted, answered.reason) == (False, "door_out_of_service")
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.get(pk=entry.pk).action == "door.release_asked"


def test_a_late_command_and_one_already_sent_are_not_sent(cast: Cast, attach: Attach) -> None:
    with acting("door_operation", cast.organisation.pk, cast.admin.pk):
        late, _ = release_door(cast.door, by=cast.by)
        DoorCommand.objects.filter(pk=late.pk).update(asked_at="2026-01-01T00:00:00Z")
        fresh, _ = release_door(cast.door, by=cast.by)
    station = attach()
    assert station.expect("command").command.id == str(fresh.pk)
    again = attach()
    again.events(1)
    again.acknowledged()
    with acting("door_operation", cast.organisation.pk, cast.admin.pk):
        third, _ = release_door(cast.door, by=cast.by)
    assert again.expect("command").command.id == str(third.pk)


def test_only_the_own_controller_answers_a_command(cast: Cast, other: Cast, attach: Attach) -> None:
    with acting("door_operation", other.organisation.pk, other.admin.pk):
        command, _ = release_door(other.door, by=other.by)
    station = attach()
    station.send(command=link_pb2.CommandAnswer(id=str(command.pk), granted=True))
    station.send(command=link_pb2.CommandAnswer(id="none", granted=True))
    station.events(1)
    assert station.acknowledged() == 1
    with acting("door_operation", other.organisation.pk):
        assert DoorCommand.objects.get(pk=command.pk).answered_at is None


def test_an_unknown_message_is_skipped_and_told_once(cast: Cast, attach: Attach, link: LinkProcess) -> None:
    station = attach()
    newer = link_pb2.Up.FromString(b"\xa2\x06\x02hi")  # field 100, which this version does not have
    for _ in range(2):
        station._up.put(newer)
    station.events(1)
    assert station.acknowledged() == 1
    assert link.log.read_text().count(f"message skipped: controller {cast.controller.pk}") == 1


def test_who_does_not_say_hello_first_is_sent_away(enrolled: Identity, attach: Attach) -> None:
    station = Station(enrolled)
    station._up.get_nowait()
    with station:
        station.events(1)
        assert station.end() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_journal_without_a_name_is_not_acknowledged(attach: Attach) -> None:
    station = attach()
    station.events(1, journal="mine")
    assert station.end() is grpc.StatusCode.INVALID_ARGUMENT
