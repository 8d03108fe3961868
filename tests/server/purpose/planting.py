"""How do rows come into every table, so that a purpose that sees too many is seen to?

Values are of the right type and otherwise nothing: references are not followed while planting. Everything happens in one transaction of
the owner, who is a superuser here, and is rolled back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from django.db import connection, models, transaction
from psycopg import sql

from portvakt.core.privacy import Privacy, Subject
from portvakt.server.purpose import declare
from tests.server.purpose import oracle

VALUES = {
    "uuid": "gen_random_uuid()",
    "boolean": "false",
    "jsonb": "'{}'",
    "bytea": "decode(md5(random()::text), 'hex')",
    "timestamp with time zone": "now()",
    "date": "current_date",
    "time without time zone": "localtime",
    "interval": "interval '1 day'",
    "double precision": "0",
    "inet": "'192.0.2.1'",
    "cidr": "'192.0.2.0/24'",
}
NUMBERS = {"smallint", "integer", "bigint"}
COLUMNS = """
select a.attname, format_type(a.atttypid, null), a.atttypmod from pg_attribute a
 where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and a.attgenerated = ''
"""


def rows(statement: str | sql.Composable, parameters: list[object] | None = None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def count(table: str, condition: str = "true") -> int:
    return int(str(rows(f'select count(*) from "{table}" where {condition}')[0][0]))


def plant(organisation: UUID, person: UUID, account: UUID) -> None:
    """Put a row about a person, one about an account, into every table that can say so, in one organisation."""
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
    ours = {table: model for table, model in oracle.tables().items() if not table.startswith("procrastinate_")}
    for table, model in ours.items():
        said = declare.declaration(model)
        about = [person, account] if isinstance(said, Privacy) and said.subject is Subject.DATA_SUBJECT else [None]
        for one in about:
            _plant_one(table, model, organisation, one or _about(said, person, account))
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = origin")


def _about(said: object, person: UUID, account: UUID) -> UUID:
    return person if isinstance(said, Privacy) and said.subject is Subject.HOLDER else account


def _plant_one(table: str, model: type[models.Model], organisation: UUID, about: UUID) -> None:
    said = declare.declaration(model)
    who = said.who if isinstance(said, Privacy) else ""
    known = {"organisation_id": organisation, who: about}
    values = {
        str(column): sql.Literal(str(known[column])) if column in known else sql.SQL(_value(str(kind), int(str(size))))
        for column, kind, size in rows(COLUMNS, [table])
    }
    statement = sql.SQL("insert into {} ({}) values ({}) on conflict do nothing").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(values.values())
    )
    try:
        with transaction.atomic():
            rows(statement)
    except Exception as error:  # noqa: BLE001 - a row that its own constraints refuse is not planted; the tests count what is
        assert isinstance(error.__cause__, psycopg.errors.IntegrityError), (table, error)  # noqa: PT017


def _value(kind: str, size: int) -> str:
    if kind.endswith("[]"):
        return "'{}'"
    if kind in NUMBERS:
        return "(random() * 30000)::int"
    if kind.startswith(("character", "text")):
        return f"left(md5(random()::text), {size - 4 if size > 4 else 32})"
    return VALUES[kind]


@contextmanager
def at_work(
    purpose: str, organisation: UUID | None, person: UUID | None = None, account: UUID | None = None
) -> Iterator[None]:
    """Do what follows as a purpose's own login does, inside the transaction that rows were planted in; nothing of it stays."""
    entry_point = oracle.purposes()[purpose].entry_points[0]
    with connection.cursor() as cursor:
        cursor.execute(f"set local session authorization portvakt_{entry_point}")
        cursor.execute(f"set local role purpose_{purpose}")
        for name, value in (("organisation", organisation), ("person", person), ("account", account)):
            cursor.execute("select set_config(%s, %s, true)", [f"portvakt.{name}", str(value or "")])
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)
        with connection.cursor() as cursor:
            cursor.execute("reset role")
            cursor.execute("reset session authorization")
