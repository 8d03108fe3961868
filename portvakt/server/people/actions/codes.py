"""How are a person's changing QR code and passcode made anew, and how all codes of an organisation at once?

One of each kind is enough for a person: making one takes the earlier one out of use. Persons renew their own, operators anybody's; a code
that an operator has suspended or revoked is not brought back by its holder.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from django.db.models import QuerySet
from django.utils import timezone

from portvakt.core.credentials import HANDLE_BYTES, PASSCODE_DIGITS, guest_code_digest, guest_text, passcode_digest
from portvakt.core.decision.model import CredentialKind
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.actions import digest_key, holders_changed, take_back
from portvakt.server.organisations.models import Organisation
from portvakt.server.people.actions._rows import new_credential, revoke
from portvakt.server.people.actions.credentials import GUEST_CODE_BYTES
from portvakt.server.people.models import Credential, Person
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused

# Nobody needs more; a program that asks for more must not fill rows and snapshots.
OWN_RENEWALS_A_DAY = 10
CODE_KINDS = (CredentialKind.QR, CredentialKind.PASSCODE, CredentialKind.GUEST_CODE)


class Renewed(msgspec.Struct, frozen=True):
    """A code made anew: `text` is the digits of a passcode or the text of a guest's code, empty for a QR code."""

    credential: Credential
    text: str


def renew_qr(person: Person, *, by: Actor) -> tuple[Credential, AuditEntry]:
    """Give a person a changing code with a new key, instead of the one they may have.

    Refused: code_suspended, and to the person alone code_too_often, code_withdrawn.
    """
    new, _text, entry = _renew(person, CredentialKind.QR, by)
    return new, entry


def renew_passcode(person: Person, *, by: Actor) -> tuple[Credential, str, AuditEntry]:
    """Give a person a passcode, instead of the one they may have, and return its digits: the only time they can be seen.

    Refused: code_suspended, and to the person alone code_too_often, code_withdrawn.
    """
    return _renew(person, CredentialKind.PASSCODE, by)


def renew_all_codes(*, by: Actor) -> tuple[list[Renewed], AuditEntry]:
    """Make every changing code, passcode and guest code of the organisation anew; the old ones open nothing any more.

    Suspended ones stay suspended, and each keeps its validity. The texts are returned once and kept nowhere.
    """
    by.require(Permission.CREDENTIAL_ISSUE)
    old = list(
        Credential.objects.filter(organisation=by.organisation, kind__in=CODE_KINDS, revoked_at__isnull=True)
        .select_related("person")
        .order_by("person__last_name", "person__first_name", "kind", "issued_at")
    )
    made = [_successor(row, digest_key(by.organisation)) for row in old]
    revoke(old)
    Credential.objects.bulk_create([each.credential for each in made])
    # So many at once go to the doors as one new snapshot, not one by one ahead of it.
    entry = record("credential.all_renewed", Organisation(pk=by.organisation), by=by, doors=True)
    holders_changed(by.organisation, entry.snapshot_version, (row.person_id for row in old))
    return made, entry


def _renew(person: Person, kind: CredentialKind, by: Actor) -> tuple[Credential, str, AuditEntry]:
    own = Credential.objects.filter(organisation=by.organisation, person_id=person.pk, kind=kind).order_by("-issued_at")
    old = list(own.filter(revoked_at__isnull=True).select_for_update())
    if by.person == person.pk and not by.may(Permission.CREDENTIAL_ISSUE):
        _check_own(kind, old, own)
    else:
        by.require(Permission.CREDENTIAL_ISSUE)
    if any(row.suspended_at for row in old):
        raise Refused("code_suspended")
    revoke(old)
    text, digest = MAKERS[kind](digest_key(by.organisation))
    validity: dict[str, datetime | None] = {"valid_from": old[0].valid_from, "valid_to": old[0].valid_to} if old else {}
    new = new_credential(person, kind, digest, "code_taken", **validity)
    entry = record("credential.renewed", new, by=by, doors=True, holder=person.pk)
    for row in old:
        take_back(by.organisation, entry.snapshot_version, credential=row.pk)
    return new, text, entry


def _check_own(kind: CredentialKind, old: list[Credential], ever: QuerySet[Credential]) -> None:
    """Refuse a person to make themselves a code that an operator took away, a passcode that nobody gave them, or codes without end."""
    if not old and (kind is not CredentialKind.QR or ever.exists()):
        raise Refused("code_withdrawn")
    if ever.filter(issued_at__gt=timezone.now() - timedelta(days=1)).count() >= OWN_RENEWALS_A_DAY:
        raise Refused("code_too_often")


def _successor(old: Credential, key: bytes) -> Renewed:
    text, digest = MAKERS[CredentialKind(old.kind)](key)
    new = Credential(
        organisation_id=old.organisation_id,
        person_id=old.person_id,
        kind=old.kind,
        digest=digest,
        label=old.label,
        valid_from=old.valid_from,
        valid_to=old.valid_to,
        suspended_at=old.suspended_at,
    )
    new.person = old.person
    return Renewed(new, text)


def _qr(_key: bytes) -> tuple[str, bytes]:
    # The digest of a changing code is its handle; the key in the phone follows from it (core.credentials.codes).
    return "", secrets.token_bytes(HANDLE_BYTES)


def _passcode(key: bytes) -> tuple[str, bytes]:
    digits = f"{secrets.randbelow(10**PASSCODE_DIGITS):0{PASSCODE_DIGITS}d}"
    return digits, passcode_digest(key, digits)


def _guest_code(key: bytes) -> tuple[str, bytes]:
    code = secrets.token_bytes(GUEST_CODE_BYTES)
    return guest_text(code), guest_code_digest(key, code)


# By kind: how a code is made under the organisation's key, as (text, digest).
MAKERS: dict[CredentialKind, Callable[[bytes], tuple[str, bytes]]] = {
    CredentialKind.QR: _qr,
    CredentialKind.PASSCODE: _passcode,
    CredentialKind.GUEST_CODE: _guest_code,
}
