"""Does what rests on consent stop with it, and do the records of consents stay as they were written?"""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from django.db import ProgrammingError, connection
from django.utils import timezone

from portvakt.core.privacy import Kind
from portvakt.server.people.models import Person
from portvakt.server.privacy.actions.consents import write_down
from portvakt.server.privacy.consents import SUBJECTS, State, asked_of, offers, refusing_has_no_effect
from portvakt.server.privacy.models import Consent, Way
from portvakt.server.purpose import catalogue, declare
from portvakt.server.purpose.context import acting, role_of
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.rights import consent_digest
from tests.cast import Cast, as_login

REMINDERS = "expiry_reminders"


def digest(purpose: str = REMINDERS) -> str:
    return consent_digest(catalogue.in_force().activity(purpose))


def say(cast: Cast, *, given: bool) -> None:
    with acting("consent_on_paper", cast.organisation.pk):
        write_down(cast.resident, REMINDERS, digest(), "sv", cast.organisation, given=given, by=cast.by)


def readable(*people: UUID) -> set[UUID]:
    """Return which of these persons the purpose of reminders can read, as the process that sends them."""
    with as_login("jobs"), acting(REMINDERS):
        return set(Person.objects.filter(pk__in=people).values_list("pk", flat=True))


@pytest.mark.row("S17")
def test_the_next_statement_after_a_withdrawal_finds_nothing(cast: Cast) -> None:  # C-04
    both = cast.resident.pk, cast.guest.pk
    assert readable(*both) == set()
    say(cast, given=True)
    assert readable(*both) == {cast.resident.pk}
    say(cast, given=False)
    assert readable(*both) == set()


def test_a_withdrawal_counts_also_where_the_clock_was_set_back(cast: Cast) -> None:  # C-04
    with acting("consent_on_paper", cast.organisation.pk):
        Consent.objects.create(
            organisation=cast.organisation,
            subject="holder",
            subject_id=cast.resident.pk,
            purpose=REMINDERS,
            given=True,
            text_digest=digest(),
            text="",
            language="sv",
            way=Way.PAPER,
            at=timezone.now() + timedelta(minutes=1),
        )
    assert readable(cast.resident.pk) == {cast.resident.pk}
    say(cast, given=False)
    assert readable(cast.resident.pk) == set()


@pytest.mark.row("S16")
def test_a_consent_to_an_earlier_text_opens_nothing(cast: Cast) -> None:  # C-06
    say(cast, given=True)
    with acting("consent_on_paper", cast.organisation.pk):
        Consent.objects.create(
            organisation=cast.organisation,
            subject="holder",
            subject_id=cast.resident.pk,
            purpose=REMINDERS,
            given=True,
            text_digest="0" * 64,
            text="Another text",
            language="sv",
            way=Way.PAPER,
            at=timezone.now() + timedelta(seconds=1),
        )
        (offer,) = [
            one for one in offers(asked_of("processor"), cast.resident.pk, "sv", None) if one.purpose == REMINDERS
        ]
    assert offer.state is State.OUTDATED
    assert readable(cast.resident.pk) == set()


@pytest.mark.parametrize("purpose", ["terms", "consent_on_paper", REMINDERS, "own_data", "account_sign_in"])
@pytest.mark.parametrize(
    "statement", ["update privacy_consent set given = true", "update privacy_consent set at = now()", "delete from privacy_consent"]
)  # fmt: skip
def test_a_record_of_consent_is_never_changed(cast: Cast, purpose: str, statement: str) -> None:  # C-01
    say(cast, given=True)
    login = "jobs" if purpose == REMINDERS else "board"
    with (
        as_login(login),
        pytest.raises(ProgrammingError, match="permission denied"),
        acting(purpose, cast.organisation.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_no_purpose_but_retention_may_change_or_remove_a_record_of_consent() -> None:  # C-01
    with connection.cursor() as cursor:
        cursor.execute(
            "select g.grantee, g.privilege_type from information_schema.role_table_grants g"
            " where g.table_name = 'privacy_consent' and g.privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')"
            " union select grantee, privilege_type from information_schema.column_privileges"
            " where table_name = 'privacy_consent' and privilege_type = 'UPDATE'"
        )
        found = {row for row in cursor.fetchall() if row[0] != "postgres"}
    assert found <= {(role_of("retention"), "DELETE")}


@pytest.mark.row("S17")
def test_nothing_is_held_under_a_consent_that_is_withdrawn() -> None:  # C-05
    """No activity that rests on consent of an organisation stores anything about those who consented, so nothing is left behind."""
    for activity in asked_of("processor"):
        stored = [
            (row.subject, kind)
            for row in activity.data
            if row.subject in SUBJECTS and {"insert", "update"} & set(row.operations)
            for kind in row.kinds
            if kind is not Kind.ACTIVITY
        ]
        assert stored == [], (
            f"{activity.id} stores {stored}: say here by which query it is found once consent is withdrawn"
        )


def test_what_can_be_refused_without_effect_is_read_from_the_register() -> None:  # B-08
    activity = catalogue.in_force().activity(REMINDERS)
    assert refusing_has_no_effect(activity)
    needed = tuple(msgspec.structs.replace(row, required="service") for row in activity.data)
    assert not refusing_has_no_effect(msgspec.structs.replace(activity, data=needed))


def test_only_what_the_register_asks_can_be_consented_to(cast: Cast) -> None:
    with acting("consent_on_paper", cast.organisation.pk), pytest.raises(Refused, match="consent_unknown"):
        write_down(cast.resident, "entry", digest(), "sv", cast.organisation, given=True, by=cast.by)


def test_the_models_say_that_a_record_of_consent_outlives_an_erasure() -> None:
    assert declare.declaration(Consent).on_erase == "keep_until_expiry"  # type: ignore[union-attr]
