"""What does one controller need to know? Read from the rows of its organisation, without a name, an address or a card number."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

import holidays
import msgspec
from django.db.models import Q, QuerySet
from django.utils import timezone

from portvakt.core import snapshot as wire
from portvakt.core.credentials import DIGEST_BYTES
from portvakt.core.decision.model import AuthType, CredentialKind, Escort, Side
from portvakt.server.access.models import (
    AccessRule,
    Assignment,
    HolidayRule,
    RuleDoor,
    Schedule,
    SpecialDay,
    UnlockSchedule,
)
from portvakt.server.organisations.actions import digest_key, wanted_version
from portvakt.server.organisations.models import HolderChange, TakenBack
from portvakt.server.people.models import Credential, Person
from portvakt.server.places.models import (
    Area,
    Controller,
    Door,
    DoorHold,
    InterlockDoor,
    LockdownDoor,
    Reader,
    in_effect,
)

# Public holidays are written out as special days this far ahead; jobs renew the snapshot long before they run out.
HOLIDAY_DAYS = 800
# A delta about more persons than this, and about more than a fifth of all, costs more than a whole snapshot.
MANY_PERSONS, A_FIFTH = 1000, 5
# Whoever types the digits of one typed those of the other.
SAME_DIGITS = {CredentialKind.DURESS_PIN.value: CredentialKind.PIN.value}


def build(controller: Controller) -> wire.Snapshot:
    """Return the snapshot of one controller as its organisation's rows stand now.

    The version is read first: rows that change meanwhile belong to a later version, which will be built in its turn.
    """
    organisation = controller.organisation_id
    version = wanted_version(organisation)
    return msgspec.structs.replace(
        _site(controller, _blank(organisation, version)),
        persons=_persons(Person.objects.all()),
        credentials=_credentials(Credential.objects.all()),
        assignments=_assignments(Assignment.objects.all()),
    )


def build_whole(
    organisation: UUID, persons: Collection[UUID] | None = None, doors: Collection[UUID] | None = None
) -> wire.Snapshot:
    """Return the rows of all controllers as one, for questions about who may pass; it is signed and sent to nobody.

    With `persons` or `doors`, of these alone. Readers, interlocks and holds are left out. Instead of its digest each credential has its id,
    so that whoever asks need not be able to read digests.
    """
    own, held, asked = Q(organisation=organisation), Q(organisation=organisation), Q(organisation=organisation)
    if persons is not None:
        own, held = own & Q(pk__in=persons), held & Q(person__in=persons)
    if doors is not None:
        asked &= Q(pk__in=doors)
    rows = _blank(organisation, wanted_version(organisation))
    return msgspec.structs.replace(
        _premises(rows, Door.objects.filter(asked), Area.objects.filter(organisation=organisation)),
        persons=_persons(Person.objects.filter(own)),
        credentials=_kinds_held(Credential.objects.filter(held, revoked_at__isnull=True)),
        assignments=_assignments(Assignment.objects.filter(held)),
    )


def _kinds_held(rows: QuerySet[Credential]) -> tuple[wire.Credential, ...]:
    columns = ("pk", "person_id", "kind", "suspended_at", "valid_from", "valid_to")
    return tuple(
        wire.Credential(
            id=str(pk),
            person=str(person),
            kind=CredentialKind(kind),
            digest=pk.bytes.ljust(DIGEST_BYTES, b"\0"),
            enabled=suspended is None,
            valid_from=_seconds(valid_from),
            valid_to=_seconds(valid_to),
        )
        for pk, person, kind, suspended, valid_from, valid_to in rows.values_list(*columns)
    )


def build_delta(organisation: UUID, base: int, controller: Controller | None = None) -> wire.Delta | None:
    """Return what changed since version `base`: the persons it touched, and with `controller` its site's rows too.

    None where a whole snapshot is the better choice: more than a thousand persons and a fifth of all were touched.
    """
    version = wanted_version(organisation)
    touched = set(HolderChange.objects.filter(version__gt=base).values_list("person_id", flat=True))
    if len(touched) > MANY_PERSONS and len(touched) * A_FIFTH > Person.objects.count():
        return None
    touched = _sharing_digests(touched)
    rows = _blank(organisation, version)
    rows = msgspec.structs.replace(
        rows if controller is None else _site(controller, rows),
        persons=_persons(Person.objects.filter(pk__in=touched)),
        credentials=_credentials(Credential.objects.filter(person_id__in=touched)),
        assignments=_assignments(Assignment.objects.filter(person_id__in=touched)),
    )
    return wire.Delta(base, tuple(map(str, touched)), controller is not None, rows)


def build_bars(organisation: UUID, base: int) -> wire.Bars:
    """Return what was taken back since version `base`."""
    rows = list(TakenBack.objects.filter(version__gt=base))
    return wire.Bars(
        organisation=str(organisation),
        version=max((row.version for row in rows), default=base),
        persons=tuple(str(row.person_id) for row in rows if row.person_id and not row.rule_id),
        credentials=tuple(str(row.credential_id) for row in rows if row.credential_id),
        assignments=tuple((str(row.person_id), str(row.rule_id)) for row in rows if row.person_id and row.rule_id),
    )


def _blank(organisation: UUID, version: int) -> wire.Snapshot:
    """Return the rows of nobody and nothing."""
    return wire.Snapshot(
        controller="",
        organisation=str(organisation),
        version=version,
        compiled_at=_seconds(timezone.now()) or 0,
        digest_key=digest_key(organisation),
        doors=(),
        readers=(),
        schedules=(),
        rules=(),
        persons=(),
        credentials=(),
        assignments=(),
    )


def _site(controller: Controller, rows: wire.Snapshot) -> wire.Snapshot:
    """Add every row about the controller's site."""
    doors, now = Door.objects.filter(controller=controller), timezone.now()
    return msgspec.structs.replace(
        _premises(rows, doors, Area.objects.filter(controller=controller)),
        controller=str(controller.pk),
        readers=tuple(_reader(reader) for reader in Reader.objects.filter(controller=controller)),
        interlocks=_interlocks(controller),
        holds=tuple(
            wire.Hold(str(hold.door_id), _seconds(hold.ends_at))
            for hold in DoorHold.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), door__in=doors)
        ),
    )


