"""With which words does a model say what personal data it holds, about whom, and for how long?

The words are plain values so that both sides and every tool can read them; the engine that acts on them is in the server.
Categories follow GDPR Art. 30(1)(c): `Subject` is a category of data subjects, `Kind` a category of personal data.
"""

from enum import StrEnum
from typing import TypeVar

import msgspec

Column = TypeVar("Column")


class Subject(StrEnum):
    """Whom the data is about."""

    ACCOUNT_HOLDER = "account_holder"
    # Whoever deals with the provider: orders, asks, is sent offers.
    CONTACT = "contact"
    # Whoever the records of rights themselves are about: notices received, consents, disclosures.
    DATA_SUBJECT = "data_subject"
    GUARDIAN = "guardian"
    HOLDER = "holder"


class Kind(StrEnum):
    """What sort of personal data a column holds; the register grants kinds, never single columns."""

    ACCESS_RIGHT = "access_right"
    ACKNOWLEDGEMENT = "acknowledgement"
    ACTIVITY = "activity"
    BOOKKEEPING = "bookkeeping"
    CARD_READING = "card_reading"
    CONSENT = "consent"
    CONTACT = "contact"
    CREDENTIAL = "credential"
    CREDENTIAL_DIGEST = "credential_digest"
    DISCLOSURE = "disclosure"
    DOOR_EVENT = "door_event"
    ENQUIRY = "enquiry"
    FORGIVENESS = "forgiveness"
    IDENTITY = "identity"
    LOG_PROOF = "log_proof"
    MAILING = "mailing"
    NOTICE_RECEIPT = "notice_receipt"
    ORDER = "order"
    PASSAGE = "passage"
    PERSONAL_IDENTITY_NUMBER = "personal_identity_number"
    REMOTE_ASK = "remote_ask"
    ROLE = "role"
    SECRET = "secret"  # noqa: S105 - the name of a kind, not a secret
    SESSION = "session"
    SNAPSHOT_CHANGE = "snapshot_change"
    SOCIAL_MEDIA = "social_media"
    SUPPORT = "support"
    SUPPRESSION = "suppression"
    TECHNICAL = "technical"
    TERMS = "terms"


class OnErase(StrEnum):
    """What happens to a row when the person it is about is erased."""

    DELETE_ROW = "delete_row"
    KEEP_UNTIL_EXPIRY = "keep_until_expiry"


class Keep(msgspec.Struct, frozen=True):
    """How long a row is kept: `days` after the moment in `field`; with no field, as long as its owner row exists.

    `ahead` is how many days after the event that moment is set, where the column says when the row ends and not when something happened.
    """

    field: str = ""
    days: int = 0
    ahead: int = 0

    @classmethod
    def after(cls, field: str, days: int) -> "Keep":
        """Keep a row until `days` whole days after the moment in column `field`; a null moment means not yet begun."""
        return cls(field=field, days=days)

    @classmethod
    def until(cls, field: str, ahead: int) -> "Keep":
        """Keep a row until the moment in column `field`, which is set `ahead` whole days after the event."""
        return cls(field=field, ahead=ahead)

    @classmethod
    def with_owner(cls) -> "Keep":
        """Keep a row exactly as long as the row it belongs to."""
        return cls()


class Privacy(msgspec.Struct, frozen=True):
    """A model that holds personal data; `who` is the column with the id of whom a row is about, empty where no column says it."""

    subject: Subject
    keep: Keep
    on_erase: OnErase
    who: str = ""


class NotPersonal(msgspec.Struct, frozen=True):
    """A model that holds no personal data, and the reason why that is so."""

    because: str


def personal(column: Column, kind: Kind) -> Column:
    """Mark a model's column as personal data of one kind and give the same column back."""
    column.personal_kind = kind  # type: ignore[attr-defined]
    return column


def kind_of(column: object) -> Kind | None:
    """Return the kind a column was marked with, or None where it is not personal."""
    return getattr(column, "personal_kind", None)
