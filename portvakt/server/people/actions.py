"""How are persons enrolled and suspended, and credentials issued, suspended and revoked?"""

import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from portvakt.core.credentials import CredentialError, card_digest, parse_card, pin_digest, pin_weakness
from portvakt.core.decision.model import CredentialKind
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.actions import digest_key, take_back
from portvakt.server.people.models import Credential, Person
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused

PERSON_FIELDS = ("first_name", "last_name", "unit", "email", "phone", "language", "valid_from", "valid_to")
# What doors must learn of at once.
DOOR_FIELDS = frozenset({"valid_from", "valid_to", "overrides", "escort"})
# Six digits: 1,000 persons may hold PINs of their own at 1,000 possible codes each (IEC 60839-11-1).
PIN_LENGTH = 6
PIN_TRIES = 50


def enrol_person(*, by: Actor, **values: Any) -> tuple[Person, AuditEntry]:
    """Add a person with the values of PERSON_FIELDS. Refused: period_backwards."""
    by.require(Permission.PERSON_ENROL)
    _check_period(values)
    person = Person(organisation_id=by.organisation, **values)
    person.save(force_insert=True)
    return person, record("person.enrolled", person, by=by, fields=values, doors=True, holder=person.pk)


def change_person(person: Person, *, by: Actor, **values: Any) -> AuditEntry:
    """Change the given fields of a person. Refused: period_backwards."""
    by.require(Permission.PERSON_ENROL)
    changed = [name for name, value in values.items() if getattr(person, name) != value]
    for name in changed:
        setattr(person, name, values[name])
    _check_period(vars(person))
    person.save(update_fields=changed)
    at_doors = bool(DOOR_FIELDS & set(changed))
    return record("person.changed", person, by=by, fields=changed, doors=at_doors, holder=person.pk)


def suspend_person(person: Person, *, by: Actor) -> AuditEntry:
    """Stop a person at every door until resumed; suspending twice is the same as once."""
    by.require(Permission.PERSON_ENROL)
    person.suspended_at = person.suspended_at or timezone.now()
    person.save(update_fields=["suspended_at"])
    entry = record("person.suspended", person, by=by, fields=["suspended_at"], doors=True, holder=person.pk)
    take_back(by.organisation, entry.snapshot_version, person=person.pk)
    return entry


def resume_person(person: Person, *, by: Actor) -> AuditEntry:
    """Let a suspended person pass again."""
    by.require(Permission.PERSON_ENROL)
    person.suspended_at = None
    person.save(update_fields=["suspended_at"])
    return record("person.resumed", person, by=by, fields=["suspended_at"], doors=True, holder=person.pk)


def issue_card(
    person: Person, value: str, *, by: Actor, number: str = "", label: str = ""
) -> tuple[Credential, AuditEntry]:
    """Give a person a key card; `value` as a reader or the card says it (see core.credentials.parse_card).

    Refused: any code of CredentialError, card_taken; field "value". Only the digest of the value is kept.
    """
    by.require(Permission.CREDENTIAL_ISSUE)
    try:
        card = parse_card(value)
        digest = card_digest(digest_key(by.organisation), card.bits, card.data)
    except CredentialError as error:
        raise Refused(error.code, field="value") from error
    credential = _new_credential(person, CredentialKind.KEY_CARD, digest, "card_taken", number=number, label=label)
    fields = ["number", "label"]
    return credential, record("credential.issued", credential, by=by, fields=fields, doors=True, holder=person.pk)


def issue_pin(person: Person, *, by: Actor, pin: str = "", label: str = "") -> tuple[Credential, str, AuditEntry]:
    """Give a person a PIN, chosen or made here, and return its digits: the only time they can be seen.

    Refused: pin_format, pin_same_digit, pin_run, pin_taken; field "pin".
    """
    by.require(Permission.CREDENTIAL_ISSUE)
    if pin and (weakness := pin_weakness(pin)):
        raise Refused(weakness, field="pin")
    pin = pin or _free_pin(by.organisation)
    digest = pin_digest(digest_key(by.organisation), pin)
    credential = _new_credential(person, CredentialKind.PIN, digest, "pin_taken", label=label)
    entry = record("credential.issued", credential, by=by, fields=["label"], doors=True, holder=person.pk)
    return credential, pin, entry


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


def _taken_back(action: str, credential: Credential, by: Actor, field: str) -> AuditEntry:
    """Record that a credential opens nothing any more, and have controllers told ahead of everything else."""
    entry = record(action, credential, by=by, fields=[field], doors=True, holder=credential.person_id)
    take_back(by.organisation, entry.snapshot_version, credential=credential.pk)
    return entry


def _check_period(values: Mapping[str, Any]) -> None:
    start, end = values.get("valid_from"), values.get("valid_to")
    if start and end and end <= start:
        raise Refused("period_backwards", field="valid_to")


def _new_credential(person: Person, kind: CredentialKind, digest: bytes, taken: str, **texts: str) -> Credential:
    """Insert a credential whose digest nobody else in the organisation may have in use."""
    credential = Credential(
        organisation_id=person.organisation_id, person_id=person.pk, kind=kind.value, digest=digest, **texts
    )
    try:
        with transaction.atomic():
            credential.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(taken, field="pin" if kind is CredentialKind.PIN else "value") from error
    return credential


def _free_pin(organisation: UUID) -> str:
    """Return a PIN that is not weak and not in use; refuse (pin_exhausted) when nearly all are."""
    key = digest_key(organisation)
    for _try in range(PIN_TRIES):
        pin = f"{secrets.randbelow(10**PIN_LENGTH):0{PIN_LENGTH}d}"
        taken = Credential.objects.filter(kind=CredentialKind.PIN, digest=pin_digest(key, pin), revoked_at__isnull=True)
        if not pin_weakness(pin) and not taken.exists():
            return pin
    raise Refused("pin_exhausted", field="pin")
