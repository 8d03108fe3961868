"""Does each format of a record say all that the record says, in the form that others read?"""

import csv
import io
import json
from datetime import date

import pytest
import yaml
from fideslang import DEFAULT_TAXONOMY
from fideslang.models import Taxonomy
from fideslang.parse import load_manifests_into_taxonomy
from fideslang.relationships import get_referenced_missing_keys

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy.record import build, vocabulary
from portvakt.server.privacy.record.dpv import CONTEXT, as_dpv
from portvakt.server.privacy.record.fides import as_fides
from portvakt.server.privacy.record.model import Record
from portvakt.server.privacy.words import KINDS, SUBJECTS
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.register import Mechanism
from portvakt.server.web.record_file import FORMATS, name_of, written

DAY = date(2026, 3, 1)
# DPV 2, "Purposes": the terms that the register uses; a wrong one is a mistake nobody else would find.
PURPOSES = """
AccountManagement AgeVerification CommunicationForCustomerCare CommunicationManagement CustomerCare
CustomerClaimsManagement CustomerManagement CustomerOrderManagement CustomerRelationshipManagement DeliveryOfGoods DirectMarketing
DisputeManagement EnforceAccessControl EnforceSecurity EstablishContractualAgreement FraudPreventionAndDetection
FulfilmentOfContractualObligation FulfilmentOfObligation IdentityAuthentication IdentityVerification IncreaseServiceRobustness
LegalCompliance Marketing MisusePreventionAndDetection OrganisationComplianceManagement OrganisationGovernance
OrganisationRiskManagement PaymentManagement Personalisation PublicRelations RecordManagement RepairImpairments
RequestedServiceProvision RightsFulfilment SearchFunctionalities SellProducts ServiceOptimisation ServiceProvision
ServiceRegistration SocialMediaMarketing TechnicalServiceProvision VendorManagement Verification
"""


@pytest.fixture(scope="module")
def ground() -> build.Ground:
    with acting("register_review"):
        return build.ground(DAY)


@pytest.fixture(params=["controller", "processor"])
def record(ground: build.Ground, request: pytest.FixtureRequest) -> Record:
    return build.as_controller(ground) if request.param == "controller" else build.as_processor(ground, [])


def test_json_says_everything_and_its_digest(record: Record) -> None:
    said = json.loads(written(record, "json", "sv"))
    assert said["digest"] == record.digest
    assert [entry["id"] for entry in said["record"]["entries"]] == [entry.id for entry in record.entries]
    assert said["record"]["register_digest"] == record.register_digest
    assert said["fields_there"] <= said["fields_asked"]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_csv_has_a_line_for_each_kind_about_each_subject(record: Record, language: str) -> None:
    text = written(record, "csv", language).decode("utf-8-sig")
    heads, *lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == sum(len(entry.items) for entry in record.entries)
    assert {len(line) for line in lines} == {len(heads)}
    assert {line[heads.index({"sv": "Behandling", "en": "Activity"}[language])] for line in lines} == {
        entry.id for entry in record.entries
    }


def test_pdf_is_the_same_bytes_again(record: Record) -> None:
    first = written(record, "pdf", "sv")
    assert first.startswith(b"%PDF-")
    assert first == written(record, "pdf", "sv")
    assert first != written(record, "pdf", "en")


def test_names_say_article_day_and_digest(record: Record) -> None:
    article = {"30(1)": "30-1", "30(2)": "30-2"}[record.paragraph]
    assert name_of(record) == f"record-{article}-2026-03-01-{record.digest[:12]}"
    assert set(FORMATS) == {"pdf", "csv", "json", "dpv", "fides"}


def _nodes(value: object) -> list[dict[str, object]]:
    """Every node of a document, its @context left out."""
    if isinstance(value, list):
        return [node for one in value for node in _nodes(one)]
    if not isinstance(value, dict):
        return []
    return [value, *(node for key, one in value.items() if key != "@context" for node in _nodes(one))]


