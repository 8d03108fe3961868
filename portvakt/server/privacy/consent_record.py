"""How is a consent told to another system? As a record of ISO/IEC TS 27560:2023, in W3C DPV's profile for the GDPR (JSON-LD).

The profile is https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr. Each record is about one consent event and stands for itself; a file
is a graph of them. REQUIRED and its parts list what a record must have, and the tests hold every record against them.
"""

from collections.abc import Iterable
from typing import Any

from portvakt.core.privacy import Kind
from portvakt.core.retention import words
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.consents import SUBJECTS
from portvakt.server.privacy.models import Consent, Way
from portvakt.server.privacy.words import KINDS
from portvakt.server.purpose.register import Activity, Register

CONTEXT = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "dpv-27560": "https://w3id.org/dpv/schema/dpv-27560#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
PROFILE = "dpv-27560:record-eu-gdpr"
# What must stand at the root of a record, in its process, about each entity, and about the consent event.
REQUIRED = {
    "@type", "dct:conformsTo", "dpv:hasIdentifier", "dpv:hasDataSubject", "dct:created", "dct:creator", "dct:language",
    "dpv:hasProcess", "dpv:hasNotice", "dpv:hasEntity",
}  # fmt: skip
REQUIRED_OF_PROCESS = {
    "dpv:hasPurpose", "dpv:hasPersonalData", "dpv:hasProcessing", "dpv:hasDataController", "dpv:hasDataSource",
    "dpv:hasStorageCondition", "dpv:hasJurisdiction", "dpv:hasRecipient", "dpv:hasLegalBasis", "dpv:hasConsentControl",
    "dpv:hasConsentStatus", "dpv:hasRight", "dpv:hasNecessity",
}  # fmt: skip
REQUIRED_OF_ENTITY = {"@type", "dpv:hasIdentifier", "dpv:hasName", "dpv:hasAddress", "dpv:hasContact"}
REQUIRED_OF_STATUS = {"@type", "dct:date", "dpv:isIndicatedBy", "dpv:hasIndicationMethod"}
RIGHTS = ("A7-3", "A13", "A15", "A16", "A17", "A18", "A20", "A77")
SOURCES = {
    "person": "dpv:DataSubjectDataSource",
    "organisation": "dpv:DataControllerDataSource",
    "device": "dpv:NonPublicDataSource",
    "system": "dpv:DataControllerDataSource",
}
PROCESSING = {"read": "dpv:Use", "insert": "dpv:Store", "update": "dpv:Modify", "delete": "dpv:Erase"}
METHODS = {Way.PAPER: "signed on paper and written down by an operator"}


def records(rows: Iterable[Consent], register: Register, organisation: Organisation | None) -> dict[str, Any]:
    """Return consents of one data controller as one JSON-LD document: the organisation's, or the provider's where there is none."""
    return {"@context": CONTEXT, "@graph": [_record(row, register, organisation) for row in rows]}


def _record(row: Consent, register: Register, organisation: Organisation | None) -> dict[str, Any]:
    controller = _organisation(organisation) if organisation else _provider(register)
    who = f"urn:uuid:{row.subject_id}"
    return {
        "@type": ["dpv:ConsentRecord"],
        "@id": f"urn:uuid:{row.pk}",
        "dct:conformsTo": PROFILE,
        "dpv:hasIdentifier": str(row.pk),
        "dpv:hasDataSubject": {"@type": ["dpv:DataSubject"], "dpv:hasIdentifier": who},
        "dct:created": row.at.isoformat(),
        "dct:creator": controller["dpv:hasIdentifier"],
        "dct:language": row.language.upper(),
        "dpv:hasNotice": [
            {
                "@type": "dpv:ConsentNotice",
                "dpv:hasIdentifier": f"urn:sha256:{row.text_digest}",
                "dct:date": row.at.date().isoformat(),
                "rdf:value": row.text,
            }
        ],
        "dpv:hasProcess": [_process(row, register, controller, who)],
        "dpv:hasEntity": {one["dpv:hasIdentifier"]: one for one in (controller, _authority(register))},
    }


