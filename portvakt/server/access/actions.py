"""How are schedules and rules made, persons assigned and withdrawn, and their wishes for a door passed on?"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from portvakt.core.decision.model import Reason, Side
from portvakt.server.access.models import (
    AccessRule,
    Assignment,
    RemoteAsk,
    RuleDoor,
    Schedule,
    SpecialDay,
    remote_parts,
)
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.models import Person
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.notices import Channel, notify

Hours = list[list[int]]
MINUTES_OF_DAY = 24 * 60
MAX_INTERVALS = 6
# Nobody presses a button more often; a program that does must not keep a door's controller busy.
ASKS_A_MINUTE = 20


def save_schedule(schedule: Schedule, *, by: Actor) -> AuditEntry:
    """Insert or change a schedule. Refused: name_taken, hours_wrong (field weekly or holiday_hours)."""
    by.require(Permission.SCHEDULE_MANAGE)
    if len(schedule.weekly) != 7 or not all(_hours_sound(day) for day in schedule.weekly):
        raise Refused("hours_wrong", field="weekly")
    if not _hours_sound(schedule.holiday_hours):
        raise Refused("hours_wrong", field="holiday_hours")
    action = "schedule.changed" if Schedule.objects.filter(pk=schedule.pk).exists() else "schedule.added"
    schedule.organisation_id = by.organisation
    _store(schedule)
    return record(action, schedule, by=by, fields=["weekly", "holidays", "holiday_hours"], doors=True)


def remove_schedule(schedule: Schedule, *, by: Actor) -> AuditEntry:
    """Remove a schedule that no rule uses. Refused: schedule_in_use."""
    by.require(Permission.SCHEDULE_MANAGE)
    if AccessRule.objects.filter(schedule=schedule).exists():
        raise Refused("schedule_in_use")
    entry = record("schedule.removed", schedule, by=by, doors=True)
    SpecialDay.objects.filter(schedule=schedule).delete()
    Schedule.objects.filter(pk=schedule.pk).delete()
    return entry


def set_special_day(schedule: Schedule, day: date, hours: Hours, *, by: Actor, name: str = "") -> AuditEntry:
    """Give a schedule other hours on one date; none means closed. Refused: hours_wrong."""
    by.require(Permission.SCHEDULE_MANAGE)
    if not _hours_sound(hours):
        raise Refused("hours_wrong", field="hours")
    SpecialDay.objects.update_or_create(
        organisation_id=by.organisation, schedule=schedule, date=day, defaults={"hours": hours, "name": name}
    )
    return record("special_day.set", schedule, by=by, fields=["special_days"], doors=True)


def remove_special_day(special_day: SpecialDay, *, by: Actor) -> AuditEntry:
    """Let a date follow the week again."""
    by.require(Permission.SCHEDULE_MANAGE)
    entry = record("special_day.removed", special_day.schedule, by=by, fields=["special_days"], doors=True)
    SpecialDay.objects.filter(pk=special_day.pk).delete()
    return entry


def save_rule(rule: AccessRule, doors: Mapping[UUID, Mapping[Side, Iterable[int]]], *, by: Actor) -> AuditEntry:
    """Insert or change a rule together with its doors and the auth types on each side.

    Refused: name_taken, period_backwards, auth_type_not_supported (a door's equipment cannot do what the rule asks).
    """
    by.require(Permission.RULE_MANAGE)
    if rule.valid_from and rule.valid_to and rule.valid_to <= rule.valid_from:
        raise Refused("period_backwards", field="valid_to")
    action = "rule.changed" if AccessRule.objects.filter(pk=rule.pk).exists() else "rule.added"
    rule.organisation_id = by.organisation
    _store(rule)
    RuleDoor.objects.filter(rule=rule).delete()
    RuleDoor.objects.bulk_create(_rule_doors(rule, doors))
    return record(action, rule, by=by, fields=["schedule", "valid_from", "valid_to", "doors"], doors=True)


def remove_rule(rule: AccessRule, *, by: Actor) -> AuditEntry:
    """Remove a rule with its doors and assignments."""
    by.require(Permission.RULE_MANAGE)
    entry = record("rule.removed", rule, by=by, doors=True)
    for part in (Assignment, RuleDoor):
        part._default_manager.filter(rule=rule).delete()
    AccessRule.objects.filter(pk=rule.pk).delete()
    return entry


def assign(
    person: Person, rule: AccessRule, *, by: Actor, valid_from: datetime | None = None, valid_to: datetime | None = None
) -> AuditEntry:
    """Put a person into a rule, or change from when to when. Refused: period_backwards."""
    by.require(Permission.RULE_ASSIGN)
    if valid_from and valid_to and valid_to <= valid_from:
        raise Refused("period_backwards", field="valid_to")
    Assignment.objects.update_or_create(
        organisation_id=by.organisation,
        rule=rule,
        person=person,
        defaults={"valid_from": valid_from, "valid_to": valid_to},
    )
    return record("person.assigned", person, by=by, fields=["rule"], doors=True)


def withdraw(assignment: Assignment, *, by: Actor) -> AuditEntry:
    """Take a person out of a rule."""
    by.require(Permission.RULE_ASSIGN)
    entry = record("person.withdrawn", assignment.person, by=by, fields=["rule"], doors=True)
    Assignment.objects.filter(pk=assignment.pk).delete()
    return entry


def ask_to_open(door: Door, *, by: Actor) -> tuple[RemoteAsk, AuditEntry]:
    """Pass the wish of the person that `by` is on to the door's controller, which decides; its answer is in the row in time or never.

    Refused: not_permitted (not one of the person's doors), too_many_asks.
    """
    now = timezone.now()
    if by.person is None or not remote_parts(by.person, now).filter(door=door).exists():
        raise Refused("not_permitted")
    lately = RemoteAsk.objects.filter(person_id=by.person, asked_at__gt=now - timedelta(minutes=1))
    if lately.count() >= ASKS_A_MINUTE:
        raise Refused("too_many_asks")
    entry = record("door.remote_asked", door, by=by)
    ask = RemoteAsk(
        pk=entry.pk,
        organisation_id=by.organisation,
        person_id=by.person,
        controller_id=door.controller_id,
        door_id=door.pk,
        asked_at=now,
    )
    ask.save(force_insert=True)
    notify(Channel.COMMAND, door.controller_id)
    return ask, entry


def answer_ask(ask: UUID, controller: UUID, reason: Reason | None) -> None:
    """Keep what became of a wish: granted without a reason, else why not. Only the door's own controller can answer it, once."""
    RemoteAsk.objects.filter(pk=ask, controller_id=controller, answered_at__isnull=True).update(
        answered_at=timezone.now(), granted=reason is None, reason=reason.value if reason else ""
    )


def _hours_sound(hours: Any) -> bool:
    """Tell whether hours are a short list of [start, end) in minutes; an end at or before its start is the next day."""
    return isinstance(hours, list) and len(hours) <= MAX_INTERVALS and all(_interval_sound(pair) for pair in hours)


def _interval_sound(pair: Any) -> bool:
    match pair:
        case [int(start), int(end)]:
            return 0 <= start < MINUTES_OF_DAY and 0 <= end <= MINUTES_OF_DAY and start != end
    return False


def _rule_doors(rule: AccessRule, doors: Mapping[UUID, Mapping[Side, Iterable[int]]]) -> list[RuleDoor]:
    known = Door.objects.in_bulk(list(doors))
    rows = []
    for door_id, sides in doors.items():
        door = known.get(door_id)
        entry, leave = sorted(sides.get(Side.ENTRY, ())), sorted(sides.get(Side.EXIT, ()))
        if door is None or set(entry) - set(door.entry_auth_types) or set(leave) - set(door.exit_auth_types):
            raise Refused("auth_type_not_supported", field="doors")
        rows.append(
            RuleDoor(
                organisation_id=rule.organisation_id,
                rule_id=rule.pk,
                door_id=door_id,
                entry_auth_types=entry,
                exit_auth_types=leave,
            )
        )
    return rows


def _store(row: models.Model) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused("name_taken", field="name") from error
