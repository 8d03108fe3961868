"""How is each door now, and how old is that knowledge? Without a name of anybody who passes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import msgspec
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from portvakt.core.decision.model import AuthType, Side
from portvakt.core.door import DoorState
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.places.models import (
    Controller,
    ControllerStatus,
    Door,
    DoorStatus,
    Reader,
    ReaderState,
    ReaderStatus,
    Section,
    Site,
)

# What is presented at a reader; the others need a phone, or a button.
AT_READERS = frozenset(AuthType) - {
    AuthType.REX, AuthType.REMOTE, AuthType.REMOTE_PLUS_PHONE, AuthType.SCAN, AuthType.SCAN_PLUS_PHONE,
}  # fmt: skip
ALARM_STATES = {DoorState.FORCED, DoorState.HELD_OPEN}
# Of an access event, everything but who passed: the purpose may read no more.
EVENT_FIELDS = ("id", "at", "kind", "door_id", "side", "reader_id", "auth_type", "reason", "controller_id", "detail")
FEED_LENGTH = 15
# Longer ago than this an event that came in on a return of the link is told apart from one that just happened.
LATE = timedelta(minutes=1)


class ReaderNow(msgspec.Struct, frozen=True):
    """A reader and what its controller last said of it; no state where nothing was said yet."""

    reader: Reader
    state: str
    at: datetime | None

    @property
    def well(self) -> bool:
        """Tell whether the reader can be used."""
        return self.state == ReaderState.ONLINE


class DoorNow(msgspec.Struct, frozen=True):
    """A door with everything that is known of its present state; `state` is empty where nothing was reported yet."""

    door: Door
    state: str
    at: datetime | None
    controller: ControllerStatus | None
    readers: tuple[ReaderNow, ...]
    last: AccessEvent | None
    posture: str = ""
    why: str = ""
    until: datetime | None = None
    reachable: bool = True

    @property
    def online(self) -> bool:
        """Tell whether what is shown is current."""
        return self.controller is not None and self.controller.online

    @property
    def missing_readers(self) -> tuple[str, ...]:
        """Return the sides that accept what only a reader can take, but have none."""
        held = {reader.reader.side for reader in self.readers}
        return tuple(
            side.value for side in Side if side.value not in held and AT_READERS & set(self.door.accepts(side))
        )

    @property
    def alarm(self) -> bool:
        """Tell whether somebody should look at the door."""
        return self.state in ALARM_STATES or any(reader.state and not reader.well for reader in self.readers)

    @property
    def remote(self) -> bool:
        """Tell whether the equipment lets an operator open the door from here."""
        return AuthType.REMOTE in self.door.entry_auth_types


class SectionNow(msgspec.Struct, frozen=True):
    """A section with its doors."""

    section: Section
    doors: tuple[DoorNow, ...]


class SiteNow(msgspec.Struct, frozen=True):
    """A site with its sections."""

    site: Site
    sections: tuple[SectionNow, ...]


class Summary(msgspec.Struct, frozen=True):
    """How many doors, alarms and controllers there are, and which controllers are silent."""

    doors: int
    alarms: tuple[DoorNow, ...]
    controllers: int
    offline: tuple[ControllerStatus, ...]


def doors_now(doors: QuerySet[Door] | None = None) -> list[DoorNow]:
    """Return doors (all of the organisation at work if none are named) by site, section and name."""
    found = list(
        (Door.objects.all() if doors is None else doors)
        .select_related("section__site", "controller")
        .annotate(last_event=_newest_event())
        .order_by("section__site__name", "section__name", "name")
    )
    ids = [door.pk for door in found]
    states = {status.door_id: status for status in DoorStatus.objects.filter(door__in=ids)}
    controllers = {status.controller_id: status for status in ControllerStatus.objects.all()}
    readers = _readers(ids)
    events = {
        event.pk: event
        for event in AccessEvent.objects.filter(pk__in=[door.last_event for door in found if door.last_event]).only(
            *EVENT_FIELDS
        )
    }
    return [
        DoorNow(
            door=door,
            state=states[door.pk].state if door.pk in states else "",
            at=states[door.pk].at if door.pk in states else None,
            controller=controllers.get(door.controller_id),
            readers=tuple(readers.get(door.pk, ())),
            last=events.get(door.last_event),
            posture=states[door.pk].posture if door.pk in states else "",
            why=states[door.pk].why if door.pk in states else "",
            until=states[door.pk].until if door.pk in states else None,
            reachable=door.pk not in states or states[door.pk].reachable,
        )
        for door in found
    ]


def _newest_event() -> Subquery:
    return Subquery(
        AccessEvent.objects.filter(organisation_id=OuterRef("organisation_id"), door_id=OuterRef("pk"))
        .order_by("-at", "-id")
        .values("id")[:1]
    )


def _readers(doors: list[UUID]) -> dict[UUID, list[ReaderNow]]:
    said = {status.reader_id: status for status in ReaderStatus.objects.filter(reader__door__in=doors)}
    of_door: dict[UUID, list[ReaderNow]] = {}
    for reader in Reader.objects.filter(door__in=doors).order_by("side"):
        status = said.get(reader.pk)
        now = ReaderNow(reader, status.state if status else "", status.at if status else None)
        of_door.setdefault(reader.door_id, []).append(now)
    return of_door


def by_site(doors: Iterable[DoorNow]) -> list[SiteNow]:
    """Group doors, already in order, by site and section."""
    return [
        SiteNow(
            site,
            tuple(
                SectionNow(section, tuple(grouped))
                for section, grouped in groupby(inside, key=lambda now: now.door.section)
            ),
        )
        for site, inside in groupby(doors, key=lambda now: now.door.section.site)
    ]


def summary(doors: list[DoorNow]) -> Summary:
    """Count what needs attention."""
    controllers = list(ControllerStatus.objects.filter(enrolled_at__isnull=False).select_related("controller"))
    return Summary(
        doors=len(doors),
        alarms=tuple(now for now in doors if now.alarm),
        controllers=len(controllers),
        offline=tuple(status for status in controllers if not status.online),
    )


def newest_events(door: UUID | None = None, limit: int = FEED_LENGTH) -> list[AccessEvent]:
    """Return the newest events, of one door or of all, without names of persons.

    `door_name`, `old` (not of today) and `late` (came in on a return of the link) are set on each.
    """
    events = AccessEvent.objects.only(*EVENT_FIELDS, "received_at").order_by("-at", "-id")
    found = list(events.filter(door_id=door)[:limit] if door else events[:limit])
    names = dict(Door.objects.filter(pk__in={event.door_id for event in found}).values_list("pk", "name"))
    controllers = dict(
        Controller.objects.filter(pk__in={event.controller_id for event in found}).values_list("pk", "name")
    )
    for event in found:
        event.door_name = _name(event, names, controllers)  # type: ignore[attr-defined]
        event.old = timezone.localtime(event.at).date() != timezone.localdate()  # type: ignore[attr-defined]
        event.late = event.received_at - event.at > LATE  # type: ignore[attr-defined]
    return found


def _name(event: AccessEvent, doors: dict[UUID, str], controllers: dict[UUID, str]) -> str:
    """Return the name of the door an event was at, of its controller where it was at none; empty where neither exists now."""
    return (doors.get(event.door_id) if event.door_id else "") or controllers.get(event.controller_id, "")
