"""What does a row of the access log say as the text that its digest was taken of (core.chain)?"""

from collections.abc import Iterable
from uuid import UUID

from portvakt.core.chain import Words, event_text, microseconds
from portvakt.server.logbook.models import AccessEvent


def words_of(row: AccessEvent) -> Words:
    """Return what a row says, in the order of core.chain.FIELDS."""
    return (
        microseconds(row.at),
        str(row.kind),
        _id(row.door_id),
        str(row.side),
        _id(row.reader_id),
        int(row.auth_type or 0),
        str(row.reason),
        _id(row.person_id),
        _id(row.credential_id),
        _id(row.rule_id),
        _id(row.command_id),
        row.detail,
    )


def text_of(row: AccessEvent) -> bytes:
    """Return a row's text; of a row whose words are not those that came, this is not what its digest was taken of."""
    return event_text(str(row.journal), row.sequence, bytes(row.salt or b""), words_of(row))


def _id(value: UUID | None) -> str:
    return "" if value is None else str(value)


def recorded_digests(organisation: UUID, journal: UUID, rows: Iterable[AccessEvent]) -> dict[int, bytes | None]:
    """Return the digests that are on record for the numbers of some rows of a journal; None for one from before the chain."""
    numbers = [row.sequence for row in rows]
    found = AccessEvent.objects.filter(organisation_id=organisation, journal=journal, sequence__in=numbers)
    return {
        number: None if digest is None else bytes(digest) for number, digest in found.values_list("sequence", "digest")
    }
