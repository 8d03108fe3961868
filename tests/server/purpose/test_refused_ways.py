"""Is there another way to what a purpose is refused: by counting, ordering, whole rows, functions, views, copies, other roles?

Each way is tried by a purpose of each scope, on a column it may not see and on rows it may not see.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection

from portvakt.server.accounts.models import Role
from portvakt.server.logbook.actions import record
from portvakt.server.privacy.models import Consent
from portvakt.server.purpose import versions
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.rights import consent_digest
from tests.cast import Cast, as_login, make_cast
from tests.server.purpose import oracle
from tests.server.purpose.planting import rows

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def refused_column(purpose: str) -> tuple[str, str, str] | None:
    """Return a table that a purpose reads, a column there that it may read and one that it may not; None where it reads all or nothing."""
    for table in oracle.tables():
        readable = set(oracle.may(purpose, table, "read"))
        if readable and (hidden := sorted(set(oracle.columns(table)) - readable)):
            return table, min(readable), hidden[0]
    return None


# Every purpose that sees some columns of a table and not others; one of each scope is among them, see the test that says so.
PARTIAL = {purpose: reach for purpose in oracle.purposes() if (reach := refused_column(purpose))}


@pytest.fixture(scope="module")
def ours() -> Cast:
    return make_cast()


@contextmanager
def wire_of(purpose: str, cast: Cast) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Connect as a purpose's login, take the purpose and an organisation; each statement stands alone."""
    with as_login(oracle.purposes()[purpose].entry_points[0]):
        connection.ensure_connection()
        wire = connection.connection
        wire.execute(f"set role purpose_{purpose}")
        wire.execute("select set_config('portvakt.organisation', %s, false)", [str(cast.organisation.pk)])
        wire.execute("select set_config('portvakt.person', %s, false)", [str(cast.resident.pk)])
        wire.execute("select set_config('portvakt.account', %s, false)", [str(cast.accounts[Role.ADMIN].pk)])
        yield wire


def said(wire: psycopg.Connection[tuple[object, ...]], statement: str) -> str:
    """Return the name of what the database answers with instead of rows; empty where it answers."""
    try:
        wire.execute(statement)
    except psycopg.Error as error:
        return type(error).__name__
    return ""


