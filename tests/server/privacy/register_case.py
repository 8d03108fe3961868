"""Which register do tests of the notice write from? A small one that is whole: two activities of the provider, two of organisations."""

from datetime import date
from typing import Any

import msgspec

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy.notice.facts import Facts, OwnFacts
from portvakt.server.purpose.register import (
    Activity,
    Assessment,
    Contact,
    Data,
    Keeping,
    Law,
    Provider,
    Recipient,
    Register,
    Safeguard,
    Texts,
)


def both(text: str) -> Texts:
    return Texts(f"{text} på svenska", f"{text} in English")


def contact(name: str) -> Contact:
    return Contact(
        name=name,
        address=f"{name} street 1",
        email=f"{name.lower()}@example.org",
        phone="08-1",
        web="https://example.org/",
    )


ASSESSMENT = Assessment(
    made=date(2026, 1, 1),
    review=date(2027, 1, 1),
    interest=both("interest"),
    necessity=both("necessity"),
    balance=both("balance"),
)


def activity(name: str, **changes: Any) -> Activity:
    values: dict[str, Any] = {
        "id": name,
        "role": "controller",
        "legal_basis": "contract",
        "legal_basis_note": both(f"{name} basis"),
        "entry_points": ("board",),
        "scope": "organisation",
        "name": both(f"{name} name"),
        "purpose": both(f"{name} purpose"),
        "data": (
            Data(
                subject=Subject.HOLDER, kinds=(Kind.IDENTITY, Kind.CONTACT), operations=("read",), source="organisation",
                required="service", consequence=both(f"{name} consequence"),
            ),
            Data(subject=Subject.ACCOUNT_HOLDER, kinds=(Kind.ACTIVITY,), operations=("insert",), source="system"),
        ),
        "retention": (Keeping(anchor="event", days=14, setting="entry_log_days"),),
        "child": both(f"{name} for children"),
    }  # fmt: skip
    return Activity(**{**values, **changes})


def whole() -> Register:
    """A register in which nothing that a notice must say is missing."""
    return Register(
        provider=Provider(
            platform="Entryfy", organisation_number="556943-4656", contact=contact("Provider"), dpo=contact("Officer"),
            authority=contact("Authority"), channels=("Facebook",), security=both("security"),
        ),
        law=Law(country="SE", eea=("SE", "FI", "NO"), eea_as_of=date(2026, 1, 1)),
        presets=(),
        activities=(
            activity("accounts"),
            activity(
                "marketing", legal_basis="legitimate_interest", assessment=ASSESSMENT, objection=both("objection"),
                profiling=both("profiling"), recipients=("printer",), child=None,
            ),
            activity("entry", role="processor", automated_decision=both("the door decides")),
            activity("entry_log", role="processor", legal_basis="legitimate_interest", assessment=ASSESSMENT, objection=both("objection")),
            activity("renewal", data=(), child=None),
        ),
        recipients=(
            Recipient(
                id="printer", category="processor", name=both("Printer"), what_for=both("printing"), country="US",
                safeguard=Safeguard(mechanism="scc", detail="2021/914 module 2", copy=both("ask for a copy")),
            ),
        ),
    )  # fmt: skip


def replaced(register: Register, name: str, **changes: Any) -> Register:
    """The register with one activity changed."""
    activities = tuple(
        msgspec.structs.replace(one, **changes) if one.id == name else one for one in register.activities
    )
    return msgspec.structs.replace(register, activities=activities)


def organisation(**changes: Any) -> Facts:
    """What an organisation says of itself."""
    values: dict[str, Any] = {
        "slug": "bjorkgarden",
        "name": "Brf Björkgården & Co",
        "registration_number": "769600-0000",
        "address": "Björkvägen 1, 111 11 Orten",
        "email": "styrelsen@example.org",
        "entry_log_days": 30,
        "entry_log_reason": "Upprepade inbrott",
        "recipients": (
            OwnFacts(
                "Väktarna AB", "processor", "rycka ut vid larm", ("entry_log",), "NO", ("GB",), "adequacy",
                "beslut 2021/1772; kopia hos oss",
            ),
        ),
    }  # fmt: skip
    return Facts(**{**values, **changes})
