"""What does one controller need to know? Read from the rows of its organisation, without a name, an address or a card number."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

import holidays
from django.utils import timezone

from portvakt.core import snapshot as wire
from portvakt.core.decision.model import AuthType, CredentialKind, Side
from portvakt.server.access.models import AccessRule, Assignment, HolidayRule, RuleDoor, Schedule, SpecialDay
from portvakt.server.organisations.actions import digest_key, wanted_version
from portvakt.server.people.models import Credential, Person
from portvakt.server.places.models import Controller, Door, Reader

# Public holidays are written out as special days this far ahead; jobs renew the snapshot long before they run out.
HOLIDAY_DAYS = 800


def build(controller: Controller) -> wire.Snapshot:
    """Return the snapshot of one controller as its organisation's rows stand now.

    The version is read first: rows that change meanwhile belong to a later version, which will be built in its turn.
    """
    version = wanted_version(controller.organisation_id)
    doors = Door.objects.filter(controller=controller).select_related("section__site")
    rules = _rules([door.pk for door in doors])
    return wire.Snapshot(
        controller=str(controller.pk),
        organisation=str(controller.organisation_id),
        version=version,
        compiled_at=_seconds(timezone.now()) or 0,
        digest_key=digest_key(controller.organisation_id),
        doors=tuple(_door(door) for door in doors),
        readers=tuple(_reader(reader) for reader in Reader.objects.filter(controller=controller)),
        schedules=_schedules({rule.schedule for rule in rules if rule.schedule}),
        rules=rules,
        persons=_persons(),
        credentials=_credentials(),
        assignments=_assignments(UUID(rule.id) for rule in rules),
    )


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def _auth_types(numbers: Iterable[int]) -> tuple[AuthType, ...]:
    return tuple(AuthType(number) for number in sorted(numbers))


def _door(door: Door) -> wire.Door:
    return wire.Door(
        id=str(door.pk),
        timezone=door.section.site.timezone,
        in_service=door.in_service,
        release_seconds=door.release_seconds,
        held_open_seconds=door.held_open_seconds,
        entry=_auth_types(door.entry_auth_types),
        exit=_auth_types(door.exit_auth_types),
        past_age=wire.PastAge(hours=door.past_age_hours, behaviour=door.past_age_behaviour),
    )


def _reader(reader: Reader) -> wire.Reader:
    return wire.Reader(
        id=str(reader.pk),
        door=str(reader.door_id),
        side=Side(reader.side),
        port=reader.port,
        address=reader.address,
        baud=reader.baud,
    )


def _rules(doors: list[UUID]) -> tuple[wire.Rule, ...]:
    """Return the rules that concern some of the doors, with those doors only."""
    parts: dict[UUID, list[wire.RuleDoor]] = defaultdict(list)
    for part in RuleDoor.objects.filter(door_id__in=doors):
        row = wire.RuleDoor(str(part.door_id), _auth_types(part.entry_auth_types), _auth_types(part.exit_auth_types))
        parts[part.rule_id].append(row)
    return tuple(
        wire.Rule(
            id=str(rule.pk),
            doors=tuple(parts[rule.pk]),
            schedule=str(rule.schedule_id) if rule.schedule_id else None,
            valid_from=_seconds(rule.valid_from),
            valid_to=_seconds(rule.valid_to),
        )
        for rule in AccessRule.objects.filter(pk__in=parts)
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


def _persons() -> tuple[wire.Person, ...]:
    """Return every person of the organisation, so that a card that opens elsewhere is denied for the right reason."""
    rows = Person.objects.values_list("pk", "suspended_at", "valid_from", "valid_to")
    return tuple(
        wire.Person(str(pk), suspended is not None, _seconds(valid_from), _seconds(valid_to))
        for pk, suspended, valid_from, valid_to in rows
    )


def _credentials() -> tuple[wire.Credential, ...]:
    """Return every credential; where a revoked one has the digest of another, only the newest counts."""
    newest: dict[tuple[str, bytes], wire.Credential] = {}
    columns = ("pk", "person_id", "kind", "digest", "suspended_at", "revoked_at", "valid_from", "valid_to")
    for pk, person, kind, digest, suspended, revoked, valid_from, valid_to in Credential.objects.order_by(
        "issued_at"
    ).values_list(*columns):
        key = (kind, bytes(digest))
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


def _assignments(rules: Iterable[UUID]) -> tuple[wire.Assignment, ...]:
    rows = Assignment.objects.filter(rule_id__in=list(rules)).values_list(
        "rule_id", "person_id", "valid_from", "valid_to"
    )
    return tuple(
        wire.Assignment(str(rule), str(person), _seconds(start), _seconds(end)) for rule, person, start, end in rows
    )
