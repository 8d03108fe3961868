"""Does what operators ask of controllers reach them, and does what became of it come back?"""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from portvakt.proto import link_pb2
from portvakt.server.access.models import Forgiveness, RemoteAsk
from portvakt.server.logbook.actions import record
from portvakt.server.people.models import CardReading
from portvakt.server.places.models import (
    ControllerStatus,
    ControllerTask,
    DoorStatus,
    LockdownDoor,
    LockdownPlan,
    ReaderStatus,
)
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.notices import Channel, notify
from tests.cast import Cast
from tests.server.link.station import Hints, Station
from tests.server.link.test_asks import ask, kept, resident_of, settle

Attach = Callable[..., Station]


def task(cast: Cast, action: ControllerTask.Action, **values: Any) -> ControllerTask:
    """Ask something of the cast's controller, as an action does."""
    with acting("premises_administration", cast.organisation.pk):
        made = ControllerTask(
            organisation_id=cast.organisation.pk,
            controller=cast.controller,
            action=action,
            asked_at=timezone.now(),
            **values,
        )
        made.save(force_insert=True)
        notify(Channel.COMMAND, cast.controller.pk)
    return made


def answered(cast: Cast, made: ControllerTask) -> ControllerTask:
    with acting("premises_administration", cast.organisation.pk):
        return ControllerTask.objects.get(pk=made.pk)


def test_a_rehearsal_names_the_controllers_own_doors_and_keeps_what_each_would_do(cast: Cast, attach: Attach) -> None:
    with acting("premises_administration", cast.organisation.pk):
        plan = LockdownPlan.objects.create(organisation_id=cast.organisation.pk, site=cast.site, name="Plan")
        LockdownDoor.objects.create(organisation_id=cast.organisation.pk, plan=plan, door=cast.door)
        record("plan.added", plan, by=cast.by, doors=True)
    station = attach()
    made = task(cast, ControllerTask.Action.REHEARSE, plan=plan)
    sent = station.expect("command").command
    assert (sent.id, list(sent.rehearse.doors)) == (str(made.pk), [str(cast.door.pk)])
    row = link_pb2.DoorRehearsal(door=str(cast.door.pk), would_lock=False, why_not="held_open")
    odd = link_pb2.DoorRehearsal(door="x" * 99, would_lock=False, why_not="moods")
    station.send(command=link_pb2.CommandAnswer(id=sent.id, granted=True, doors=[row, odd]))
    settle(station, 1)
    told = answered(cast, made)
    assert told.granted
    assert told.doors == [
        {"door": str(cast.door.pk), "would_lock": False, "why_not": "held_open"},
        {"door": "x" * 40, "would_lock": False, "why_not": "unknown"},
    ]


def test_a_reader_is_adopted_and_what_it_said_is_kept(cast: Cast, attach: Attach) -> None:
    station, reader = attach(), cast.readers[0]
    made = task(cast, ControllerTask.Action.ADOPT_READER, reader=reader, seconds=120)
    sent = station.expect("command").command
    assert (sent.adopt_reader.reader, sent.adopt_reader.seconds) == (str(reader.pk), 120)
    station.send(command=link_pb2.CommandAnswer(id=sent.id, granted=False, reason="fault", detail="No\0answer."))
    station.send(command=link_pb2.CommandAnswer(id=sent.id, granted=True))
    settle(station, 1)
    told = answered(cast, made)
    assert (told.granted, told.reason, told.detail) == (False, "fault", "No\ufffdanswer.")


def test_card_readings_are_kept_where_they_were_asked_for_and_no_more_than_two(cast: Cast, attach: Attach) -> None:
    station = attach()
    made = task(cast, ControllerTask.Action.READ_CARD, reader=cast.readers[0], seconds=30)
    other = task(cast, ControllerTask.Action.FORGIVE)
    sent = station.expect("command").command
    assert (sent.read_card.reader, sent.read_card.seconds) == (str(cast.readers[0].pk), 30)
    station.send(command=link_pb2.CommandAnswer(id=sent.id, granted=True))
    for command, bits, data in (
        (sent.id, 26, b"1234"),
        (sent.id, 26, b"12345"),
        (sent.id, 26, b"third"),
        (str(other.pk), 26, b"1234"),
        ("no id", 26, b"1234"),
    ):
        station.send(reading=link_pb2.Reading(command=command, bits=bits, data=data))
    settle(station, 1)
    with acting("access_administration", cast.organisation.pk):
        rows = list(CardReading.objects.order_by("at").values_list("task_id", "bits", "data"))
    assert [(task_id, bits, bytes(data)) for task_id, bits, data in rows] == [
        (made.pk, 26, b"1234"),
        (made.pk, 26, b"12345"),
    ]


