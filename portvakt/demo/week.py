"""What happened at the demo's doors during the week before it began? Invented, always the same for the same minute of start.

It is chained and sealed as a controller's events are, with a key that nobody keeps: an export of the demo's log can be verified whole.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from portvakt.core.chain import SALT_BYTES, first_digest, next_digest, seal
from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.core.event import EventKind
from portvakt.server.logbook.actions import begin_chains, record_events, record_key, record_seals
from portvakt.server.logbook.models import AccessEvent, EventChain, EventSeal
from portvakt.server.logbook.proof import text_of
from portvakt.server.people.models import Credential, Person
from portvakt.server.places.models import Controller, Door

DAYS = 7
# Someone, their card, and the doors they may open
Holder = tuple[Person, Credential, Sequence[Door]]


def record_week(
    organisation: uuid.UUID, controller: Controller, doors: Sequence[Door], holders: Sequence[Holder]
) -> None:
    """Record a week of passages as if the controller had sent them, in order, in a journal of their own."""
    dice = Random(1)
    happened = sorted(_happened(dice, doors, holders), key=lambda event: event.at)
    journal, now = uuid.uuid4(), timezone.now()
    for sequence, event in enumerate(happened, start=1):
        event.organisation_id, event.controller_id = organisation, controller.pk
        event.journal, event.sequence, event.received_at = journal, sequence, min(now, event.at)
    digest = _chain(dice, journal, happened)
    record_events(happened)
    _seal(happened[-1], digest)


def _chain(dice: Random, journal: uuid.UUID, events: Sequence[AccessEvent]) -> bytes:
    """Give events their places in the chain of a journal; return the digest after the last."""
    digest = first_digest(str(journal))
    for event in events:
        event.salt, event.before = dice.randbytes(SALT_BYTES), digest
        digest = event.digest = next_digest(digest, text_of(event))
    return digest


def _seal(last: AccessEvent, digest: bytes) -> None:
    """Vouch for the week with a key of its own; the controller brings another when it is enrolled."""
    key = Ed25519PrivateKey.generate()
    public_key = key.public_key().public_bytes_raw()
    record_key(last.organisation_id, last.controller_id, public_key, accepted=True)
    sealed = seal(str(last.journal), last.sequence, digest, key)
    own = {
        "organisation_id": last.organisation_id,
        "controller_id": last.controller_id,
        "journal": last.journal,
        "sequence": last.sequence,
        "digest": digest,
        "public_key": public_key,
    }
    record_seals([EventSeal(**own, seal=sealed, sound=True)])
    begin_chains([EventChain(**own, last_at=last.at)])


def _happened(dice: Random, doors: Sequence[Door], holders: Sequence[Holder]) -> Iterator[AccessEvent]:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(DAYS, 0, -1):
        for holder in holders:
            if dice.random() < 0.8:
                morning = midnight - timedelta(days=day, minutes=-(dice.gauss(450, 60)))
                evening = midnight - timedelta(days=day, minutes=-(dice.gauss(1050, 100)))
                leave = _event(
                    EventKind.ACCESS_GRANTED, morning, dice.choice(holder[2]), side=Side.EXIT, auth_type=AuthType.REX
                )
                yield leave
                yield from _passage(dice, evening, doors, holder)


def _passage(dice: Random, at: datetime, doors: Sequence[Door], holder: Holder) -> Iterator[AccessEvent]:
    """Yield one attempt; one in twelve is at a door that the person may not open, as on any day."""
    person, card, own = holder
    others = [door for door in doors if door not in own]
    who = {"person_id": person.pk, "credential_id": card.pk, "side": Side.ENTRY, "auth_type": AuthType.KEY_CARD}
    if others and dice.random() < 1 / 12:
        yield _event(EventKind.ACCESS_DENIED, at, dice.choice(others), reason=Reason.UNAUTHORISED, **who)
        return
    door = dice.choice(own)
    if AuthType.KEY_CARD_PLUS_PIN in door.entry_auth_types:
        who["auth_type"] = AuthType.KEY_CARD_PLUS_PIN
    yield _event(EventKind.ACCESS_GRANTED, at, door, **who)
    yield _event(EventKind.DOOR_OPENED, at + timedelta(seconds=2), door)
    yield _event(EventKind.DOOR_CLOSED, at + timedelta(seconds=6), door)


def _event(kind: EventKind, at: datetime, door: Door, **more: object) -> AccessEvent:
    return AccessEvent(kind=kind, at=at, door_id=door.pk, **more)
