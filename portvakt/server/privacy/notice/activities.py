"""What does a notice say of one activity? One section that the reader opens, with every item of Art. 13 and 14 that belongs to it."""

from collections.abc import Callable

import msgspec

from portvakt.core.privacy import Kind, Subject
from portvakt.core.retention import words as retention_words
from portvakt.server.privacy import basis
from portvakt.server.privacy.notice import sentences as s
from portvakt.server.privacy.notice.document import Part, Section
from portvakt.server.privacy.notice.facts import Facts, OwnFacts
from portvakt.server.privacy.words import (
    BASES,
    KINDS,
    MECHANISMS,
    RECIPIENT_CATEGORIES,
    REQUIRED,
    SOURCES,
    SUBJECTS,
    country,
)
from portvakt.server.purpose.register import Activity, Basis, Data, Keeping, Recipient, Register, Texts

# What one may object to (Art. 21(1)).
OPEN_TO_OBJECTION: tuple[Basis, ...] = ("legitimate_interest", "public_task")


class Telling(msgspec.Struct, frozen=True):
    """In which language what is told, of which data controller, from which register."""

    register: Register
    facts: Facts
    language: str

    @property
    def name(self) -> str:
        """Return what the data controller is called."""
        return self.facts.name or self.register.provider.contact.name

    @property
    def email(self) -> str:
        """Return where the data controller is reached."""
        return self.facts.email or self.register.provider.contact.email

    def say(self, text: Texts, **values: str) -> str:
        """Return a sentence in the language, filled in."""
        return (
            text.within(self.language).format(name=self.name, **values)
            if values or "{" in text.sv
            else self.plain(text)
        )

    def plain(self, text: Texts) -> str:
        """Return a text of the register in the language, as it stands."""
        return text.within(self.language)

    def told_of(self) -> list[Activity]:
        """Return the activities that the data controller answers for and that use personal data, by name."""
        role = "processor" if self.facts.slug else "controller"
        found = [activity for activity in self.register.activities if activity.role == role and activity.data]
        return sorted(found, key=lambda activity: (self.plain(activity.name).casefold(), activity.id))


def basis_of(activity: Activity, facts: Facts) -> Basis:
    """Return the legal basis that a data controller does an activity on."""
    return basis.basis_of(activity, public_authority=facts.public_authority)[0]


def section(activity: Activity, telling: Telling) -> Section:
    """Return what is told of one activity."""
    parts = [
        _part("purpose", s.PURPOSE, [telling.plain(activity.purpose)], telling),
        *_data(activity, telling),
        *_basis(activity, telling),
        _part("recipients", s.RECIPIENTS, _recipients(activity, telling), telling),
        _part("abroad", s.ABROAD, _abroad(activity, telling) or [telling.say(s.NOT_ABROAD)], telling),
        _part("retention", s.RETENTION, _retention(activity, telling), telling),
        *(_part(key, label, [telling.plain(text)], telling) for key, label, text in _said(activity) if text),
    ]
    return Section(f"activity-{activity.id}", telling.plain(activity.name), tuple(parts), folded=True)


def _part(key: str, label: Texts, lines: list[str], telling: Telling) -> Part:
    return Part(key, telling.say(label), tuple(lines))


def _said(activity: Activity) -> list[tuple[str, Texts, Texts | None]]:
    """Return what the register says in words of its own and not of every activity."""
    withdraw = s.WITHDRAW_LINE if activity.legal_basis == "consent" else None
    return [
        ("profiling", s.PROFILING, activity.profiling),
        ("automated", s.AUTOMATED, activity.automated_decision),
        ("objection", s.OBJECTION, activity.objection),
        ("withdraw", s.WITHDRAW, withdraw),
        ("justification", s.JUSTIFICATION, activity.justification),
    ]


def _rows(activity: Activity) -> dict[Subject, dict[Kind, Data]]:
    """Return the kinds an activity uses, by whom they are about, each with the row that says most of it."""
    found: dict[Subject, dict[Kind, Data]] = {}
    for row in activity.data:
        for kind in row.kinds:
            known = found.setdefault(row.subject, {}).get(kind)
            if known is None or (known.required == "observed" and row.required != "observed"):
                found[row.subject][kind] = row
    return found


def _data(activity: Activity, telling: Telling) -> list[Part]:
    """Return which data, where it comes from, and whether it must be given."""
    rows = _rows(activity)
    data, sources, required = [], [], []
    for subject in sorted(rows):
        about = telling.plain(SUBJECTS[subject].name)
        for kind, row in sorted(rows[subject].items()):
            word = KINDS[kind]
            kept_at = f" ({telling.plain(row.where)})" if row.where else ""
            data.append(f"{about}: {telling.plain(word.name)} – {telling.plain(word.covers)}{kept_at}")
        sources += _grouped(rows[subject], about, telling, lambda row: telling.plain(SOURCES[row.source]))
        required += _grouped(rows[subject], about, telling, lambda row: _whether(row, telling))
    return [
        _part("data", s.DATA, data, telling),
        _part("source", s.SOURCE, sources, telling),
        _part("required", s.REQUIRED, required, telling),
    ]


