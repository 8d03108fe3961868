"""Which rights must the database give, so that the register is what is enforced? Derived from the register and the models alone.

A right is a small value; the wanted set is compared with the set that the catalogue really holds (see catalogue.py). Columns are granted,
never tables: a table grant would make a column revoke do nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec
from django.db import models

from portvakt.core.privacy import NotPersonal, Privacy, Subject
from portvakt.server.purpose import declare
from portvakt.server.purpose.context import role_of
from portvakt.server.purpose.models import RegisterVersion
from portvakt.server.purpose.register import ENTRY_POINTS, Activity, Operation

ORGANISATION = "(nullif((select current_setting('portvakt.organisation', true)), ''))::uuid"
PERSON = "(nullif((select current_setting('portvakt.person', true)), ''))::uuid"
ACCOUNT = "(nullif((select current_setting('portvakt.account', true)), ''))::uuid"
# Whose id a row's `who` is, by its subject: a setting of the unit of work each.
ABOUT = {
    Subject.HOLDER: f"= {PERSON}",
    Subject.ACCOUNT_HOLDER: f"= {ACCOUNT}",
    Subject.GUARDIAN: f"= {ACCOUNT}",
    Subject.DATA_SUBJECT: f"in ({PERSON}, {ACCOUNT})",
}
# An organisation's support case gives leave to look; see privacy.models.SupportLeave, whose columns these are.
LEAVES = "privacy_supportleave"
LEAVE = """exists (select 1 from privacy_supportleave l where l.organisation_id = {organisation} and l.purpose = '{purpose}'
 and l.until > now() and l.revoked_at is null)"""
# The newest consent counts, and only one to the text as it stands; see privacy.models.Consent.
CONSENT = """(select c.given and c.text_digest = '{digest}' from privacy_consent c where c.subject_id = {table}.{who}
 and c.purpose = '{purpose}' order by c.at desc, c.id desc limit 1)"""
PRIVILEGE: dict[Operation, str] = {"read": "SELECT", "insert": "INSERT", "update": "UPDATE"}
OURS = "portvakt."
# The queue's tables hold no personal data: job arguments are ids. Its own login works on them directly, outside any purpose.
QUEUE_APP = "procrastinate"
# Its numbers come from sequences of their own; those of our tables belong to identity columns, which need no right.
QUEUE_SEQUENCES = ("procrastinate_events_id_seq", "procrastinate_jobs_id_seq", "procrastinate_periodic_defers_id_seq")


class Member(msgspec.Struct, frozen=True):
    """A login may take a purpose's role."""

    login: str
    role: str


class ColumnRight(msgspec.Struct, frozen=True):
    """A role holds a privilege on one column; `column` is empty for DELETE, which PostgreSQL knows for tables only."""

    role: str
    table: str
    column: str
    privilege: str


class SequenceRight(msgspec.Struct, frozen=True):
    """A role holds a privilege on a sequence."""

    role: str
    sequence: str
    privilege: str


class DatabaseRight(msgspec.Struct, frozen=True):
    """A role holds a privilege on the database itself; none is ever wanted."""

    role: str
    privilege: str


class RowSecurity(msgspec.Struct, frozen=True):
    """Row-level security is enabled and forced on a table."""

    table: str


class Policy(msgspec.Struct, frozen=True):
    """Roles see and write those rows of a table for which an expression holds."""

    table: str
    name: str
    roles: tuple[str, ...]
    expression: str


class Key(msgspec.Struct, frozen=True):
    """A constraint that keeps references inside one organisation; `definition` as pg_get_constraintdef prints it."""

    table: str
    name: str
    definition: str


Right = Member | ColumnRight | SequenceRight | DatabaseRight | RowSecurity | Policy | Key


def login_of(entry_point: str) -> str:
    """Return the name of the login with which an entry point connects."""
    return f"portvakt_{entry_point}"


