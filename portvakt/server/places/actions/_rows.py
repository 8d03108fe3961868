"""How is a row of the premises stored, so that a taken name is a refusal and nothing else is undone?"""

from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from portvakt.server.places.models import ControllerTask
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.notices import Channel, notify

Row = TypeVar("Row", bound=models.Model)


def insert(row: Row, taken: str = "name_taken") -> Row:
    """Insert a row. Refused: `taken` where its name or address is."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(taken, field="name" if taken == "name_taken" else "address") from error
    return row


def save(row: models.Model, fields: list[str]) -> None:
    """Store some fields of a row. Refused: name_taken."""
    try:
        with transaction.atomic():
            row.save(update_fields=fields)
    except IntegrityError as error:
        raise Refused("name_taken", field="name") from error


def store(row: models.Model) -> bool:
    """Insert or change a row; tell whether it is new. Refused: name_taken."""
    added = not type(row)._default_manager.filter(pk=row.pk).exists()
    try:
        with transaction.atomic():
            row.save(force_insert=added)
    except IntegrityError as error:
        raise Refused("name_taken", field="name") from error
    return added


def hold_doors(part: type[models.Model], doors: Collection[UUID], by: Actor, **owner: models.Model) -> None:
    """Let a row have exactly these doors; `part` is the model of its doors, `owner` names the row there."""
    rows, wanted = part._default_manager.filter(**owner), set(doors)
    rows.exclude(door__in=wanted).delete()
    missing = wanted - set(rows.values_list("door_id", flat=True))
    part._default_manager.bulk_create(part(organisation_id=by.organisation, door_id=door, **owner) for door in missing)


def remove(row: models.Model) -> None:
    """Delete a row. Refused: still_used where another row, also one that this purpose may not read, belongs to it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            type(row)._default_manager.filter(pk=row.pk).delete()
            # References are checked at the end of the transaction; here it is asked for now, while it can be said why.
            cursor.execute("set constraints all immediate")
            cursor.execute("set constraints all deferred")
    except IntegrityError as error:
        raise Refused("still_used") from error


def ask(key: UUID, action: ControllerTask.Action, controller: UUID, by: Actor, **values: Any) -> ControllerTask:
    """Pass a task of this id on to a controller."""
    task = ControllerTask(pk=key, action=action, controller_id=controller, organisation_id=by.organisation, **values)
    task.asked_at = timezone.now()
    task.save(force_insert=True)
    notify(Channel.COMMAND, controller)
    return task
