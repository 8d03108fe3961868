"""What does a sound register answer: which reviews are due, on what a public authority may rest, how long something is kept?"""

from datetime import date
from pathlib import Path

from portvakt.core.privacy import Kind, Subject
from portvakt.server.purpose.register import needs_other_basis, overdue_reviews, read_register

COMPLETE = Path(__file__).parent / "registers" / "complete"


def test_reviews_that_are_due_are_told_and_stop_nothing() -> None:
    """B-03, X-03: a date that passes is a matter for the data protection officer, never for a door."""
    register = read_register(COMPLETE)
    assert overdue_reviews(register, date(2026, 12, 31)) == []
    assert [(row.what, row.whose) for row in overdue_reviews(register, date(2027, 1, 1))] == [
        ("assessment", "door_log"),
        ("safeguard", "cloud"),
    ]
    assert [row.what for row in overdue_reviews(register, date(2030, 1, 1))] == [
        "assessment",
        "safeguard",
        "agreement",
        "adequacy",
    ]


def test_a_public_authority_cannot_rest_on_legitimate_interest() -> None:
    """B-04."""
    register = read_register(COMPLETE)
    assert needs_other_basis(register.activity("door_log"), public_authority=True)
    assert not needs_other_basis(register.activity("door_log"), public_authority=False)
    assert not needs_other_basis(register.activity("bookkeeping"), public_authority=True)


def test_the_rule_that_names_most_says_how_long() -> None:
    log = read_register(COMPLETE).activity("door_log")
    assert (passage := log.keeping(Subject.HOLDER, Kind.PASSAGE)) is not None
    assert passage.days == 14
    assert log.keeping(Subject.HOLDER, Kind.ORDER) is None
