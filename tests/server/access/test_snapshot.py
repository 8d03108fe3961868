"""From the rows of an organisation to the decision at its door: the snapshot that is built is the one that is decided by."""

from datetime import UTC, date, datetime

import pytest

from portvakt.core import snapshot as wire
from portvakt.core.credentials import card_digest, parse_card, pin_digest
from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import CardShown, Decision, Denied, Granted, PinTyped, Reason, Request, Side, State
from portvakt.server.access.actions import assign, save_rule, withdraw
from portvakt.server.access.models import Assignment, HolidayRule, Schedule
from portvakt.server.access.snapshot import build, holiday_rows, public_holidays
from portvakt.server.people.actions import issue_card, revoke_credential, suspend_person
from portvakt.server.people.models import Credential
from portvakt.server.places.actions import change_door
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)


def built(cast: Cast) -> wire.Snapshot:
    """Build as the link does: with its login, under the purpose of the door."""
    with as_login("link"), acting("entry", cast.organisation.pk, one_moment=True):
        return build(cast.controller)


def at_the_door(cast: Cast, value: str = "12-34567", pin: str = "") -> Decision:
    snapshot = built(cast)
    card = parse_card(value)
    factor = (
        PinTyped(pin_digest(snapshot.digest_key, pin))
        if pin
        else CardShown(card_digest(snapshot.digest_key, card.bits, card.data))
    )
    request = Request(str(cast.door.pk), Side.ENTRY, NOW, (factor,))
    return decide(request, compile_snapshot(snapshot), State(confirmed_at=NOW))


def reason(decision: Decision) -> Reason | None:
    return decision.reason if isinstance(decision, Denied) else None


@pytest.mark.row("S36")
def test_a_card_opens_the_door_of_its_rule(shared_cast: Cast) -> None:
    decision = at_the_door(shared_cast)
    assert isinstance(decision, Granted)
    assert (decision.person, decision.credential) == (str(shared_cast.resident.pk), str(shared_cast.card.pk))
    assert isinstance(at_the_door(shared_cast, pin=shared_cast.pin), Granted)


def test_an_unknown_card_is_denied(shared_cast: Cast) -> None:
    assert reason(at_the_door(shared_cast, "12-1")) is Reason.UNKNOWN_CREDENTIAL


def test_a_known_card_without_a_rule_is_unauthorised_not_unknown(cast: Cast) -> None:
    with acting("access_administration", cast.organisation.pk):
        issue_card(cast.guest, "12-2", by=cast.by)
    assert reason(at_the_door(cast, "12-2")) is Reason.UNAUTHORISED


def test_a_revoked_card_is_denied_for_that(cast: Cast) -> None:
    with acting("access_administration", cast.organisation.pk):
        revoke_credential(cast.card, by=cast.by)
    assert reason(at_the_door(cast)) is Reason.CREDENTIAL_NOT_ENABLED


def test_a_card_that_went_to_someone_else_is_theirs_alone(cast: Cast) -> None:
    with acting("access_administration", cast.organisation.pk):
        revoke_credential(cast.card, by=cast.by)
        issue_card(cast.guest, "12-34567", by=cast.by)
        assign(cast.guest, cast.rule, by=cast.by)
    decision = at_the_door(cast)
    assert isinstance(decision, Granted)
    assert decision.person == str(cast.guest.pk)


def test_a_suspended_person_is_denied_for_that(cast: Cast) -> None:
    with acting("access_administration", cast.organisation.pk):
        suspend_person(cast.resident, by=cast.by)
    assert reason(at_the_door(cast)) is Reason.PERSON_SUSPENDED


def test_a_withdrawn_person_is_unauthorised(cast: Cast) -> None:
    with acting("access_administration", cast.organisation.pk):
        withdraw(Assignment.objects.select_related("person").get(person=cast.resident), by=cast.by)
    assert reason(at_the_door(cast)) is Reason.UNAUTHORISED


def test_outside_the_schedule_the_time_is_the_reason(cast: Cast) -> None:
    with acting("access_administration", cast.organisation.pk):
        cast.rule.schedule = Schedule.objects.get(pk=cast.office_hours.pk)
        cast.rule.schedule.weekly = [[]] * 7
        cast.rule.schedule.save(update_fields=["weekly"])
        save_rule(cast.rule, {cast.door.pk: {Side.ENTRY: [8]}}, by=cast.by)
    assert reason(at_the_door(cast)) is Reason.NOT_PERMITTED_AT_THIS_TIME


def test_nothing_in_a_snapshot_names_anyone(shared_cast: Cast) -> None:
    body = wire.to_bytes(built(shared_cast))
    for person in (shared_cast.resident, shared_cast.guest, shared_cast.suspended):
        assert person.last_name.encode() not in body
    assert b"34567" not in body
    assert shared_cast.pin.encode() not in body


def test_each_change_makes_a_newer_version(cast: Cast) -> None:
    before = built(cast).version
    with acting("access_administration", cast.organisation.pk):
        suspend_person(cast.guest, by=cast.by)
    assert built(cast).version > before


def test_somebody_elses_rows_are_not_in_it(cast: Cast, other: Cast) -> None:
    ids = {person.id for person in built(cast).persons}
    assert str(cast.resident.pk) in ids
    assert str(other.resident.pk) not in ids


def test_swedish_holidays_are_written_out_and_sundays_are_not_among_them() -> None:
    found = public_holidays("SE", date(2026, 6, 1), date(2026, 12, 31))
    assert found[date(2026, 6, 6)] == "Nationaldagen"
    assert found[date(2026, 6, 20)] == "Midsommardagen"
    assert found[date(2026, 12, 25)] == "Juldagen"
    assert date(2026, 6, 14) not in found  # an ordinary Sunday


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (HolidayRule.AS_USUAL, None),
        (HolidayRule.CLOSED, wire.SpecialDay("2026-12-25", ())),
        (HolidayRule.OWN_HOURS, wire.SpecialDay("2026-12-25", (wire.Interval(600, 720),))),
    ],
)
def test_what_a_schedule_does_on_christmas_day(rule: HolidayRule, expected: wire.SpecialDay | None) -> None:
    schedule = Schedule(holidays=rule, holiday_country="SE", holiday_hours=[[600, 720]])
    assert holiday_rows(schedule, date(2026, 11, 22)).get("2026-12-25") == expected


def test_two_cards_of_one_person_are_both_in_it(cast: Cast) -> None:
    with acting("access_administration", cast.organisation.pk):
        issue_card(cast.resident, "12-3", by=cast.by)
        assert Credential.objects.filter(person=cast.resident, kind="key_card").count() == 2
    assert isinstance(at_the_door(cast, "12-3"), Granted)


def test_a_controller_is_told_which_doors_lead_into_homes(cast: Cast) -> None:
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.cellar, by=cast.by, home=True)
    assert {door.id: door.home for door in built(cast).doors} == {str(cast.door.pk): False, str(cast.cellar.pk): True}
