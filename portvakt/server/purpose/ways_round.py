"""What in a database could go round the rights, although no grant on a table shows it? Each is named; there must be none."""

from django.conf import settings
from django.db import connection

from portvakt.server.purpose import declare, rights
from portvakt.server.purpose.register import ENTRY_POINTS

UNSAFE_ROLES = """
select rolname from pg_roles where (rolname like 'purpose\\_%%' or rolname = any(%s))
   and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit)
"""

# An owner may do everything to what it owns, and nothing that logins run may run as somebody else or be put in the way of what the owner
# runs (PUBLIC may create in the public schema of a database that was made before PostgreSQL 15). A view reads as its owner unless it says
# otherwise, a materialised view and a foreign table know no row-level security, a rule rewrites what was asked, a large object is granted
# apart from tables, and a function that counts as leakproof is run on rows before row-level security hides them.
WAYS_ROUND = """
with ours as (select oid, rolname from pg_roles where rolname like 'purpose\\_%%' or rolname = any(%(logins)s)),
     anyone as (select oid, rolname from ours union all select 0, 'public'),
     schemas as (select oid, nspname, nspacl from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
select format('%%s owns %%s', o.rolname, c.oid::regclass) from ours o join pg_class c on c.relowner = o.oid
 where c.relpersistence <> 't' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
union all
select format('%%s owns schema %%s', o.rolname, n.nspname) from ours o join pg_namespace n on n.nspowner = o.oid
union all
select format('%%s owns the database', o.rolname) from ours o join pg_database d on d.datdba = o.oid
 where d.datname = current_database()
union all
select format('%%s owns function %%s', o.rolname, p.oid::regprocedure) from ours o join pg_proc p on p.proowner = o.oid
union all
select format('%%s may create in schema %%s', a.rolname, n.nspname)
  from pg_namespace n, aclexplode(n.nspacl) x join anyone a on a.oid = x.grantee where x.privilege_type = 'CREATE'
union all
select format('%%s may use schema %%s', a.rolname, n.nspname)
  from schemas n, aclexplode(n.nspacl) x join anyone a on a.oid = x.grantee
 where x.privilege_type = 'USAGE' and n.nspname <> 'public'
union all
select format('%%s may set %%s', a.rolname, s.parname)
  from pg_parameter_acl s, aclexplode(s.paracl) x join anyone a on a.oid = x.grantee
union all
select format('%%s runs as its owner', p.oid::regprocedure) from pg_proc p join schemas n on n.oid = p.pronamespace where p.prosecdef
union all
select format('%%s counts as leakproof', p.oid::regprocedure) from pg_proc p join schemas n on n.oid = p.pronamespace where p.proleakproof
union all
select format('view %%s reads as its owner', c.oid::regclass) from pg_class c join schemas n on n.oid = c.relnamespace
 where c.relkind = 'v' and not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on'], false)
union all
select format('materialised view %%s knows no row-level security', c.oid::regclass)
  from pg_class c join schemas n on n.oid = c.relnamespace where c.relkind = 'm'
union all
select format('foreign table %%s', c.oid::regclass) from pg_class c join schemas n on n.oid = c.relnamespace where c.relkind = 'f'
union all
select format('foreign server %%s', srvname) from pg_foreign_server
union all
select format('rule %%s on %%s', r.rulename, r.ev_class::regclass)
  from pg_rewrite r join pg_class c on c.oid = r.ev_class join schemas n on n.oid = c.relnamespace where r.rulename <> '_RETURN'
union all
select format('extension %%s', extname) from pg_extension where extname in ('adminpack', 'dblink', 'file_fdw', 'lo', 'postgres_fdw')
union all
select format('%%s large objects', count(*)) from pg_largeobject_metadata having count(*) > 0
union all
select format('default privileges of %%s', d.defaclrole::regrole) from pg_default_acl d
"""
TABLES = "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"


def found() -> list[str]:
    """Return a sentence for each way round the rights, for each table that no model declares, and for a wrong login."""
    logins = [rights.login_of(entry_point) for entry_point in ENTRY_POINTS]
    return [
        *(f"may go round row-level security or inherit rights: {one}" for one in _first(UNSAFE_ROLES, [logins])),
        *(f"a way round the rights, to be taken away by hand: {one}" for one in _first(WAYS_ROUND, {"logins": logins})),
        *(f"a table that no model declares: {one}" for one in undeclared_tables()),
        *_wrong_login(),
    ]


def undeclared_tables() -> list[str]:
    """Return the tables of the public schema that no model declares; there must be none beside Django's own migration list."""
    known = {model._meta.db_table for model in declare.tables()} | {"django_migrations"}
    return sorted(set(_first(TABLES)) - known)


def _wrong_login() -> list[str]:
    """Return what is wrong when a serving process is connected as anyone but its own login, such as the owner."""
    own, (connected,) = rights.login_of(settings.ENTRY_POINT), _first("select session_user")
    if settings.ENTRY_POINT not in ENTRY_POINTS or connected == own:
        return []
    return [f"connected as {connected}, but this process is {own}: see DATABASE_URL"]


def _first(query: str, parameters: list[list[str]] | dict[str, list[str]] | None = None) -> list[str]:
    """Return the first column of what a query gives."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or [])
        return [str(row[0]) for row in cursor.fetchall()]
