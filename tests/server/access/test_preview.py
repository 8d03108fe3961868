"""Does a preview say who gains and who loses, and leave every row as it was?"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from portvakt.core.decision.model import AuthType, Side
from portvakt.server.access.actions import assign, remove_rule, save_rule, save_schedule
from portvakt.server.access.models import AccessRule, Assignment, RuleDoor, Schedule
from portvakt.server.access.preview import preview
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.people.actions import change_person, resume_person, suspend_person
from portvakt.server.places.actions import change_door
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast

WORK = "access_administration"
PAST = datetime(2020, 1, 1, tzinfo=UTC)
Change = Callable[[Cast], object]


def other_door(cast: Cast) -> object:
    return save_rule(cast.rule, {cast.cellar.pk: {Side.ENTRY: [AuthType.KEY_CARD]}}, by=cast.by)


def narrower(cast: Cast) -> object:
    cast.rule.schedule = cast.office_hours
    return save_rule(cast.rule, {cast.door.pk: {Side.ENTRY: [AuthType.KEY_CARD, AuthType.PIN]}}, by=cast.by)


def expired(cast: Cast) -> object:
    return change_person(cast.resident, by=cast.by, valid_to=PAST)


@pytest.mark.parametrize(
    ("change", "gains", "losses"),
    [
        (other_door, {"cellar"}, {"door"}),
        (narrower, set(), {"door"}),
        (expired, set(), {"door"}),
        (lambda cast: suspend_person(cast.resident, by=cast.by), set(), {"door"}),
        (lambda cast: remove_rule(cast.rule, by=cast.by), set(), {"door"}),
        (lambda cast: resume_person(cast.suspended, by=cast.by), set(), set()),
        (lambda cast: assign(cast.guest, cast.rule, by=cast.by), set(), set()),  # has neither card nor PIN
        (lambda cast: save_schedule(Schedule(name="New"), by=cast.by), set(), set()),
    ],
)
def test_who_gains_and_who_loses(cast: Cast, change: Change, gains: set[str], losses: set[str]) -> None:
    with acting(WORK, cast.organisation.pk):
        before = wanted_version(cast.organisation.pk)
        found = preview(cast.organisation.pk, lambda: change(cast))
        assert wanted_version(cast.organisation.pk) == before
        assert Assignment.objects.filter(person=cast.resident, rule=cast.rule).exists()
        assert RuleDoor.objects.get(rule=cast.rule).door_id == cast.door.pk
        assert AccessRule.objects.get(pk=cast.rule.pk).schedule_id is None
    person = str(cast.resident.pk)
    assert found.gains == ({person: tuple(str(getattr(cast, name).pk) for name in gains)} if gains else {})
    assert found.losses == ({person: tuple(str(getattr(cast, name).pk) for name in losses)} if losses else {})
    assert bool(found) is bool(gains or losses)


def test_a_look_leaves_no_entry_in_the_audit_log(cast: Cast) -> None:
    with acting("audit_review", cast.organisation.pk):
        before = AuditEntry.objects.count()
    with acting(WORK, cast.organisation.pk):
        preview(cast.organisation.pk, lambda: suspend_person(cast.resident, by=cast.by))
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.count() == before


def test_who_describes_the_premises_learns_how_many_without_reading_a_digest(cast: Cast) -> None:
    with acting("premises_administration", cast.organisation.pk):
        found = preview(cast.organisation.pk, lambda: change_door(cast.door, by=cast.by, entry_auth_types=[13]))
    assert set(found.losses) == {str(cast.resident.pk)}


def test_what_the_change_refuses_is_refused(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk), pytest.raises(Refused, match="name_taken"):
        preview(cast.organisation.pk, lambda: save_rule(AccessRule(name="Residents"), {}, by=cast.by))


def test_another_organisations_persons_are_not_in_it(cast: Cast, other: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        found = preview(cast.organisation.pk, lambda: remove_rule(cast.rule, by=cast.by))
    assert str(other.resident.pk) not in found.losses
