"""Does a notice say all that Art. 13 and 14 ask for, the same bytes each time, and refuse to be written with a hole in it?"""

import hashlib
import os
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from django.utils import translation

from portvakt.server.privacy.notice.facts import Facts, restored, stored
from portvakt.server.privacy.notice.writing import NoticeIncomplete, render, write
from portvakt.server.purpose.register import Texts, canonical, from_canonical
from tests.server.privacy.register_case import ASSESSMENT, organisation, replaced, whole

PROVIDER = Facts()
# What the whole register gives in edition 2. Another digest means that notices which were published cannot be made again: raise
# facts.EDITION, and put the new digest here.
EDITION_2 = "46d67a6dd495a2847a9934084bc4281bbe6d0caa8f421d5d62335cd5a3a750a4"


def page(facts: Facts = PROVIDER, language: str = "en", variant: str = "adult") -> str:
    return render(whole(), facts, language, variant).decode()


def part(section: str, key: str, facts: Facts = PROVIDER, language: str = "en") -> str:
    written = write(whole(), facts, language, "adult")
    found = next(one for one in written.sections if one.key == section)
    return "\n".join(next(one for one in found.parts if one.key == key).lines)


@pytest.mark.row("S01")
def test_the_data_controller_is_named_with_number_and_address() -> None:  # N-01
    assert "556943-4656" in part("who", "controller")
    assert "Provider street 1" in part("who", "controller")
    assert "769600-0000" in part("who", "controller", organisation())
    assert "Brf Björkgården &amp; Co" in page(organisation())


@pytest.mark.row("S03")
def test_the_data_protection_officer_is_named_with_both_addresses() -> None:  # N-01
    assert "Officer street 1" in part("who", "dpo")
    assert "officer@example.org" in part("who", "dpo")
    assert "has not named" in part("who", "dpo", organisation())
    assert "Ombudet" in part("who", "dpo", organisation(dpo="Ombudet, 08-1"))


@pytest.mark.row("S31")
@pytest.mark.parametrize("variant", ["adult", "child"])
def test_the_authority_is_there_with_every_way_to_reach_it(variant: str) -> None:  # N-01
    for facts in (PROVIDER, organisation()):
        said = page(facts, "en", variant)
        assert all(way in said for way in ("Authority", "authority@example.org", "08-1", "https://example.org/"))


@pytest.mark.row("S02")
def test_each_role_has_its_own_activities() -> None:
    assert 'id="activity-accounts"' in page()
    assert 'id="activity-entry"' not in page()
    assert "entry name in English" in part("in_the_service", "which")
    assert 'id="activity-entry"' in page(organisation())
    assert 'id="activity-accounts"' not in page(organisation())
    assert "Provider is data processor" in part("who", "processor", organisation())
    assert "renewal" not in page()


def test_an_activity_tells_every_item_there_is() -> None:  # N-01
    said = next(one for one in write(whole(), PROVIDER, "en", "adult").sections if one.key == "activity-marketing")
    found = {each.key: "\n".join(each.lines) for each in said.parts}
    assert found["purpose"] == "marketing purpose in English"
    assert "Whoever passes: Name" in found["data"]
    assert "from the organisation that enrols you" in found["source"]
    assert "needed for the service to work for you. marketing consequence in English" in found["required"]
    assert "Legitimate interest (Article 6(1)(f)). marketing basis in English" in found["basis"]
    assert found["interest"].splitlines() == ["interest in English", "necessity in English", "balance in English"]
    assert "Printer in English (data processor, the United States): printing in English" in found["recipients"]
    assert "the United States" in found["abroad"]
    assert "2021/914 module 2" in found["abroad"]
    assert "ask for a copy in English" in found["abroad"]
    assert "14 days after the event" in found["retention"]
    assert found["profiling"] == "profiling in English"
    assert found["objection"] == "objection in English"


def test_an_automated_decision_is_told_with_its_logic() -> None:  # N-01, D-22
    assert part("activity-entry", "automated", organisation()) == "the door decides in English"
    assert "no profile is made" in part("about", "machine")


@pytest.mark.row("S19")
def test_a_third_country_of_an_organisations_own_recipient_is_told() -> None:
    said = part("activity-entry_log", "abroad", organisation(), "sv")
    assert said.startswith("Väktarna AB: Storbritannien. ")  # Norway is in the EEA
    assert "beslut 2021/1772; kopia hos oss" in said
    assert "lämnar inte EU" in part("activity-entry", "abroad", organisation(), "sv")