def wanted(activities: Iterable[Activity]) -> frozenset[Right]:
    """Return every right that the register and the models ask for; nothing else may exist."""
    activities = tuple(activity for activity in activities if not activity.outside)
    rights: set[Right] = set(_members(activities))
    for model in declare.tables():
        rights.update(_keys(model))
        rights.update(_row_security(model, activities))
        for activity in activities:
            rights.update(_columns(model, activity))
    return frozenset(rights | set(_queue()) | set(_register()))


def _register() -> Iterator[ColumnRight]:
    """Every process reads at its start which register is in force, before it has any purpose."""
    for entry_point in ENTRY_POINTS:
        for column in declare.kinds(RegisterVersion):
            yield ColumnRight(login_of(entry_point), RegisterVersion._meta.db_table, column, "SELECT")


def _members(activities: Iterable[Activity]) -> Iterator[Member]:
    for activity in activities:
        for entry_point in activity.entry_points:
            yield Member(login_of(entry_point), role_of(activity.id))


def _columns(model: type[models.Model], activity: Activity) -> Iterator[ColumnRight]:
    said, table, role = declare.declaration(model), model._meta.db_table, role_of(activity.id)
    if isinstance(said, NotPersonal) and model.__module__.startswith(OURS):
        manages = {model._meta.label, model._meta.app_label} & set(activity.manages)
        yield from _grants(role, table, declare.kinds(model), "read")
        for operation, columns in _managed(model).items() if manages else ():
            yield from _grants(role, table, columns, operation)
    elif isinstance(said, Privacy):
        for data in (row for row in activity.data if row.subject == said.subject):
            columns = _columns_of_kinds(model, data.kinds)
            for operation in data.operations if columns else ():
                yield from _grants(role, table, columns, operation)


def _managed(model: type[models.Model]) -> dict[Operation, Iterable[str]]:
    """Return what managing a table without personal data allows: everything, unless its model says which columns may change."""
    narrower: dict[Operation, Iterable[str]] | None = getattr(model, "managed", None)
    columns = declare.kinds(model)
    return {"insert": columns, "update": columns, "delete": columns} if narrower is None else narrower


def _columns_of_kinds(model: type[models.Model], kinds: Iterable[str]) -> list[str]:
    """Return the columns of the asked kinds and those that are not personal; none if no column is of an asked kind."""
    of = declare.kinds(model)
    if not set(of.values()) & set(kinds):
        return []
    return [column for column, kind in of.items() if kind is None or kind in kinds]


def _grants(role: str, table: str, columns: Iterable[str], operation: Operation) -> Iterator[ColumnRight]:
    if operation == "delete":
        yield ColumnRight(role, table, "", "DELETE")
    else:
        for column in columns:
            yield ColumnRight(role, table, column, PRIVILEGE[operation])


def _queue() -> Iterator[ColumnRight | SequenceRight]:
    for sequence in QUEUE_SEQUENCES:
        yield SequenceRight(login_of("jobs"), sequence, "USAGE")
    for model in declare.tables():
        if model._meta.app_label == QUEUE_APP:
            for privilege in ("SELECT", "INSERT", "UPDATE"):
                for column in declare.kinds(model):
                    yield ColumnRight(login_of("jobs"), model._meta.db_table, column, privilege)
            yield ColumnRight(login_of("jobs"), model._meta.db_table, "", "DELETE")


def _row_security(model: type[models.Model], activities: tuple[Activity, ...]) -> Iterator[Right]:
    own = own_rows(model)
    if not own and not isinstance(declare.declaration(model), Privacy):
        return
    yield RowSecurity(model._meta.db_table)
    plain = [activity for activity in activities if not activity.outside and not _narrowed(activity)]
    for scope, name, rows in (("organisation", "own_organisation", own), ("deployment", "deployment", "true")):
        roles = tuple(sorted(role_of(activity.id) for activity in plain if activity.scope == scope))
        if roles and rows:
            yield Policy(model._meta.db_table, name, roles, rows)
    for activity in activities:
        if not activity.outside and _narrowed(activity) and (rows := _narrow_rows(model, activity, own)):
            yield Policy(model._meta.db_table, f"only_{activity.id}", (role_of(activity.id),), rows)


