"""What can the recipients, the law's own rows, the presets and the provider's details get wrong?

Whether a decision or an agreement is valid today is not asked here, because nothing stops at a door when a date passes: `disclose()` asks
at each disclosure, and `reviews.overdue` says what must be looked at again.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import msgspec
from babel import Locale

from portvakt.server.purpose.register.model import LETTERS, Contact, Law, Presets, Provider, Recipient
from portvakt.server.purpose.register.places import Keys
from portvakt.server.purpose.register.shape import Mistake

# Two letters that Unicode's list of territories has beside the countries of ISO 3166-1.
NO_COUNTRY = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"])
COUNTRY_REMEDY = "not a country of ISO 3166; write its two capital letters"
# Art. 8(1): a member state may choose no lower and no higher age.
CHILD_AGES = range(13, 17)


@cache
def countries() -> frozenset[str]:
    """Return the two-letter codes of ISO 3166-1."""
    codes = {str(code) for code in Locale("en").territories}
    return frozenset(code for code in codes if re.fullmatch(r"[A-Z]{2}", code)) - NO_COUNTRY


def recipient_mistakes(recipient: Recipient) -> Iterator[Mistake]:
    """Yield where and what is wrong with one recipient."""
    if recipient.country not in countries():
        yield ("country",), f"{recipient.country!r} is {COUNTRY_REMEDY}"
    for code in sorted(set(recipient.access_countries) - countries()):
        yield ("access_countries",), f"{code!r} is {COUNTRY_REMEDY}"
    if recipient.agreement is None:
        return
    if recipient.category != "processor":
        yield ("agreement",), "only a data processor has an agreement under Art. 28; remove it, or change category"
    if missing := sorted(set(LETTERS) - set(recipient.agreement.points)):
        yield ("agreement", "points"), f"A-01: Art. 28(3) has eight points; answer {', '.join(missing)} too"
    if unknown := sorted(set(recipient.agreement.points) - set(LETTERS)):
        yield ("agreement", "points"), f"Art. 28(3) has the points a to h; remove {', '.join(unknown)}"
    if recipient.agreement.ends and recipient.agreement.ends <= recipient.agreement.signed:
        yield ("agreement", "ends"), "an agreement ends after it was signed; correct one of the dates"


def transfer_mistakes(recipient: Recipient, law: Law) -> Iterator[Mistake]:
    """Yield what a recipient that activities name lacks for data to leave the EEA (X-02, X-03)."""
    abroad = sorted({recipient.country, *recipient.access_countries} - set(law.eea))
    if not abroad:
        return
    safeguard = recipient.safeguard
    if safeguard is None or safeguard.mechanism == "none":
        text = f"X-02: {', '.join(abroad)} is outside the EEA; add [safeguard] with a mechanism, or take it out of the activities"
        yield ("safeguard",), text
    elif safeguard.mechanism == "adequacy":
        for country in sorted(set(abroad) - {row.country for row in law.adequacy}):
            yield (
                ("safeguard", "mechanism"),
                f"X-02: law.toml has no adequacy decision for {country}; choose another mechanism",
            )
    elif safeguard.mechanism in {"scc", "bcr"} and not (safeguard.assessed and safeguard.review):
        yield (
            ("safeguard",),
            "X-03: the transfer must be assessed; add assessed and review, the days when it was and will be",
        )


def law_mistakes(law: Law) -> Iterator[Mistake]:
    """Yield where and what is wrong with the law's own rows."""
    coded: list[tuple[Keys, str]] = [(("country",), law.country)]
    coded += [(("eea",), code) for code in law.eea]
    coded += [(("adequacy", index, "country"), row.country) for index, row in enumerate(law.adequacy)]
    coded += [(("child_ages", index, "country"), row.country) for index, row in enumerate(law.child_ages)]
    yield from ((keys, f"{code!r} is {COUNTRY_REMEDY}") for keys, code in coded if code not in countries())
    if law.country not in law.eea:
        yield ("eea",), f"{law.country} is the deployment's own country and missing; add it"
    for index, decision in enumerate(law.adequacy):
        if decision.until and decision.until <= decision.since:
            yield ("adequacy", index, "until"), "a decision ends after it began; correct one of the dates"
        if decision.country in law.eea:
            yield (
                ("adequacy", index, "country"),
                f"{decision.country} is within the EEA and needs no decision; remove the row",
            )
    for index, age in enumerate(law.child_ages):
        if age.years not in CHILD_AGES:
            yield ("child_ages", index, "years"), "Art. 8(1): the age is 13, 14, 15 or 16; correct it"
    for country in _twice(row.country for row in law.child_ages):
        yield ("child_ages",), f"two ages for {country}; remove one"
    if law.country not in {row.country for row in law.child_ages}:
        yield ("child_ages",), f"C-07: the age for {law.country} is missing; add it"


def preset_mistakes(presets: Presets) -> Iterator[Mistake]:
    """Yield where and what is wrong with the presets."""
    if not presets.preset:
        yield (), "no preset says how long an access log is kept; add a [[preset]]"
    for index, preset in enumerate(presets.preset):
        if preset.days < 1:
            yield ("preset", index, "days"), "a log is kept for one day or more; correct days"
    for premises in _twice(preset.premises for preset in presets.preset):
        yield ("preset",), f"two presets for {premises}; remove one"


def provider_mistakes(provider: Provider) -> Iterator[Mistake]:
    """Yield what the provider's details lack: a notice without them says nothing (N-01)."""
    for name in ("platform", "organisation_number"):
        if not getattr(provider, name).strip():
            yield (name,), "empty; fill it in"
    if provider.security is None:
        yield (), "R-01: the record describes how data is protected; add [security] with sv and en"
    for name in ("contact", "dpo", "authority", "representative"):
        contact: Contact | None = getattr(provider, name)
        for field, text in (msgspec.structs.asdict(contact) if contact else {}).items():
            if field in {"name", "address", "email"} and not text.strip():
                yield (name, field), "empty; fill it in"
        if contact and contact.email.strip() and "@" not in contact.email:
            yield (name, "email"), "not an e-mail address; correct it"


def _twice(names: Iterator[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)
