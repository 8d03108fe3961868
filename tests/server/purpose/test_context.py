from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection

from portvakt.server.logbook.models import AccessEvent
from portvakt.server.people.actions import enrol_person
from portvakt.server.people.models import Credential, Person
from portvakt.server.purpose.context import acting, current_purpose
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast, as_login


@pytest.fixture
def work(shared_cast: Cast) -> Iterator[None]:
    with acting("access_administration", shared_cast.organisation.pk):
        yield


def test_without_a_purpose_nothing_can_be_read() -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        Person.objects.count()


def test_a_purpose_reads_its_own_organisation_only(shared_cast: Cast, other: Cast) -> None:
    with acting("access_administration", shared_cast.organisation.pk):
        assert Person.objects.filter(pk=shared_cast.resident.pk).exists()
        assert not Person.objects.filter(pk=other.resident.pk).exists()


def test_without_an_organisation_there_are_no_rows() -> None:
    with acting("access_administration"):
        assert Person.objects.count() == 0


@pytest.mark.row("S22")
def test_a_column_that_the_purpose_does_not_list_is_refused(shared_cast: Cast) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        acting("entry_log_review", shared_cast.organisation.pk),
    ):
        list(Person.objects.values("email"))
    with acting("entry_log_review", shared_cast.organisation.pk):
        assert {"first_name": "Maja"} in list(Person.objects.values("first_name"))


def test_ordering_and_filtering_by_a_refused_column_is_refused_too(shared_cast: Cast) -> None:
    for query in (Person.objects.order_by("email").values("pk"), Person.objects.filter(email="a@b.se").values("pk")):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            acting("entry_log_review", shared_cast.organisation.pk),
        ):
            list(query)


def test_a_purpose_cannot_write_into_another_organisation(shared_cast: Cast, other: Cast) -> None:
    with (
        pytest.raises(DatabaseError, match="row-level security"),
        acting("access_administration", shared_cast.organisation.pk),
    ):
        Person(organisation=other.organisation, first_name="X").save(force_insert=True)


def test_a_row_cannot_point_across_organisations(shared_cast: Cast, other: Cast) -> None:
    with (
        pytest.raises(DatabaseError, match="_within"),
        acting("access_administration", shared_cast.organisation.pk),
    ):
        Credential.objects.filter(pk=shared_cast.card.pk).update(person_id=other.resident.pk)


def test_a_login_cannot_take_a_purpose_of_another_entry_point(shared_cast: Cast) -> None:
    with (
        as_login("link"),
        pytest.raises(DatabaseError, match="permission denied to set role"),
        acting("access_administration", shared_cast.organisation.pk),
    ):
        pass


def test_an_unregistered_purpose_does_not_exist() -> None:
    with pytest.raises(DatabaseError, match="does not exist"), acting("curiosity"):
        pass


@pytest.mark.usefixtures("work")
def test_purposes_do_not_nest(shared_cast: Cast) -> None:
    with pytest.raises(Refused, match="purpose_nested"), acting("entry_log_review", shared_cast.organisation.pk):
        pass


def test_the_purpose_ends_with_its_unit_of_work(shared_cast: Cast) -> None:
    with acting("access_administration", shared_cast.organisation.pk):
        assert current_purpose() == "access_administration"
    with connection.cursor() as cursor:
        cursor.execute("select current_user, current_setting('portvakt.organisation', true)")
        assert cursor.fetchone() == ("portvakt_board", "")
    with pytest.raises(Refused, match="no_purpose"):
        current_purpose()


def test_after_a_failed_unit_the_connection_holds_no_purpose(shared_cast: Cast) -> None:
    with pytest.raises(ZeroDivisionError), acting("access_administration", shared_cast.organisation.pk):
        raise ZeroDivisionError
    with pytest.raises(DatabaseError, match="permission denied"):
        Person.objects.count()


def test_the_log_can_be_written_by_the_link_but_not_read(shared_cast: Cast) -> None:
    with (
        as_login("link"),
        pytest.raises(DatabaseError, match="permission denied"),
        acting("entry_log", shared_cast.organisation.pk),
    ):
        list(AccessEvent.objects.all())


def test_nobody_may_empty_a_table(shared_cast: Cast) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        acting("access_administration", shared_cast.organisation.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute("truncate people_person cascade")


def test_in_one_moment_later_changes_are_not_seen(cast: Cast) -> None:
    def enrol_meanwhile() -> None:
        with acting("access_administration", cast.organisation.pk):
            enrol_person(by=cast.by, first_name="Later")
        connection.close()

    with acting("access_administration", cast.organisation.pk, one_moment=True):
        before = Person.objects.count()
        with ThreadPoolExecutor(1) as another:
            another.submit(enrol_meanwhile).result()
        assert Person.objects.count() == before
    with acting("access_administration", cast.organisation.pk):
        assert Person.objects.count() == before + 1