def _grouped(rows: dict[Kind, Data], about: str, telling: Telling, of: Callable[[Data], str]) -> list[str]:
    """Return one line for all kinds of which the same is said."""
    said: dict[str, list[str]] = {}
    for kind, row in sorted(rows.items()):
        said.setdefault(of(row), []).append(telling.plain(KINDS[kind].name))
    return [f"{about}, {', '.join(kinds)}: {text}" for text, kinds in said.items()]


def _whether(row: Data, telling: Telling) -> str:
    """Say whether data must be given, and what happens otherwise."""
    said = telling.plain(REQUIRED[row.required])
    return f"{said}. {telling.plain(row.consequence)}" if row.consequence else said


def _basis(activity: Activity, telling: Telling) -> list[Part]:
    found, note = basis.basis_of(activity, public_authority=telling.facts.public_authority)
    parts = [_part("basis", s.BASIS, [f"{telling.plain(BASES[found])}. {telling.plain(note)}"], telling)]
    if activity.assessment and found == "legitimate_interest":
        steps = (activity.assessment.interest, activity.assessment.necessity, activity.assessment.balance)
        parts.append(_part("interest", s.INTEREST, [telling.plain(step) for step in steps], telling))
    return parts


def own_recipients(activity: Activity, facts: Facts) -> list[OwnFacts]:
    """Return the recipients that the organisation entered itself for an activity."""
    return [one for one in facts.recipients if activity.id in one.purposes]


def recipients(activity: Activity, register: Register) -> list[Recipient]:
    """Return the register's recipients of an activity, by their id."""
    return [register.recipient(name) for name in sorted(activity.recipients)]


def _recipients(activity: Activity, telling: Telling) -> list[str]:
    listed = [
        f"{telling.plain(one.name)} ({telling.plain(RECIPIENT_CATEGORIES[one.category])},"
        f" {country(one.country, telling.language)}): {telling.plain(one.what_for)}"
        for one in recipients(activity, telling.register)
    ]
    listed += [
        f"{one.name} ({telling.plain(RECIPIENT_CATEGORIES[one.category])}, {country(one.country, telling.language)}): {one.what_for}"
        for one in own_recipients(activity, telling.facts)
    ]
    if telling.facts.slug:
        provider = telling.register.provider
        listed.append(telling.say(s.PROCESSOR_LINE, provider=provider.contact.name, platform=provider.platform))
    return listed or [telling.say(s.NOBODY)]


def outside(one: Recipient | OwnFacts, register: Register) -> list[str]:
    """Return the countries outside the EEA that a recipient is in, or reaches the data from."""
    return sorted({one.country, *one.access_countries} - set(register.law.eea))


def _abroad(activity: Activity, telling: Telling) -> list[str]:
    """Return, of each recipient in a third country, which countries, under which safeguard, and how to get a copy of it."""
    said = []
    for one in recipients(activity, telling.register):
        if (away := outside(one, telling.register)) and one.safeguard:
            copy = telling.plain(one.safeguard.copy) if one.safeguard.copy else ""
            safeguard = f"{telling.plain(MECHANISMS[one.safeguard.mechanism])}, {one.safeguard.detail}"
            said.append(_abroad_line(telling.plain(one.name), away, safeguard, copy, telling))
    for own in own_recipients(activity, telling.facts):
        if away := outside(own, telling.register):
            mechanism = telling.plain(MECHANISMS[own.mechanism])  # type: ignore[index]  # the column's choices are these
            said.append(_abroad_line(own.name, away, mechanism, own.safeguard, telling))
    return said


def _abroad_line(name: str, away: list[str], safeguard: str, copy: str, telling: Telling) -> str:
    countries = ", ".join(country(code, telling.language) for code in away)
    return telling.say(s.ABROAD_LINE, recipient=name, countries=countries, safeguard=safeguard, copy=copy).strip()


def _retention(activity: Activity, telling: Telling) -> list[str]:
    lines = [_kept(rule, activity, telling) for rule in activity.retention]
    if telling.facts.entry_log_reason and any(rule.setting == "entry_log_days" for rule in activity.retention):
        lines.append(telling.say(s.REASON, reason=telling.facts.entry_log_reason))
    return lines


def times_of(kind: Kind, activity: Activity, telling: Telling) -> list[str]:
    """Return how long an activity keeps one kind; empty where it keeps none of it."""
    about = [row.subject for row in activity.data if kind in row.kinds]
    rules = [rule for rule in activity.retention if any(rule.covers(subject, kind) for subject in about)]
    named = [rule for rule in rules if rule.kinds] or rules
    return [_time(rule, activity, telling) for rule in named if rule.anchor != "not_kept"]


def _kept(rule: Keeping, activity: Activity, telling: Telling) -> str:
    """Say one retention rule, and of whom and which kinds where it is not of all."""
    about = [telling.plain(SUBJECTS[subject].name) for subject in sorted(rule.subjects)]
    of = ", ".join([*about, *(telling.plain(KINDS[kind].name) for kind in sorted(rule.kinds))])
    said = _time(rule, activity, telling)
    return f"{of}: {said}" if of else said


def _time(rule: Keeping, activity: Activity, telling: Telling) -> str:
    about = {row.subject for row in activity.data if any(rule.covers(row.subject, kind) for kind in row.kinds)}
    subject = about.pop() if len(about) == 1 else None
    return retention_words(rule, telling.language, telling.facts.settings, subject)
