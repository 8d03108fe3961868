"""What does a record look like as a table for a spreadsheet? One line for each kind of data about each category of data subjects.

It holds no personal data beyond the contact details that the law wants in it, so handing it over is no disclosure.
"""

from collections.abc import Iterator

from portvakt.server.privacy.record.model import Entry, Item, PartyRole, Record
from portvakt.server.privacy.record.words import PARTIES, operations
from portvakt.server.privacy.words import BASES, KINDS, MECHANISMS, RECIPIENT_CATEGORIES, SOURCES, SUBJECTS, country
from portvakt.server.purpose.register import Texts

HEADS: tuple[Texts, ...] = (
    Texts("Artikel", "Article"),
    PARTIES["data_controller"],
    PARTIES["data_processor"],
    PARTIES["representative"],
    PARTIES["data_protection_officer"],
    Texts("Behandling", "Activity"),
    Texts("Namn", "Name"),
    Texts("Ändamål", "Purpose"),
    Texts("Rättslig grund", "Legal basis"),
    Texts("Grundens innehåll", "What the basis is"),
    Texts("Registrerade", "Data subjects"),
    Texts("Slag av uppgifter", "Kind of data"),
    Texts("Källa", "Source"),
    Texts("Får göras", "May be done"),
    Texts("Ger databasen rätt till", "Granted by the database"),
    Texts("Utanför plattformen", "Outside the platform"),
    Texts("Mottagare", "Recipients"),
    Texts("Överföring utanför EES", "Transfer outside the EEA"),
    Texts("Tidsfrist", "Time limit"),
    Texts("Säkerhet", "Security"),
    Texts("Datum", "Date"),
    Texts("Registerversion", "Register version"),
    Texts("Registrets SHA-256", "SHA-256 of the register"),
    Texts("Förteckningens SHA-256", "SHA-256 of this record"),
)


def heads(language: str) -> list[str]:
    """Return the heads of the columns."""
    return [head.within(language) for head in HEADS]


def lines(record: Record, language: str) -> Iterator[list[str]]:
    """Yield the lines."""
    roles: tuple[PartyRole, ...] = ("data_controller", "data_processor", "representative", "data_protection_officer")
    parties = [_parties(record, role) for role in roles]
    said = [record.security.within(language)] if record.security else []
    security = " ".join([*said, *(measure.text.within(language) for measure in record.measures)])
    version = "" if record.register is None else str(record.register)
    for entry in record.entries:
        for item in entry.items:
            yield [
                record.paragraph, *parties, *_activity(entry, language), *_data(entry, item, language), security,
                record.as_of.isoformat(), version, record.register_digest, record.digest,
            ]  # fmt: skip


def _parties(record: Record, role: PartyRole) -> str:
    found = [party for party in record.parties if party.role == role]
    return "; ".join(
        ", ".join(part for part in (one.name, one.number, one.address, one.email, one.phone) if part) for one in found
    )


def _activity(entry: Entry, language: str) -> list[str]:
    basis = BASES[entry.legal_basis].within(language)
    texts = (entry.name, entry.purpose, entry.legal_basis_note)
    name, purpose, note = (text.within(language) for text in texts)
    return [entry.id, name, purpose, basis, note]


def _data(entry: Entry, item: Item, language: str) -> list[str]:
    return [
        SUBJECTS[item.subject].name.within(language),
        KINDS[item.kind].name.within(language),
        ", ".join(SOURCES[source].within(language) for source in item.sources),
        operations(item.operations, language),
        operations(item.granted, language),
        item.where.within(language) if item.where else "",
        "; ".join(
            f"{one.name.within(language)} ({RECIPIENT_CATEGORIES[one.category].within(language)}, {country(one.country, language)})"
            for one in entry.recipients
        ),
        "; ".join(
            f"{one.name.within(language)}, {country(one.country, language)}: {MECHANISMS[one.mechanism].within(language)}, {one.detail}"
            for one in entry.transfers
        ),
        "; ".join(limit.text.within(language) for limit in entry.limits if item.kind in limit.kinds),
    ]
