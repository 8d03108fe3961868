"""Does support see exactly what an organisation gives it leave to see, for exactly as long, and on record? Asked of the database itself."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from portvakt.core.event import EventKind
from portvakt.server.accounts.models import Role
from portvakt.server.jobs.jobs import remove_overdue
from portvakt.server.logbook.models import AccessEvent, AuditEntry
from portvakt.server.people.models import Credential, Person
from portvakt.server.privacy.actions import support
from portvakt.server.privacy.leaves import every_open_leave
from portvakt.server.privacy.models import Disclosure, SupportCase, SupportLeave, SupportMessage
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.desk.support import in_organisation
from tests.cast import Cast, as_login

LOOK, LOG = "support_look", "support_log_look"


def admin(cast: Cast) -> Actor:
    return in_cast(cast, Role.ADMIN)


def in_cast(cast: Cast, role: Role) -> Actor:
    with acting("account_administration"):
        return cast.accounts[role].memberships.select_related("organisation").get().actor()


def a_case(cast: Cast) -> SupportCase:
    by = admin(cast)
    with acting("support_case", cast.organisation.pk, by.id):
        return support.ask_support("The card does not work", "Since yesterday.", by=by)[0]


def give(cast: Cast, case: SupportCase, purpose: str, hours: int = 1) -> SupportLeave:
    by = admin(cast)
    with acting("support_case", cast.organisation.pk, by.id):
        return support.give_leave(case, purpose, hours, by=by)[0]


def seen(purpose: str, cast: Cast) -> int:
    with acting(purpose, cast.organisation.pk):
        return Person.objects.filter(organisation=cast.organisation).count()


@pytest.mark.row("S02")
def test_without_leave_the_database_shows_support_nothing(cast: Cast) -> None:
    a_case(cast)
    for purpose in (LOOK, LOG):
        with acting(purpose, cast.organisation.pk), connection.cursor() as cursor:
            cursor.execute("select count(id) from people_person")
            assert cursor.fetchone() == (0,)


@pytest.mark.row("S02")
def test_leave_shows_what_it_is_for_and_nothing_else(cast: Cast, other: Cast) -> None:
    give(cast, a_case(cast), LOOK)
    assert seen(LOOK, cast) == 3
    assert seen(LOG, cast) == 0
    assert seen(LOOK, other) == 0
    with acting(LOOK, cast.organisation.pk):
        assert Person.objects.filter(pk=other.resident.pk).only("first_name").first() is None
        assert list(Credential.objects.filter(person=cast.resident.pk).values_list("number", flat=True))
    for column in ("digest",):
        with pytest.raises(DatabaseError, match="permission denied"), acting(LOOK, cast.organisation.pk):
            list(Credential.objects.values(column))
    for contact in ("email", "phone"):
        with pytest.raises(DatabaseError, match="permission denied"), acting(LOOK, cast.organisation.pk):
            list(Person.objects.values(contact))
    with pytest.raises(DatabaseError, match="permission denied"), acting(LOOK, cast.organisation.pk):
        list(AccessEvent.objects.values("person_id"))


def test_support_can_change_nothing(cast: Cast) -> None:
    give(cast, a_case(cast), LOOK)
    with pytest.raises(DatabaseError, match="permission denied"), acting(LOOK, cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(first_name="X")
    with pytest.raises(DatabaseError, match="permission denied"), acting(LOOK, cast.organisation.pk):
        SupportLeave.objects.update(until=timezone.now() + timedelta(days=9))


def test_leave_taken_back_holds_from_the_next_statement_on(cast: Cast) -> None:
    case = a_case(cast)
    give(cast, case, LOOK)
    assert seen(LOOK, cast) == 3
    by = admin(cast)
    with acting("support_case", cast.organisation.pk, by.id):
        support.take_back_leave(case, by=by)
    assert seen(LOOK, cast) == 0


def test_leave_taken_back_is_taken_back_in_every_case(cast: Cast, other: Cast) -> None:
    first, second = a_case(cast), a_case(cast)
    give(cast, first, LOOK)
    give(cast, second, LOOK, hours=24)
    give(other, a_case(other), LOOK)
    by = admin(cast)
    with acting("support_case", cast.organisation.pk, by.id):
        support.take_back_leave(first, by=by)
        assert not every_open_leave(cast.organisation).exists()
    assert seen(LOOK, cast) == 0
    assert seen(LOOK, other) == 3


def test_support_writes_no_leave_for_its_own_purposes_either() -> None:
    for purpose in ("support_answering", LOOK, LOG):
        enforced = catalogue.enforced()[purpose]
        of_leaves = {
            operation for (table, _), may in enforced.items() if table == "privacy_supportleave" for operation in may
        }
        assert of_leaves == {"read"}


def test_no_leave_is_left_behind_by_who_gives_it_while_another_closes_the_case(cast: Cast) -> None:
    case, by, closed = a_case(cast), admin(cast), Event()

    def close() -> None:
        with acting("support_case", cast.organisation.pk, by.id):
            support.close_case(case, by=by)
        closed.set()
        connection.close()

    closing = Thread(target=close)
    with acting("support_case", cast.organisation.pk, by.id):
        support.give_leave(case, LOOK, 1, by=by)
        closing.start()
        assert waits_for_a_lock()
        assert not closed.is_set()
    closing.join()
    assert closed.is_set()
    assert seen(LOOK, cast) == 0


def waits_for_a_lock() -> bool:
    """Wait until another connection waits for what this one holds."""
    for _ in range(100_000):
        with connection.cursor() as cursor:
            cursor.execute(
                "select exists (select 1 from pg_locks l where not l.granted and pg_backend_pid() = any(pg_blocking_pids(l.pid)))"
            )
            if cursor.fetchone() == (True,):
                return True
    return False


def test_leave_ends_with_its_time_and_with_its_case(cast: Cast) -> None:
    case = a_case(cast)
    leave = give(cast, case, LOOK)
    with acting("support_case", cast.organisation.pk):
        SupportLeave.objects.filter(pk=leave.pk).update(until=timezone.now() - timedelta(seconds=1))
    assert seen(LOOK, cast) == 0
    give(cast, case, LOOK)
    assert seen(LOOK, cast) == 3
    by = admin(cast)
    with acting("support_case", cast.organisation.pk, by.id):
        support.close_case(case, by=by)
    assert seen(LOOK, cast) == 0
    with acting("support_case", cast.organisation.pk, by.id), pytest.raises(Refused, match="case_closed"):
        support.give_leave(case, LOOK, 1, by=by)


def test_only_what_the_register_offers_can_be_given_and_by_nobody_but_an_admin(cast: Cast, provider: Cast) -> None:
    case, by = a_case(cast), admin(cast)
    for purpose, hours in (("access_administration", 1), (LOOK, 1000), (LOOK, 0)):
        with acting("support_case", cast.organisation.pk), pytest.raises(Refused, match="leave_unknown"):
            support.give_leave(case, purpose, hours, by=by)
    staff = in_organisation(in_cast(provider, Role.SUPPORT), cast.organisation.pk)
    for one in (in_cast(cast, Role.OPERATOR), staff):
        with acting("support_case", cast.organisation.pk), pytest.raises(Refused, match="not_permitted"):
            support.give_leave(case, LOOK, 1, by=one)
    # Nor by the purpose that support has in an organisation.
    with (
        pytest.raises(DatabaseError, match=r"row-level security|permission denied"),
        acting(LOOK, cast.organisation.pk),
    ):
        SupportLeave(
            organisation=cast.organisation,
            case_id=case.pk,
            purpose=LOOK,
            given_at=timezone.now(),
            until=timezone.now() + timedelta(hours=1),
        ).save(force_insert=True)


@pytest.mark.row("S18")
def test_a_look_is_on_record_in_the_organisation_and_for_each_person(cast: Cast, provider: Cast) -> None:
    give(cast, a_case(cast), LOOK)
    staff = in_organisation(in_cast(provider, Role.SUPPORT), cast.organisation.pk)
    with acting(LOOK, cast.organisation.pk, staff.id):
        support.note_look([cast.resident.pk], [], by=staff)
    with acting("audit_review", cast.organisation.pk):
        entry = AuditEntry.objects.get(action="support.looked", organisation=cast.organisation)
        assert (entry.actor_id, entry.purpose) == (staff.id, LOOK)
    with acting("own_data", cast.organisation.pk, person=cast.resident.pk):
        assert Disclosure.objects.get(recipient="support").purpose == LOOK
    with acting("own_data", cast.organisation.pk, person=cast.guest.pk):
        assert not Disclosure.objects.filter(recipient="support").exists()


def test_the_events_of_the_log_need_their_own_leave(cast: Cast) -> None:
    give(cast, a_case(cast), LOG)
    assert seen(LOG, cast) == 3
    with acting(LOG, cast.organisation.pk):
        assert not AccessEvent.objects.filter(kind=EventKind.ACCESS_GRANTED).values("person_id").exists()
    with pytest.raises(DatabaseError, match="permission denied"), acting(LOG, cast.organisation.pk):
        list(Credential.objects.values("number"))


def test_a_closed_case_goes_after_its_time_with_all_that_belongs_to_it(cast: Cast) -> None:
    case, kept = a_case(cast), a_case(cast)
    give(cast, case, LOOK)
    by = admin(cast)
    with acting("support_case", cast.organisation.pk, by.id):
        support.close_case(case, by=by)
        SupportCase.objects.filter(pk=case.pk).update(closed_at=timezone.now() - timedelta(days=366))
    with as_login("jobs"):
        remove_overdue(timezone.now())
    with acting("support_case", cast.organisation.pk):
        assert [row.pk for row in SupportCase.objects.filter(organisation=cast.organisation)] == [kept.pk]
        assert set(SupportMessage.objects.values_list("case_id", flat=True)) == {kept.pk}
        assert not SupportLeave.objects.filter(case_id=case.pk).exists()
