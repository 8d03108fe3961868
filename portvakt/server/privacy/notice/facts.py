"""What stands in a notice that the register does not say: who the data controller is, and what it has chosen itself?

Facts are kept with each version (NoticeVersion.facts), so that the same bytes can be made again when the organisation has long changed
them.
"""

from typing import Any

import msgspec

from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.models import OwnRecipient
from portvakt.server.purpose.register import Provider

# Which form a notice is written in. A change of a sentence or of the HTML is a new edition: older notices keep the one they were made in.
EDITION = 2


class OwnFacts(msgspec.Struct, frozen=True):
    """A recipient that the organisation entered itself, as its notice tells of it."""

    name: str
    category: str
    what_for: str
    purposes: tuple[str, ...]
    country: str
    access_countries: tuple[str, ...] = ()
    mechanism: str = "none"
    safeguard: str = ""


class Facts(msgspec.Struct, frozen=True):
    """Whose notice it is. `slug` is empty for the provider, of whom the register says everything."""

    edition: int = EDITION
    slug: str = ""
    name: str = ""
    registration_number: str = ""
    address: str = ""
    email: str = ""
    dpo: str = ""
    public_authority: bool = False
    entry_log_days: int = 0
    entry_log_reason: str = ""
    recipients: tuple[OwnFacts, ...] = ()

    @property
    def settings(self) -> dict[str, int]:
        """Return what the organisation has set of what retention rules ask for."""
        return {"entry_log_days": self.entry_log_days} if self.slug else {}


def stored(facts: Facts) -> dict[str, Any]:
    """Return facts as they are kept in a JSON column."""
    return msgspec.to_builtins(facts)  # type: ignore[no-any-return]


def restored(content: dict[str, Any]) -> Facts:
    """Return the facts that `stored` kept."""
    return msgspec.convert(content, Facts)


def provider_facts() -> Facts:
    """Return the provider's: the register says all of it."""
    return Facts()


def organisation_facts(organisation: Organisation, recipients: list[OwnRecipient], provider: Provider) -> Facts:
    """Return an organisation's; where it has not said how it is reached, it is reached through the provider."""
    reached = bool(organisation.address and organisation.privacy_email)
    return Facts(
        slug=organisation.slug,
        name=organisation.legal_name or organisation.name,
        registration_number=organisation.registration_number,
        address=organisation.address if reached else f"c/o {provider.contact.name}, {provider.contact.address}",
        email=organisation.privacy_email if reached else provider.contact.email,
        dpo=organisation.dpo_contact,
        public_authority=organisation.public_authority,
        entry_log_days=organisation.entry_log_days,
        entry_log_reason=organisation.entry_log_reason,
        recipients=tuple(_own(one) for one in sorted(recipients, key=lambda row: row.name)),
    )


def _own(row: OwnRecipient) -> OwnFacts:
    return OwnFacts(
        name=row.name,
        category=row.category,
        what_for=row.what_for,
        purposes=tuple(sorted(row.purposes)),
        country=row.country,
        access_countries=tuple(sorted(row.access_countries)),
        mechanism=row.mechanism,
        safeguard=row.safeguard,
    )
