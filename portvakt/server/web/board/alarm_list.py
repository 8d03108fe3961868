"""Which alarms are there, how urgent is each, and who has seen to it? Alarms are access events and faults of the log; no person is read."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portvakt.core.event import ALARMS, EventKind
from portvakt.server.accounts.models import Account
from portvakt.server.logbook.models import AccessEvent, Acknowledgement, LogFault, LogFaultKind
from portvakt.server.organisations.models import Organisation
from portvakt.server.places.models import Controller, Door
from portvakt.server.web import words
from portvakt.server.web.board.newest import PAGE_ROWS, Position

# Somebody may be in danger, or inside who should not be.
URGENT = (EventKind.DURESS, EventKind.FIRE_BEGUN, EventKind.DOOR_FORCED)
# Somebody may be at work on the equipment.
SERIOUS = (
    EventKind.LOCKDOWN_BEGUN,
    EventKind.READER_TAMPERED,
    EventKind.READER_INSECURE,
    EventKind.CONTROLLER_TAMPERED,
    EventKind.EVENTS_DROPPED,
)
SEVERITY = Case(When(kind__in=URGENT, then=Value(0)), When(kind__in=SERIOUS, then=Value(1)), default=Value(2))
SEVERITIES: tuple[Promise, ...] = (_("Urgent"), _("Serious"), _("Other"))
COLOURS = ("red", "orange", "secondary")
# More at once nobody reads; the most urgent are first.
MOST_OPEN = 200
EVENT_FIELDS = ("at", "kind", "door_id", "controller_id", "reason", "detail")


class Alarm(msgspec.Struct, frozen=True):
    """An alarm as the page shows it; `key` names it in addresses, `colour` is Tabler's."""

    key: str
    at: datetime
    severity: int
    word: str
    where: str
    detail: str
    door: Door | None = None
    seen: Acknowledgement | None = None
    seen_by: str = ""

    @property
    def colour(self) -> str:
        """Return the colour of its severity."""
        return COLOURS[self.severity]

    @property
    def severity_word(self) -> Promise:
        """Name its severity."""
        return SEVERITIES[self.severity]


def open_alarms(organisation: Organisation, kind: str = "") -> tuple[list[Alarm], bool]:
    """Return the alarms that nobody has seen to, the most urgent first, and whether there are more than MOST_OPEN."""
    unseen = _events(organisation, kind).filter(~Exists(_seen("event_id")))
    faults = _faults(organisation, kind).filter(~Exists(_seen("fault_id"))).order_by("-at")
    rows: list[AccessEvent | LogFault] = []
    rows += unseen.order_by(SEVERITY, "-at", "-id")[: MOST_OPEN + 1]
    rows += faults[: MOST_OPEN + 1]
    rows.sort(key=lambda row: (_severity(row), -row.at.timestamp()))
    return _shown(organisation, rows[:MOST_OPEN]), len(rows) > MOST_OPEN


def count_open(organisation: Organisation) -> int:
    """Return how many alarms nobody has seen to; no more than MOST_OPEN are counted."""
    events = _events(organisation, "").filter(~Exists(_seen("event_id")))[:MOST_OPEN].count()
    return min(MOST_OPEN, events + _faults(organisation, "").filter(~Exists(_seen("fault_id")))[:MOST_OPEN].count())


def every_alarm(organisation: Organisation, kind: str, after: Position | None) -> tuple[list[Alarm], Position | None]:
    """Return a page of all alarms, newest first, and the position after which there are more."""
    events, faults = _events(organisation, kind), _faults(organisation, kind)
    if after:
        events = events.filter(at__lte=after.at).exclude(at=after.at, id__gte=after.id)
        faults = faults.filter(at__lt=after.at)
    rows: list[AccessEvent | LogFault] = [*events.order_by("-at", "-id")[: PAGE_ROWS + 1]]
    rows += faults.order_by("-at")[: PAGE_ROWS + 1]
    rows.sort(
        key=lambda row: (row.at, isinstance(row, LogFault), row.pk if isinstance(row.pk, int) else 0), reverse=True
    )
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    position = Position(last.at, last.pk if isinstance(last, AccessEvent) else 2**63 - 1) if last else None
    return _shown(organisation, rows[:PAGE_ROWS]), position


