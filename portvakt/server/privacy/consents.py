"""Which consents may somebody be asked for, in which words, and how does each stand?

They are the register's activities whose legal basis is consent; there is no other list. The words are made from the register, so that what
is shown, what is kept with the consent and what the notice says cannot differ.
"""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

import msgspec

from portvakt.core.privacy import Kind, Subject
from portvakt.core.retention import words
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.models import Consent
from portvakt.server.privacy.words import KINDS
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.register import Activity, Register, Texts
from portvakt.server.purpose.rights import consent_digest

# About whom the data is that a consent is for; the other rows of an activity are about the consent itself, and about who acts.
SUBJECTS = {Subject.HOLDER, Subject.ACCOUNT_HOLDER, Subject.CONTACT}

HEADINGS = {
    "purpose": Texts("Vad du säger ja till", "What you say yes to"),
    "who": Texts("Vem som ansvarar för det", "Who answers for it"),
    "kinds": Texts("Vilka uppgifter som används", "Which data is used"),
    "recipients": Texts("Vem som får dem", "Who gets it"),
    "kept": Texts("Hur länge", "For how long"),
    "refusing": Texts("Om du säger nej", "If you say no"),
    "withdrawing": Texts("Om du tar tillbaka det", "If you withdraw it"),
}
NOBODY = Texts("Ingen annan.", "Nobody else.")
NOTHING_KEPT = Texts(
    "Inget nytt sparas för detta. Att du har samtyckt, eller tagit tillbaka det, sparas i tre år så att det kan visas.",
    "Nothing new is kept for this. That you consented, or withdrew, is kept for three years so that it can be shown.",
)
ALSO_KEPT = Texts(
    "Att du har samtyckt, eller tagit tillbaka det, sparas i tre år så att det kan visas.",
    "That you consented, or withdrew, is kept for three years so that it can be shown.",
)
NO_EFFECT = Texts(
    "Då händer ingenting. Allt annat fungerar som förut.", "Then nothing happens. Everything else works as before."
)
WITHDRAWING = Texts(
    "Du kan ta tillbaka det när du vill, på samma sida och lika enkelt. Det upphör genast. Det som redan har gjorts förblir lagligt.",
    "You may withdraw it whenever you like, on the same page and just as easily. It stops at once. What has been done stays lawful.",
)


class State(StrEnum):
    """How a consent stands: the newest word counts, and only to the text as it is now."""

    NEVER = "never"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    # Given to an earlier text: it does not count any more.
    OUTDATED = "outdated"


class Line(msgspec.Struct, frozen=True):
    """A part of what is consented to: a heading and what it says."""

    heading: str
    text: str


class Offer(msgspec.Struct, frozen=True):
    """One consent as it is shown: for one purpose, in one language, with the digest of its text and how it stands."""

    purpose: str
    name: str
    lines: tuple[Line, ...]
    digest: str
    state: State
    newest: Consent | None

    @property
    def text(self) -> str:
        """Return all of it, word for word, as it is kept with the consent."""
        return consent_text(self.name, self.lines)


def consent_text(name: str, lines: Iterable[Line]) -> str:
    """Return a consent's name and lines as one text."""
    return "\n".join([name, *(f"{line.heading}: {line.text}" for line in lines)])


def asked_of(role: str) -> tuple[Activity, ...]:
    """Return what rests on consent: for "processor" what an organisation asks its persons, for "controller" what the provider asks."""
    return tuple(
        activity
        for activity in catalogue.in_force().activities
        if activity.legal_basis == "consent" and activity.role == role and not activity.outside
    )


def refusing_has_no_effect(activity: Activity) -> bool:
    """Tell whether nothing depends on the consent, as the register says of it: only then is it offered to an employee (B-08)."""
    return all(row.required == "voluntary" for row in activity.data if Kind.CONSENT in row.kinds)


def offers(
    activities: Iterable[Activity], subject_id: UUID, language: str, organisation: Organisation | None
) -> list[Offer]:
    """Return each consent as it is shown to one subject and stands for it; the open purpose reads the subject's consents."""
    activities = tuple(activities)
    newest = newest_of(subject_id, [activity.id for activity in activities])
    return [_offer(activity, language, organisation, newest.get(activity.id)) for activity in activities]


def newest_of(subject_id: UUID, purposes: Iterable[str]) -> dict[str, Consent]:
    """Return the newest word of one subject on each purpose."""
    rows = Consent.objects.filter(subject_id=subject_id, purpose__in=list(purposes))
    return {row.purpose: row for row in rows.order_by("at", "id")}


def _offer(activity: Activity, language: str, organisation: Organisation | None, newest: Consent | None) -> Offer:
    digest = consent_digest(activity)
    return Offer(
        purpose=activity.id,
        name=activity.name.within(language),
        lines=lines(activity, catalogue.in_force(), language, organisation),
        digest=digest,
        state=_state(newest, digest),
        newest=newest,
    )


def _state(newest: Consent | None, digest: str) -> State:
    if newest is None:
        return State.NEVER
    if not newest.given:
        return State.WITHDRAWN
    return State.GIVEN if newest.text_digest == digest else State.OUTDATED


def lines(activity: Activity, register: Register, language: str, organisation: Organisation | None) -> tuple[Line, ...]:
    """Return what is said of a consent before it is given, and before it is withdrawn."""
    said = {
        "purpose": activity.purpose.within(language),
        "who": (organisation.legal_name or organisation.name) if organisation else register.provider.contact.name,
        "kinds": _kinds(activity, language),
        "recipients": _recipients(activity, register, language),
        "kept": _kept(activity, language),
        "refusing": _refusing(activity, language),
        "withdrawing": WITHDRAWING.within(language),
    }
    return tuple(Line(HEADINGS[part].within(language), text) for part, text in said.items())


def _kinds(activity: Activity, language: str) -> str:
    kinds = {
        kind for row in activity.data if row.subject in SUBJECTS for kind in row.kinds if kind is not Kind.ACTIVITY
    }
    return "; ".join(
        f"{KINDS[kind].name.within(language)} ({KINDS[kind].covers.within(language)})" for kind in sorted(kinds)
    )


def _recipients(activity: Activity, register: Register, language: str) -> str:
    named = [register.recipient(one).name.within(language) for one in activity.recipients]
    return ", ".join(named) or NOBODY.within(language)


def _kept(activity: Activity, language: str) -> str:
    rules = [words(rule, language) for rule in activity.retention if Kind.CONSENT not in rule.kinds]
    if not rules or not _stores(activity):
        return NOTHING_KEPT.within(language)
    return f"{'; '.join(rules).capitalize()}. {ALSO_KEPT.within(language)}"


def _stores(activity: Activity) -> bool:
    return any(
        {"insert", "update"} & set(row.operations) and set(row.kinds) - {Kind.ACTIVITY}
        for row in activity.data
        if row.subject in SUBJECTS
    )


def _refusing(activity: Activity, language: str) -> str:
    said = [row.consequence.within(language) for row in activity.data if row.consequence and Kind.CONSENT in row.kinds]
    return " ".join(dict.fromkeys(said)) or NO_EFFECT.within(language)
