"""How is a person's wish for a door passed on to its controller, and what became of it?"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.utils import timezone

from portvakt.core.credentials import CredentialError, pin_digest
from portvakt.core.decision.model import AuthType, Side
from portvakt.server.access.models import PHONE_PIN_TYPES, REMOTE_TYPES, SCAN_TYPES, RemoteAsk, phone_parts
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.actions import digest_key
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.notices import Channel, notify

# Nobody presses a button more often; a program that does must not keep a door's controller busy.
ASKS_A_MINUTE = 20


class Said(msgspec.Struct, frozen=True):
    """What the phone says with a wish: how far from the door it is in metres, the code scanned there (16 bytes), a PIN.

    With `pin_only` the PIN belongs to a code that the person shows at the door's reader.
    """

    side: Side = Side.ENTRY
    metres: int | None = None
    code: bytes = b""
    pin: str = ""
    pin_only: bool = False

    @property
    def auth_types(self) -> tuple[AuthType, ...]:
        """Return the auth types of which one must be the person's at that side."""
        if self.pin_only:
            return PHONE_PIN_TYPES
        return SCAN_TYPES if self.code else REMOTE_TYPES


NOTHING_MORE = Said()


def ask_to_open(door: Door, *, by: Actor, said: Said = NOTHING_MORE) -> tuple[RemoteAsk, AuditEntry]:
    """Pass the wish of the person that `by` is on to the door's controller, which decides; its answer is in the row in time or never.

    Of a PIN only the keyed digest is kept. Refused: not_permitted (not one of the person's doors), pin_format, too_many_asks.
    """
    now = timezone.now()
    if by.person is None or not phone_parts(by.person, now, said.auth_types, said.side).filter(door=door).exists():
        raise Refused("not_permitted")
    _check_rate(by.person, now)
    pin = _digest(by.organisation, said.pin)
    # At a home not even that it was this door, see decision 0070.
    entry = record("door.remote_asked", None if door.home else door, by=by)
    ask = RemoteAsk(
        pk=entry.pk,
        organisation_id=by.organisation,
        person_id=by.person,
        controller_id=door.controller_id,
        door_id=door.pk,
        side=said.side.value,
        metres=said.metres,
        code=said.code or None,
        pin=pin,
        pin_only=said.pin_only,
        asked_at=now,
    )
    ask.save(force_insert=True)
    notify(Channel.COMMAND, door.controller_id)
    return ask, entry


def _check_rate(person: UUID, now: datetime) -> None:
    lately = RemoteAsk.objects.filter(person_id=person, asked_at__gt=now - timedelta(minutes=1))
    if lately.count() >= ASKS_A_MINUTE:
        raise Refused("too_many_asks")


def _digest(organisation: UUID, pin: str) -> bytes | None:
    if not pin:
        return None
    try:
        return pin_digest(digest_key(organisation), pin)
    except CredentialError as error:
        raise Refused(error.code, field="pin") from error
