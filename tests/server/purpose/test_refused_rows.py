"""Does every purpose see, change, remove and add rows of its own organisation, subject, leave and consent alone, in every table?"""

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, models, transaction

from portvakt.core.privacy import Privacy, Subject
from portvakt.server.accounts.models import Role
from portvakt.server.purpose import declare
from tests.cast import Cast, make_cast
from tests.server.purpose import oracle
from tests.server.purpose.oracle import Activity, may
from tests.server.purpose.planting import at_work, count, plant, rows


class World:
    """Two organisations with rows in every table; one person and one account of each."""

    def __init__(self, own: Cast, other: Cast) -> None:
        self.own, self.other = own.organisation.pk, other.organisation.pk
        self.person, self.account = own.resident.pk, own.accounts[Role.ADMIN].pk
        plant(self.own, self.person, self.account)
        plant(self.own, own.guest.pk, own.accounts[Role.ADMIN].pk)
        plant(self.other, other.resident.pk, other.accounts[Role.ADMIN].pk)


@pytest.fixture(scope="module")
def casts() -> tuple[Cast, Cast]:
    return make_cast(), make_cast("Ekbacken")


@pytest.fixture
def world(owner: None, casts: tuple[Cast, Cast]) -> Iterator[World]:
    with transaction.atomic():
        yield World(*casts)
        transaction.set_rollback(True)


def purposes(wanted: Callable[[Activity], bool]) -> list[str]:
    return [purpose for purpose, activity in oracle.purposes().items() if wanted(activity)]


def is_plain(activity: Activity, scope: str) -> bool:
    return activity.scope == scope and not activity.leave and activity.legal_basis != "consent"


def readable(purpose: str) -> list[str]:
    return [table for table in oracle.tables() if may(purpose, table, "read")]


def belongs(table: str, organisation: UUID) -> str:
    """Say in SQL which rows of a table are an organisation's; empty where a table has no such thing."""
    model = oracle.tables()[table]
    if stated := getattr(model, "own_rows", ""):
        return str(stated).format(organisation=f"'{organisation}'::uuid")
    return f"organisation_id = '{organisation}'" if "organisation_id" in oracle.columns(table) else ""


def is_personal(model: type[models.Model]) -> bool:
    return isinstance(declare.declaration(model), Privacy)


@pytest.mark.parametrize("purpose", purposes(partial(is_plain, scope="organisation")))
def test_a_purpose_of_one_organisation_sees_all_of_that_and_nothing_else(purpose: str, world: World) -> None:
    expected = {}
    for table in readable(purpose):
        whose = belongs(table, world.own) or ("false" if is_personal(oracle.tables()[table]) else "true")
        expected[table] = count(table, whose)
    others = sum(1 for table in expected if belongs(table, world.other) and count(table, belongs(table, world.other)))
    with at_work(purpose, world.own):
        assert {table: count(table) for table in expected} == expected
    with at_work(purpose, None):
        alone = {table for table in expected if belongs(table, world.own) and count(table)}
    # A text of the provider's own, whose organisation is null, is everybody's.
    assert alone <= {"privacy_noticeversion"}
    assert others > 5


@pytest.mark.parametrize("purpose", purposes(partial(is_plain, scope="organisation")))
def test_a_purpose_of_one_organisation_changes_and_removes_no_other_row(purpose: str, world: World) -> None:
    for table in oracle.tables():
        if not (whose := belongs(table, world.own)):
            continue
        own = count(table, whose)
        both = set(may(purpose, table, "read")) & set(may(purpose, table, "update")) - {"organisation_id"}
        with at_work(purpose, world.own), connection.cursor() as cursor:
            for column in sorted(both)[:1]:
                cursor.execute(f'update "{table}" set "{column}" = "{column}"')
                assert cursor.rowcount == own, table
            if may(purpose, table, "delete"):
                cursor.execute("set constraints all deferred")
                cursor.execute(f'delete from "{table}"')
                assert cursor.rowcount == own, table


@pytest.mark.parametrize("purpose", purposes(partial(is_plain, scope="organisation")))
def test_a_purpose_of_one_organisation_adds_rows_to_no_other(purpose: str, world: World) -> None:
    tried = 0
    for table in oracle.tables():
        if "organisation_id" in may(purpose, table, "insert"):
            assert "row-level security" in added(purpose, table, world.other, world.own), table
            assert "row-level security" not in added(purpose, table, world.own, world.own), table
            tried += 1
    assert tried or not any("insert" in row.operations for row in oracle.purposes()[purpose].data)


