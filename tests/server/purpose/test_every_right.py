"""Does the database allow exactly what the register says, for every purpose, table, column and operation, each tried?

Every statement touches no row, so that it fails on its rights or not at all. What is allowed is said by oracle.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from tests.cast import as_login
from tests.server.purpose import oracle
from tests.server.purpose.oracle import LOGINS, Use

# What a statement must say so that it can fail on its rights alone.
STATEMENTS = {
    "read": "select {column} from {table} where false",
    "insert": "insert into {table} ({column}) overriding system value select null::{type} where false",
    "update": "update {table} set {column} = default where false",
    "delete": "delete from {table} where false",
}
TYPES = """
select c.relname, a.attname, format_type(a.atttypid, null) from pg_attribute a join pg_class c on c.oid = a.attrelid
 where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
"""
EVERYBODY = (*LOGINS, *oracle.purposes())


@pytest.fixture(scope="module")
def types() -> dict[tuple[str, str], str]:
    with as_login("board"), connection.cursor() as cursor:
        cursor.execute(TYPES)
        return {(table, column): kind for table, column, kind in cursor.fetchall()}


@contextmanager
def wire_of(who: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Connect as the login that may take a purpose, and take it; outside a transaction, so that each statement stands alone."""
    login = who if who in LOGINS else f"portvakt_{oracle.purposes()[who].entry_points[0]}"
    with as_login(login.removeprefix("portvakt_")):
        connection.ensure_connection()
        wire = connection.connection
        if who not in LOGINS:
            wire.execute(sql.SQL("set role {}").format(sql.Identifier(f"purpose_{who}")))
        yield wire


def tried(who: str, types: dict[tuple[str, str], str]) -> set[Use]:
    """Return what the database allows, having tried all of it."""
    with wire_of(who) as wire:
        return {use for use in oracle.uses(who) if _passes(wire, use, types)}


def _passes(wire: psycopg.Connection[tuple[object, ...]], use: Use, types: dict[tuple[str, str], str]) -> bool:
    _, table, column, operation = use
    statement = sql.SQL(STATEMENTS[operation]).format(
        table=sql.Identifier(table), column=sql.Identifier(column), type=sql.SQL(types.get((table, column), ""))
    )
    try:
        wire.execute(statement, prepare=False)
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


# P-03
@pytest.mark.row("S22")
@pytest.mark.parametrize("who", EVERYBODY)
def test_what_the_register_says_is_exactly_what_the_database_allows(
    who: str, types: dict[tuple[str, str], str]
) -> None:
    found, expected = tried(who, types), oracle.allowed(who)
    false_allows, false_denies = found - expected, expected - found
    count = sum(1 for _ in oracle.uses(who))
    # Seen with pytest -s.
    print(f"{who}: {count} tried, {len(false_allows)} false allows, {len(false_denies)} false denies")  # noqa: T201
    assert not false_allows
    assert not false_denies
    assert len(types) > 500
    assert count == sum(3 * len(oracle.columns(table)) + 1 for table in oracle.tables())


ASKED = """select c.relname, a.attname, p.what from pg_attribute a join pg_class c on c.oid = a.attrelid,
    unnest(array['read', 'insert', 'update'], array['SELECT', 'INSERT', 'UPDATE']) p(what, privilege)
 where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
   and has_column_privilege(%s, c.oid, a.attnum, p.privilege)"""


@pytest.mark.parametrize("who", EVERYBODY)
def test_postgresql_says_of_itself_what_was_tried(who: str) -> None:
    role = who if who in LOGINS else f"purpose_{who}"
    with as_login("board"), connection.cursor() as cursor:
        cursor.execute(ASKED, [role])
        answered = {(who, table, column, what) for table, column, what in cursor.fetchall()}
    assert answered == {use for use in oracle.allowed(who) if use[3] != "delete"}


# Each planted violation, and what must be found of it: (false allows, false denies).
PLANTED: dict[str, tuple[set[Use], set[Use]]] = {
    "grant select (email) on people_person to purpose_entry": (
        {("entry", "people_person", "email", "read")}, set(),
    ),
    "grant insert (email) on people_person to public": ({("entry", "people_person", "email", "insert")}, set()),
    "grant update (number) on people_credential to purpose_entry": (
        {("entry", "people_credential", "number", "update")}, set(),
    ),
    "grant delete on people_person to purpose_entry": ({("entry", "people_person", "", "delete")}, set()),
    "revoke select (digest) on people_credential from purpose_entry": (
        set(), {("entry", "people_credential", "digest", "read")},
    ),
}  # fmt: skip
BACK = {"grant": ("revoke", " to ", " from "), "revoke": ("grant", " from ", " to ")}


@pytest.mark.parametrize("statement", PLANTED)
def test_a_planted_violation_is_found(statement: str, types: dict[tuple[str, str], str]) -> None:
    verb = statement.split(" ", 1)[0]
    other, link, other_link = BACK[verb]
    with planted(statement, statement.replace(verb, other, 1).replace(link, other_link)):
        found, expected = tried("entry", types), oracle.allowed("entry")
    assert (found - expected, expected - found) == PLANTED[statement]
    assert tried("entry", types) == expected


@contextmanager
def planted(statement: str, back: str) -> Iterator[None]:
    """Do something for real that should not be, and take it back."""
    _as_owner(statement)
    try:
        yield
    finally:
        _as_owner(back)


def _as_owner(statement: str) -> None:
    with as_login("owner"):
        connection.settings_dict["USER"] = "postgres"
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize("entry_point", oracle.ENTRY_POINTS)
def test_a_login_takes_its_own_purposes_and_no_other(entry_point: str) -> None:
    own = {purpose for purpose, activity in oracle.purposes().items() if entry_point in activity.entry_points}
    taken = set()
    with as_login(entry_point):
        connection.ensure_connection()
        for purpose in oracle.purposes():
            try:
                connection.connection.execute(f"set role purpose_{purpose}")
                taken.add(purpose)
            except psycopg.errors.InsufficientPrivilege:
                pass
    assert taken == own


def test_a_column_that_no_model_names_is_not_reachable_either(types: dict[tuple[str, str], str]) -> None:
    assert {table for table, _ in types} - set(oracle.tables()) == {"django_migrations"}
    assert {key for key in types if key[0] in oracle.tables()} == {
        (table, column) for table in oracle.tables() for column in oracle.columns(table)
    }
    for who in EVERYBODY:
        with wire_of(who) as wire:
            for statement in ("select name from django_migrations", "delete from django_migrations where false"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    wire.execute(statement)