@pytest.mark.parametrize(("bits", "data"), [(0, b"1234"), (33, b"1234"), (26, b""), (520, b"x" * 65)])
def test_a_reading_that_no_card_can_be_is_not_kept(cast: Cast, attach: Attach, bits: int, data: bytes) -> None:
    station = attach()
    task(cast, ControllerTask.Action.READ_CARD, reader=cast.readers[0], seconds=30)
    sent = station.expect("command").command
    station.send(reading=link_pb2.Reading(command=sent.id, bits=bits, data=data))
    settle(station, 1)
    with acting("access_administration", cast.organisation.pk):
        assert not CardReading.objects.exists()


def test_one_person_and_everybody_are_forgiven(cast: Cast, attach: Attach) -> None:
    station = attach()
    everybody = task(cast, ControllerTask.Action.FORGIVE)
    assert station.expect("command").command.forgive.person == ""
    with acting("access_administration", cast.organisation.pk):
        entry = record("person.forgiven", cast.guest, by=cast.by)
        wish = Forgiveness(pk=entry.pk, organisation_id=cast.organisation.pk, person=cast.guest)
        wish.controller_id, wish.asked_at = cast.controller.pk, timezone.now()
        wish.save(force_insert=True)
        notify(Channel.COMMAND, cast.controller.pk)
    sent = station.expect("command").command
    assert (sent.id, sent.forgive.person) == (str(wish.pk), str(cast.guest.pk))
    for made in (everybody, wish):
        station.send(command=link_pb2.CommandAnswer(id=str(made.pk), granted=True))
    settle(station, 1)
    assert answered(cast, everybody).granted
    with acting("access_administration", cast.organisation.pk):
        assert Forgiveness.objects.get(pk=wish.pk).granted


def test_all_that_a_phone_said_goes_to_the_door_and_what_it_needs_comes_back(cast: Cast, attach: Attach) -> None:
    station = attach()
    settle(station, 1)
    made = ask(cast, resident_of(cast))
    sent = station.expect("command").command.remote_open
    assert (sent.side, sent.has_metres, sent.code, sent.pin, sent.pin_only) == ("entry", False, b"", b"", False)
    station.send(command=link_pb2.CommandAnswer(id=str(made.pk), granted=False, needs="pin_on_phone"))
    settle(station, 2)
    told = kept(cast, made)
    assert (told.granted, told.reason, told.needs) == (False, "", "pin_on_phone")
    assert isinstance(told, RemoteAsk)


def test_how_doors_readers_and_clock_stand_is_kept(cast: Cast, attach: Attach, hints: Hints) -> None:
    station = attach()
    door = link_pb2.DoorStatus(
        door=str(cast.door.pk), state="locked", posture="unlocked", why="schedule", until_us=10**15, reachable=False
    )
    odd = link_pb2.DoorStatus(door=str(cast.cellar.pk), state="locked", posture="sulking", until_us=2**62)
    reader = link_pb2.ReaderStatus(reader=str(cast.readers[0].pk), state="online", model="M", firmware="1.2")
    station.send(status=link_pb2.Status(doors=[door, odd], readers=[reader], clock="wrong", fire=True, tampered=True))
    hints.wait_for(f"doors:{cast.door.pk}")
    settle(station, 1)
    with acting("premises_administration", cast.organisation.pk):
        kept_door = DoorStatus.objects.get(door=cast.door)
        assert (kept_door.posture, kept_door.why, kept_door.reachable) == ("unlocked", "schedule", False)
        assert kept_door.until is not None
        assert kept_door.until.year == 2001
        kept_odd = DoorStatus.objects.get(door=cast.cellar)
        assert (kept_odd.posture, kept_odd.until) == ("normal", None)
        kept_reader = ReaderStatus.objects.get(reader=cast.readers[0])
        assert (kept_reader.model, kept_reader.firmware) == ("M", "1.2")
        status = ControllerStatus.objects.get(controller=cast.controller)
    assert (status.clock, status.fire, status.tampered) == ("wrong", True, True)
