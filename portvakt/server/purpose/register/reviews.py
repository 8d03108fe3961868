"""What in the register must be looked at again, and what may an organisation that is a public authority not rest on?

A date that passes never stops a process: a door must not close because of a review. It is told to the data protection officer instead.
"""

from collections.abc import Iterator
from datetime import date

import msgspec

from portvakt.server.purpose.register.model import Activity, Register


class Overdue(msgspec.Struct, frozen=True, order=True):
    """Something whose day has come: what it is, whose (an activity's or a recipient's id, or a country's letters), and which day."""

    on: date
    what: str
    whose: str


def overdue_reviews(register: Register, on: date) -> list[Overdue]:
    """Return the assessments, transfers, agreements and decisions whose day has come, the oldest first."""
    return sorted(row for row in _dated(register) if row.on <= on)


def _dated(register: Register) -> Iterator[Overdue]:
    for activity in register.activities:
        if activity.assessment:
            yield Overdue(activity.assessment.review, "assessment", activity.id)
    for recipient in register.recipients:
        if recipient.safeguard and recipient.safeguard.review:
            yield Overdue(recipient.safeguard.review, "safeguard", recipient.id)
        if recipient.agreement and recipient.agreement.ends:
            yield Overdue(recipient.agreement.ends, "agreement", recipient.id)
    for decision in register.law.adequacy:
        if decision.until:
            yield Overdue(decision.until, "adequacy", decision.country)


def needs_other_basis(activity: Activity, *, public_authority: bool) -> bool:
    """Tell whether an organisation cannot rest an activity on the basis that the register names (B-04, Art. 6(1) last sentence).

    Only what the organisation is data controller for: there the provider is its data processor.
    """
    return public_authority and activity.role == "processor" and activity.legal_basis == "legitimate_interest"
