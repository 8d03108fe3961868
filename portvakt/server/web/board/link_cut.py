"""What would each door do if its controller lost contact with the server now? Computed from what the controllers last said."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby

import msgspec
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portvakt.core.decision.model import WITH_PHONE, AuthType
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.places.models import ControllerStatus, Door, PastAgeBehaviour, Site
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.page import BoardRequest, page


class LinkCut(msgspec.Struct, frozen=True):
    """What a door would do: by which snapshot, until when as now, what afterwards, and what would not work meanwhile.

    `until` is None where it never changes. `since` is the last contact where there is none now.
    """

    door: Door
    status: ControllerStatus | None
    newest: bool
    since: datetime | None
    until: datetime | None
    lost: tuple[AuthType, ...]

    @property
    def decides(self) -> bool:
        """Tell whether the controller has anything to decide by."""
        return self.status is not None and self.status.snapshot_version > 0

    @property
    def past(self) -> bool:
        """Tell whether the age limit has passed already."""
        return self.until is not None and self.until <= timezone.now()


class SiteCut(msgspec.Struct, frozen=True):
    """The doors of a site, as above, and what stands out among them."""

    site: Site
    doors: tuple[LinkCut, ...]

    @property
    def old(self) -> int:
        """Return how many doors decide by a snapshot that is not the newest."""
        return sum(not door.newest for door in self.doors)

    @property
    def denying(self) -> int:
        """Return how many doors would refuse everyone after their age limit."""
        return sum(door.door.past_age_behaviour == PastAgeBehaviour.DENY for door in self.doors)


def link_cut(door: Door, status: ControllerStatus | None, wanted: int) -> LinkCut:
    """Return what a door would do; `wanted` is the version its controller should have in force."""
    now = timezone.now()
    since = None if status is None or status.online else status.seen_at
    keeps = door.past_age_behaviour == PastAgeBehaviour.KEEP
    accepted = {AuthType(number) for number in (*door.entry_auth_types, *door.exit_auth_types)}
    return LinkCut(
        door=door,
        status=status,
        newest=status is not None and 0 < wanted <= status.snapshot_version,
        since=since,
        until=None if keeps else (since or now) + timedelta(hours=door.past_age_hours),
        lost=tuple(sorted(accepted & WITH_PHONE)),
    )


@page("door_operation", Permission.DOOR_READ)
def cuts(request: BoardRequest) -> HttpResponse:
    """Show what every door would do, by site."""
    doors = Door.objects.filter(organisation=request.organisation).select_related("section__site", "controller")
    said = {row.controller_id: row for row in ControllerStatus.objects.all()}
    wanted = wanted_version(request.organisation.pk)
    ordered = doors.order_by("section__site__name", "section__name", "name")
    rows = (link_cut(door, said.get(door.controller_id), wanted) for door in ordered)
    return render(request, "board/doors/link_cut.html", {"sites": list(_by_site(rows))})


def _by_site(rows: Iterable[LinkCut]) -> Iterator[SiteCut]:
    for site, doors in groupby(rows, key=lambda row: row.door.section.site):
        yield SiteCut(site, tuple(doors))