@pytest.mark.row("S20")
def test_an_organisations_own_time_is_told_with_its_reason() -> None:
    said = part("activity-entry_log", "retention", organisation(), "sv")
    assert "30 dagar" in said
    assert "Upprepade inbrott" in said


@pytest.mark.row("S29")
def test_the_right_to_object_stands_apart() -> None:  # D-21c
    said = page()
    assert '<section class="notice-section notice-strong" id="objection">' in said
    assert "marketing name in English" in part("objection", "to")
    assert "accounts name" not in part("objection", "to")
    assert "they always stop" in part("objection", "how")


@pytest.mark.row("S20")
def test_the_short_layer_says_of_each_kind_how_long_and_of_each_basis_what_for() -> None:  # N-08
    assert part("how_long", "kept-identity", organisation()) == "30 days after the event"
    outside = replaced(whole(), "accounts", entry_points=())
    rows = next(one for one in write(outside, PROVIDER, "en", "adult").sections if one.key == "how_long").parts
    assert rows[-1].label == "accounts name in English"
    assert part("what_for", "for-contract") == "accounts name in English"
    assert part("what_for", "for-legitimate_interest") == "marketing name in English"


def test_all_rights_are_there_and_what_they_cost() -> None:  # N-01, N-09, N-10
    keys = [
        one.key for one in next(s for s in write(whole(), PROVIDER, "en", "adult").sections if s.key == "rights").parts
    ]
    assert keys == [
        "access",
        "rectification",
        "erasure",
        "restriction",
        "portability",
        "withdrawal",
        "automated",
        "answer",
    ]
    assert "costs nothing, however often" in part("rights", "access")
    assert "within a month" in part("rights", "answer")


def test_a_public_authority_relies_on_its_task() -> None:  # B-04
    said = part("activity-entry_log", "basis", organisation(public_authority=True))
    assert said.startswith("Public task (Article 6(1)(e))")
    assert "not on an interest of its own" in said
    # What the register says of the interest would be said of a basis that it is not.
    assert "entry_log basis" not in said
    assert "entry_log basis" in part("activity-entry_log", "basis", organisation())
    assert "entry_log name in English" in part("objection", "to", organisation(public_authority=True))


def test_consent_is_told_with_how_to_withdraw_it() -> None:  # N-01
    register = replaced(whole(), "accounts", legal_basis="consent")
    assert "withdraw the consent at any time" in render(register, PROVIDER, "en", "adult").decode()
    assert "Withdraw the consent" not in page()


@pytest.mark.row("S35")
def test_every_way_to_ask_is_there() -> None:
    said = part("contact", "where")
    assert all(way in said for way in ("provider@example.org", "officer@example.org", "Provider street 1", "08-1"))


# ── layers, languages, children ──────────────────────────────────────────────────────────────────────────────────────


def test_what_matters_most_comes_first_and_the_rest_is_folded() -> None:  # N-08
    sections = write(whole(), PROVIDER, "sv", "adult").sections
    assert [one.key for one in sections if not one.folded] == [
        "who", "what_for", "how_long", "rights", "objection", "complaint", "contact", "in_the_service", "about",
    ]  # fmt: skip
    assert [one.key for one in sections if one.folded] == ["activity-accounts", "activity-marketing"]
    assert page().index("</section>") < page().index("<details")


@pytest.mark.parametrize("variant", ["adult", "child"])
def test_each_language_is_whole(variant: str) -> None:  # N-08
    swedish, english = (page(organisation(), language, variant) for language in ("sv", "en"))
    assert "in English" not in swedish
    assert "på svenska" not in english
    assert swedish.count("<li>") == english.count("<li>")
    assert [one.key for one in write(whole(), PROVIDER, "sv", variant).sections] == [
        one.key for one in write(whole(), PROVIDER, "en", variant).sections
    ]


def test_a_child_is_told_shortly_and_in_its_own_words() -> None:  # C-08
    child, adult = page(organisation(), "sv", "child"), page(organisation(), "sv")
    assert len(child) < len(adult) / 3
    assert "entry_log for children på svenska" in child
    assert "artikel" not in child
    assert "Väktarna AB" in child


