"""What do the actions on persons and their credentials have in common?"""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from portvakt.core.decision.model import CredentialKind
from portvakt.server.people.models import Credential, Person
from portvakt.server.purpose.errors import Refused

# Beside which field of a form it stands that a digest is taken.
FIELDS = {CredentialKind.PIN: "pin", CredentialKind.DURESS_PIN: "pin", CredentialKind.PLATE: "plate"}


def check_period(values: Mapping[str, Any]) -> None:
    """Refuse (period_backwards) a period that ends before it has begun."""
    start, end = values.get("valid_from"), values.get("valid_to")
    if start and end and end <= start:
        raise Refused("period_backwards", field="valid_to")


def new_credential(person: Person, kind: CredentialKind, digest: bytes, taken: str, **values: Any) -> Credential:
    """Insert a credential whose digest nobody else in the organisation may have in use, or refuse with the code `taken`."""
    credential = Credential(
        organisation_id=person.organisation_id, person_id=person.pk, kind=kind.value, digest=digest, **values
    )
    try:
        with transaction.atomic():
            credential.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(taken, field=FIELDS.get(kind, "value")) from error
    return credential


def revoke(credentials: list[Credential]) -> None:
    """Take credentials out of use for good."""
    now = timezone.now()
    for credential in credentials:
        credential.revoked_at = now
    Credential.objects.filter(pk__in=[row.pk for row in credentials]).update(revoked_at=now)
