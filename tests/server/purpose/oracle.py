"""What may each purpose and each login do, by the plain rules of decisions 0002, 0017 and 0061 alone?

Written from the rules and not from purpose/rights.py, which is what the answers are held against: the register's rows and the models'
declarations are all that both read.

1. A column of a kind may be used as the register's rows for that subject and kind say.
2. Where a row of the register reaches a table in that way, it reaches the table's columns that are not personal in the same way.
3. A table without personal data may be read by every purpose, and changed by those that manage it.
4. A library's tables without personal data are nobody's, but for the queue, which is the jobs' own.
5. A row is deleted whole: the right to delete has no column.
6. Every login reads which register is in force, and nothing else without a purpose.
"""

from collections.abc import Iterator
from functools import cache

from django.apps import apps
from django.conf import settings
from django.db import models

from portvakt.core.privacy import Privacy
from portvakt.server.purpose import declare
from portvakt.server.purpose.register import ENTRY_POINTS, Activity, Register, read_register

# Who (a purpose's id or a login), table, column ("" for a whole row), and what is done.
Use = tuple[str, str, str, str]
OPERATIONS = ("read", "insert", "update", "delete")
LOGINS = tuple(f"portvakt_{entry_point}" for entry_point in ENTRY_POINTS)


@cache
def register() -> Register:
    return read_register(settings.REGISTER)


@cache
def purposes() -> dict[str, Activity]:
    return {activity.id: activity for activity in register().activities if activity.entry_points}


@cache
def tables() -> dict[str, type[models.Model]]:
    found = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    return {model._meta.db_table: model for model in found}


@cache
def columns(table: str) -> list[str]:
    return list(declare.kinds(tables()[table]))


def uses(who: str) -> Iterator[Use]:
    """Yield everything that can be tried: each column with each operation, and each whole row."""
    for table in tables():
        yield (who, table, "", "delete")
        for column in columns(table):
            yield from ((who, table, column, operation) for operation in OPERATIONS[:3])


@cache
def allowed(who: str) -> frozenset[Use]:
    """Return everything that may be done."""
    pairs = _of_login(who) if who in LOGINS else _of_purpose(purposes()[who])
    return frozenset((who, table, "" if what == "delete" else column, what) for table, column, what in pairs)


@cache
def may(who: str, table: str, operation: str) -> tuple[str, ...]:
    """Return the columns with which somebody may do something to a table; ("",) to delete."""
    return tuple(sorted(column for _, at, column, what in allowed(who) if (at, what) == (table, operation)))


def _of_login(login: str) -> Iterator[tuple[str, str, str]]:
    yield from (("purpose_registerversion", column, "read") for column in columns("purpose_registerversion"))
    queue = [table for table in tables() if table.startswith("procrastinate_")] if login == "portvakt_jobs" else []
    yield from ((table, column, operation) for table in queue for column in columns(table) for operation in OPERATIONS)


def _of_purpose(activity: Activity) -> Iterator[tuple[str, str, str]]:
    for table, model in tables().items():
        said = declare.declaration(model)
        if isinstance(said, Privacy):
            yield from _of_personal(activity, table, said)
        elif model.__module__.split(".")[0] == "portvakt":
            yield from ((table, column, "read") for column in columns(table))
            if model._meta.label in activity.manages or model._meta.app_label in activity.manages:
                yield from _of_managed(table, model)


def _of_managed(table: str, model: type[models.Model]) -> Iterator[tuple[str, str, str]]:
    if table == "purpose_registerversion":
        yield (table, "in_force_at", "update")
        return
    yield from ((table, column, operation) for column in columns(table) for operation in OPERATIONS[1:])


def _of_personal(activity: Activity, table: str, said: Privacy) -> Iterator[tuple[str, str, str]]:
    kinds = declare.kinds(tables()[table])
    for row in activity.data:
        wanted = {str(kind) for kind in row.kinds}
        if row.subject != said.subject or not wanted & {str(kind) for kind in kinds.values() if kind}:
            continue
        for column, kind in kinds.items():
            if kind is None or str(kind) in wanted:
                yield from ((table, column, operation) for operation in row.operations)
