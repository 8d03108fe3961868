"""How is a row about access stored, so that a taken name is a refusal and nothing else is undone?"""

from django.db import IntegrityError, models, transaction

from portvakt.server.purpose.errors import Refused


def store(row: models.Model) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused("name_taken", field="name") from error
