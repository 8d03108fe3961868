"""What is held about one person or account, how much of each kind and how new? Counted from the models and the register alone.

For a page about oneself: the open purpose is `own_data`, which sees rows about one data subject only.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

import msgspec
from django.db.models import CharField, Count, DateTimeField, Field, Max, Model, Q, TextField

from portvakt.core.privacy import Kind, Privacy, Subject
from portvakt.core.retention import Keeping
from portvakt.server.purpose import catalogue, declare
from portvakt.server.purpose.register import Activity
from portvakt.server.purpose.register.retention_rules import days_of

PURPOSE = "own_data"
# Which of a row's moments says when it came, the first that it has.
CAME = ("at", "issued_at", "asked_at", "created_at", "changed_at")
# How to say "with what it belongs to" among spans in days: longer than any.
WITH_OWNER = {"with_owner", "end_of_relation", "until_lifted"}

Columns = Mapping[str, Kind | None]


class Held(msgspec.Struct, frozen=True):
    """How many rows hold data of one kind about a subject, and when the newest came, where rows say that."""

    subject: Subject
    kind: Kind
    count: int
    newest: datetime | None


def held(about: Mapping[Subject, UUID]) -> list[Held]:
    """Return what is held, by subject and kind; one query for each table, however many rows."""
    found: dict[tuple[Subject, Kind], Held] = {}
    for model, said in _tables(about):
        for one in _of_table(model, said, about[said.subject]):
            found[one.subject, one.kind] = _together(one, found.get((one.subject, one.kind)))
    return [found[key] for key in sorted(found, key=_as_one_asks) if found[key].count]


def _as_one_asks(key: tuple[Subject, Kind]) -> tuple[bool, bool, str]:
    """Put name and address first and the records of rights last."""
    subject, kind = key
    return subject is Subject.DATA_SUBJECT, kind not in {Kind.IDENTITY, Kind.CONTACT}, f"{subject} {kind}"


def not_counted(about: Mapping[Subject, UUID]) -> list[Kind]:
    """Return the kinds that are held about such subjects, but that this purpose cannot read: imprints and keys."""
    kinds = {
        (said.subject, kind)
        for model, said in _tables(about)
        for kind in declare.kinds(model).values()
        if kind is not None
    }
    return sorted({kind for subject, kind in kinds if kind not in readable(subject)})


def readable(subject: Subject) -> set[Kind]:
    """Return the kinds of data about a subject that are shown to whom they are about."""
    rows = catalogue.in_force().activity(PURPOSE).data
    return {kind for row in rows if row.subject == subject and "read" in row.operations for kind in row.kinds}


def users_of(subject: Subject, kind: Kind) -> list[Activity]:
    """Return the activities that use a kind of data about a subject, those that bring it in first; the page about oneself aside."""
    users = [
        activity
        for activity in catalogue.in_force().activities
        if activity.id != PURPOSE and any(row.subject == subject and kind in row.kinds for row in activity.data)
    ]
    return sorted(users, key=lambda activity: not _brings_in(activity, subject, kind))


def longest_kept(subject: Subject, kind: Kind) -> Keeping | None:
    """Return the rule by which a kind of data is kept longest, of the activities that bring it in; others only look at it meanwhile."""
    users = users_of(subject, kind)
    bringing = [activity for activity in users if _brings_in(activity, subject, kind)] or users
    rules = [rule for activity in bringing if (rule := activity.keeping(subject, kind)) is not None]
    return max(rules, key=lambda rule: (rule.anchor in WITH_OWNER, days_of(rule)), default=None)


def _brings_in(activity: Activity, subject: Subject, kind: Kind) -> bool:
    return any(row.subject == subject and kind in row.kinds and "insert" in row.operations for row in activity.data)


def _tables(about: Mapping[Subject, UUID]) -> Iterator[tuple[type[Model], Privacy]]:
    for model in declare.tables():
        said = declare.declaration(model)
        if isinstance(said, Privacy) and said.who and said.subject in about:
            yield model, said


def _of_table(model: type[Model], said: Privacy, who: UUID) -> Iterator[Held]:
    """Count the rows of one table about one subject: for each kind those in which a column of it is filled in."""
    shown, kinds, fields = readable(said.subject), declare.kinds(model), dict(declare.columns(model))
    counted = sorted({kind for kind in kinds.values() if kind is not None and kind in shown})
    if not counted:
        return
    asked: dict[str, Count | Max] = {kind.value: Count("pk", filter=_filled(fields, kinds, kind)) for kind in counted}
    if came := _came(fields, kinds, shown):
        asked["newest_"] = Max(came)
    figures = model._default_manager.filter(**{fields[said.who].attname: who}).aggregate(**asked)
    for kind in counted:
        yield Held(said.subject, kind, figures[kind.value], figures.get("newest_"))


def _filled(fields: Mapping[str, "Field[object, object]"], kinds: Columns, kind: Kind) -> Q:
    return reduce(or_, (_not_empty(fields[column]) for column, of in kinds.items() if of == kind))


def _not_empty(field: "Field[object, object]") -> Q:
    there = Q(**{f"{field.attname}__isnull": False})
    return there & ~Q(**{field.attname: ""}) if isinstance(field, CharField | TextField) else there


def _came(fields: Mapping[str, "Field[object, object]"], kinds: Columns, shown: set[Kind]) -> str:
    allowed = [
        name for name, field in fields.items() if isinstance(field, DateTimeField) and kinds[name] in {None, *shown}
    ]
    return next((name for name in CAME if name in allowed), "")


def _together(one: Held, before: Held | None) -> Held:
    if before is None:
        return one
    moments = [moment for moment in (one.newest, before.newest) if moment is not None]
    return msgspec.structs.replace(one, count=one.count + before.count, newest=max(moments, default=None))
