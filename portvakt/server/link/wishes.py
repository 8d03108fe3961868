"""What do operators and persons ask of a controller now, and what became of it?"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from portvakt.core.decision.model import Reason
from portvakt.proto import link_pb2
from portvakt.server.access.models import Forgiveness, RemoteAsk
from portvakt.server.link.device import Device, plain
from portvakt.server.people.actions import report_reading
from portvakt.server.places import actions as places
from portvakt.server.places.models import ControllerTask, DoorCommand, LockdownDoor
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.notices import Look, hint

LINK, ENTRY = "controller_link", "entry"
NEEDS = frozenset({"pin", "pin_on_phone", "person"})
WHY_NOT = frozenset({"", "open", "forced", "held_open", "unreachable", "out_of_service", "unknown"})
# How long after an operator asked for a card to be read its readings are taken, and how long a card's number is at most.
READING_MINUTES, READING_BYTES = 10, 64


def commands(device: Device) -> list[link_pb2.Command]:
    """Take the commands that must be sent to a controller now: operators' and persons' wishes."""
    with acting(LINK):
        released = places.claim_wishes(DoorCommand, device.controller)
        tasks = [_task(task) for task in places.claim_wishes(ControllerTask, device.controller)]
    with acting(ENTRY, device.organisation):
        asked = places.claim_wishes(RemoteAsk, device.controller)
        forgiven = places.claim_wishes(Forgiveness, device.controller)
    return [*map(_release, released), *map(_open, asked), *tasks, *map(_forgive, forgiven)]


def _release(command: DoorCommand) -> link_pb2.Command:
    return link_pb2.Command(id=str(command.pk), release_door=link_pb2.ReleaseDoor(door=str(command.door_id)))


def _open(ask: RemoteAsk) -> link_pb2.Command:
    wish = link_pb2.RemoteOpen(
        door=str(ask.door_id),
        side=ask.side,
        person=str(ask.person_id),
        has_metres=ask.metres is not None,
        metres=ask.metres or 0,
        code=bytes(ask.code or b""),
        pin=bytes(ask.pin or b""),
        pin_only=ask.pin_only,
    )
    return link_pb2.Command(id=str(ask.pk), remote_open=wish)


def _task(task: ControllerTask) -> link_pb2.Command:
    reader, key = str(task.reader_id or ""), str(task.pk)
    match task.action:
        case ControllerTask.Action.REHEARSE:
            own = LockdownDoor.objects.filter(plan=task.plan_id, door__controller=task.controller_id)
            doors = sorted(str(door) for door in own.values_list("door_id", flat=True))
            return link_pb2.Command(id=key, rehearse=link_pb2.Rehearse(doors=doors))
        case ControllerTask.Action.ADOPT_READER:
            adopt = link_pb2.AdoptReader(reader=reader, seconds=task.seconds)
            return link_pb2.Command(id=key, adopt_reader=adopt)
        case ControllerTask.Action.READ_CARD:
            return link_pb2.Command(id=key, read_card=link_pb2.ReadCard(reader=reader, seconds=task.seconds))
        case _:
            return link_pb2.Command(id=key, forgive=link_pb2.Forgive())


def _forgive(wish: Forgiveness) -> link_pb2.Command:
    return link_pb2.Command(id=str(wish.pk), forgive=link_pb2.Forgive(person=str(wish.person_id)))


def keep_answer(device: Device, answer: link_pb2.CommandAnswer) -> None:
    """Keep what became of a command. Raises ValueError for an id that is none."""
    command, reason = UUID(answer.id), _reason(answer)
    told: dict[str, Any] = {"granted": answer.granted, "reason": reason}
    with acting(LINK):
        for door in places.answer_wish(DoorCommand, command, device.controller, **told):
            hint(device.organisation, Look.DOORS, door.door_id)
        detail, doors = plain(answer.detail, 200), _rehearsed(answer)
        for _ in places.answer_wish(ControllerTask, command, device.controller, **told, detail=detail, doors=doors):
            hint(device.organisation, Look.DOORS)
    with acting(ENTRY, device.organisation):
        needs = answer.needs if answer.needs in NEEDS else ""
        # What the PIN was needed for is over.
        places.answer_wish(RemoteAsk, command, device.controller, **told, needs=needs, pin=None)
        places.answer_wish(Forgiveness, command, device.controller, granted=answer.granted)


def keep_reading(device: Device, reading: link_pb2.Reading) -> None:
    """Keep what a card said at one of the controller's readers, if an operator asked lately. Raises ValueError for an id that is none."""
    task = UUID(reading.command)
    with acting(LINK):
        asked = ControllerTask.objects.filter(
            pk=task,
            controller_id=device.controller,
            action=ControllerTask.Action.READ_CARD,
            asked_at__gt=timezone.now() - timedelta(minutes=READING_MINUTES),
        ).exists()
        if asked:
            hint(device.organisation, Look.CONTROLLERS)
    if asked and 0 < len(reading.data) <= READING_BYTES and 0 < reading.bits <= 8 * len(reading.data):
        with acting(ENTRY, device.organisation):
            report_reading(device.organisation, task, reading.bits, reading.data)


def _rehearsed(answer: link_pb2.CommandAnswer) -> list[dict[str, Any]]:
    return [
        {
            "door": plain(row.door, 40),
            "would_lock": row.would_lock,
            "why_not": row.why_not if row.why_not in WHY_NOT else "unknown",
        }
        for row in answer.doors
    ]


def _reason(answer: link_pb2.CommandAnswer) -> str:
    """Return why not, empty where it was granted or something must follow at the door."""
    if answer.granted or answer.needs in NEEDS:
        return ""
    try:
        return Reason(answer.reason).value
    except ValueError:
        return Reason.FAULT.value
