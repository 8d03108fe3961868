"""On which day does data go by each rule the register can express, and does the rule read well in both languages?"""

from datetime import date

import pytest

from portvakt.core.privacy import Kind, Subject
from portvakt.core.retention import ORDINALS, Keeping, Moments, Texts, goes_on, months_after, words

DAY = date(2026, 1, 31)
BOOKKEEPING = Keeping("end_of_financial_year", years=7, law=Texts("BFL 7 kap. 2 §", "BFL 7:2"))
LOG = Keeping("event", days=14, setting="entry_log_days")


@pytest.mark.parametrize(
    ("keeping", "moments", "goes"),
    [
        (Keeping("event", days=14), Moments(event=DAY), date(2026, 2, 14)),
        (Keeping("event", months=1), Moments(event=DAY), date(2026, 2, 28)),
        (Keeping("event", months=1), Moments(event=date(2028, 1, 31)), date(2028, 2, 29)),
        (Keeping("event", years=1), Moments(event=date(2028, 2, 29)), date(2029, 2, 28)),
        (Keeping("event", years=1, months=11, days=2), Moments(event=date(2026, 2, 1)), date(2028, 1, 3)),
        (Keeping("not_kept"), Moments(event=DAY), DAY),
        (Keeping("end_of_relation", days=30), Moments(relation_end=DAY), date(2026, 3, 2)),
        (Keeping("with_owner"), Moments(relation_end=DAY), DAY),
        (Keeping("until_lifted"), Moments(event=DAY, relation_end=DAY), None),
        (Keeping("withdrawal", years=3), Moments(withdrawal=DAY), date(2029, 1, 31)),
    ],
)
def test_a_span_after_its_anchor(keeping: Keeping, moments: Moments, goes: date) -> None:
    assert goes_on(keeping, moments) == goes


def test_what_has_not_begun_does_not_end() -> None:
    for anchor in ("event", "end_of_relation", "end_of_financial_year", "with_owner", "not_kept", "withdrawal"):
        assert goes_on(Keeping(anchor, years=1), Moments()) is None


def test_months_end_as_in_law() -> None:
    assert months_after(date(2026, 8, 31), 1) == date(2026, 9, 30)
    assert months_after(date(2026, 11, 24), 1) == date(2026, 12, 24)
    assert months_after(date(2026, 12, 31), 2) == date(2027, 2, 28)
    assert months_after(DAY, 0) == DAY


def test_se_01_bookkeeping_goes_after_the_seventh_year() -> None:
    """SE-01: the material of the financial year 2009 is destroyed from 1 January 2017; a broken year counts by the year it ends in."""
    assert goes_on(BOOKKEEPING, Moments(financial_year_end=date(2009, 12, 31))) == date(2017, 1, 1)
    assert goes_on(BOOKKEEPING, Moments(financial_year_end=date(2010, 4, 30))) == date(2018, 1, 1)


def test_se_02_the_staff_register_goes_after_the_second_year() -> None:
    """SE-02: two years after the end of the calendar year in which the tax year ended."""
    staff = Keeping("end_of_financial_year", years=2)
    assert goes_on(staff, Moments(financial_year_end=date(2025, 12, 31))) == date(2028, 1, 1)


def test_the_organisations_own_setting_replaces_the_days() -> None:
    assert goes_on(LOG, Moments(event=DAY)) == date(2026, 2, 14)
    assert goes_on(LOG, Moments(event=DAY), {"entry_log_days": 1}) == date(2026, 2, 1)


def test_the_longest_of_several_counts_and_waits_for_the_last() -> None:
    order = Keeping("event", years=1, or_longer=(BOOKKEEPING,))
    assert goes_on(order, Moments(event=DAY, financial_year_end=date(2026, 12, 31))) == date(2034, 1, 1)
    assert goes_on(order, Moments(event=date(2040, 1, 1), financial_year_end=date(2026, 12, 31))) == date(2041, 1, 1)
    assert goes_on(order, Moments(event=DAY)) is None


def test_a_legal_hold_keeps_longer_and_never_shorter() -> None:
    moments = Moments(event=DAY)
    assert goes_on(LOG, moments, holds=[date(2027, 1, 1), date(2026, 6, 1)]) == date(2027, 1, 1)
    assert goes_on(LOG, moments, holds=[date(2026, 2, 1)]) == date(2026, 2, 14)
    assert goes_on(LOG, moments, holds=[date(2027, 1, 1), None]) is None


