"""How is kept what controllers say of themselves, their doors and their readers?"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portvakt.server.places.models import ControllerStatus, DoorStatus, ReaderStatus
from portvakt.server.purpose.notices import Look, hint

# Controllers tell their status every 30 s; after three that did not come, whoever held the stream is gone.
SILENT_SECONDS = 90


def report_controller(controller: UUID, **values: Any) -> None:
    """Keep what a controller says of itself; no audit entry: nobody did anything."""
    ControllerStatus.objects.filter(controller_id=controller).update(**values)


def report_controllers(controllers: Collection[UUID], **values: Any) -> None:
    """Keep what several controllers say alike of themselves."""
    ControllerStatus.objects.filter(controller_id__in=controllers).update(**values)


def report_silence(now: datetime) -> None:
    """Call offline every controller not heard for SILENT_SECONDS: the process that held its stream ended without saying so."""
    silent = ControllerStatus.objects.filter(online=True, seen_at__lt=now - timedelta(seconds=SILENT_SECONDS))
    for organisation in set(silent.values_list("organisation_id", flat=True)):
        hint(organisation, Look.CONTROLLERS)
    silent.update(online=False)


def report_doors(rows: Iterable[DoorStatus]) -> None:
    """Keep how doors stand as their controllers say it, each door once."""
    columns = ["state", "at", "posture", "why", "until", "reachable"]
    DoorStatus.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["organisation", "door"], update_fields=columns
    )


def report_readers(rows: Iterable[ReaderStatus]) -> None:
    """Keep how readers stand as their controllers say it, each reader once."""
    columns = ["state", "at", "model", "firmware", "capabilities"]
    ReaderStatus.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["organisation", "reader"], update_fields=columns
    )
