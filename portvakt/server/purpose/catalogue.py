"""Which rights does the database really give, and how is it made to give the wanted ones?

`held()` reads PostgreSQL's catalogue, `differences()` compares, `apply()` mends (as the owner, after migrations). A server process that
finds a difference at start does not start.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg import sql

from portvakt.server.purpose import declare, rights
from portvakt.server.purpose.checks import declarations_and_register
from portvakt.server.purpose.register import ENTRY_POINTS, Activity, Register, read_register
from portvakt.server.purpose.rights import ColumnRight, Key, Member, Policy, Right, RowSecurity, SequenceRight

# Everything granted to a purpose, to a login or to everybody on a table of the public schema; table grants show as column "*".
COLUMN_RIGHTS = """
with named as (select oid, rolname from pg_roles where rolname like 'purpose\\_%%' or rolname like 'portvakt\\_%%'
               union all select 0, 'public')
select n.rolname, c.relname, a.attname, x.privilege_type
  from pg_attribute a join pg_class c on c.oid = a.attrelid, aclexplode(a.attacl) x join named n on n.oid = x.grantee
 where c.relnamespace = 'public'::regnamespace and not a.attisdropped
union all
select n.rolname, c.relname, case when x.privilege_type = 'DELETE' then '' else '*' end, x.privilege_type
  from pg_class c, aclexplode(c.relacl) x join named n on n.oid = x.grantee
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and n.oid <> c.relowner
"""
SEQUENCE_RIGHTS = """
with named as (select oid, rolname from pg_roles where rolname like 'purpose\\_%%' or rolname like 'portvakt\\_%%'
               union all select 0, 'public')
select n.rolname, c.relname, x.privilege_type
  from pg_class c, aclexplode(c.relacl) x join named n on n.oid = x.grantee
 where c.relnamespace = 'public'::regnamespace and c.relkind = 'S' and n.oid <> c.relowner
"""
MEMBERS = """
select m.rolname, r.rolname from pg_auth_members am
  join pg_roles r on r.oid = am.roleid join pg_roles m on m.oid = am.member
 where (r.rolname like 'purpose\\_%%' or m.rolname like 'purpose\\_%%' or m.rolname like 'portvakt\\_%%') and not m.rolsuper
   and m.oid <> (select relowner from pg_class where oid = 'django_migrations'::regclass)
"""
ROW_SECURITY = """select relname from pg_class
 where relrowsecurity and relforcerowsecurity and relnamespace = 'public'::regnamespace"""
# The comment holds two digests: of the expression asked for, and of what PostgreSQL made of it; see _policy_mark.
POLICIES = """
select c.relname, p.polname, array(select rolname from pg_roles where oid = any(p.polroles) order by 1)::text[],
       coalesce(obj_description(p.oid, 'pg_policy'), ''), p.polcmd, p.polpermissive,
       coalesce(pg_get_expr(p.polqual, p.polrelid), ''), coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
  from pg_policy p join pg_class c on c.oid = p.polrelid
"""
KEYS = """
select c.relname, k.conname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid
 where k.conname like '%%\\_within' and k.connamespace = 'public'::regnamespace
"""
UNSAFE_ROLES = """
select rolname from pg_roles where (rolname like 'purpose\\_%%' or rolname = any(%s))
   and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolinherit)
"""

# What no grant on a table shows: an owner may do everything to what it owns, and nothing that logins run may run as somebody else or
# be put in the way of what the owner runs (PUBLIC may create in the public schema of a database that was made before PostgreSQL 15).
WAYS_ROUND = """
with ours as (select oid, rolname from pg_roles where rolname like 'purpose\\_%%' or rolname = any(%(logins)s)),
     anyone as (select oid, rolname from ours union all select 0, 'public')
select format('%%s owns %%s', o.rolname, c.oid::regclass) from ours o join pg_class c on c.relowner = o.oid
 where c.relpersistence <> 't' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
union all
select format('%%s owns schema %%s', o.rolname, n.nspname) from ours o join pg_namespace n on n.nspowner = o.oid
union all
select format('%%s owns the database', o.rolname) from ours o join pg_database d on d.datdba = o.oid
 where d.datname = current_database()
union all
select format('%%s may create in schema %%s', a.rolname, n.nspname)
  from pg_namespace n, aclexplode(n.nspacl) x join anyone a on a.oid = x.grantee where x.privilege_type = 'CREATE'
union all
select format('%%s runs as its owner', p.oid::regprocedure) from pg_proc p
 where p.prosecdef and p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