def test_dpv_uses_only_prefixes_that_it_declares(record: Record) -> None:
    used = set()
    for node in _nodes(as_dpv(record)):
        used |= {key for key in node if not key.startswith("@")}
        types = node.get("@type", [])
        used |= {types} if isinstance(types, str) else set(types)  # type: ignore[call-overload]
    assert {term.split(":", 1)[0] for term in used if ":" in term} <= set(CONTEXT)
    assert all(":" in term for term in used)


def test_dpv_refers_only_to_what_it_describes(record: Record) -> None:
    nodes = _nodes(as_dpv(record))
    described = {node["@id"] for node in nodes if "@id" in node and len(node) > 1}
    referred = {node["@id"] for node in nodes if set(node) == {"@id"} and str(node["@id"]).startswith("#")}
    assert referred <= described


def test_dpv_says_for_each_activity_what_article_30_asks(record: Record) -> None:
    processes = as_dpv(record)["dpv:hasPersonalDataProcess"]
    assert [process["@id"] for process in processes] == [f"#{entry.id}" for entry in record.entries]
    for process, entry in zip(processes, record.entries, strict=True):
        assert process["dpv:hasLegalBasis"]["@type"] == vocabulary.BASES[entry.legal_basis].dpv[0]
        assert process["dpv:hasLegalBasis"]["@type"].startswith("eu-gdpr:A6-1-")
        assert len(process["dpv:hasStorageCondition"]) == len(entry.limits)
        assert {node["@id"] for node in process["dpv:hasPersonalData"]} == {
            f"#kind/{item.kind}" for item in entry.items
        }
        granted = {f"#{entry.id}/{item.subject}/{item.kind}": len(item.granted) for item in entry.items}
        assert {part["@id"]: len(part["dpv:hasProcessing"]) for part in process["dpv:hasProcess"]} == granted
        assert process["dpv:hasTechnicalMeasure"]
        assert process["dpv:hasOrganisationalMeasure"]


def test_the_registers_purposes_are_terms_of_dpv(ground: build.Ground) -> None:
    wrong = {
        activity.id: activity.dpv
        for activity in ground.register.activities
        if activity.dpv.removeprefix("dpv:") not in PURPOSES.split()
    }
    assert wrong == {}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_fideslang_takes_the_manifest_and_knows_every_key_in_it(record: Record, language: str) -> None:
    manifest = yaml.safe_load(written(record, "fides", language))
    assert manifest == json.loads(json.dumps(as_fides(record, language)))
    taxonomy = load_manifests_into_taxonomy(manifest)
    [system] = taxonomy.system
    assert len(system.privacy_declarations) == len(record.entries)
    assert all(one.legal_basis_for_processing for one in system.privacy_declarations)
    # An organisation is written without the default one above it.
    known = Taxonomy(**(DEFAULT_TAXONOMY.model_dump() | {"organization": [], "data_subject": []}))
    for name in ("organization", "data_subject", "system"):
        setattr(known, name, [*getattr(known, name), *getattr(taxonomy, name)])
    assert get_referenced_missing_keys(known) <= {"default_organization"}


def test_fideslang_would_miss_a_key_that_does_not_exist(ground: build.Ground) -> None:
    manifest = as_fides(build.as_controller(ground), "en")
    manifest["system"][0]["privacy_declarations"][0]["data_use"] = "essential.nothing"
    known = Taxonomy(**(DEFAULT_TAXONOMY.model_dump() | manifest))
    assert "essential.nothing" in get_referenced_missing_keys(known)


def test_every_closed_list_has_its_terms() -> None:
    assert set(vocabulary.KINDS) == set(Kind)
    assert set(vocabulary.SUBJECTS) == set(Subject)
    assert set(vocabulary.MECHANISMS) == set(Mechanism.__args__)
    assert all(terms.dpv and terms.fides for terms in vocabulary.KINDS.values())
    assert (set(KINDS), set(SUBJECTS)) == (set(Kind), set(Subject))


def test_fideslang_knows_the_category_of_every_kind() -> None:
    known = {category.fides_key for category in DEFAULT_TAXONOMY.data_category}
    assert {key for terms in vocabulary.KINDS.values() for key in terms.fides} <= known
    assert "user.nothing" not in known