def _premises(rows: wire.Snapshot, wanted: QuerySet[Door], areas: QuerySet[Area]) -> wire.Snapshot:
    """Add doors and areas, and what there is for these doors: rules, schedules and lockdowns."""
    doors = list(wanted.select_related("section__site"))
    ids = [door.pk for door in doors]
    unlocks = {each.door_id: each for each in UnlockSchedule.objects.filter(door_id__in=ids)}
    rules = _rules(ids)
    schedules = {rule.schedule for rule in rules if rule.schedule} | {
        str(each.schedule_id) for each in unlocks.values()
    }
    return msgspec.structs.replace(
        rows,
        doors=tuple(_door(door, unlocks.get(door.pk)) for door in doors),
        schedules=_schedules(schedules),
        rules=rules,
        areas=tuple(_area(area) for area in areas),
        lockdowns=_lockdowns(ids),
    )


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def _auth_types(numbers: Iterable[int]) -> tuple[AuthType, ...]:
    return tuple(AuthType(number) for number in sorted(numbers))


def _door(door: Door, unlock: UnlockSchedule | None) -> wire.Door:
    return wire.Door(
        id=str(door.pk),
        timezone=door.section.site.timezone,
        in_service=door.in_service,
        release_seconds=door.release_seconds,
        held_open_seconds=door.held_open_seconds,
        entry=_auth_types(door.entry_auth_types),
        exit=_auth_types(door.exit_auth_types),
        past_age=wire.PastAge(hours=door.past_age_hours, behaviour=door.past_age_behaviour),
        contact=door.contact,
        inside=_id(door.inside_id),
        outside=_id(door.outside_id),
        entry_code=bytes(door.entry_code or b""),
        exit_code=bytes(door.exit_code or b""),
        within_metres=door.within_metres,
        unlock_schedule=_id(unlock.schedule_id) if unlock else None,
        first_person_in=bool(unlock and unlock.first_person_in),
        home=door.home,
    )


def _id(key: UUID | None) -> str | None:
    return str(key) if key else None


def _reader(reader: Reader) -> wire.Reader:
    return wire.Reader(
        id=str(reader.pk),
        door=str(reader.door_id),
        side=Side(reader.side),
        port=reader.port,
        address=reader.address,
        baud=reader.baud,
        reads=reader.reads,
    )


def _area(area: Area) -> wire.Area:
    return wire.Area(
        id=str(area.pk),
        passback=area.passback,
        forgive_minutes=area.forgive_minutes,
        timed_minutes=area.timed_minutes,
        limit=area.limit,
        two_person=area.two_person,
        escort=area.escort,
    )


def _interlocks(controller: Controller) -> tuple[wire.Interlock, ...]:
    doors: dict[UUID, list[str]] = defaultdict(list)
    for interlock, door in InterlockDoor.objects.filter(interlock__controller=controller).values_list(
        "interlock_id", "door_id"
    ):
        doors[interlock].append(str(door))
    return tuple(wire.Interlock(str(interlock), tuple(sorted(held))) for interlock, held in sorted(doors.items()))


def _lockdowns(covered: list[UUID]) -> tuple[wire.Lockdown, ...]:
    """Return the lockdowns of doors that are in effect: begun, not ended, not past their end."""
    active = list(in_effect(timezone.now()).select_related("plan"))
    doors: dict[UUID, list[str]] = defaultdict(list)
    for plan, door in LockdownDoor.objects.filter(
        plan__in={each.plan_id for each in active}, door_id__in=covered
    ).values_list("plan_id", "door_id"):
        doors[plan].append(str(door))
    return tuple(
        wire.Lockdown(str(each.plan_id), each.plan.rank, tuple(sorted(doors[each.plan_id])), _seconds(each.ends_at))
        for each in active
        if doors[each.plan_id]
    )


