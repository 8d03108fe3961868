"""What does the database really let each purpose do with which kind of data? The record says that, and not only what was meant.

A right on a column is a right to data of the column's kind about the table's subject. Deleting a row deletes every kind in it.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from portvakt.core.privacy import Kind, Privacy, Subject
from portvakt.server.purpose import catalogue, declare
from portvakt.server.purpose.register import Operation
from portvakt.server.purpose.rights import ColumnRight, Right

OPERATIONS: dict[str, Operation] = {
    "SELECT": "read",
    "INSERT": "insert",
    "UPDATE": "update",
    "DELETE": "delete",
    "TRUNCATE": "delete",
}


class DataRight(msgspec.Struct, frozen=True, order=True):
    """Something that may be done with data of one kind about one category of data subjects."""

    subject: Subject
    kind: Kind
    operation: Operation

    def __str__(self) -> str:
        return f"{self.operation} {self.kind} of {self.subject}"


Held = dict[str, frozenset[DataRight]]


def held() -> Held:
    """Return what everybody may do with personal data, by the name of the role; read from PostgreSQL's catalogue."""
    return by_holder(catalogue.held(()))


def by_holder(granted: Iterable[Right]) -> Held:
    """Return what rights on columns mean for data, by who holds them."""
    tables = {model._meta.db_table: model for model in declare.tables()}
    found: dict[str, set[DataRight]] = defaultdict(set)
    for right in granted:
        if isinstance(right, ColumnRight) and right.table in tables and right.privilege in OPERATIONS:
            said, kinds = declare.declaration(tables[right.table]), declare.kinds(tables[right.table])
            if isinstance(said, Privacy):
                operation = OPERATIONS[right.privilege]
                found[right.role].update(DataRight(said.subject, kind, operation) for kind in _touched(right, kinds))
    return {holder: frozenset(of) for holder, of in found.items()}


def _touched(right: ColumnRight, kinds: dict[str, Kind | None]) -> set[Kind]:
    """Return the kinds that a right touches: a column's own, or all of the table's where it is on the table."""
    columns = kinds if right.column in {"", "*"} else [right.column]
    return {kind for column in columns if (kind := kinds.get(column))}
