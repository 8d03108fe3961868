"""What did a card say at a reader that was asked to read it?"""

from uuid import UUID

from django.utils import timezone

from portvakt.server.people.models import CardReading

# An operator needs two; a reader that says more is not believed more.
READINGS = 2


def report_reading(organisation: UUID, task: UUID, bits: int, data: bytes) -> None:
    """Keep what a card said, for the operator who asked; gone within a day, and as soon as the card is issued."""
    if CardReading.objects.filter(organisation=organisation, task_id=task).count() < READINGS:
        CardReading.objects.create(organisation_id=organisation, task_id=task, bits=bits, data=data, at=timezone.now())
