"""May data go to this recipient today, and if not, why?

The answer follows from what is known of the recipient, the law's own lists and the mechanisms that are stopped. Codes of refusal:
recipient_ended, agreement_missing, agreement_incomplete, agreement_over, transfer_unsafe, transfer_not_assessed, transfer_stopped.
"""

from collections.abc import Collection
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from portvakt.server.privacy.models import OwnRecipient, TransferStop
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.register import LETTERS, Law, Mechanism, Recipient

Category = Literal["own", "processor", "authority", "data_controller"]


class To(msgspec.Struct, frozen=True):
    """A recipient as a disclosure sees it, whether the register names it or an organisation entered it.

    `purposes` are those it may get data for; None where the activities of the register name it themselves. `points` are those of
    Art. 28(3) that the agreement answers, `review` is the day by which the assessment of a transfer must be looked at again.
    """

    id: str
    name: str
    category: Category
    country: str
    access_countries: tuple[str, ...] = ()
    signed: date | None = None
    ends: date | None = None
    points: frozenset[str] = frozenset()
    mechanism: Mechanism = "none"
    safeguard: str = ""
    assessed: date | None = None
    review: date | None = None
    ended: bool = False
    purposes: frozenset[str] | None = None


def of_register(recipient: Recipient) -> To:
    """Return a recipient of the register; its name in Swedish, in which records are kept."""
    agreement, safeguard = recipient.agreement, recipient.safeguard
    found = To(recipient.id, recipient.name.sv, recipient.category, recipient.country, recipient.access_countries)
    if agreement:
        said = frozenset(letter for letter, text in agreement.points.items() if text.sv.strip())
        found = msgspec.structs.replace(found, signed=agreement.signed, ends=agreement.ends, points=said)
    if safeguard:
        found = msgspec.structs.replace(
            found,
            mechanism=safeguard.mechanism, safeguard=safeguard.detail, assessed=safeguard.assessed, review=safeguard.review,
        )  # fmt: skip
    return found


def of_organisation(row: OwnRecipient) -> To:
    """Return a recipient that an organisation entered."""
    return To(
        id=str(row.pk),
        name=row.name,
        category=row.category,  # type: ignore[arg-type]  # the column's choices are these
        country=row.country,
        access_countries=tuple(row.access_countries),
        signed=row.agreement_signed,
        ends=row.agreement_ends,
        points=frozenset(row.points),
        mechanism=row.mechanism,  # type: ignore[arg-type]  # the column's choices are these
        safeguard=row.safeguard,
        assessed=row.assessed,
        ended=row.ended_at is not None,
        purposes=frozenset(row.purposes),
    )


def find(recipient: str, organisation: UUID | None) -> To:
    """Return a recipient by its id, in the register or the organisation's own. Refused: recipient_unknown."""
    register = catalogue.in_force()
    for one in register.recipients:
        if one.id == recipient:
            return of_register(one)
    row = OwnRecipient.objects.filter(pk=recipient, organisation=organisation).first() if _is_id(recipient) else None
    if row is None:
        raise Refused("recipient_unknown", recipient=recipient)
    return of_organisation(row)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def refusal(to: To, law: Law, today: date, stopped: Collection[str]) -> str:
    """Return why nothing may be disclosed to a recipient on a day, as a code of refusal; empty where it may."""
    if to.ended:
        return "recipient_ended"
    if code := _agreement(to, today) or _transfer(to, law, today):
        return code
    return "transfer_stopped" if relied_on(to, law) & set(stopped) else ""


def abroad(to: To, law: Law) -> tuple[str, ...]:
    """Return the countries outside the EEA where a recipient is or from which it reaches the data, sorted."""
    return tuple(sorted({to.country, *to.access_countries} - set(law.eea)))


def has_safeguard(to: To, law: Law) -> bool:
    """Tell whether a recipient has what a transfer to its countries needs, whatever the day; without, nothing has ever gone there."""
    decided = {row.country for row in law.adequacy}
    match to.mechanism:
        case "none":
            return not abroad(to, law)
        case "adequacy":
            return decided.issuperset(abroad(to, law))
        case "scc" | "bcr":
            return bool(to.safeguard.strip()) or not abroad(to, law)
        case _:
            return True


def needs_note(to: To, law: Law) -> bool:
    """Tell whether each disclosure to a recipient needs its own reason: an authority's case, an exception for a third country."""
    return to.category == "authority" or (to.mechanism == "derogation" and bool(abroad(to, law)))


def relied_on(to: To, law: Law) -> set[str]:
    """Return what a stop of a transfer may name for this recipient: its mechanism, and the same for one country ("adequacy:US")."""
    countries = abroad(to, law)
    return {to.mechanism, *(f"{to.mechanism}:{country}" for country in countries)} if countries else set()


def stopped_now() -> set[str]:
    """Return the mechanisms that are stopped at this moment."""
    return set(TransferStop.objects.filter(lifted_at=None).values_list("mechanism", flat=True))


def _agreement(to: To, today: date) -> str:
    """Return what is wrong with a data processor's agreement (Art. 28(3)); other recipients need none."""
    if to.category != "processor":
        return ""
    if to.signed is None or to.signed > today:
        return "agreement_missing"
    if to.ends and to.ends < today:
        return "agreement_over"
    return "" if to.points >= set(LETTERS) else "agreement_incomplete"


def _transfer(to: To, law: Law, today: date) -> str:
    """Return what is wrong with a transfer out of the EEA (Art. 44–49)."""
    countries = abroad(to, law)
    if not countries:
        return ""
    if to.mechanism == "adequacy":
        return "" if all(_adequate(country, law, today) for country in countries) else "transfer_unsafe"
    if to.mechanism in {"scc", "bcr"} and to.safeguard:
        looked_at = to.assessed is not None and to.assessed <= today and (to.review is None or to.review >= today)
        return "" if looked_at else "transfer_not_assessed"
    # An exception in a single case has its reason in the note that each disclosure then needs.
    return "" if to.mechanism == "derogation" else "transfer_unsafe"


def _adequate(country: str, law: Law, today: date) -> bool:
    return any(
        row.country == country and row.since <= today and (row.until is None or row.until >= today)
        for row in law.adequacy
    )