def _narrowed(activity: Activity) -> bool:
    """Tell whether a purpose sees fewer rows than its organisation's or all: one subject's, those under leave, or under consent."""
    return activity.scope == "subject" or activity.leave or activity.legal_basis == "consent"


def _narrow_rows(model: type[models.Model], activity: Activity, own: str) -> str:
    """Return the SQL condition under which a row is there for such a purpose; empty where none ever is."""
    said, table = declare.declaration(model), model._meta.db_table
    who = said.who if isinstance(said, Privacy) else ""
    conditions = [] if activity.scope == "deployment" else [own] if own else []
    if activity.scope == "subject" and isinstance(said, Privacy):
        if not who or said.subject not in ABOUT:
            return ""
        # An account's own rows lie in no organisation, or in each it works in.
        at = conditions if said.subject is Subject.HOLDER else []
        conditions = [*at, f"{table}.{who} {ABOUT[said.subject]}"]
    # The leave itself is asked for by these policies, and would ask for itself without end.
    if activity.leave and table != LEAVES:
        conditions.append(LEAVE.format(organisation=ORGANISATION, purpose=activity.id))
    if activity.legal_basis == "consent" and isinstance(said, Privacy) and _consented(model, said, activity):
        if not who:
            return ""
        conditions.append(CONSENT.format(digest=consent_digest(activity), table=table, who=who, purpose=activity.id))
    return " and ".join(conditions) if conditions else "true"


def _consented(model: type[models.Model], said: Privacy, activity: Activity) -> bool:
    """Tell whether rows need their subject's consent: records of consents do not, nor what a purpose only adds, as to the audit log."""
    rows = [row for row in activity.data if row.subject == said.subject and _columns_of_kinds(model, row.kinds)]
    only_adds = bool(rows) and all(row.operations == ("insert",) for row in rows)
    return said.subject is not Subject.DATA_SUBJECT and not only_adds


def consent_digest(activity: Activity) -> str:
    """Return the digest of the text that is consented to, in both languages: another text needs another consent."""
    said = (activity.name, activity.purpose, *(row.kinds for row in activity.data), activity.recipients)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def own_rows(model: type[models.Model]) -> str:
    """Return the SQL condition under which a row belongs to the organisation at work; empty where none does."""
    if stated := getattr(model, "own_rows", ""):
        return str(stated).format(organisation=ORGANISATION)
    columns = set(declare.kinds(model))
    return f"organisation_id = {ORGANISATION}" if "organisation_id" in columns else ""


def _keys(model: type[models.Model]) -> Iterator[Key]:
    """Yield the composite keys that bind a tenant table's references to its own organisation."""
    table, columns = model._meta.db_table, set(declare.kinds(model))
    if "organisation_id" not in columns:
        return
    if model._meta.pk.column != "organisation_id":
        yield Key(table, f"{table}_within", f"UNIQUE (organisation_id, {model._meta.pk.column})")
    for column, field in declare.columns(model):
        target = field.related_model if isinstance(field, models.ForeignKey) else None
        if isinstance(target, type) and any(
            other.column == "organisation_id" for other in target._meta.concrete_fields
        ):
            yield _foreign_key(table, column, target)


def _foreign_key(table: str, column: str, target: type[models.Model]) -> Key:
    definition = (
        f"FOREIGN KEY (organisation_id, {column}) REFERENCES {target._meta.db_table}(organisation_id, {target._meta.pk.column})"
        " DEFERRABLE INITIALLY DEFERRED"
    )
    return Key(table, f"{table}_{column}_within", definition)


def all_roles(activities: Iterable[Activity]) -> tuple[list[str], list[str]]:
    """Return the names of (purpose roles, logins) that must exist."""
    return sorted(role_of(activity.id) for activity in activities if not activity.outside), [
        login_of(entry_point) for entry_point in ENTRY_POINTS
    ]
