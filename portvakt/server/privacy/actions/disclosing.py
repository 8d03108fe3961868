"""How does anything about a person leave? Through `disclose()`, which refuses what the register does not allow and keeps who got what.

The row is in the transaction of what is done, so that nothing leaves of a unit of work that fails before it is handed over, and nothing
is kept of one that is refused. What is handed over and then fails on its way stays on record: nobody can tell how far it came.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy import clearance
from portvakt.server.privacy.clearance import To
from portvakt.server.privacy.models import Disclosure, Way
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.context import current_purpose
from portvakt.server.purpose.errors import Refused

# `ids` is a query of ours, compiled by Django with its values as parameters.
KEEP_THOSE = """insert into privacy_disclosure (id, subject_id, {columns})
 select gen_random_uuid(), those.id, {values} from ({ids}) those(id) where those.id is not null"""
# How an exception in a single case stands in a disclosure's safeguard: counted at the desk.
DEROGATION = "Art. 49"


class About(msgspec.Struct, frozen=True):
    """Whom something is about."""

    subject: Subject
    id: UUID


class Those(msgspec.Struct, frozen=True):
    """All whom a query names, however many: `ids` selects one column, each id once."""

    subject: Subject
    ids: QuerySet[Any, Any]


class Disclosed(msgspec.Struct, frozen=True):
    """What `disclose` gives back: whoever makes a file or a mail asks for it, so that none is made without. `to` got it."""

    to: str


def disclose(
    recipient: str,
    about: Iterable[About] | Those,
    kinds: Iterable[Kind],
    *,
    way: Way,
    by: Actor | None,
    organisation: UUID | None,
    note: str = "",
) -> Disclosed:
    """Keep that data of some kinds about some subjects goes to a recipient, for the open purpose; call it before anything leaves.

    `recipient` is an id of the register or of an OwnRecipient of the organisation. `by` is None where no account asked for it;
    `organisation` is None where the provider is data controller. `note` says why: needed for an authority (its case and the law relied on)
    and where a transfer is an exception (Art. 49).

    Refused: recipient_unknown, recipient_not_listed (not for the open purpose), disclosure_note_missing, and what clearance.py says.
    """
    to = _allowed(recipient, organisation, note)
    row = {
        "organisation_id": organisation,
        "recipient": to.id,
        "recipient_name": to.name,
        "purpose": current_purpose(),
        "kinds": sorted(str(kind) for kind in kinds),
        "way": str(way),
        "country": to.country,
        "safeguard": _safeguard(to),
        "note": note.strip()[:200],
        "by_id": by.id if by else None,
        "at": timezone.now(),
    }
    if isinstance(about, Those):
        _keep_those(about, row)
    else:
        _keep(about, row)
    return Disclosed(to.id)


def nothing_about_anyone(because: str) -> Disclosed:
    """Say of what is about to leave that it is about nobody, and why; takes the place of a disclosure."""
    return Disclosed(f"nobody: {because}")


def _allowed(recipient: str, organisation: UUID | None, note: str) -> To:
    """Return the recipient, or refuse."""
    to, purpose, register = clearance.find(recipient, organisation), current_purpose(), catalogue.in_force()
    listed = recipient in register.activity(purpose).recipients if to.purposes is None else purpose in to.purposes
    if not listed:
        raise Refused("recipient_not_listed", recipient=to.name)
    if code := clearance.refusal(to, register.law, timezone.localdate(), clearance.stopped_now()):
        raise Refused(code, recipient=to.name)
    if clearance.needs_note(to, register.law) and not note.strip():
        raise Refused("disclosure_note_missing", field="note", recipient=to.name)
    return to


def _safeguard(to: To) -> str:
    """Return what protected the data abroad, in at most as many characters as the row has; empty within the EEA."""
    if not clearance.abroad(to, catalogue.in_force().law):
        return ""
    return DEROGATION if to.mechanism == "derogation" else (to.safeguard or to.mechanism)[:200]


def _keep(about: Iterable[About], row: dict[str, Any]) -> None:
    # An id as often as it is named would tell one recipient twice of the same.
    once = dict.fromkeys((one.subject, one.id) for one in about)
    rows = (Disclosure(id=uuid4(), subject=subject, subject_id=one, **row) for subject, one in once)
    Disclosure.objects.bulk_create(rows)


def _keep_those(those: Those, row: dict[str, Any]) -> None:
    """Keep it of all whom a query names, in one statement, without fetching them."""
    ids, parameters = those.ids.query.sql_with_params()
    columns = {"subject": str(those.subject), **row}
    statement = KEEP_THOSE.format(columns=", ".join(columns), values=", ".join(["%s"] * len(columns)), ids=ids)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*columns.values(), *parameters])