# {t} is a table, {may} a column of it that the purpose may read, {no} one that it may not.
WAYS = {
    "raw": "select {no} from {t}",
    "counted": "select count({no}) from {t}",
    "aggregated": "select max({no}::text) from {t}",
    "ordered by": "select {may} from {t} order by {no}",
    "filtered by": "select {may} from {t} where {no} is not null",
    "grouped by": "select count(*) from {t} group by {no}",
    "having": "select count(*) from {t} having max({no}::text) is not null",
    "partitioned by": "select row_number() over (partition by {no}) from {t}",
    "distinct on": "select distinct on ({no}) {may} from {t}",
    "joined by": "select a.{may} from {t} a join {t} b on a.{no} = b.{no}",
    "joined by name": "select 1 from {t} a natural join {t} b",
    "in a subquery": "select exists (select 1 from {t} where {no} is not null)",
    "in a common table expression": "with x as (select {no} from {t}) select 1 from x",
    "laterally": "select 1 from {t} a, lateral (select a.{no}) b",
    "in a case": "select case when {no} is null then 1 end from {t}",
    "all columns": "select * from {t}",
    "a whole row": "select t from {t} t",
    "a whole row as text": "select t::text from {t} t",
    "a whole row as JSON": "select row_to_json(t) from {t} t",
    "whole rows gathered": "select array_agg(t) from {t} t",
    "a row's columns": "select (t).{no} from {t} t",
    "by the table command": "table {t}",
    "copied out": "copy {t} to stdout",
    "a column copied out": "copy {t} ({no}) to stdout",
    "a query copied out": "copy (select {no} from {t}) to stdout",
    "copied to a program": "copy {t} ({may}) to program 'cat'",
    "copied to a file": "copy {t} ({may}) to '/tmp/never'",
    "copied in": "copy {t} ({no}) from stdin",
    "copied in from a file": "copy {t} ({no}) from '/dev/null'",
    "explained": "explain select {no} from {t}",
    "explained and run": "explain analyze select {may} from {t} order by {no}",
    "in a cursor": "declare c cursor with hold for select {no} from {t}",
    "prepared": "prepare p as select {no} from {t}; execute p",
    "in a block": "do $$ begin perform {no} from {t}; end $$",
    "as a function's query": "select query_to_xml('select {no} from {t}', true, false, '')",
    "returned": "update {t} set {may} = {may} where false returning {no}",
    "returned by a deletion": "delete from {t} where false returning {no}",
    "emptied": "truncate {t}",
    "emptied, with what hangs on it": "truncate {t} cascade",
    "locked": "do $$ begin lock table {t} in access exclusive mode; end $$",
    "sampled": "select {no} from {t} tablesample system (100)",
    "statistics": "select stavalues1 from pg_statistic",
    "altered": "alter table {t} disable row level security",
    "granted on": "grant select on {t} to public; select {no} from {t}",
    "by a view of its own": "create view v as select {no} from {t}",
    "by a temporary view": "create temporary view v as select {no} from {t}",
    "by a temporary table": "create temporary table v as select {no} from {t}",
    "by a function of its own": "create function f() returns bigint language sql as 'select count({no}) from {t}'",
    "by a temporary function": "create function pg_temp.f() returns bigint language sql as 'select count({no}) from {t}'",
    "by a schema of its own": "create schema mine",
    "by a trigger": "create trigger x before update on {t} for each row execute function suppress_redundant_updates_trigger()",
    "by a rule": "create rule x as on update to {t} do also select {no} from {t}",
    "by a policy": "create policy x on {t} using (true)",
    "by an index": "create index on {t} ({no})",
    "by reading files": "select pg_read_file('/etc/passwd')",
    "by importing files": "select lo_import('/etc/passwd')",
    "by another session's user": "set session authorization postgres",
    "by the owner's role": "set role postgres",
    "by every reader's role": "set role pg_read_all_data",
    "without triggers": "set session_replication_role = replica",
}  # fmt: skip


@pytest.mark.row("S22")
@pytest.mark.parametrize("purpose", PARTIAL)
def test_no_other_way_leads_to_a_refused_column(purpose: str, ours: Cast) -> None:
    table, may, no = PARTIAL[purpose]
    with wire_of(purpose, ours) as wire:
        assert said(wire, f"select {may} from {table}") == ""
        found = {way: said(wire, statement.format(t=table, may=may, no=no)) for way, statement in WAYS.items()}
    # PostgreSQL lets whoever may delete rows lock their table; where one may add rows, it refuses to copy them in past row-level security.
    otherwise = {"locked": ""} if oracle.may(purpose, table, "delete") else {}
    if no in oracle.may(purpose, table, "insert"):
        otherwise["copied in"] = "FeatureNotSupported"
    assert {way: answer for way, answer in found.items() if answer != "InsufficientPrivilege"} == otherwise


def test_the_ways_are_tried_by_purposes_of_every_scope() -> None:
    tried = [oracle.purposes()[purpose] for purpose in PARTIAL]
    assert {activity.scope for activity in tried} == {"organisation", "deployment", "subject"}
    assert any(activity.leave for activity in tried)
    assert any(activity.legal_basis == "consent" for activity in tried)
    assert len(tried) > 15


# A guard that is planted away makes a way pass, so that the test above can fail: what is granted, and the way that it opens.
OPENED = {
    "select (email) on people_person": "raw",
    "truncate on people_person": "emptied",
    "create on schema public": "by a function of its own",
    "temporary on database {database}": "by a temporary function",
}


@pytest.mark.parametrize("granted", OPENED)
def test_a_way_that_is_opened_is_seen(granted: str, ours: Cast) -> None:
    right = granted.format(database=connection.settings_dict["NAME"])
    as_owner(f"grant {right} to purpose_entry_log_review")
    try:
        with wire_of("entry_log_review", ours) as wire:
            wire.execute("set check_function_bodies = off")
            wire.execute("begin")
            answer = said(wire, WAYS[OPENED[granted]].format(t="people_person", may="first_name", no="email"))
            wire.execute("rollback")
    finally:
        as_owner(f"revoke {right} from purpose_entry_log_review")
    # Other tables refer to the persons, so that they cannot be emptied; but it is no longer the right that is missing.
    assert answer == ("FeatureNotSupported" if "truncate" in granted else "")


