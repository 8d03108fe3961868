from datetime import UTC, date, datetime

import pytest

from portvakt.core.decision.model import AuthType, Side
from portvakt.server.access import actions
from portvakt.server.access.models import AccessRule, Assignment, RuleDoor, Schedule, SpecialDay
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast

WORK = "access_administration"


@pytest.mark.parametrize(
    "weekly",
    [
        [],
        [[]] * 6,
        [[[480]]] + [[]] * 6,
        [[[480, 480]]] + [[]] * 6,
        [[[-1, 480]]] + [[]] * 6,
        [[[480, 1441]]] + [[]] * 6,
        [[["8", "17"]]] + [[]] * 6,
        [[[n * 10, n * 10 + 5] for n in range(51)]] + [[]] * 6,
    ],
)
def test_hours_that_make_no_sense_are_refused(shared_cast: Cast, weekly: list[list[list[int]]]) -> None:
    with acting(WORK, shared_cast.organisation.pk), pytest.raises(Refused) as refused:
        actions.save_schedule(Schedule(name="Wrong", weekly=weekly), by=shared_cast.by)
    assert (refused.value.code, refused.value.field) == ("hours_wrong", "weekly")


def test_a_name_is_taken_once(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk), pytest.raises(Refused, match="name_taken"):
        actions.save_schedule(Schedule(name=cast.office_hours.name), by=cast.by)


def test_another_organisation_may_use_the_same_name(cast: Cast, other: Cast) -> None:
    assert cast.office_hours.name == other.office_hours.name


def test_a_schedule_in_use_stays(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        actions.save_rule(AccessRule(name="Office", schedule=cast.office_hours), {}, by=cast.by)
        with pytest.raises(Refused, match="schedule_in_use"):
            actions.remove_schedule(cast.office_hours, by=cast.by)


def test_a_special_day_is_set_changed_and_removed(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        for hours in ([], [[600, 720]]):
            actions.set_special_day(cast.office_hours, date(2026, 12, 24), hours, by=cast.by, name="Julafton")
        day = SpecialDay.objects.get(schedule=cast.office_hours)
        assert day.hours == [[600, 720]]
        actions.remove_special_day(day, by=cast.by)
        actions.remove_schedule(cast.office_hours, by=cast.by)
        assert not Schedule.objects.filter(pk=cast.office_hours.pk).exists()


def test_a_rule_cannot_ask_what_the_door_cannot_do(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk), pytest.raises(Refused, match="auth_type_not_supported"):
        actions.save_rule(cast.rule, {cast.door.pk: {Side.EXIT: [AuthType.KEY_CARD]}}, by=cast.by)


def test_a_rule_cannot_name_somebody_elses_door(cast: Cast, other: Cast) -> None:
    with acting(WORK, cast.organisation.pk), pytest.raises(Refused, match="auth_type_not_supported"):
        actions.save_rule(cast.rule, {other.door.pk: {Side.ENTRY: [AuthType.KEY_CARD]}}, by=cast.by)


def test_a_temporary_rule_must_end_after_it_begins(cast: Cast) -> None:
    rule = AccessRule(name="T", valid_from=datetime(2026, 2, 1, tzinfo=UTC), valid_to=datetime(2026, 1, 1, tzinfo=UTC))
    with acting(WORK, cast.organisation.pk), pytest.raises(Refused, match="period_backwards"):
        actions.save_rule(rule, {}, by=cast.by)


def test_a_refused_change_leaves_the_rule_as_it_was(cast: Cast, other: Cast) -> None:
    with pytest.raises(Refused), acting(WORK, cast.organisation.pk):
        actions.save_rule(cast.rule, {other.door.pk: {Side.ENTRY: [AuthType.KEY_CARD]}}, by=cast.by)
    with acting(WORK, cast.organisation.pk):
        assert RuleDoor.objects.get(rule=cast.rule).door_id == cast.door.pk


def test_assigning_twice_changes_the_period_of_the_one_assignment(cast: Cast) -> None:
    end = datetime(2027, 1, 1, tzinfo=UTC)
    with acting(WORK, cast.organisation.pk):
        actions.assign(cast.resident, cast.rule, by=cast.by, valid_to=end)
        assert Assignment.objects.get(person=cast.resident, rule=cast.rule).valid_to == end


def test_removing_a_rule_takes_its_doors_and_assignments_along(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        actions.remove_rule(cast.rule, by=cast.by)
        assert not Assignment.objects.exists()
        assert not RuleDoor.objects.exists()
