"""Is a change refused that would make possible what a guard rule forbids, with the example, and is nothing of it kept?"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from portvakt.core.decision.model import AuthType, Side
from portvakt.server.access.actions import (
    assign,
    import_times,
    remove_guard,
    remove_special_day,
    save_guard,
    save_rule,
    save_schedule,
    set_special_day,
    withdraw,
)
from portvakt.server.access.guards import check_guards, guarded
from portvakt.server.access.models import AccessRule, Assignment, GuardRule, HolidayRule, Schedule, SpecialDay
from portvakt.server.accounts.models import Account, Role
from portvakt.server.people.actions import change_person, resume_person
from portvakt.server.people.models import Category, Person
from portvakt.server.places.actions import change_door
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.errors import sentence
from tests.cast import Cast

WORK = "access_administration"
Change = Callable[[Cast], object]
NIGHT = [[[1320, 360]]] * 7


@pytest.fixture
def guarded_cast(cast: Cast) -> Cast:
    """Contractors never pass the cellar's door; the guest is one, in a rule for that door only by day, and no card is issued yet."""
    with acting(WORK, cast.organisation.pk):
        Person.objects.filter(pk=cast.guest.pk).update(category=Category.CONTRACTOR)
        night = Schedule(name="Night", weekly=NIGHT)
        save_schedule(night, by=cast.by)
        rule = AccessRule(name="Cellar by day", schedule=cast.office_hours)
        save_rule(rule, {cast.cellar.pk: {Side.ENTRY: [AuthType.KEY_CARD]}}, by=cast.by)
        assign(cast.guest, rule, by=cast.by)
        guard = GuardRule(name="No contractors at night", category=Category.CONTRACTOR, schedule=night)
        save_guard(guard, [cast.cellar.pk], by=cast.by)
    return cast


def in_english(refused: Refused) -> str:
    with translation.override("en"):
        return sentence(refused)


def by_day(cast: Cast) -> AccessRule:
    return AccessRule.objects.get(name="Cellar by day")


def widen_rule(cast: Cast) -> object:
    rule = by_day(cast)
    rule.schedule = None
    return save_rule(rule, {cast.cellar.pk: {Side.ENTRY: [AuthType.KEY_CARD]}}, by=cast.by)


def widen_week(cast: Cast) -> object:
    schedule = Schedule.objects.get(pk=cast.office_hours.pk)
    schedule.weekly = [[[480, 1380]]] + [[]] * 6
    return save_schedule(schedule, by=cast.by)


def widen_a_day(cast: Cast) -> object:
    day = date.fromordinal(date.today().toordinal() + 10)  # noqa: DTZ011 - any day of the coming weeks will do
    return set_special_day(cast.office_hours, day, [[1200, 1439]], by=cast.by)


def widen_a_day_next_year(cast: Cast) -> object:
    day = date.fromordinal(date.today().toordinal() + 400)  # noqa: DTZ011 - any day far from now will do
    return set_special_day(cast.office_hours, day, [[1200, 1439]], by=cast.by)


def widen_holidays(cast: Cast) -> object:
    schedule = Schedule.objects.get(pk=cast.office_hours.pk)
    schedule.holidays, schedule.holiday_hours = HolidayRule.OWN_HOURS, [[1200, 1439]]
    return save_schedule(schedule, by=cast.by)


def widen_by_import(cast: Cast) -> object:
    return import_times(cast.office_hours, NIGHT, {}, names={}, by=cast.by)


def assign_to_night(cast: Cast) -> object:
    rule = AccessRule(name="Cellar at night", schedule=Schedule.objects.get(name="Night"))
    save_rule(rule, {cast.cellar.pk: {Side.ENTRY: [AuthType.PIN]}}, by=cast.by)
    return assign(cast.guest, rule, by=cast.by)


@pytest.mark.parametrize(
    "change",
    [
        widen_rule, widen_week, widen_a_day, widen_a_day_next_year, widen_holidays, widen_by_import, assign_to_night,
    ],
)  # fmt: skip
def test_a_change_that_would_open_a_way_is_refused_with_the_example(guarded_cast: Cast, change: Change) -> None:
    cast = guarded_cast
    with pytest.raises(Refused) as refused, acting(WORK, cast.organisation.pk):
        change(cast)
    assert refused.value.code == "guard_broken"
    facts = refused.value.facts
    assert (facts["guard"], facts["person"], facts["door"]) == ("No contractors at night", "Nils Al", "Källare")
    assert facts["rule"] in {"Cellar by day", "Cellar at night"}
    assert "Nils Al could pass Källare" in in_english(refused.value)
    with acting(WORK, cast.organisation.pk):
        assert by_day(cast).schedule_id == cast.office_hours.pk
        assert not SpecialDay.objects.exists()
        assert Assignment.objects.filter(person=cast.guest).count() == 1
        check_guards(cast.organisation.pk)


