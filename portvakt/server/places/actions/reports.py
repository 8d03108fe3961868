"""How is kept what controllers say of themselves, their doors and their readers?"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from portvakt.server.places.models import ControllerStatus, DoorStatus, ReaderStatus
from portvakt.server.purpose.notices import Look, hint


def report_controller(controller: UUID, **values: Any) -> None:
    """Keep what a controller says of itself; no audit entry: nobody did anything."""
    ControllerStatus.objects.filter(controller_id=controller).update(**values)


def report_silence(before: datetime) -> None:
    """Call offline every controller not heard since `before`: the process that held its stream ended without saying so."""
    silent = ControllerStatus.objects.filter(online=True, seen_at__lt=before)
    for organisation in set(silent.values_list("organisation_id", flat=True)):
        hint(organisation, Look.CONTROLLERS)
    silent.update(online=False)


def report_door(organisation: UUID, door: UUID, state: str, **told: Any) -> None:
    """Keep how a door stands as its controller says it; `told` are further columns of DoorStatus."""
    DoorStatus.objects.update_or_create(
        organisation_id=organisation, door_id=door, defaults={"state": state, "at": timezone.now(), **told}
    )


def report_reader(organisation: UUID, reader: UUID, state: str, **told: Any) -> None:
    """Keep how a reader stands as its controller says it; `told` are further columns of ReaderStatus."""
    ReaderStatus.objects.update_or_create(
        organisation_id=organisation, reader_id=reader, defaults={"state": state, "at": timezone.now(), **told}
    )
