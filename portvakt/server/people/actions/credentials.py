"""How are credentials issued, changed, suspended, resumed and revoked?

What would let another open with a credential is kept nowhere: its digits or its code are returned once, to whoever issued it.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from portvakt.core.credentials import (
    PIN_DIGITS,
    CardValue,
    CredentialError,
    card_digest,
    guest_code_digest,
    guest_text,
    parse_card,
    pin_digest,
    pin_length_needed,
    pin_weakness,
    plate_digest,
    random_uid,
)
from portvakt.core.decision.model import CredentialKind
from portvakt.core.plates import recognise
from portvakt.server.logbook.actions import put, record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.actions import digest_key, take_back
from portvakt.server.people.actions._rows import check_period, new_credential
from portvakt.server.people.models import CardReading, Credential, Person, pins_in_use
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused

# What is made here begins at six digits, so that an organisation may grow to 1,000 PINs before one must be changed.
PIN_LENGTH = 6
PIN_TRIES = 50
GUEST_CODE_BYTES = 16
DOOR_FIELDS = frozenset({"valid_from", "valid_to"})


def issue_card(
    person: Person,
    value: str,
    *,
    by: Actor,
    number: str = "",
    label: str = "",
    again: str = "",
    task: UUID | None = None,
) -> tuple[Credential, AuditEntry]:
    """Give a person a key card; `value` as a reader or the card says it (see core.credentials.parse_card).

    `again` is the same value typed a second time; `task` is the reading it comes from, which is then forgotten.
    Refused: any code of CredentialError, card_differs (field "again"), card_random, card_taken; field "value".
    """
    by.require(Permission.CREDENTIAL_ISSUE)
    card = _card(value, "value")
    if again and _card(again, "again") != card:
        raise Refused("card_differs", field="again")
    if random_uid((card,)):
        raise Refused("card_random", field="value")
    digest = card_digest(digest_key(by.organisation), card.bits, card.data)
    credential = new_credential(person, CredentialKind.KEY_CARD, digest, "card_taken", number=number, label=label)
    if task:
        CardReading.objects.filter(organisation=by.organisation, task_id=task).delete()
    return credential, _issued(credential, by, "number", "label")


def issue_pin(
    person: Person, *, by: Actor, pin: str = "", label: str = "", duress: bool = False
) -> tuple[Credential, str, AuditEntry]:
    """Give a person a PIN, chosen or made here, and return its digits: the only time they can be seen.

    A duress PIN opens as the PIN does and raises a silent alarm. Refused: duress_alone (the person has no PIN), pin_exhausted,
    pin_format, pin_same_digit, pin_run, pin_short (fact `needed`), pin_taken; field "pin".
    """
    by.require(Permission.CREDENTIAL_ISSUE)
    pins = pins_in_use(by.organisation)
    if duress and not pins.filter(person=person, kind=CredentialKind.PIN).exists():
        raise Refused("duress_alone", field="pin")
    needed = _digits_needed(pins.count() + 1)
    if pin and (weakness := pin_weakness(pin)):
        raise Refused(weakness, field="pin")
    if pin and len(pin) < needed:
        raise Refused("pin_short", field="pin", needed=needed)
    pin = pin or _free_pin(by.organisation, max(PIN_LENGTH, needed))
    kind = CredentialKind.DURESS_PIN if duress else CredentialKind.PIN
    digest = pin_digest(digest_key(by.organisation), pin)
    credential = new_credential(person, kind, digest, "pin_taken", label=label, digits=len(pin))
    return credential, pin, _issued(credential, by, "label")


def issue_plate(person: Person, text: str, *, by: Actor, label: str = "") -> tuple[Credential, AuditEntry]:
    """Give a person a licence plate, written as people write it.

    Refused: any code of CredentialError, plate_taken (whose it is is not said); field "plate".
    """
    by.require(Permission.CREDENTIAL_ISSUE)
    try:
        plate = recognise(text)
        digest = plate_digest(digest_key(by.organisation), plate.normal)
    except CredentialError as error:
        raise Refused(error.code, field="plate") from error
    credential = new_credential(person, CredentialKind.PLATE, digest, "plate_taken", number=plate.shown, label=label)
    return credential, _issued(credential, by, "number", "label")


def issue_guest_code(
    person: Person, *, by: Actor, valid_to: datetime, valid_from: datetime | None = None, label: str = ""
) -> tuple[Credential, str, AuditEntry]:
    """Give a person a code to print or mail, and return its text: the only time it can be seen.

    Refused: period_backwards, window_over; field "valid_to".
    """
    by.require(Permission.CREDENTIAL_ISSUE)
    check_period({"valid_from": valid_from, "valid_to": valid_to})
    if valid_to <= timezone.now():
        raise Refused("window_over", field="valid_to")
    code = secrets.token_bytes(GUEST_CODE_BYTES)
    digest = guest_code_digest(digest_key(by.organisation), code)
    credential = new_credential(
        person, CredentialKind.GUEST_CODE, digest, "code_taken", label=label, valid_from=valid_from, valid_to=valid_to
    )
    return credential, guest_text(code), _issued(credential, by, "label", "valid_from", "valid_to")


def change_credential(credential: Credential, *, by: Actor, **values: Any) -> AuditEntry:
    """Change number, label, valid_from or valid_to. Refused: credential_revoked, period_backwards, window_missing (a guest's code)."""
    by.require(Permission.CREDENTIAL_ISSUE)
    if credential.revoked_at:
        raise Refused("credential_revoked")
    changed = put(credential, values)
    check_period(vars(credential))
    if credential.kind == CredentialKind.GUEST_CODE and credential.valid_to is None:
        raise Refused("window_missing", field="valid_to")
    credential.save(update_fields=changed)
    at_doors = bool(DOOR_FIELDS & set(changed))
    return record("credential.changed", credential, by=by, fields=changed, doors=at_doors, holder=credential.person_id)


def revoke_credential(credential: Credential, *, by: Actor) -> AuditEntry:
    """Take a credential out of use for good."""
    by.require(Permission.CREDENTIAL_ISSUE)
    credential.revoked_at = credential.revoked_at or timezone.now()
    credential.save(update_fields=["revoked_at"])
    return _taken_back("credential.revoked", credential, by, "revoked_at")


def suspend_credential(credential: Credential, *, by: Actor) -> AuditEntry:
    """Take a credential out of use until it is resumed: a card that may be found again."""
    by.require(Permission.CREDENTIAL_ISSUE)
    credential.suspended_at = credential.suspended_at or timezone.now()
    credential.save(update_fields=["suspended_at"])
    return _taken_back("credential.suspended", credential, by, "suspended_at")


def resume_credential(credential: Credential, *, by: Actor) -> AuditEntry:
    """Put a suspended credential back into use. Refused: credential_revoked."""
    by.require(Permission.CREDENTIAL_ISSUE)
    if credential.revoked_at:
        raise Refused("credential_revoked")
    credential.suspended_at = None
    credential.save(update_fields=["suspended_at"])
    holder = credential.person_id
    return record("credential.resumed", credential, by=by, fields=["suspended_at"], doors=True, holder=holder)


def _issued(credential: Credential, by: Actor, *fields: str) -> AuditEntry:
    return record("credential.issued", credential, by=by, fields=fields, doors=True, holder=credential.person_id)


def _taken_back(action: str, credential: Credential, by: Actor, field: str) -> AuditEntry:
    """Record that a credential opens nothing any more, and have controllers told ahead of everything else."""
    entry = record(action, credential, by=by, fields=[field], doors=True, holder=credential.person_id)
    take_back(by.organisation, entry.snapshot_version, credential=credential.pk)
    return entry


def _card(value: str, field: str) -> CardValue:
    try:
        return parse_card(value)
    except CredentialError as error:
        raise Refused(error.code, field=field) from error


def _digits_needed(pins: int) -> int:
    """Return how many digits each of so many PINs must have; refuse (pin_exhausted) more than the longest PIN has."""
    if (needed := pin_length_needed(pins)) not in PIN_DIGITS:
        raise Refused("pin_exhausted", field="pin")
    return needed


def _free_pin(organisation: UUID, length: int) -> str:
    """Return a PIN of so many digits that is not weak and not in use; refuse (pin_exhausted) when nearly all are."""
    key, pins = digest_key(organisation), pins_in_use(organisation)
    for pin in _random_digits(length):
        if not pin_weakness(pin) and not pins.filter(digest=pin_digest(key, pin)).exists():
            return pin
    raise Refused("pin_exhausted", field="pin")


def _random_digits(length: int) -> Iterator[str]:
    return (f"{secrets.randbelow(10**length):0{length}d}" for _try in range(PIN_TRIES))