def test_many_changes_are_tried_together_at_their_end(guarded_cast: Cast) -> None:
    cast = guarded_cast
    with (
        pytest.raises(Refused, match="guard_broken"),
        acting(WORK, cast.organisation.pk),
        guarded(cast.organisation.pk),
    ):
        widen_rule(cast)
    with acting(WORK, cast.organisation.pk), guarded(cast.organisation.pk):
        widen_rule(cast)
        by_name = Assignment.objects.get(person=cast.guest, rule=by_day(cast))
        withdraw(by_name, by=cast.by)
    with pytest.raises(Refused, match="guard_broken"), acting(WORK, cast.organisation.pk):
        assign(cast.guest, by_day(cast), by=cast.by)


def test_persons_put_into_a_rule_together_are_tried(guarded_cast: Cast, client_of: Callable[[Account], Client]) -> None:
    cast = guarded_cast
    with acting(WORK, cast.organisation.pk):
        rule = AccessRule(name="Cellar at night")
        save_rule(rule, {cast.cellar.pk: {Side.ENTRY: [AuthType.PIN]}}, by=cast.by)
    address = f"/o/{cast.organisation.slug}/rules/{rule.pk}/persons/"
    wanted = {"step": "save", "add": [str(cast.resident.pk), str(cast.guest.pk)]}
    answer = client_of(cast.admin).post(address, wanted)
    assert answer.status_code == 422
    with acting(WORK, cast.organisation.pk):
        assert not Assignment.objects.filter(rule=rule).exists()


def test_the_same_change_for_somebody_else_is_made(guarded_cast: Cast) -> None:
    cast = guarded_cast
    with acting(WORK, cast.organisation.pk):
        rule = AccessRule(name="Cellar at night")
        save_rule(rule, {cast.cellar.pk: {Side.ENTRY: [AuthType.PIN]}}, by=cast.by)
        assign(cast.resident, rule, by=cast.by)


def test_a_person_who_becomes_one_of_them_is_refused(guarded_cast: Cast) -> None:
    cast = guarded_cast
    with acting(WORK, cast.organisation.pk):
        rule = AccessRule(name="Cellar at night")
        save_rule(rule, {cast.cellar.pk: {Side.ENTRY: [AuthType.PIN]}}, by=cast.by)
        assign(cast.resident, rule, by=cast.by)
        assign(cast.suspended, rule, by=cast.by)
        Person.objects.filter(pk=cast.suspended.pk).update(category=Category.CONTRACTOR)
        check_guards(cast.organisation.pk)
    with (
        pytest.raises(Refused, match="guard_broken"),
        acting(WORK, cast.organisation.pk),
        guarded(cast.organisation.pk),
    ):
        resume_person(cast.suspended, by=cast.by)
    with (
        pytest.raises(Refused, match="guard_broken"),
        acting(WORK, cast.organisation.pk),
        guarded(cast.organisation.pk),
    ):
        change_person(cast.resident, by=cast.by, category=Category.CONTRACTOR)


def test_a_door_that_comes_to_accept_more_is_refused_without_naming_anybody(guarded_cast: Cast) -> None:
    cast = guarded_cast
    premises = "premises_administration"
    rule = AccessRule(name="Leave by card")
    with acting(premises, cast.organisation.pk):
        change_door(cast.cellar, by=cast.by, exit_auth_types=[int(AuthType.KEY_CARD)])
    with acting(WORK, cast.organisation.pk):
        save_rule(rule, {cast.cellar.pk: {Side.EXIT: [AuthType.KEY_CARD]}}, by=cast.by)
    with acting(premises, cast.organisation.pk):
        change_door(cast.cellar, by=cast.by, exit_auth_types=[int(AuthType.REX)])
    with acting(WORK, cast.organisation.pk):
        assign(cast.guest, rule, by=cast.by)
    with pytest.raises(Refused) as refused, acting(premises, cast.organisation.pk), guarded(cast.organisation.pk):
        change_door(cast.cellar, by=cast.by, exit_auth_types=[int(AuthType.KEY_CARD)])
    assert refused.value.facts["person"] == ""
    assert "somebody could pass Källare" in in_english(refused.value)


