"""Which rights does the database really give, and are they those of the register?

`held()` reads PostgreSQL's catalogue and `differences()` compares; applying.py mends. A server process that finds a difference at start
does not start.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import connection

from portvakt.server.purpose import rights, versions, ways_round
from portvakt.server.purpose.checks import declarations_and_register
from portvakt.server.purpose.context import role_of
from portvakt.server.purpose.register import Activity, Operation, Register, read_register
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
# Everybody may make temporary tables in a new database, and functions beside them. To connect is no right to anything in it.
DATABASE_RIGHTS = """
with named as (select oid, rolname from pg_roles where rolname like 'purpose\\_%%' or rolname like 'portvakt\\_%%'
               union all select 0, 'public')
select n.rolname, x.privilege_type
  from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x join named n on n.oid = x.grantee
 where d.datname = current_database() and n.oid <> d.datdba and x.privilege_type <> 'CONNECT'
"""
ROW_SECURITY = """select relname from pg_class
 where relrowsecurity and relforcerowsecurity and relnamespace = 'public'::regnamespace"""
# The comment holds two digests: of the expression asked for, and of what PostgreSQL made of it; see policy_mark.
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


class RightsDiffer(Exception):
    """The database gives other rights than the register says; the text lists the differences."""


def in_force() -> Register:
    """Return the register that this deployment enforces; see versions.py."""
    return versions.in_force()


def activities() -> tuple[Activity, ...]:
    """Return the activities that this deployment enforces."""
    return in_force().activities


def enforced() -> Mapping[str, Mapping[tuple[str, str], frozenset[Operation]]]:
    """Return what the database really lets each purpose do: {purpose: {(table, column): operations}}, read from its catalogue.

    PostgreSQL knows the right to delete for whole rows only: it stands with an empty column.
    """
    operations: dict[str, Operation] = {privilege: operation for operation, privilege in rights.PRIVILEGE.items()}
    found: dict[str, dict[tuple[str, str], frozenset[Operation]]] = {activity.id: {} for activity in activities()}
    purposes = {role_of(purpose): purpose for purpose in found}
    for role, table, column, privilege in rows(COLUMN_RIGHTS):
        if role in purposes:
            may, at = found[purposes[role]], (str(table), str(column))
            may[at] = may.get(at, frozenset()) | {operations.get(privilege, "delete")}
    return found


def held(wanted: Iterable[Right]) -> frozenset[Right]:
    """Return every right that the catalogue holds; `wanted` is needed to recognise unchanged policies by their digest."""
    return frozenset(
        {
            *(Member(*row) for row in rows(MEMBERS)),
            *(ColumnRight(*row) for row in rows(COLUMN_RIGHTS)),
            *(SequenceRight(*row) for row in rows(SEQUENCE_RIGHTS)),
            *(DatabaseRight(*row) for row in rows(DATABASE_RIGHTS)),
            *(RowSecurity(table) for (table,) in rows(ROW_SECURITY)),
            *_policies({(right.table, right.name): right for right in wanted if isinstance(right, Policy)}),
            *(Key(*row) for row in rows(KEYS)),
        }
    )


def differences() -> tuple[frozenset[Right], frozenset[Right]]:
    """Return (rights wanted but missing, rights held but not wanted)."""
    wanted = rights.wanted(activities())
    found = held(wanted)
    return wanted - found, found - wanted


def require_no_difference() -> None:
    """Refuse to go on unless models and register are sound and the database gives exactly the rights they ask for.

    Also refused: a register that has not been published, a login that could go round its rights, and a table that no model declares.
    """
    if mistakes := declarations_and_register():
        raise RightsDiffer(
            "the register or a declaration is wrong:\n  " + "\n  ".join(str(one.msg) for one in mistakes)
        )
    try:
        lines = _lines()
    except versions.RegisterUnknown as error:
        raise RightsDiffer(str(error)) from error
    if lines:
        shown = "\n  ".join(sorted(lines)[:20])
        raise RightsDiffer(
            f"{len(lines)} differences between the register and the database; run `portvakt rights --apply`\n  {shown}"
        )


def _lines() -> list[str]:
    """Return a line for each difference, and for each way round."""
    missing, extra = differences()
    lines = [f"missing: {right}" for right in missing] + [f"not in the register: {right}" for right in extra]
    if versions.digest(read_register(settings.REGISTER)) != versions.enforced().published:
        lines.append(f"not published: the register in {settings.REGISTER} is another than the newest version here")
    return lines + ways_round.found()


def rows(query: str) -> list[tuple[Any, ...]]:
    """Return the rows that a question to the catalogue gives."""
    with connection.cursor() as cursor:
        cursor.execute(query, [])
        return list(cursor.fetchall())


def _policies(wanted: dict[tuple[str, str], Policy]) -> Iterator[Policy]:
    """Yield the policies there are; one whose expression is not provably the wanted one comes back as it is written."""
    for table, name, roles, mark, command, permissive, using, check in rows(POLICIES):
        asked = wanted.get((str(table), str(name)))
        made = f"{using}|{check}|{command}|{permissive}"
        same = asked is not None and mark == policy_mark(asked.expression, made)
        yield Policy(str(table), str(name), tuple(roles), asked.expression if asked and same else made)


def policy_mark(asked: str, made: str) -> str:
    """Digest of the expression asked for and of what PostgreSQL prints of it: either changing makes the mark wrong."""
    return "portvakt:" + hashlib.sha256(f"{asked}\n{made}".encode()).hexdigest()