def find(organisation: Organisation, key: str) -> AccessEvent | LogFault | None:
    """Return the alarm that a key names, None for anything else."""
    kind, _dash, identity = key.partition("-")
    if kind == "event" and identity.isdecimal() and len(identity) < len(str(2**63)):
        return _events(organisation, "").filter(pk=int(identity)).first()
    try:
        return _faults(organisation, "").filter(pk=UUID(identity)).first() if kind == "fault" else None
    except ValueError:
        return None


def kinds() -> list[tuple[str, Promise]]:
    """Return every kind of alarm with its word, for a filter."""
    events = [(kind.value, words.EVENTS[kind]) for kind in sorted(ALARMS)]
    return [*events, *((kind.value, kind.label) for kind in LogFaultKind)]


def _events(organisation: Organisation, kind: str) -> QuerySet[AccessEvent]:
    wanted = [one for one in ALARMS if kind in {"", one.value}]
    found = AccessEvent.objects.filter(organisation=organisation, kind__in=wanted)
    return found.only(*EVENT_FIELDS)


def _faults(organisation: Organisation, kind: str) -> QuerySet[LogFault]:
    found = LogFault.objects.filter(organisation=organisation)
    return found.filter(what=kind) if kind else found


def _seen(column: str) -> QuerySet[Acknowledgement]:
    return Acknowledgement.objects.filter(organisation=OuterRef("organisation"), **{column: OuterRef("pk")})


def _severity(row: AccessEvent | LogFault) -> int:
    if isinstance(row, LogFault) or row.kind in SERIOUS:
        return 1
    return 0 if row.kind in URGENT else 2


def _shown(organisation: Organisation, rows: Sequence[AccessEvent | LogFault]) -> list[Alarm]:
    events = [row for row in rows if isinstance(row, AccessEvent)]
    doors = Door.objects.filter(organisation=organisation).in_bulk({row.door_id for row in events if row.door_id})
    controllers = Controller.objects.filter(organisation=organisation).in_bulk({row.controller_id for row in rows})
    seen = _acknowledgements(organisation, rows)
    names = _names(organisation, {one.account_id for one in seen.values() if one.account_id})
    return [_alarm(row, doors, controllers, seen.get(row.pk), names) for row in rows]


def _acknowledgements(organisation: Organisation, rows: Iterable[AccessEvent | LogFault]) -> dict[Any, Acknowledgement]:
    found: dict[Any, Acknowledgement] = {}
    for column, kind in (("event_id", AccessEvent), ("fault_id", LogFault)):
        wanted = [row.pk for row in rows if isinstance(row, kind)]
        own = Acknowledgement.objects.filter(organisation=organisation, **{f"{column}__in": wanted})
        found |= {getattr(one, column): one for one in (own if wanted else ())}
    return found


def _names(organisation: Organisation, accounts: set[UUID]) -> dict[UUID, str]:
    """Return operators' names; one without a name, or who has left, is not there."""
    found = Account.objects.filter(pk__in=accounts, memberships__organisation=organisation)
    return {pk: f"{first} {last}".strip() for pk, first, last in found.values_list("pk", "first_name", "last_name")}


def _alarm(
    row: AccessEvent | LogFault,
    doors: dict[UUID, Door],
    controllers: dict[UUID, Controller],
    seen: Acknowledgement | None,
    names: dict[UUID, str],
) -> Alarm:
    controller = controllers.get(row.controller_id)
    by = names.get(seen.account_id, "") if seen and seen.account_id else ""
    where = controller.name if controller else ""
    if isinstance(row, LogFault):
        numbers = f"{row.sequence}–{row.last}" if row.last != row.sequence else str(row.sequence)
        word = str(LogFaultKind(row.what).label)
        return Alarm(
            f"fault-{row.pk}", row.at, _severity(row), word, where, f"{numbers} · {row.journal}", None, seen, by
        )
    door = doors.get(row.door_id) if row.door_id else None
    word = str(words.EVENTS.get(row.kind, row.kind))
    return Alarm(
        f"event-{row.pk}", row.at, _severity(row), word, door.name if door else where, row.detail, door, seen, by
    )
