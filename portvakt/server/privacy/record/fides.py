"""What does a record say as a fideslang manifest? The form that Fides and its kin read: one system, a declaration for each activity.

It is written as JSON, which is YAML as well, so that no YAML library is needed to write it and every Fides tool reads it.
"""

from collections.abc import Iterable
from typing import Any

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy.record.model import Entry, Party, Record
from portvakt.server.privacy.record.vocabulary import BASES, KINDS, MECHANISMS
from portvakt.server.privacy.words import SUBJECTS as SUBJECT_WORDS

Node = dict[str, Any]
ORGANISATION = "data_controller_organisation"
DEFAULT_USE = "essential.service"


def as_fides(record: Record, language: str) -> Node:
    """Return a record as a manifest in one language; fideslang has no place for two."""
    subjects = sorted({item.subject for entry in record.entries for item in entry.items})
    return {
        "organization": [_organisation(record)],
        "data_subject": [_subject(subject, language) for subject in subjects],
        "system": [_system(record, language)],
    }


def _organisation(record: Record) -> Node:
    answers = record.party("data_controller") or record.party("data_processor")
    officer = record.party("data_protection_officer")
    node: Node = {"fides_key": ORGANISATION, "name": answers.name if answers else "", "controller": _contact(answers)}
    representative = record.party("representative")
    return node | {"data_protection_officer": _contact(officer), "representative": _contact(representative)}


def _contact(party: Party | None) -> Node | None:
    if party is None:
        return None
    return {"name": party.name, "address": party.address, "email": party.email, "phone": party.phone}


def _subject(subject: Subject, language: str) -> Node:
    word = SUBJECT_WORDS[subject]
    return {
        "fides_key": str(subject),
        "organization_fides_key": ORGANISATION,
        "name": word.name.within(language),
        "description": word.covers.within(language),
    }


def _system(record: Record, language: str) -> Node:
    answers, officer = record.party("data_controller"), record.party("data_protection_officer")
    mechanisms = {
        term for entry in record.entries for one in entry.transfers for term in MECHANISMS[one.mechanism].fides
    }
    said = [record.security.within(language)] if record.security else []
    return {
        "fides_key": "portvakt",
        "organization_fides_key": ORGANISATION,
        "name": record.platform,
        "description": f"GDPR Art. {record.paragraph}, {record.as_of.isoformat()}, SHA-256 {record.digest}",
        "tags": [f"register {record.register_digest}"],
        "system_type": "Service",
        "responsibility": ["Controller" if record.paragraph == "30(1)" else "Processor"],
        "processes_personal_data": True,
        "legal_name": answers.name if answers else "",
        "legal_address": answers.address if answers else "",
        "dpo": ", ".join(part for part in (officer.name, officer.email) if part) if officer else "",
        "data_security_practices": " ".join([*said, *(one.text.within(language) for one in record.measures)]),
        "does_international_transfers": bool(mechanisms),
        "legal_basis_for_transfers": sorted(mechanisms),
        "uses_profiling": any(entry.profiling for entry in record.entries),
        "privacy_declarations": [_declaration(entry, language) for entry in record.entries if entry.items],
    }


def _declaration(entry: Entry, language: str) -> Node:
    categories = _categories(item.kind for item in entry.items)
    others = [one for one in entry.recipients if one.category != "own"]
    return {
        "name": entry.name.within(language),
        "data_categories": categories,
        "data_use": entry.fides or DEFAULT_USE,
        "data_subjects": sorted({str(item.subject) for item in entry.items}),
        "legal_basis_for_processing": BASES[entry.legal_basis].fides[0],
        "impact_assessment_location": f"register/activities/{entry.id}.toml" if entry.assessed else None,
        "retention_period": "; ".join(limit.text.within(language) for limit in entry.limits),
        "processes_special_category_data": False,
        "data_shared_with_third_parties": bool(others),
        "third_parties": ", ".join(one.name.within(language) for one in others) or None,
        "shared_categories": categories if others else [],
    }


def _categories(kinds: Iterable[Kind]) -> list[str]:
    return sorted({category for kind in set(kinds) for category in KINDS[kind].fides})