def _rules(doors: list[UUID]) -> tuple[wire.Rule, ...]:
    """Return every rule, with those of the doors alone; of one without any the schedule says nothing here and stays away."""
    parts: dict[UUID, list[wire.RuleDoor]] = defaultdict(list)
    for part in RuleDoor.objects.filter(door_id__in=doors):
        row = wire.RuleDoor(str(part.door_id), _auth_types(part.entry_auth_types), _auth_types(part.exit_auth_types))
        parts[part.rule_id].append(row)
    return tuple(
        wire.Rule(
            id=str(rule.pk),
            doors=tuple(parts.get(rule.pk, ())),
            schedule=str(rule.schedule_id) if rule.schedule_id and rule.pk in parts else None,
            valid_from=_seconds(rule.valid_from),
            valid_to=_seconds(rule.valid_to),
        )
        for rule in AccessRule.objects.all()
    )


def _schedules(ids: set[str]) -> tuple[wire.Schedule, ...]:
    days: dict[UUID, dict[str, wire.SpecialDay]] = defaultdict(dict)
    for day in SpecialDay.objects.filter(schedule_id__in=ids):
        days[day.schedule_id][day.date.isoformat()] = wire.SpecialDay(day.date.isoformat(), _intervals(day.hours))
    return tuple(
        wire.Schedule(
            id=str(schedule.pk),
            weekly=tuple(_intervals(hours) for hours in schedule.weekly),
            special_days=tuple((holiday_rows(schedule, timezone.localdate()) | days[schedule.pk]).values()),
        )
        for schedule in Schedule.objects.filter(pk__in=ids)
    )


def _intervals(hours: Iterable[Iterable[int]]) -> tuple[wire.Interval, ...]:
    return tuple(wire.Interval(*pair) for pair in hours)


def holiday_rows(schedule: Schedule, today: date) -> dict[str, wire.SpecialDay]:
    """Return the public holidays of a schedule's country as special days, by date, from yesterday on.

    The dates are those of the `holidays` library; Sundays, which Sweden counts as holidays, follow the week instead.
    """
    if schedule.holidays == HolidayRule.AS_USUAL:
        return {}
    intervals = _intervals(schedule.holiday_hours) if schedule.holidays == HolidayRule.OWN_HOURS else ()
    first, last = today - timedelta(days=1), today + timedelta(days=HOLIDAY_DAYS)
    found = public_holidays(schedule.holiday_country, first, last)
    return {day.isoformat(): wire.SpecialDay(day.isoformat(), intervals) for day in found}


def public_holidays(country: str, first: date, last: date) -> dict[date, str]:
    """Return the public holidays of a country between two dates, both included, with their names in its own language."""
    options = {"include_sundays": False} if country == "SE" else {}
    language = holidays.country_holidays(country).default_language
    days = holidays.country_holidays(country, years=range(first.year, last.year + 1), language=language, **options)  # type: ignore[arg-type]
    return {day: name for day, name in sorted(days.items()) if first <= day <= last}


def _persons(persons: QuerySet[Person]) -> tuple[wire.Person, ...]:
    """Return persons; all of the organisation's are sent, so that a card that opens elsewhere is denied for the right reason."""
    rows = persons.values_list("pk", "suspended_at", "valid_from", "valid_to", "overrides", "escort")
    return tuple(
        wire.Person(str(pk), suspended is not None, _seconds(valid_from), _seconds(valid_to), overrides, Escort(escort))
        for pk, suspended, valid_from, valid_to, overrides, escort in rows
    )


def _sharing_digests(touched: set[UUID]) -> set[UUID]:
    """Add the persons whose revoked credentials have the digest of another's: only one of them can be at a door (see _credentials)."""
    while True:
        digests = Credential.objects.filter(person_id__in=touched).values("digest")
        more = set(Credential.objects.filter(digest__in=digests).values_list("person_id", flat=True)) - touched
        if not more:
            return touched
        touched |= more


def _credentials(credentials: QuerySet[Credential]) -> tuple[wire.Credential, ...]:
    """Return credentials; where a revoked one has the digest of another, only the newest counts."""
    newest: dict[tuple[str, bytes], wire.Credential] = {}
    columns = ("pk", "person_id", "kind", "digest", "suspended_at", "revoked_at", "valid_from", "valid_to")
    for pk, person, kind, digest, suspended, revoked, valid_from, valid_to in credentials.order_by(
        "issued_at"
    ).values_list(*columns):
        key = (SAME_DIGITS.get(kind, kind), bytes(digest))
        if key in newest and newest[key].enabled and revoked:
            continue
        newest[key] = wire.Credential(
            id=str(pk),
            person=str(person),
            kind=CredentialKind(kind),
            digest=bytes(digest),
            enabled=suspended is None and revoked is None,
            valid_from=_seconds(valid_from),
            valid_to=_seconds(valid_to),
        )
    return tuple(newest.values())


def _assignments(assignments: QuerySet[Assignment]) -> tuple[wire.Assignment, ...]:
    rows = assignments.values_list("rule_id", "person_id", "valid_from", "valid_to")
    return tuple(
        wire.Assignment(str(rule), str(person), _seconds(start), _seconds(end)) for rule, person, start, end in rows
    )