def added(purpose: str, table: str, to: UUID, at: UUID) -> str:
    """Try to add a row to an organisation while at work in one; return what the database said, if anything."""
    with at_work(purpose, at):
        try:
            with transaction.atomic():
                rows(f'insert into "{table}" (organisation_id) values (%s)', [to])
        except DatabaseError as error:
            return str(error)
    return ""


@pytest.mark.parametrize("purpose", purposes(partial(is_plain, scope="subject")))
def test_a_purpose_about_one_subject_sees_rows_about_that_one_alone(purpose: str, world: World) -> None:
    expected = {table: count(table, whose(table, world)) for table in readable(purpose)}
    personal = [table for table in expected if is_personal(oracle.tables()[table])]
    with at_work(purpose, world.own, world.person, world.account):
        assert {table: count(table) for table in expected} == expected
    assert not personal or any(0 < expected[table] < count(table) for table in personal)
    with at_work(purpose, world.own):
        assert not [table for table in personal if count(table)]


def whose(table: str, world: World) -> str:
    """Say which rows a purpose about one subject sees, by the rules of decision 0060 and the models' declarations."""
    said = declare.declaration(oracle.tables()[table])
    if not isinstance(said, Privacy):
        return belongs(table, world.own) or "true"
    if not said.who:
        return "false"
    match said.subject:
        case Subject.HOLDER:
            at = belongs(table, world.own)
            return f"{said.who} = '{world.person}'" + (f" and {at}" if at else "")
        case Subject.ACCOUNT_HOLDER | Subject.GUARDIAN:
            return f"{said.who} = '{world.account}'"
        case Subject.DATA_SUBJECT:
            return f"{said.who} in ('{world.person}', '{world.account}')"
        case _:
            return "false"


@pytest.mark.parametrize("purpose", purposes(partial(is_plain, scope="deployment")))
def test_a_purpose_of_the_deployment_sees_every_row_of_the_tables_it_reads(purpose: str, world: World) -> None:
    expected = {table: count(table) for table in readable(purpose)}
    with at_work(purpose, None):
        assert {table: count(table) for table in expected} == expected


LEAVE = """insert into privacy_supportleave (id, organisation_id, case_id, purpose, given_at, until, revoked_at)
 values (gen_random_uuid(), %s, gen_random_uuid(), %s, now(), now() + {until}, {revoked})"""
LEAVES = {
    "no leave": "",
    "leave that is over": LEAVE.format(until="interval '-1 second'", revoked="null"),
    "leave taken back": LEAVE.format(until="interval '1 hour'", revoked="now()"),
}


@pytest.mark.row("S22")
@pytest.mark.parametrize("purpose", purposes(lambda activity: activity.leave))
def test_support_sees_rows_while_there_is_leave_and_none_before_or_after(purpose: str, world: World) -> None:
    personal = [table for table in readable(purpose) if is_personal(oracle.tables()[table])]
    expected = {table: count(table, belongs(table, world.own) or "false") for table in personal}
    assert any(expected.values())
    for said, statement in LEAVES.items():
        rows("delete from privacy_supportleave")
        if statement:
            rows(statement, [world.own, purpose])
        with at_work(purpose, world.own):
            assert {table: count(table) for table in personal} == dict.fromkeys(personal, 0), said
    given = LEAVE.format(until="interval '1 hour'", revoked="null")
    # Leave of another organisation, or for another purpose, is none.
    rows(given, [world.other, purpose])
    rows(given, [world.own, "access_administration"])
    with at_work(purpose, world.own):
        assert not [table for table in personal if count(table)]
    rows(given, [world.own, purpose])
    with at_work(purpose, world.own):
        assert {table: count(table) for table in personal} == expected


@pytest.mark.parametrize("loosened", ["people_person", "people_credential"])
def test_a_policy_that_lets_too_much_through_is_seen(loosened: str, world: World) -> None:
    rows(f"alter policy own_organisation on {loosened} using (true)")
    with at_work("access_administration", world.own):
        assert count(loosened) > count(loosened, belongs(loosened, world.own))
    with pytest.raises(AssertionError):
        test_a_purpose_of_one_organisation_sees_all_of_that_and_nothing_else("access_administration", world)


def test_rows_are_planted_in_nearly_every_table(world: World) -> None:
    tables = [table for table in oracle.tables() if belongs(table, world.own)]
    empty = [
        table
        for table in tables
        if not count(table, belongs(table, world.own)) or not count(table, belongs(table, world.other))
    ]
    assert len(empty) <= len(tables) // 10
