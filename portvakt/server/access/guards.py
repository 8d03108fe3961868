"""Does anything that the rules make possible break a guard rule?

Every change that could open a way is checked: actions of this package do it themselves, and whoever changes a door or a person does so
within `guarded()`. What a person holds does not count: a guard rule forbids the right, whether or not there is a card for it yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.utils import timezone

from portvakt.core.credentials import DIGEST_BYTES
from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.guard import DAYS, Counterexample, Guard, counterexample
from portvakt.core.decision.model import CredentialKind
from portvakt.core.schedule import Schedule
from portvakt.core.snapshot import Credential, Snapshot
from portvakt.core.snapshot import Person as PersonRow
from portvakt.server.access.calendar import as_rule
from portvakt.server.access.models import AccessRule, Assignment, GuardDoor, GuardRule, RuleDoor
from portvakt.server.access.snapshot import build_whole
from portvakt.server.organisations.models import SnapshotCounter
from portvakt.server.people.models import Person
from portvakt.server.places.models import Door
from portvakt.server.purpose.context import current_purpose
from portvakt.server.purpose.errors import Refused

# Together they make every auth type possible.
EVERY_KIND = (
    CredentialKind.KEY_CARD, CredentialKind.PIN, CredentialKind.QR, CredentialKind.PASSCODE, CredentialKind.PLATE,
)  # fmt: skip
ONE_DAY = timedelta(days=1)
# Where names may be read: elsewhere the example names nobody.
NAMES_FOR = frozenset({"access_administration"})

_checked_later: ContextVar[bool] = ContextVar("checked_later", default=False)


@contextmanager
def guarded(organisation: UUID) -> Iterator[None]:
    """Check the guard rules once, at the end of the block, whatever actions in it do. Refused: guard_broken."""
    token = _checked_later.set(True)
    try:
        yield
    finally:
        _checked_later.reset(token)
    check_guards(organisation)


def check_guards(organisation: UUID) -> None:
    """Refuse (guard_broken, with an example in its facts) where somebody could do what a guard rule forbids."""
    if _checked_later.get():
        return
    # Of two changes at once each would be tried without the other, and both together break what neither does alone. Whoever is
    # second waits here for the first, as for the next version.
    list(SnapshotCounter.objects.select_for_update().filter(organisation=organisation))
    guards = list(GuardRule.objects.filter(organisation=organisation).select_related("schedule").order_by("name"))
    if not guards:
        return
    doors: dict[UUID, set[str]] = {guard.pk: set() for guard in guards}
    for guard, door in GuardDoor.objects.filter(guard__in=guards).values_list("guard_id", "door_id"):
        doors[guard].add(str(door))
    rows = _rows(organisation, {door for held in doors.values() for door in held})
    promises = [_guard(guard, doors[guard.pk]) for guard in guards]
    index = compile_snapshot(rows)
    schedules = (*rows.schedules, *(promise.schedule for promise in promises if promise.schedule))
    for moment in _moments(timezone.now(), schedules):
        if (found := counterexample(index, promises, moment)) is not None:
            raise Refused("guard_broken", **_facts(found))


def _moments(now: datetime, schedules: Iterable[Schedule]) -> Iterator[datetime]:
    """Yield from when to look DAYS ahead: now, and before each special day that lies beyond what was looked at until then."""
    yield now
    looked_until = now + timedelta(days=DAYS)
    for day in sorted({special.date for schedule in schedules for special in schedule.special_days}):
        midnight = datetime.combine(date.fromisoformat(day), time(), UTC)
        # Somewhere the day begins before it does by UTC, ends after it, and its last hours end on the next day.
        if midnight + 3 * ONE_DAY > looked_until:
            begin = max(looked_until, midnight - ONE_DAY)
            yield begin
            looked_until = begin + timedelta(days=DAYS)


def _rows(organisation: UUID, doors: set[str]) -> Snapshot:
    """Return the rows about those who are in a rule for one of the doors, one of each sort, with every kind of credential."""
    # Asked for in two steps: of nested questions about tables that grew today, the database plans badly.
    rules = set(RuleDoor.objects.filter(door_id__in=doors).values_list("rule_id", flat=True))
    persons = set(Assignment.objects.filter(rule_id__in=rules).values_list("person_id", flat=True))
    rows = _one_of_each_sort(build_whole(organisation, persons))
    held = tuple(
        Credential(
            id=f"{person.id} {kind.value}",
            person=person.id,
            kind=kind,
            digest=UUID(person.id).bytes.ljust(DIGEST_BYTES, b"\0"),
            enabled=True,
            valid_from=None,
            valid_to=None,
        )
        for person in rows.persons
        for kind in EVERY_KIND
    )
    return msgspec.structs.replace(rows, credentials=held)


def _one_of_each_sort(rows: Snapshot) -> Snapshot:
    """Leave the first of all persons who differ in nothing that a guard rule asks about: of thousands a few remain."""
    held: dict[str, set[tuple[str, int | None, int | None]]] = defaultdict(set)
    for each in rows.assignments:
        held[each.person].add((each.rule, each.valid_from, each.valid_to))
    categories = dict(Person.objects.filter(pk__in=list(held)).values_list("pk", "category"))
    first: dict[tuple[PersonRow, str, frozenset[object]], PersonRow] = {}
    for person in sorted(rows.persons, key=lambda row: row.id):
        sort = (msgspec.structs.replace(person, id=""), categories[UUID(person.id)], frozenset(held[person.id]))
        first.setdefault(sort, person)
    kept = {person.id for person in first.values()}
    assignments = tuple(each for each in rows.assignments if each.person in kept)
    return msgspec.structs.replace(rows, persons=tuple(first.values()), assignments=assignments)


def _guard(guard: GuardRule, doors: set[str]) -> Guard:
    persons = None
    if guard.category:
        of_category = Person.objects.filter(organisation=guard.organisation_id, category=guard.category)
        persons = frozenset(str(pk) for pk in of_category.values_list("pk", flat=True))
    return Guard(str(guard.pk), persons, frozenset(doors), as_rule(guard.schedule) if guard.schedule else None)


def _facts(found: Counterexample) -> dict[str, str]:
    """Return in words who could pass where, by which rule and when, by the clock at the door."""
    door = Door.objects.select_related("section__site").get(pk=found.door)
    person = Person.objects.filter(pk=found.person).first() if current_purpose() in NAMES_FOR else None
    return {
        "guard": GuardRule.objects.get(pk=found.guard).name,
        "person": person.name if person else "",
        "door": door.name,
        "rule": AccessRule.objects.get(pk=found.rule).name,
        "moment": _local(found.moment, door.section.site.timezone),
    }


def _local(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
