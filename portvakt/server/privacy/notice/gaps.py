"""What would a notice have to leave out? Each item of Art. 13(1)-(2) and 14(1)-(2) that is empty, by activity and item (N-01)."""

from portvakt.server.privacy.notice.activities import Telling, basis_of, outside, own_recipients, recipients
from portvakt.server.privacy.notice.facts import Facts
from portvakt.server.purpose.register import LANGUAGES, Activity, Contact, Register, Texts


def gaps(register: Register, facts: Facts) -> list[str]:
    """Return what a data controller's notice lacks, as "activity entry_log: item"; empty where it can be written."""
    telling = Telling(register, facts, "sv")
    told = telling.told_of()
    found = _of_the_controller(register, facts)
    for activity in told:
        found += [f"activity {activity.id}: {item}" for item in _of_activity(activity, register, facts)]
    if not told:
        found.append("the register: no activity to tell of")
    if not any(activity.child for activity in told):
        found.append("the register: no activity says what a child is told")
    return found


def _of_the_controller(register: Register, facts: Facts) -> list[str]:
    provider = register.provider
    found = [f"the data protection officer: {item}" for item in _of_contact(provider.dpo) if not facts.slug]
    found += [f"the supervisory authority: {item}" for item in _of_contact(provider.authority)]
    if facts.slug:
        own = {"name": facts.name, "address": facts.address, "email": facts.email}
        return found + [f"the organisation: {item}" for item, value in own.items() if not value.strip()]
    return found + [f"the provider: {item}" for item in _of_contact(provider.contact)]


def _of_contact(contact: Contact) -> list[str]:
    return [item for item in ("name", "address", "email") if not getattr(contact, item).strip()]


def _of_activity(activity: Activity, register: Register, facts: Facts) -> list[str]:
    said = {"name": activity.name, "purpose": activity.purpose, "legal basis": activity.legal_basis_note}
    found = [item for item, text in said.items() if not _told(text)]
    found += _of_basis(activity, facts) + _of_data(activity) + _of_retention(activity)
    optional = {"profiling": activity.profiling, "automated decision": activity.automated_decision}
    found += [item for item, text in optional.items() if text is not None and not _told(text)]
    return found + _of_recipients(activity, register, facts)


def _told(text: Texts | None) -> bool:
    return text is not None and all(text.within(language).strip() for language in LANGUAGES)


def _of_basis(activity: Activity, facts: Facts) -> list[str]:
    basis, steps = basis_of(activity, facts), activity.assessment
    found = []
    if basis == "legitimate_interest" and not (
        steps and all(map(_told, (steps.interest, steps.necessity, steps.balance)))
    ):
        found.append("the interest and its assessment")
    if basis in {"legitimate_interest", "public_task"} and not _told(activity.objection):
        found.append("how to object")
    return found


def _of_data(activity: Activity) -> list[str]:
    return [
        f"what refusing {', '.join(row.kinds)} means"
        for row in activity.data
        if row.required != "observed" and not _told(row.consequence)
    ]


def _of_retention(activity: Activity) -> list[str]:
    """Return the kinds of which nobody says how long they are kept."""
    used = {(row.subject, kind) for row in activity.data for kind in row.kinds}
    unkept = {kind for subject, kind in used if not any(rule.covers(subject, kind) for rule in activity.retention)}
    return [f"how long {', '.join(sorted(unkept))} is kept"] if unkept else []


def _of_recipients(activity: Activity, register: Register, facts: Facts) -> list[str]:
    known = {recipient.id for recipient in register.recipients}
    if unknown := sorted(set(activity.recipients) - known):
        return [f"the recipient {name}" for name in unknown]
    unsafe = [
        one.id
        for one in recipients(activity, register)
        if outside(one, register)
        and not (one.safeguard and one.safeguard.mechanism != "none" and _told(one.safeguard.copy))
    ]
    unsafe += [
        one.name
        for one in own_recipients(activity, facts)
        if outside(one, register)
        and (one.mechanism == "none" or (one.mechanism in {"scc", "bcr"} and not one.safeguard.strip()))
    ]
    return [f"the safeguard for {name} and how to get a copy" for name in unsafe]
