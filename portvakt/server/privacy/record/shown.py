"""What does a reader of a record see, in one language? Plain words for the page and for paper."""

from typing import Any

from portvakt.server.privacy.record.complete import complete, differences, missing
from portvakt.server.privacy.record.model import Entry, Item, Record, To, Transfer
from portvakt.server.privacy.record.words import PARTIES, TITLES, operations
from portvakt.server.privacy.words import BASES, KINDS, MECHANISMS, RECIPIENT_CATEGORIES, SOURCES, SUBJECTS, country

Shown = dict[str, Any]


def shown(record: Record, language: str) -> Shown:
    """Return what templates/record/body.html shows of a record."""
    there, asked = complete(record)
    return {
        "title": TITLES[record.paragraph].within(language),
        "record": record,
        "digest": record.digest,
        "parties": [(PARTIES[party.role].within(language), party) for party in record.parties],
        "entries": [_entry(entry, language) for entry in record.entries],
        "security": record.security.within(language) if record.security else "",
        "measures": [measure.text.within(language) for measure in record.measures],
        "there": there,
        "asked": asked,
        "missing": [field.said(language) for field in missing(record)],
        "differences": [difference.said(language) for difference in differences(record)],
    }


def _entry(entry: Entry, language: str) -> Shown:
    return {
        "id": entry.id,
        "name": entry.name.within(language),
        "purpose": entry.purpose.within(language),
        "basis": BASES[entry.legal_basis].within(language),
        "note": entry.legal_basis_note.within(language),
        "assessed": entry.assessed,
        "items": [_item(entry, item, language) for item in entry.items],
        "limits": [
            (", ".join(KINDS[kind].name.within(language) for kind in limit.kinds), limit.text.within(language))
            for limit in entry.limits
        ],
        "recipients": [_recipient(one, language) for one in entry.recipients],
        "transfers": [_transfer(one, language) for one in entry.transfers],
        "profiling": entry.profiling.within(language) if entry.profiling else "",
        "automated_decision": entry.automated_decision.within(language) if entry.automated_decision else "",
        "outside": entry.outside,
    }


def _item(entry: Entry, item: Item, language: str) -> Shown:
    return {
        "subject": SUBJECTS[item.subject].name.within(language),
        "kind": KINDS[item.kind].name.within(language),
        "sources": ", ".join(SOURCES[source].within(language) for source in item.sources),
        "where": item.where.within(language) if item.where else "",
        "operations": operations(item.operations, language),
        "granted": operations(item.granted, language),
        "differs": not entry.outside and item.operations != item.granted,
    }


def _recipient(one: To, language: str) -> Shown:
    places = [country(code, language) for code in dict.fromkeys((one.country, *one.access_countries))]
    return {
        "name": one.name.within(language),
        "category": RECIPIENT_CATEGORIES[one.category].within(language),
        "what_for": one.what_for.within(language),
        "places": ", ".join(places),
        "agreement": one.agreement,
    }


def _transfer(one: Transfer, language: str) -> Shown:
    return {
        "name": one.name.within(language),
        "country": country(one.country, language),
        "mechanism": MECHANISMS[one.mechanism].within(language),
        "detail": one.detail,
        "assessed": one.assessed,
    }
