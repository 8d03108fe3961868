"""When does a change hold at the doors: on how many controllers is it in force?

A page that made a change goes on with the version and the moment of the change in its address; the frame then asks here until every
controller that can answer has answered.
"""

from datetime import UTC, datetime

import msgspec
from django.http import HttpResponse
from django.shortcuts import render

from portvakt.server.places.models import ControllerStatus
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.page import BoardRequest, page

# Asked three times a second at first; after a minute somebody is offline, and once in five seconds will do.
SOON_MS = 300
LATER_MS = 5_000
PATIENCE_MS = 60_000


class Standing(msgspec.Struct, frozen=True):
    """How far a version has come: names of the controllers that do not have it yet, by whether they are online."""

    total: int
    in_force: int
    waiting: tuple[str, ...]
    offline: tuple[str, ...]
    seconds: float | None

    @property
    def complete(self) -> bool:
        """Tell whether there is nobody left to wait for."""
        return self.in_force == self.total


@page("door_operation", Permission.DOOR_READ)
def status(request: BoardRequest, version: int) -> HttpResponse:
    """Answer with the toast that says how far a version has come."""
    since = request.GET.get("since", "")
    asked_at = int(since) if since.isdecimal() and len(since) < 16 else 0
    waited_ms = datetime.now(UTC).timestamp() * 1000 - asked_at
    standing = standing_of(version, asked_at)
    again = SOON_MS if waited_ms < PATIENCE_MS else LATER_MS
    return render(
        request, "board/in_force.html", {"standing": standing, "version": version, "since": asked_at, "again": again}
    )


def standing_of(version: int, asked_ms: int) -> Standing:
    """Return how far a version has come among the enrolled controllers of the organisation at work."""
    found = list(
        ControllerStatus.objects.filter(enrolled_at__isnull=False)
        .values_list("controller__name", "online", "snapshot_version", "snapshot_in_force_at")
        .order_by("controller__name")
    )
    late = [(name, online) for name, online, has, _at in found if has < version]
    moments = [at.timestamp() * 1000 for _name, _online, has, at in found if has >= version and at]
    return Standing(
        total=len(found),
        in_force=len(found) - len(late),
        waiting=tuple(name for name, online in late if online),
        offline=tuple(name for name, online in late if not online),
        seconds=max(0.0, (max(moments) - asked_ms) / 1000) if moments and asked_ms else None,
    )