def as_owner(statement: str) -> None:
    with as_login("owner"):
        connection.settings_dict["USER"] = "postgres"
        rows(statement)


def test_statistics_show_nothing_of_what_a_purpose_cannot_see(ours: Cast) -> None:
    as_owner("analyze people_person")
    with as_login("owner"):
        connection.settings_dict["USER"] = "postgres"
        assert rows("select 1 from pg_stats where tablename = 'people_person'")
    for purpose in ("entry_log_review", "access_administration", "controller_link"):
        with wire_of(purpose, ours) as wire:
            personal = "select 1 from pg_stats where tablename in ('people_person', 'people_credential', 'logbook_accessevent')"
            assert wire.execute(personal).fetchall() == []


def test_a_large_object_of_somebody_else_cannot_be_read(ours: Cast) -> None:
    with as_login("owner"):
        connection.settings_dict["USER"] = "postgres"
        ((made,),) = rows("select lo_from_bytea(0, 'x')")
    try:
        with wire_of("access_administration", ours) as wire:
            assert said(wire, f"select lo_get({made})") == "InsufficientPrivilege"
    finally:
        as_owner(f"select lo_unlink({made})")


def test_a_function_of_the_owner_runs_with_the_rights_of_who_calls_it(ours: Cast) -> None:
    as_owner("create function peek() returns bigint language sql as 'select count(email) from people_person'")
    as_owner("create function passers() returns bigint language sql as 'select count(first_name) from people_person'")
    try:
        with wire_of("entry_log_review", ours) as wire:
            assert said(wire, "select peek()") == "InsufficientPrivilege"
            counted = wire.execute("select passers()").fetchone()
            assert counted == wire.execute("select count(*) from people_person").fetchone()
            assert counted == (3,)
    finally:
        as_owner("drop function peek; drop function passers")


def test_a_view_that_reads_as_its_reader_shows_what_the_reader_may_read(ours: Cast) -> None:
    for name, column in (("peek", "email"), ("passers", "first_name")):
        as_owner(f"create view {name} with (security_invoker=true) as select {column} from people_person")
        as_owner(f"grant select on {name} to purpose_entry_log_review")
    try:
        with wire_of("entry_log_review", ours) as wire:
            assert said(wire, "select * from peek") == "InsufficientPrivilege"
            assert wire.execute("select count(*) from passers").fetchone() == (3,)
    finally:
        as_owner("drop view peek, passers")


def test_a_function_in_a_condition_meets_only_rows_that_may_be_seen(ours: Cast) -> None:
    make_cast("Ekbacken")
    # It is cheap, so that the planner would run it first, and says what it sees.
    as_owner(
        "create function seen(name text) returns boolean language plpgsql cost 0.0000001 as"
        " $$ begin if name <> 'Maja' and name <> 'Nils' and name <> 'Olle' then raise exception 'saw %', name; end if; return true; end $$"
    )
    as_owner("update people_person set first_name = 'Hidden' where organisation_id in"
             " (select id from organisations_organisation where name like 'Ekbacken%')")  # fmt: skip
    try:
        with wire_of("entry_log_review", ours) as wire:
            assert wire.execute("select count(*) from people_person where seen(first_name)").fetchone() == (3,)
    finally:
        as_owner("drop function seen")


def test_after_an_error_in_the_middle_a_kept_connection_holds_nothing(ours: Cast) -> None:
    with as_login("board"):
        with pytest.raises(DatabaseError, match="no_such_column"):
            fail_in_the_middle(ours)
        assert connection.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        names = ("organisation", "actor", "person", "account")
        settings = ", ".join(f"coalesce(current_setting('portvakt.{name}', true), '')" for name in names)
        assert rows(f"select current_user, {settings}") == [("portvakt_board", "", "", "", "")]
        with pytest.raises(DatabaseError, match="permission denied"):
            rows("select 1 from people_person")


