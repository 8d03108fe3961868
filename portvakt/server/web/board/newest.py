"""How is a log shown page by page, newest first, so that rows that come meanwhile move nothing?"""

from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db import models
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

Row = TypeVar("Row", bound=models.Model)

PAGE_ROWS = 50


class Position(msgspec.Struct, frozen=True):
    """A place in a log; what comes after it is older."""

    at: datetime
    id: int | UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.id}"


def position(text: str, identity: type[int] | type[UUID]) -> Position | None:
    """Read a position as str() wrote it; None for anything else."""
    moment, _mark, written = text.partition("_")
    try:
        at, number = parse_datetime(moment), identity(written)
        # In UTC: the database refuses some offsets that Python reads.
        at = at.astimezone(UTC) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None
    # A bigint has 63 bits; a larger number would be refused by the database.
    sound = isinstance(number, UUID) or 0 <= number < 2**63
    return Position(at, number) if at and sound else None


def one_page(found: QuerySet[Row], after: Position | None) -> tuple[list[Row], Position | None]:
    """Return the rows after a position, and the position after which there are more."""
    if after:
        found = found.filter(at__lte=after.at).exclude(at=after.at, id__gte=after.id)
    rows = list(found.order_by("-at", "-id")[: PAGE_ROWS + 1])
    last: Any = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    return rows[:PAGE_ROWS], Position(last.at, last.pk) if last else None
