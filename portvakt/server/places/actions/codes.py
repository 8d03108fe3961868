"""How are the codes printed at a door made anew, and how is a reader asked to read a card for an operator?"""

import secrets

from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions._rows import ask
from portvakt.server.places.models import ControllerTask, Door, Reader
from portvakt.server.purpose.actor import Actor, Permission

DOOR_CODE_BYTES = 16
# Long enough to walk to the reader and hold the card to it twice; then it is the door's again.
READ_SECONDS = 60


def renew_codes(door: Door, *, by: Actor) -> AuditEntry:
    """Give both sides of a door new printed codes; the ones on the wall open nothing any more."""
    by.require(Permission.PLACE_MANAGE)
    door.entry_code, door.exit_code = secrets.token_bytes(DOOR_CODE_BYTES), secrets.token_bytes(DOOR_CODE_BYTES)
    door.save(update_fields=["entry_code", "exit_code"])
    return record("door.codes_renewed", door, by=by, fields=["entry_code", "exit_code"], doors=True)


def read_card(reader: Reader, *, by: Actor) -> tuple[ControllerTask, AuditEntry]:
    """Ask a reader's controller for what the next card says, read twice, instead of deciding on it; for READ_SECONDS."""
    by.require(Permission.CREDENTIAL_ISSUE)
    entry = record("reader.card_asked", reader, by=by)
    action = ControllerTask.Action.READ_CARD
    return ask(entry.pk, action, reader.controller_id, by, reader_id=reader.pk, seconds=READ_SECONDS), entry