@pytest.mark.parametrize(
    ("keeping", "sv", "en"),
    [
        (Keeping("event", days=14), "14 dagar efter händelsen", "14 days after the event"),
        (Keeping("event", days=1), "1 dag efter händelsen", "1 day after the event"),
        (
            Keeping("event", years=1, months=6),
            "1 år och 6 månader efter händelsen",
            "1 year and 6 months after the event",
        ),
        (
            Keeping("end_of_relation", days=30),
            "30 dagar efter att förhållandet har upphört",
            "30 days after the relation has ended",
        ),
        (Keeping("not_kept"), "sparas inte av just den här behandlingen", "not kept by this activity"),
        (
            Keeping("until_lifted"),
            "tills spärren hävs, också sedan övriga uppgifter har raderats",
            "until the block is lifted, also when all other data has been erased",
        ),
        (Keeping("withdrawal"), "tills samtycket återkallas", "until consent is withdrawn"),
        (
            Keeping("withdrawal", years=3),
            "3 år efter att samtycket återkallades",
            "3 years after consent was withdrawn",
        ),
        (
            BOOKKEEPING,
            "till och med det sjunde året efter det kalenderår då räkenskapsåret avslutades (BFL 7 kap. 2 §)",
            "to the end of the seventh year after the calendar year in which the financial year ended (BFL 7:2)",
        ),
        (
            Keeping("end_of_financial_year"),
            "till slutet av det kalenderår då räkenskapsåret avslutades",
            "until the end of the calendar year in which the financial year ended",
        ),
        (
            Keeping("event", days=90, or_longer=(Keeping("with_owner"),)),
            "90 dagar efter händelsen eller, om det blir längre, så länge det som uppgiften hör till finns",
            "90 days after the event or, if that is longer, as long as what the data belongs to exists",
        ),
        (
            LOG,
            "14 dagar efter händelsen, om organisationen inte har valt en annan tid",
            "14 days after the event, unless the organisation has chosen another time",
        ),
    ],
)
def test_a_rule_as_a_sentence(keeping: Keeping, sv: str, en: str) -> None:
    assert words(keeping, "sv") == sv
    assert words(keeping, "en") == en


def test_a_sentence_with_the_organisations_own_time() -> None:
    assert words(LOG, "sv", {"entry_log_days": 30}) == "30 dagar efter händelsen"
    assert words(LOG, "en", {"entry_log_days": 1}) == "1 day after the event"


def test_a_sentence_says_whose_account_or_time_ends() -> None:
    assert words(Keeping("with_owner"), "sv", subject=Subject.ACCOUNT_HOLDER) == "så länge kontot finns"
    assert words(Keeping("end_of_relation"), "en", subject=Subject.ACCOUNT_HOLDER) == "as long as the account exists"
    left = "30 days after the person has left the organisation"
    assert words(Keeping("end_of_relation", days=30), "en", subject=Subject.HOLDER) == left
    said = {words(Keeping("end_of_relation", days=1), "sv", subject=subject) for subject in Subject}
    assert len(said) == len(Subject)


def test_more_years_than_there_are_words_for_are_said_in_figures() -> None:
    last = Keeping("end_of_financial_year", years=len(ORDINALS))
    assert "det tionde året" in words(last, "sv")
    assert "the tenth year" in words(last, "en")
    more = Keeping("end_of_financial_year", years=11)
    assert "det 11:e året" in words(more, "sv")
    assert "the 11th year" in words(more, "en")


def test_a_text_is_swedish_unless_english_is_asked_for() -> None:
    text = Texts("ja", "yes")
    assert [text.within(language) for language in ("sv", "en", "fi")] == ["ja", "yes", "ja"]


def test_a_rule_covers_what_it_names_and_everything_where_it_names_nothing() -> None:
    assert Keeping("event").covers(Subject.HOLDER, Kind.PASSAGE)
    assert Keeping("event", kinds=(Kind.PASSAGE,)).covers(Subject.HOLDER, Kind.PASSAGE)
    assert not Keeping("event", kinds=(Kind.PASSAGE,)).covers(Subject.HOLDER, Kind.IDENTITY)
    assert not Keeping("event", subjects=(Subject.GUARDIAN,)).covers(Subject.HOLDER, Kind.IDENTITY)
