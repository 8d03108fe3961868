"""How are schedules and their special days made, changed and removed?"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from portvakt.core.schedule import MAX_INTERVALS_PER_DAY, MAX_SPECIAL_DAYS
from portvakt.server.access.actions._rows import store
from portvakt.server.access.guards import check_guards
from portvakt.server.access.models import AccessRule, GuardRule, HolidayRule, Schedule, SpecialDay, UnlockSchedule
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused

Hours = list[list[int]]
MINUTES_OF_DAY = 24 * 60
MAX_INTERVALS = MAX_INTERVALS_PER_DAY


def save_schedule(schedule: Schedule, *, by: Actor) -> AuditEntry:
    """Insert or change a schedule. Refused: name_taken, hours_wrong (field weekly or holiday_hours), guard_broken."""
    by.require(Permission.SCHEDULE_MANAGE)
    if len(schedule.weekly) != 7 or not all(_hours_sound(day) for day in schedule.weekly):
        raise Refused("hours_wrong", field="weekly")
    if not _hours_sound(schedule.holiday_hours):
        raise Refused("hours_wrong", field="holiday_hours")
    action = "schedule.changed" if Schedule.objects.filter(pk=schedule.pk).exists() else "schedule.added"
    schedule.organisation_id = by.organisation
    store(schedule)
    check_guards(by.organisation)
    return record(action, schedule, by=by, fields=["weekly", "holidays", "holiday_hours"], doors=True)


def remove_schedule(schedule: Schedule, *, by: Actor) -> AuditEntry:
    """Remove a schedule that no rule, door or guard rule uses. Refused: schedule_in_use."""
    by.require(Permission.SCHEDULE_MANAGE)
    users = (AccessRule, UnlockSchedule, GuardRule)
    if any(user._default_manager.filter(schedule=schedule).exists() for user in users):
        raise Refused("schedule_in_use")
    entry = record("schedule.removed", schedule, by=by, doors=True)
    SpecialDay.objects.filter(schedule=schedule).delete()
    Schedule.objects.filter(pk=schedule.pk).delete()
    return entry


def set_special_day(schedule: Schedule, day: date, hours: Hours, *, by: Actor, name: str = "") -> AuditEntry:
    """Give a schedule other hours on one date; none means closed. Refused: hours_wrong, guard_broken."""
    by.require(Permission.SCHEDULE_MANAGE)
    if not _hours_sound(hours):
        raise Refused("hours_wrong", field="hours")
    SpecialDay.objects.update_or_create(
        organisation_id=by.organisation, schedule=schedule, date=day, defaults={"hours": hours, "name": name}
    )
    check_guards(by.organisation)
    return record("special_day.set", schedule, by=by, fields=["special_days"], doors=True)


def remove_special_day(special_day: SpecialDay, *, by: Actor) -> AuditEntry:
    """Let a date follow the week again. Refused: guard_broken."""
    by.require(Permission.SCHEDULE_MANAGE)
    entry = record("special_day.removed", special_day.schedule, by=by, fields=["special_days"], doors=True)
    SpecialDay.objects.filter(pk=special_day.pk).delete()
    check_guards(by.organisation)
    return entry


def import_times(
    schedule: Schedule, weekly: list[Hours], days: Mapping[date, Hours], *, names: Mapping[date, str], by: Actor
) -> AuditEntry:
    """Give a schedule the week and the special days of a calendar, in place of all special days from today on.

    Public holidays are then as on other days: the calendar says itself what holds on them. Refused: hours_wrong,
    too_many_special_days, guard_broken.
    """
    by.require(Permission.SCHEDULE_MANAGE)
    if len(weekly) != 7 or not all(_hours_sound(hours) for hours in (*weekly, *days.values())):
        raise Refused("hours_wrong", field="times")
    today = timezone.localdate()
    past = SpecialDay.objects.filter(schedule=schedule, date__lt=today)
    if past.count() + len(days) > MAX_SPECIAL_DAYS:
        raise Refused("too_many_special_days", field="times")
    schedule.weekly, schedule.holidays, schedule.holiday_hours = weekly, HolidayRule.AS_USUAL, []
    schedule.save(update_fields=["weekly", "holidays", "holiday_hours"])
    SpecialDay.objects.filter(schedule=schedule, date__gte=today).delete()
    SpecialDay.objects.filter(schedule=schedule, date__in=days).delete()
    SpecialDay.objects.bulk_create(
        SpecialDay(
            organisation_id=by.organisation, schedule=schedule, date=day, hours=hours, name=names.get(day, "")[:100]
        )
        for day, hours in days.items()
    )
    check_guards(by.organisation)
    return record("schedule.imported", schedule, by=by, fields=["weekly", "special_days"], doors=True)


def _hours_sound(hours: Any) -> bool:
    """Tell whether hours are a short list of [start, end) in minutes; an end at or before its start is the next day."""
    return isinstance(hours, list) and len(hours) <= MAX_INTERVALS and all(_interval_sound(pair) for pair in hours)


def _interval_sound(pair: Any) -> bool:
    match pair:
        case [int(start), int(end)]:
            return 0 <= start < MINUTES_OF_DAY and 0 <= end <= MINUTES_OF_DAY and start != end
    return False