def test_a_site_that_moves_to_another_time_is_refused(
    guarded_cast: Cast, client_of: Callable[[Account], Client]
) -> None:
    cast = guarded_cast
    noon = datetime.combine(date.today() + timedelta(days=2), time(12), ZoneInfo("Europe/Stockholm"))  # noqa: DTZ011 - any day
    with acting(WORK, cast.organisation.pk):
        rule = AccessRule(name="One hour")
        save_rule(rule, {cast.cellar.pk: {Side.ENTRY: [AuthType.PIN]}}, by=cast.by)
        assign(cast.guest, rule, by=cast.by, valid_from=noon, valid_to=noon + timedelta(hours=1))
    technician = client_of(cast.accounts[Role.HARDWARE_MANAGER])
    address = f"/o/{cast.organisation.slug}/places/sites/{cast.site.pk}/"
    answer = technician.post(address, {"name": cast.site.name, "timezone": "Pacific/Auckland"})
    assert answer.status_code == 422
    assert "No contractors at night" in answer.content.decode()
    assert technician.post(address, {"name": cast.site.name, "timezone": "Europe/Berlin"}).status_code == 302


def test_a_guard_rule_that_is_broken_already_is_not_saved(cast: Cast) -> None:
    with pytest.raises(Refused, match="guard_broken"), acting(WORK, cast.organisation.pk):
        save_guard(GuardRule(name="Nobody"), [cast.door.pk], by=cast.by)
    with pytest.raises(Refused, match="guard_empty"), acting(WORK, cast.organisation.pk):
        save_guard(GuardRule(name="Nobody"), [], by=cast.by)
    with acting(WORK, cast.organisation.pk):
        assert not GuardRule.objects.exists()


def test_without_the_guard_rule_the_change_is_made(guarded_cast: Cast) -> None:
    cast = guarded_cast
    with acting(WORK, cast.organisation.pk):
        remove_guard(GuardRule.objects.get(), by=cast.by)
        widen_rule(cast)


def test_a_special_day_that_kept_the_promise_cannot_go(guarded_cast: Cast) -> None:
    cast = guarded_cast
    today = date.today()  # noqa: DTZ011 - a day of the coming weeks
    day = next(found for n in range(1, 8) if (found := date.fromordinal(today.toordinal() + n)).weekday() == 0)
    with acting(WORK, cast.organisation.pk):
        remove_guard(GuardRule.objects.get(), by=cast.by)
        special = date.fromordinal(day.toordinal() + 7)
        set_special_day(cast.office_hours, special, [], by=cast.by)
        only = Schedule(name="That day", weekly=[[]] * 7)
        save_schedule(only, by=cast.by)
        set_special_day(only, special, [[480, 1020]], by=cast.by)
        save_guard(GuardRule(name="Closed", schedule=only), [cast.cellar.pk], by=cast.by)
    with pytest.raises(Refused, match="guard_broken"), acting(WORK, cast.organisation.pk):
        remove_special_day(SpecialDay.objects.select_related("schedule").get(schedule=cast.office_hours), by=cast.by)


def test_two_changes_at_once_cannot_break_together_what_neither_breaks_alone(guarded_cast: Cast) -> None:
    cast = guarded_cast
    with acting(WORK, cast.organisation.pk):
        rule = AccessRule(name="At night")
        save_rule(rule, {cast.door.pk: {Side.ENTRY: [AuthType.KEY_CARD]}}, by=cast.by)

    def add_the_cellar() -> None:
        try:
            with acting(WORK, cast.organisation.pk):
                save_rule(rule, {cast.cellar.pk: {Side.ENTRY: [AuthType.KEY_CARD]}}, by=cast.by)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as another:
        with acting(WORK, cast.organisation.pk):
            assign(cast.guest, rule, by=cast.by)
            second = another.submit(add_the_cellar)
            assert any(waits or second.done() for waits in _somebody_waits())
            assert not second.done()
        with pytest.raises(Refused, match="guard_broken"):
            second.result()


def _somebody_waits() -> Iterator[bool]:
    """Tell again and again whether another session waits for this one."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("select exists (select from pg_locks where pg_backend_pid() = any(pg_blocking_pids(pid)))")
            yield cursor.fetchone()[0]
