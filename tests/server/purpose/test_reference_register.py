"""Does the register that comes with the platform say what its reference provider promises, and what the law sets?

That it is well-formed is asked when it is read (test_register.py); here is what only this register must say.
"""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from portvakt.core.privacy import Kind, Subject
from portvakt.core.retention import Moments, goes_on
from portvakt.server.purpose.register import Activity, Register, read_register

ROOT = Path(__file__).resolve().parents[3]
# The purposes of the Data Privacy Vocabulary 2.2 that suit an access-control platform; the export writes them as IRIs.
DPV = frozenset(
    [
        "AccountManagement",
        "AgeVerification",
        "CommunicationForCustomerCare",
        "CommunicationManagement",
        "CustomerCare",
        "CustomerManagement",
        "CustomerOrderManagement",
        "CustomerRelationshipManagement",
        "DirectMarketing",
        "DisputeManagement",
        "EnforceAccessControl",
        "EnforceSecurity",
        "EstablishContractualAgreement",
        "IdentityAuthentication",
        "IdentityVerification",
        "LegalCompliance",
        "Marketing",
        "MisusePreventionAndDetection",
        "OrganisationComplianceManagement",
        "OrganisationGovernance",
        "PaymentManagement",
        "PublicRelations",
        "RecordManagement",
        "RequestedServiceProvision",
        "RightsFulfilment",
        "ServiceProvision",
        "ServiceRegistration",
        "TechnicalServiceProvision",
        "Verification",
    ]
)


@pytest.fixture(scope="module")
def register() -> Register:
    return read_register(ROOT / "register")


def holds(activity: Activity, subject: Subject, kind: Kind) -> bool:
    return any(row.subject == subject and kind in row.kinds for row in activity.data)


@pytest.mark.row("S01")
def test_who_the_provider_is_stands_in_the_register_and_in_no_code(register: Register) -> None:
    provider = register.provider
    assert (provider.platform, provider.organisation_number) == ("Entryfy", "556943-4656")
    assert provider.contact.name == "Total Security Stockholm AB"
    assert provider.contact.address == "Gustav III:s Boulevard 46, 169 73 Solna"
    facts = re.compile(re.escape(provider.organisation_number) + "|Gustav III|@entryfy")
    assert facts.search((ROOT / "register" / "provider.toml").read_text(encoding="utf-8"))
    code = [path for path in (ROOT / "portvakt").rglob("*") if path.suffix in {".py", ".html", ".txt", ".js", ".po"}]
    assert len(code) > 100
    assert [str(path) for path in code if facts.search(path.read_text(encoding="utf-8"))] == []


def test_how_to_reach_the_officer_and_the_authority_is_as_published(register: Register) -> None:
    dpo, authority = register.provider.dpo, register.provider.authority
    assert (dpo.address, dpo.email) == ("Gustav III:s Boulevard 50 A, 169 73 Solna", "dpo@entryfy.com")  # S03
    assert authority.name == "Integritetsskyddsmyndigheten"  # S31
    assert (authority.address, authority.email, authority.phone, authority.web) == (
        "Box 8114, 104 20 Stockholm",
        "imy@imy.se",
        "08-657 61 00",
        "https://www.imy.se/",
    )


def test_what_organisations_do_is_done_for_them_and_what_the_provider_does_is_its_own(register: Register) -> None:
    roles = {activity.id: activity.role for activity in register.activities}
    for purpose in (
        "entry",
        "entry_log",
        "entry_log_review",
        "access_administration",
        "support_look",
        "presence",
        "backup",
    ):
        assert roles[purpose] == "processor", purpose
    for purpose in ("account_sign_in", "account_administration", "social_media", "bookkeeping", "rights_handling"):
        assert roles[purpose] == "controller", purpose


@pytest.mark.row("S15")
def test_accounts_are_kept_as_the_bookkeeping_act_says(register: Register) -> None:
    activity = register.activity("bookkeeping")
    (rule,) = activity.retention
    assert activity.legal_basis == "legal_obligation"
    assert activity.outside
    assert rule.law is not None
    # SE-01: a financial year that ended in 2009 may be destroyed from 1 January 2017 on.
    assert goes_on(rule, Moments(financial_year_end=date(2009, 8, 31))) == date(2017, 1, 1)


# SE-03, SE-04: two weeks is the line for housing; no other preset is longer than a month, and each says where its number comes from.
def test_presets_are_short_and_say_where_they_come_from(register: Register) -> None:
    days = {preset.premises: preset.days for preset in register.presets}
    assert days == {"housing": 14, "workplace": 30, "construction": 14, "school": 14, "other": 14}
    assert all(len(preset.source.sv) > 40 and len(preset.note.sv) > 40 for preset in register.presets)


