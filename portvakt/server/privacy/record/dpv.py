"""What does a record say in W3C's Data Privacy Vocabulary? JSON-LD that stands by itself: nothing of it has to be fetched to be read.

Each activity is a `dpv:PersonalDataProcess`, DPV 2's word for what earlier versions called `dpv:PersonalDataHandling`. Our own kinds and
subjects are named as instances of the vocabulary's terms, with our words beside them. Texts carry their language.
"""

from typing import Any

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy.record.model import Entry, Item, Limit, Measure, Party, Record, To, Transfer
from portvakt.server.privacy.record.vocabulary import (
    BASES,
    KINDS,
    MECHANISMS,
    OPERATIONS,
    RECIPIENTS,
    SOURCES,
    SUBJECTS,
)
from portvakt.server.privacy.words import KINDS as KIND_WORDS
from portvakt.server.privacy.words import SUBJECTS as SUBJECT_WORDS
from portvakt.server.purpose.register import Texts

Node = dict[str, Any]
CONTEXT: Node = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dct:issued": {"@type": "xsd:date"},
}
ROLES = {
    "data_controller": ("dpv:hasDataController", "dpv:DataController"),
    "data_processor": ("dpv:hasDataProcessor", "dpv:DataProcessor"),
    "representative": ("dpv:hasRepresentative", "dpv:Representative"),
    "data_protection_officer": ("dpv:hasDataProtectionOfficer", "dpv:DataProtectionOfficer"),
}


def as_dpv(record: Record) -> Node:
    """Return a record as one JSON-LD document."""
    document: Node = {
        "@context": CONTEXT,
        "@id": f"urn:sha256:{record.digest}",
        "@type": "dpv:RecordsOfActivities",
        "dct:title": f"{record.platform}, GDPR Art. {record.paragraph}",
        "dct:issued": record.as_of.isoformat(),
        "dct:identifier": record.digest,
        "dct:source": f"urn:sha256:{record.register_digest}",
        "dct:hasVersion": "" if record.register is None else str(record.register),
    }
    for party in record.parties:
        document.setdefault(ROLES[party.role][0], []).append(_party(party))
    document["dpv:hasPersonalDataProcess"] = [_process(record, entry) for entry in record.entries]
    return document


def _texts(text: Texts) -> list[Node]:
    return [{"@value": text.sv, "@language": "sv"}, {"@value": text.en, "@language": "en"}]


def _terms(names: tuple[str, ...]) -> list[Node]:
    return [{"@id": name} for name in names]


def _party(party: Party) -> Node:
    return {
        "@type": ROLES[party.role][1],
        "dpv:hasName": party.name,
        "dct:identifier": party.number,
        "dpv:hasAddress": party.address,
        "dpv:hasContact": [contact for contact in (party.email, party.phone) if contact],
    }


def _process(record: Record, entry: Entry) -> Node:
    measures = [_measure(measure) for measure in record.measures]
    return {
        "@id": f"#{entry.id}",
        "@type": ["dpv:Process", "dpv:PersonalDataProcess"],
        "dct:title": _texts(entry.name),
        "dpv:hasPurpose": {"@id": f"#{entry.id}/purpose", "@type": _purpose(entry.dpv), "dct:description": _texts(entry.purpose)},
        "dpv:hasLegalBasis": {
            "@id": f"#{entry.id}/basis",
            "@type": BASES[entry.legal_basis].dpv[0],
            "dct:description": _texts(entry.legal_basis_note),
        },
        "dpv:hasDataSubject": [_subject(subject) for subject in sorted({item.subject for item in entry.items})],
        "dpv:hasPersonalData": [_kind(kind) for kind in sorted({item.kind for item in entry.items})],
        "dpv:hasDataSource": _terms(_sources(entry)),
        "dpv:hasProcessing": _terms(_operations(entry)),
        "dpv:hasProcess": [_part(entry, item) for item in entry.items],
        "dpv:hasRecipient": [_recipient(recipient) for recipient in entry.recipients],
        "dpv:hasThirdCountry": [_transfer(transfer) for transfer in entry.transfers],
        "dpv:hasStorageCondition": [_limit(limit) for limit in entry.limits],
        "dpv:hasTechnicalMeasure": [node for node, one in zip(measures, record.measures, strict=True) if not one.organisational],
        "dpv:hasOrganisationalMeasure": [node for node, one in zip(measures, record.measures, strict=True) if one.organisational],
    }  # fmt: skip


def _purpose(term: str) -> str:
    """Return an activity's term for its purpose, whether it is written with its prefix or without."""
    return term if ":" in term else f"dpv:{term or 'Purpose'}"


def _sources(entry: Entry) -> tuple[str, ...]:
    return tuple(sorted({SOURCES[source] for item in entry.items for source in item.sources}))


def _operations(entry: Entry) -> tuple[str, ...]:
    done = {OPERATIONS[operation] for item in entry.items for operation in item.granted}
    return tuple(sorted(done | ({"dpv:Disclose"} if entry.recipients else set())))


def _subject(subject: Subject) -> Node:
    return {"@id": f"#subject/{subject}", "@type": SUBJECTS[subject], "dct:title": _texts(SUBJECT_WORDS[subject].name)}


def _kind(kind: Kind) -> Node:
    return {
        "@id": f"#kind/{kind}",
        "@type": sorted({"dpv:PersonalData", *KINDS[kind].dpv}),
        "dct:title": _texts(KIND_WORDS[kind].name),
    }


def _part(entry: Entry, item: Item) -> Node:
    """Return what the database gives for one kind about one subject."""
    return {
        "@id": f"#{entry.id}/{item.subject}/{item.kind}",
        "@type": "dpv:Process",
        "dpv:hasDataSubject": {"@id": f"#subject/{item.subject}"},
        "dpv:hasPersonalData": {"@id": f"#kind/{item.kind}"},
        "dpv:hasProcessing": _terms(tuple(OPERATIONS[operation] for operation in item.granted)),
    }


def _recipient(recipient: To) -> Node:
    return {
        "@id": f"#recipient/{recipient.id}",
        "@type": RECIPIENTS[recipient.category],
        "dpv:hasName": _texts(recipient.name),
        "dpv:hasCountry": list(dict.fromkeys((recipient.country, *recipient.access_countries))),
    }


def _transfer(transfer: Transfer) -> Node:
    return {
        "@type": "dpv:ThirdCountry",
        "dct:identifier": transfer.country,
        "dpv:hasRecipient": {"@id": f"#recipient/{transfer.recipient}"},
        "dpv:hasLegalBasis": _terms(MECHANISMS[transfer.mechanism].dpv),
        "dct:description": transfer.detail,
    }


def _limit(limit: Limit) -> Node:
    return {
        "@type": "dpv:StorageDuration",
        "dct:description": _texts(limit.text),
        "dpv:hasPersonalData": [{"@id": f"#kind/{kind}"} for kind in limit.kinds],
    }


def _measure(measure: Measure) -> Node:
    return {"@type": measure.term, "dct:description": _texts(measure.text)}