"""


class RightsDiffer(Exception):
    """The database gives other rights than the register says; the text lists the differences."""


def in_force() -> Register:
    """Return the register that this deployment enforces; read once, because a process keeps to the one it started with."""
    return _read(settings.REGISTER)


@lru_cache(maxsize=4)
def _read(folder: Path) -> Register:
    return read_register(folder)


def activities() -> tuple[Activity, ...]:
    """Return the activities that this deployment enforces."""
    return in_force().activities


def held(wanted: Iterable[Right]) -> frozenset[Right]:
    """Return every right that the catalogue holds; `wanted` is needed to recognise unchanged policies by their digest."""
    return frozenset(
        {
            *(Member(*row) for row in _rows(MEMBERS)),
            *(ColumnRight(*row) for row in _rows(COLUMN_RIGHTS)),
            *(SequenceRight(*row) for row in _rows(SEQUENCE_RIGHTS)),
            *(RowSecurity(table) for (table,) in _rows(ROW_SECURITY)),
            *_policies({(right.table, right.name): right for right in wanted if isinstance(right, Policy)}),
            *(Key(*row) for row in _rows(KEYS)),
        }
    )


def differences() -> tuple[frozenset[Right], frozenset[Right]]:
    """Return (rights wanted but missing, rights held but not wanted)."""
    wanted = rights.wanted(activities())
    found = held(wanted)
    return wanted - found, found - wanted


def require_no_difference() -> None:
    """Refuse to go on unless models and register are sound and the database gives exactly the rights they ask for.

    Also refused: a login that could go round its rights, and a table that no model declares.
    """
    if mistakes := declarations_and_register():
        raise RightsDiffer(
            "the register or a declaration is wrong:\n  " + "\n  ".join(str(one.msg) for one in mistakes)
        )
    missing, extra = differences()
    logins = rights.all_roles(activities())[1]
    unsafe = [row[0] for row in _rows(UNSAFE_ROLES, [logins])]
    lines = [f"missing: {right}" for right in missing] + [f"not in the register: {right}" for right in extra]
    lines += [f"may go round row-level security or inherit rights: {role}" for role in unsafe]
    ways = [row[0] for row in _rows(WAYS_ROUND, {"logins": logins})]
    lines += [f"a way round the rights, to be taken away by hand: {way}" for way in ways]
    lines += [f"a table that no model declares: {table}" for table in undeclared_tables()]
    lines += _wrong_login()
    if lines:
        shown = "\n  ".join(sorted(lines)[:20])
        raise RightsDiffer(
            f"{len(lines)} differences between the register and the database; run `portvakt rights --apply`\n  {shown}"
        )


def _wrong_login() -> list[str]:
    """Return what is wrong when a serving process is connected as anyone but its own login, such as the owner."""
    own, (connected,) = rights.login_of(settings.ENTRY_POINT), _rows("select session_user")[0]
    serving = settings.ENTRY_POINT in ENTRY_POINTS
    return (
        [f"connected as {connected}, but this process is {own}: see DATABASE_URL"]
        if serving and connected != own
        else []
    )


def apply() -> int:
    """Make the database give exactly the wanted rights; return how many were changed. Runs as the owner, in one transaction."""
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


def _rows(query: str, parameters: list[Any] | dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or [])
        return list(cursor.fetchall())


def _policies(wanted: dict[tuple[str, str], Policy]) -> Iterator[Policy]:
    """Yield the policies there are; one whose expression is not provably the wanted one comes back as it is written."""
    for table, name, roles, mark, command, permissive, using, check in _rows(POLICIES):
        asked = wanted.get((str(table), str(name)))
        made = f"{using}|{check}|{command}|{permissive}"
        same = asked is not None and mark == _policy_mark(asked.expression, made)
        yield Policy(str(table), str(name), tuple(roles), asked.expression if asked and same else made)


def _policy_mark(asked: str, made: str) -> str:
    """Digest of the expression asked for and of what PostgreSQL prints of it: either changing makes the mark wrong."""
    return "portvakt:" + hashlib.sha256(f"{asked}\n{made}".encode()).hexdigest()


def _run(statement: str, **names: str | sql.Composable) -> None:
    parts = {key: sql.Identifier(name) if isinstance(name, str) else name for key, name in names.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**parts))


def _make_roles(purposes: list[str], logins: list[str]) -> None:
    existing = {row[0] for row in _rows("select rolname from pg_roles")}
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
    for table, name, _roles, _mark, command, permissive, using, check in _rows(POLICIES):
        if (table, name) == (policy.table, policy.name):
            mark = _policy_mark(policy.expression, f"{using}|{check}|{command}|{permissive}")
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
        case RowSecurity(table):
            _run("alter table {table} disable row level security, no force row level security", table=table)
        case Policy(table, name):
            _run("drop policy {name} on {table}", name=name, table=table)
        case Key(table, name):
            _run("alter table {table} drop constraint {name} cascade", table=table, name=name)


def undeclared_tables() -> list[str]:
    """Return the tables of the public schema that no model declares; there must be none beside Django's own migration list."""
    known = {model._meta.db_table for model in declare.tables()} | {"django_migrations"}
    found = {
        str(row[0])
        for row in _rows("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
    }
    return sorted(found - known)