def fail_in_the_middle(cast: Cast) -> None:
    with acting("access_administration", cast.organisation.pk, uuid4()):
        rows("select 1 from people_person")
        rows("select no_such_column from people_person")


def test_a_connection_cut_in_the_middle_is_made_anew_without_a_purpose(ours: Cast) -> None:
    with as_login("board"):
        with pytest.raises(DatabaseError):
            be_cut_in_the_middle(ours)
        connection.close_if_unusable_or_obsolete()
        assert rows("select current_user") == [("portvakt_board",)]
        with acting("access_administration", ours.organisation.pk):
            assert rows("select count(*) from people_person") == [(3,)]


def be_cut_in_the_middle(cast: Cast) -> None:
    with acting("access_administration", cast.organisation.pk):
        ((process,),) = rows("select pg_backend_pid()")
        with psycopg.connect(**{**connection.get_connection_params(), "user": "postgres"}) as another:
            another.execute("select pg_terminate_backend(%s)", [process])
        rows("select 1 from people_person")


def consent(cast: Cast, *, given: bool, digest: str, at: datetime) -> None:
    """Write down, as whoever signs in would, that the resident says yes or no to reminders."""
    with as_login("owner"):
        connection.settings_dict["USER"] = "postgres"
        Consent.objects.create(
            organisation=cast.organisation, subject="holder", subject_id=cast.resident.pk, purpose="expiry_reminders",
            given=given, text_digest=digest, text="", language="sv", way="page", at=at,
        )  # fmt: skip


def seen(cast: Cast) -> list[UUID]:
    with as_login("jobs"), acting("expiry_reminders"):
        return [
            UUID(str(row[0]))
            for row in rows("select id from people_person where organisation_id = %s", [cast.organisation.pk])
        ]


def test_consent_opens_the_rows_of_who_gave_it_alone_and_to_the_present_text_alone(cast: Cast) -> None:
    present = consent_digest(versions.in_force().activity("expiry_reminders"))
    assert seen(cast) == []
    # C-06
    consent(cast, given=True, digest="0" * 64, at=NOW)
    assert seen(cast) == []
    consent(cast, given=True, digest=present, at=NOW.replace(hour=13))
    assert seen(cast) == [cast.resident.pk]
    consent(cast, given=False, digest=present, at=NOW.replace(hour=14))
    assert seen(cast) == []
    consent(cast, given=True, digest=present, at=NOW.replace(hour=15))
    assert seen(cast) == [cast.resident.pk]


# C-04
@pytest.mark.row("S17")
def test_after_withdrawal_the_next_statement_sees_nothing_in_a_unit_of_work_that_goes_on(cast: Cast) -> None:
    present = consent_digest(versions.in_force().activity("expiry_reminders"))
    consent(cast, given=True, digest=present, at=NOW)
    question = "select count(*) from people_person where organisation_id = %s"
    withdraw = """insert into privacy_consent
        (id, organisation_id, subject, subject_id, purpose, given, text_digest, text, language, way, at)
        values (gen_random_uuid(), %s, 'holder', %s, 'expiry_reminders', false, %s, '', 'sv', 'page', %s)"""
    with as_login("jobs"), acting("expiry_reminders"):
        assert rows(question, [cast.organisation.pk]) == [(1,)]
        with psycopg.connect(**{**connection.get_connection_params(), "user": "postgres"}) as another:
            another.execute(withdraw, [cast.organisation.pk, cast.resident.pk, present, NOW.replace(hour=13)])
        assert rows(question, [cast.organisation.pk]) == [(0,)]


def test_what_rests_on_consent_is_put_on_record_by_a_purpose_that_cannot_read_the_record(cast: Cast) -> None:
    with as_login("jobs"), acting("expiry_reminders", cast.organisation.pk):
        record("person.reminded", cast.resident, by=cast.by)
    with as_login("jobs"), pytest.raises(DatabaseError, match="permission denied"), acting("expiry_reminders"):
        rows("select 1 from logbook_auditentry")
    with acting("audit_review", cast.organisation.pk):
        assert rows("select 1 from logbook_auditentry where action = 'person.reminded'") == [(1,)]