def _process(row: Consent, register: Register, controller: dict[str, Any], who: str) -> dict[str, Any]:
    """Return what the consent is for; of an activity that the register has no more, what is still known."""
    activity = next((one for one in register.activities if one.id == row.purpose), None)
    return {
        "@type": ["dpv:Process"],
        "dpv:hasPurpose": [_purpose(row, activity)],
        "dpv:hasPersonalData": _kinds(activity, row.language),
        "dpv:hasNecessity": "dpv:Optional",
        "dpv:hasProcessing": _processing(activity),
        "dpv:hasDataController": [controller["dpv:hasIdentifier"]],
        "dpv:hasDataSource": _sources(activity),
        "dpv:hasStorageCondition": _storage(row, register, activity),
        "dpv:hasJurisdiction": [f"loc:{register.law.country}"],
        "dpv:hasRecipient": _recipients(activity, register, row.language),
        "dpv:hasLegalBasis": ["eu-gdpr:A6-1-a"],
        "dpv:hasRight": [f"eu-gdpr:{right}" for right in RIGHTS],
        "dpv:hasAuthority": [_authority(register)["dpv:hasIdentifier"]],
        "dpv:hasConsentControl": [
            {"@type": ["dpv:WithdrawConsent"], "skos:prefLabel": "the same page, with one button"},
            {"@type": ["dpv:ReaffirmConsent"], "skos:prefLabel": "the same page, where the text has changed"},
        ],
        "dpv:hasConsentStatus": [
            {
                "@type": ["dpv:ConsentGiven" if row.given else "dpv:ConsentWithdrawn"],
                "dct:date": row.at.isoformat(),
                "dpv:isIndicatedBy": who,
                "dpv:hasIndicationMethod": METHODS.get(Way(row.way), "a button of its own, not chosen beforehand"),
            }
        ],
    }


def _purpose(row: Consent, activity: Activity | None) -> dict[str, Any]:
    said: dict[str, Any] = {"@type": ["dpv:Purpose"], "dct:identifier": row.purpose}
    if activity is None:
        return said | {"skos:prefLabel": row.text.split("\n", 1)[0]}
    broader = {"skos:broader": activity.dpv} if activity.dpv else {}
    return said | broader | {"skos:prefLabel": activity.purpose.within(row.language)}


def _kinds(activity: Activity | None, language: str) -> list[dict[str, Any]]:
    kinds = {kind for data in _about(activity) for kind in data.kinds if kind is not Kind.ACTIVITY}
    return [
        {
            "@type": ["dpv:PersonalData"],
            "dct:identifier": kind.value,
            "skos:prefLabel": KINDS[kind].name.within(language),
        }
        for kind in sorted(kinds)
    ]


def _processing(activity: Activity | None) -> list[str]:
    return sorted({PROCESSING[one] for data in _about(activity) for one in data.operations}) or ["dpv:Use"]


def _sources(activity: Activity | None) -> list[str]:
    return sorted({SOURCES[data.source] for data in _about(activity)}) or ["dpv:DataSubjectDataSource"]


def _about(activity: Activity | None) -> list[Any]:
    return [data for data in activity.data if data.subject in SUBJECTS] if activity else []


def _storage(row: Consent, register: Register, activity: Activity | None) -> list[dict[str, Any]]:
    rules = [words(rule, row.language) for rule in (activity.retention if activity else ())]
    until = {"@type": "dpv:UntilEventDuration", "rdf:value": "; ".join(rules) or "consent is withdrawn"}
    return [
        {"@type": ["dpv:StorageLocation"], "dpv:hasLocation": f"loc:{register.law.country}"},
        {"@type": ["dpv:StorageDuration"], "dpv:hasDuration": until},
    ]


def _recipients(activity: Activity | None, register: Register, language: str) -> list[dict[str, Any]]:
    named = [register.recipient(one) for one in (activity.recipients if activity else ())]
    return [
        {"@type": ["dpv:Recipient"], "dct:identifier": one.id, "skos:prefLabel": one.name.within(language)}
        for one in named
    ]


def _provider(register: Register) -> dict[str, Any]:
    said = register.provider
    return _entity(
        "dpv:DataController", said.organisation_number, said.contact.name, said.contact.address, said.contact.email
    )


def _organisation(one: Organisation) -> dict[str, Any]:
    name = one.legal_name or one.name
    return _entity("dpv:DataController", one.registration_number or str(one.pk), name, one.address, one.privacy_email)


def _authority(register: Register) -> dict[str, Any]:
    said = register.provider.authority
    return _entity("dpv:DataProtectionAuthority", said.web or said.email, said.name, said.address, said.email)


def _entity(role: str, identifier: str, name: str, address: str, contact: str) -> dict[str, Any]:
    return {
        "@type": [role],
        "dpv:hasIdentifier": identifier,
        "dpv:hasName": name,
        "dpv:hasAddress": address,
        "dpv:hasContact": contact,
    }
