"""How is a row of the premises stored, so that a taken name is a refusal and nothing else is undone?"""

from typing import TypeVar

from django.db import IntegrityError, models, transaction

from portvakt.server.purpose.errors import Refused

Row = TypeVar("Row", bound=models.Model)


def insert(row: Row, taken: str = "name_taken") -> Row:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(taken, field="name" if taken == "name_taken" else "address") from error
    return row


def save(row: models.Model, fields: list[str]) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=fields)
    except IntegrityError as error:
        raise Refused("name_taken", field="name") from error