# C-07, X-01, X-02
def test_the_law_has_its_numbers(register: Register) -> None:
    law = register.law
    assert {row.country: row.years for row in law.child_ages}["SE"] == 13
    assert len({row.country for row in law.child_ages}) == len(law.child_ages)
    assert (len(set(law.eea)), law.country) == (30, "SE")
    adequate = {row.country: row for row in law.adequacy}
    assert len(adequate) == len(law.adequacy)
    assert adequate["GB"].until == date(2031, 12, 27)
    assert "certified" in adequate["US"].scope.en
    assert not set(adequate) & set(law.eea)


# no agreement is invented; what has none stands there and gets nothing.
def test_no_agreement_comes_with_the_platform(register: Register) -> None:
    processors = [one for one in register.recipients if one.category == "processor"]
    assert {"it_support", "finance_and_payment", "goods_distribution", "marketing_partner"} <= {
        one.id for one in processors
    }
    assert [one.id for one in processors if one.agreement] == []


# B-03
def test_each_weighing_is_of_its_own_and_looked_at_again_within_a_year(register: Register) -> None:
    weighed = {activity.id: activity.assessment for activity in register.activities if activity.assessment}
    assert len(weighed) > 15
    for purpose, assessment in weighed.items():
        assert timedelta(0) < assessment.review - assessment.made <= timedelta(days=366), purpose
        assert len({assessment.interest.sv, assessment.necessity.sv, assessment.balance.sv}) == 3, purpose
    necessities = [assessment.necessity.sv for assessment in weighed.values()]
    assert len(set(necessities)) == len(necessities)


# SE-10, N-05: the same passage is kept as long as the organisation says by every activity that keeps it.
def test_passages_are_kept_as_long_as_the_organisation_says(register: Register) -> None:
    kept = [
        rule
        for activity in register.activities
        if not activity.outside and holds(activity, Subject.HOLDER, Kind.PASSAGE)
        for rule in activity.retention
        if rule.covers(Subject.HOLDER, Kind.PASSAGE) and rule.anchor != "not_kept"
    ]
    assert kept
    assert {(rule.anchor, rule.days, rule.setting) for rule in kept} == {("event", 14, "entry_log_days")}


def test_each_purpose_has_a_term_of_the_vocabulary(register: Register) -> None:
    terms = {activity.id: activity.dpv.removeprefix("dpv:") for activity in register.activities}
    assert {purpose: term for purpose, term in terms.items() if term not in DPV} == {}


# The texts of what is done for organisations stand in their notices too: there "we" would be somebody else.
def test_what_is_done_for_organisations_is_not_told_as_we(register: Register) -> None:
    spoken = [
        activity.id
        for activity in register.activities
        if activity.role == "processor"
        for text in (activity.purpose, activity.legal_basis_note, activity.objection)
        if text
        and (
            re.search(r"\b(vi|vår|oss)\b", text.sv, re.IGNORECASE)
            or re.search(r"\b(we|our|us)\b", text.en, re.IGNORECASE)
        )
    ]
    assert spoken == []


def test_a_guardians_name_and_address_come_from_the_child(register: Register) -> None:  # N-03
    rows = [row for one in register.activities for row in one.data if row.subject == Subject.GUARDIAN]
    told = {(kind, row.source) for row in rows for kind in row.kinds}
    assert told == {(Kind.CONSENT, "person"), (Kind.CONTACT, "child"), (Kind.IDENTITY, "child")}


def test_a_block_is_not_said_to_go_with_the_account_that_it_outlives(register: Register) -> None:  # M-04, P-07
    kept = {
        rule.anchor
        for one in register.activities
        if not one.outside
        for row in one.data
        if Kind.SUPPRESSION in row.kinds and (rule := one.keeping(row.subject, Kind.SUPPRESSION))
    }
    assert kept == {"until_lifted", "not_kept"}


@pytest.mark.row("S05")
def test_an_account_rests_on_its_contract_and_is_kept_as_long_as_it_is_there(register: Register) -> None:
    for purpose in ("account_administration", "account_sign_in", "organisation_opening", "person_invitation"):
        activity = register.activity(purpose)
        assert (activity.role, activity.legal_basis) == ("controller", "contract")
        for kind in (Kind.IDENTITY, Kind.CONTACT):
            assert holds(activity, Subject.ACCOUNT_HOLDER, kind)
            rule = activity.keeping(Subject.ACCOUNT_HOLDER, kind)
            assert rule is not None
            assert rule.anchor == "with_owner"


# S11 and S12 are proven once there is an API.
def test_the_api_is_in_the_register_and_nothing_is_processed_for_it_before_it_is_opened(register: Register) -> None:
    session, contact = register.activity("api_session"), register.activity("api_contact")
    assert (session.legal_basis, contact.legal_basis) == ("contract", "legitimate_interest")
    for activity in (session, contact):
        assert activity.outside
        assert all(row.where and not row.operations for row in activity.data)