class Balanced(HTMLParser):
    """Finds an element that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("variant", ["adult", "child"])
def test_the_html_is_sound(variant: str) -> None:
    parser = Balanced()
    parser.feed(page(organisation(), "sv", variant))
    assert parser.open == []
    assert len(set(parser.ids)) == len(parser.ids)


def test_what_an_organisation_writes_is_text_and_never_html() -> None:
    said = page(organisation(name="<script>alert(1)</script>", entry_log_reason='"><img src=x>'))
    assert "<script" not in said
    assert "<img" not in said


# ── the same bytes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_register_gives_the_same_bytes_whatever_the_process_speaks() -> None:  # N-07
    for facts in (PROVIDER, organisation()):
        with translation.override("sv"):
            first = render(whole(), facts, "en", "adult")
        with translation.override("en"):
            again = render(from_canonical(canonical(whole())), restored(stored(facts)), "en", "adult")
        assert first == again


def test_another_process_with_another_hash_seed_makes_the_same_bytes() -> None:  # N-07
    program = (
        "import django; django.setup()\n"
        "from tests.server.privacy.register_case import whole, organisation\n"
        "from portvakt.server.privacy.notice.writing import render\nimport hashlib\n"
        "print(hashlib.sha256(render(whole(), organisation(), 'sv', 'adult')).hexdigest())"
    )
    seen = set()
    for seed in ("1", "2"):
        env = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "TZ": "Asia/Tokyo",
            "LC_ALL": "C",
            "DJANGO_SETTINGS_MODULE": "portvakt.server.settings",
        }
        ran = subprocess.run([sys.executable, "-c", program], env=env, check=True, capture_output=True, text=True)
        seen.add(ran.stdout.strip())
    assert seen == {hashlib.sha256(render(whole(), organisation(), "sv", "adult")).hexdigest()}


def test_the_edition_is_raised_when_the_form_changes() -> None:  # N-07
    every = b"".join(
        render(whole(), facts, language, variant)
        for facts in (PROVIDER, organisation())
        for language in ("sv", "en")
        for variant in ("adult", "child")
    )
    assert hashlib.sha256(every).hexdigest() == EDITION_2


# ── no holes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

HOLES: list[tuple[str, dict[str, Any], str]] = [
    ("accounts", {"purpose": Texts("", "x")}, "activity accounts: purpose"),
    ("accounts", {"legal_basis_note": Texts("x", " ")}, "activity accounts: legal basis"),
    ("accounts", {"retention": ()}, "activity accounts: how long activity, contact, identity is kept"),
    ("marketing", {"assessment": None}, "activity marketing: the interest and its assessment"),
    ("marketing", {"objection": None}, "activity marketing: how to object"),
    ("marketing", {"recipients": ("nobody_knows",)}, "activity marketing: the recipient nobody_knows"),
    ("marketing", {"profiling": Texts("", "")}, "activity marketing: profiling"),
]


@pytest.mark.parametrize(("name", "hole", "told"), HOLES)
def test_a_hole_in_the_register_is_told_by_activity_and_item(
    name: str, hole: dict[str, Any], told: str
) -> None:  # N-01
    with pytest.raises(NoticeIncomplete) as incomplete:
        render(replaced(whole(), name, **hole), PROVIDER, "sv", "adult")
    assert incomplete.value.lacking == [told]
    assert told in str(incomplete.value)


def test_a_missing_consequence_or_copy_or_officer_is_told() -> None:  # N-01
    register = whole()
    rows = tuple(msgspec.structs.replace(row, consequence=None) for row in register.activity("accounts").data)
    no_copy = msgspec.structs.replace(register.recipients[0], safeguard=None)
    no_officer = msgspec.structs.replace(
        register.provider, dpo=msgspec.structs.replace(register.provider.dpo, address=" ")
    )
    planted = msgspec.structs.replace(
        replaced(register, "accounts", data=rows), recipients=(no_copy,), provider=no_officer
    )
    with pytest.raises(NoticeIncomplete) as incomplete:
        render(planted, PROVIDER, "sv", "adult")
    assert incomplete.value.lacking == [
        "the data protection officer: address",
        "activity accounts: what refusing identity, contact means",
        "activity marketing: the safeguard for printer and how to get a copy",
    ]


def test_an_organisation_that_cannot_be_reached_has_no_notice() -> None:  # N-01
    with pytest.raises(NoticeIncomplete) as incomplete:
        render(whole(), organisation(email="", address=" "), "sv", "adult")
    assert incomplete.value.lacking == ["the organisation: address", "the organisation: email"]


def test_a_public_authority_needs_no_assessment_of_interest() -> None:  # B-04
    register = replaced(whole(), "entry_log", assessment=None)
    assert ASSESSMENT.interest.en not in render(register, organisation(public_authority=True), "en", "adult").decode()
    with pytest.raises(NoticeIncomplete):
        render(register, organisation(), "en", "adult")
