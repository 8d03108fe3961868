"""May data go to a recipient, on which day and under what? Asked of the rule alone."""

from datetime import date
from typing import Any

import msgspec
import pytest

from portvakt.server.privacy import clearance
from portvakt.server.privacy.clearance import To
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.register import LETTERS, Adequacy, Agreement, Law, Recipient, Safeguard, Texts

TODAY = date(2026, 11, 20)
EARLIER, LATER = date(2025, 5, 5), date(2027, 5, 5)
SAID = Texts("ja", "yes")
LAW = Law(
    country="SE",
    eea=("SE", "NO", "DE"),
    eea_as_of=EARLIER,
    adequacy=(
        Adequacy("US", "Data Privacy Framework", SAID, since=date(2023, 7, 10)),
        Adequacy("GB", "Decision 2021/1772", SAID, since=date(2021, 6, 28), until=date(2025, 12, 27)),
    ),
)
PROCESSOR = To("x", "X", "processor", "SE", signed=EARLIER, points=frozenset(LETTERS))


def told(of: To = PROCESSOR, stopped: set[str] | None = None, **changes: Any) -> str:
    return clearance.refusal(msgspec.structs.replace(of, **changes), LAW, TODAY, stopped or set())


def test_a_processor_needs_an_agreement_in_force_with_all_eight_points() -> None:
    assert told() == ""
    assert told(signed=None) == "agreement_missing"
    assert told(signed=LATER) == "agreement_missing"
    assert told(ends=EARLIER) == "agreement_over"
    assert told(ends=TODAY) == ""
    for letter in LETTERS:
        assert told(points=frozenset(LETTERS) - {letter}) == "agreement_incomplete"


@pytest.mark.parametrize("category", ["own", "authority", "data_controller"])
def test_nobody_else_needs_one(category: str) -> None:
    assert told(category=category, signed=None, points=frozenset()) == ""


def test_a_point_without_words_is_not_answered() -> None:
    agreement = Agreement(EARLIER, SAID, dict.fromkeys(LETTERS, SAID) | {"c": Texts(" ", " ")})
    found = Recipient("x", "processor", SAID, SAID, "SE", agreement=agreement)
    assert told(clearance.of_register(found)) == "agreement_incomplete"


def test_within_the_eea_no_safeguard_is_asked_for() -> None:
    assert told(country="NO", access_countries=("DE",)) == ""
    assert clearance.abroad(msgspec.structs.replace(PROCESSOR, access_countries=("US", "DE")), LAW) == ("US",)


def test_a_third_country_needs_a_mechanism_also_where_it_only_reaches_in() -> None:
    assert told(country="US") == "transfer_unsafe"
    assert told(access_countries=("IN",)) == "transfer_unsafe"


def test_an_adequacy_decision_is_for_its_country_and_its_time() -> None:
    assert told(country="US", mechanism="adequacy") == ""
    assert told(country="GB", mechanism="adequacy") == "transfer_unsafe"
    assert told(country="US", access_countries=("IN",), mechanism="adequacy") == "transfer_unsafe"


@pytest.mark.parametrize("mechanism", ["scc", "bcr"])
def test_clauses_need_an_assessment_that_is_not_out_of_date(mechanism: str) -> None:
    clauses = {"country": "IN", "mechanism": mechanism, "safeguard": "2021/914 module 2"}
    assert told(**clauses) == "transfer_not_assessed"
    assert told(**clauses, assessed=EARLIER) == ""
    assert told(**clauses, assessed=LATER) == "transfer_not_assessed"
    assert told(**clauses, assessed=EARLIER, review=EARLIER) == "transfer_not_assessed"
    assert told(**clauses | {"safeguard": ""}, assessed=EARLIER) == "transfer_unsafe"


def test_a_stop_is_for_a_mechanism_or_for_one_country_of_it() -> None:
    there = {"country": "US", "mechanism": "adequacy"}
    assert told(stopped={"adequacy"}, **there) == "transfer_stopped"
    assert told(stopped={"adequacy:US"}, **there) == "transfer_stopped"
    assert told(stopped={"adequacy:GB", "scc"}, **there) == ""
    assert told(stopped={"adequacy", "none"}) == ""  # within the EEA nothing relies on it


def test_an_exception_and_an_authority_need_a_reason_each_time() -> None:
    exception = msgspec.structs.replace(PROCESSOR, country="IN", mechanism="derogation")
    assert told(exception) == ""
    assert clearance.needs_note(exception, LAW)
    assert clearance.needs_note(msgspec.structs.replace(PROCESSOR, category="authority"), LAW)
    assert not clearance.needs_note(PROCESSOR, LAW)


def test_a_recipient_that_has_ended_gets_nothing() -> None:
    assert told(ended=True) == "recipient_ended"


def test_every_recipient_of_the_register_says_where_it_is() -> None:
    register = catalogue.in_force()
    assert register.recipients
    for one in register.recipients:
        assert len(one.country) == 2
    assert {recipient for activity in register.activities for recipient in activity.recipients} <= {
        one.id for one in register.recipients
    }


def test_a_safeguard_of_the_register_is_taken_whole() -> None:
    safeguard = Safeguard("scc", "2021/914 module 2", assessed=EARLIER, review=LATER)
    found = clearance.of_register(Recipient("x", "data_controller", SAID, SAID, "IN", ("CN",), None, safeguard))
    assert (found.mechanism, found.safeguard, found.assessed, found.review) == (
        "scc",
        "2021/914 module 2",
        EARLIER,
        LATER,
    )
    assert told(found) == ""
