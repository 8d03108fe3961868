"""How is the database made to give exactly the rights of the register? As the owner, after migrations, in one transaction."""

from datetime import datetime

from django.conf import settings
from django.db import connection
from psycopg import sql

from portvakt.server.purpose import rights, versions
from portvakt.server.purpose.catalogue import POLICIES, activities, differences, policy_mark, rows
from portvakt.server.purpose.models import RegisterVersion
from portvakt.server.purpose.register import read_register
from portvakt.server.purpose.rights import (
    ColumnRight,
    DatabaseRight,
    Key,
    Member,
    Policy,
    Right,
    RowSecurity,
    SequenceRight,
)


def publish_and_apply(now: datetime, not_told: str = "") -> tuple[RegisterVersion, int]:
    """Publish what the register's files say and apply what is then enforced; return (newest version, how many rights changed).

    Raises RegisterError on a bad register, RegisterUnknown where the last one cannot be read.
    What it changes to somebody's disadvantage waits, unless `not_told` says why it need not.
    """
    version = versions.publish(read_register(settings.REGISTER), now, not_told)
    return version, apply()


def apply() -> int:
    """Make the database give exactly the wanted rights; return how many were changed. Runs as the owner, in one transaction."""
    # What is in force may have been decided anew since this process asked.
    versions.forget()
    _make_roles(*rights.all_roles(activities()))
    _, extra = differences()
    for right in sorted(extra, key=_order, reverse=True):
        _take(right)
    # Asked anew: taking a table's grant takes the same grant on its columns with it.
    missing, _ = differences()
    for right in sorted(missing, key=_order):
        _give(right)
    return len(missing) + len(extra)


def _order(right: Right) -> tuple[int, str]:
    """Unique keys come before the foreign keys that need them."""
    foreign = isinstance(right, Key) and right.definition.startswith("FOREIGN")
    return (int(foreign), str(right))


def _run(statement: str, **names: str | sql.Composable) -> None:
    parts = {key: sql.Identifier(name) if isinstance(name, str) else name for key, name in names.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**parts))


def _make_roles(purposes: list[str], logins: list[str]) -> None:
    existing = {row[0] for row in rows("select rolname from pg_roles")}
    for role in purposes:
        if role not in existing:
            _run("create role {role} nologin noinherit", role=role)
    for login in logins:
        if login not in existing:
            _run("create role {login} login noinherit", login=login)


def _give(right: Right) -> None:
    match right:
        case Member(login, role):
            _run("grant {role} to {login}", role=role, login=login)
        case ColumnRight(role, table, "", privilege):
            _run("grant {privilege} on {table} to {role}", privilege=sql.SQL(privilege), table=table, role=role)
        case ColumnRight(role, table, column, privilege):
            _run(
                "grant {privilege} ({column}) on {table} to {role}",
                privilege=sql.SQL(privilege), column=column, table=table, role=role,
            )  # fmt: skip
        case SequenceRight(role, sequence, privilege):
            _run(
                "grant {privilege} on sequence {sequence} to {role}",
                privilege=sql.SQL(privilege), sequence=sequence, role=role,
            )  # fmt: skip
        case DatabaseRight(role, privilege):
            _run(f"grant {privilege} on database {{database}} to {{role}}", database=_database(), role=role)
        case RowSecurity(table):
            _run("alter table {table} enable row level security, force row level security", table=table)
        case Policy():
            _give_policy(right)
        case Key(table, name, definition):
            _run(
                "alter table {table} add constraint {name} {definition}",
                table=table,
                name=name,
                definition=sql.SQL(definition),
            )


def _give_policy(policy: Policy) -> None:
    roles = sql.SQL(", ").join(sql.Identifier(role) for role in policy.roles)
    names = {"table": policy.table, "name": policy.name}
    _run(
        "create policy {name} on {table} for all to {roles} using ({test}) with check ({test})",
        roles=roles, test=sql.SQL(policy.expression), **names,
    )  # fmt: skip
    for table, name, _roles, _mark, command, permissive, using, check in rows(POLICIES):
        if (table, name) == (policy.table, policy.name):
            mark = policy_mark(policy.expression, f"{using}|{check}|{command}|{permissive}")
            _run("comment on policy {name} on {table} is {mark}", mark=sql.Literal(mark), **names)


def _take(right: Right) -> None:
    match right:
        case Member(login, role):
            _run("revoke {role} from {login}", role=role, login=login)
        case ColumnRight(role, table, column, privilege):
            holder = sql.SQL("public") if role == "public" else sql.Identifier(role)
            of = sql.SQL("") if column in {"", "*"} else sql.SQL("({})").format(sql.Identifier(column))
            _run(
                "revoke {what} {of} on {table} from {holder}",
                what=sql.SQL(privilege),
                of=of,
                table=table,
                holder=holder,
            )
        case SequenceRight(role, sequence, privilege):
            holder = sql.SQL("public") if role == "public" else sql.Identifier(role)
            _run(
                "revoke {privilege} on sequence {sequence} from {holder}",
                privilege=sql.SQL(privilege), sequence=sequence, holder=holder,
            )  # fmt: skip
        case DatabaseRight(role, privilege):
            holder = sql.SQL("public") if role == "public" else sql.Identifier(role)
            _run(f"revoke {privilege} on database {{database}} from {{holder}}", database=_database(), holder=holder)
        case RowSecurity(table):
            _run("alter table {table} disable row level security, no force row level security", table=table)
        case Policy(table, name):
            _run("drop policy {name} on {table}", name=name, table=table)
        case Key(table, name):
            _run("alter table {table} drop constraint {name} cascade", table=table, name=name)


def _database() -> str:
    return str(connection.settings_dict["NAME"])
