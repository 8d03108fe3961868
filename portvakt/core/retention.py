"""For how long is something kept by a rule of the register: on which day does it go, and how does one say the rule in a sentence?

A rule is an anchor (a moment that somebody else knows) and a span after it. The day that `goes_on` gives is the first on which the
data is no longer kept. Months and years are the calendar's: one month after 31 January is the last day of February.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from portvakt.core.privacy import Kind, Subject

Anchor = Literal[
    "event", "end_of_relation", "end_of_financial_year", "with_owner", "not_kept", "withdrawal", "until_lifted"
]
Settings = Mapping[str, int]
Pair = tuple[str, str]

ORDINALS: tuple[Pair, ...] = (
    ("första", "first"),
    ("andra", "second"),
    ("tredje", "third"),
    ("fjärde", "fourth"),
    ("femte", "fifth"),
    ("sjätte", "sixth"),
    ("sjunde", "seventh"),
    ("åttonde", "eighth"),
    ("nionde", "ninth"),
    ("tionde", "tenth"),
)
# One of it and many of it, in Swedish and in English.
UNITS: dict[str, tuple[Pair, Pair]] = {
    "years": (("år", "år"), ("year", "years")),
    "months": (("månad", "månader"), ("month", "months")),
    "days": (("dag", "dagar"), ("day", "days")),
}
# What ends when a relation ends, by whom it is with: as long as it lasts, and once it has ended.
AS_LONG_AS: dict[Subject | None, Pair] = {
    None: ("så länge det som uppgiften hör till finns", "as long as what the data belongs to exists"),
    Subject.ACCOUNT_HOLDER: ("så länge kontot finns", "as long as the account exists"),
    Subject.CONTACT: ("så länge kontakten pågår", "as long as the contact goes on"),
    Subject.DATA_SUBJECT: ("så länge det som uppgiften hör till finns", "as long as what the data belongs to exists"),
    Subject.GUARDIAN: ("så länge barnets konto finns", "as long as the child's account exists"),
    Subject.HOLDER: (
        "så länge personen är registrerad hos organisationen",
        "as long as the person is registered with the organisation",
    ),
}
ONCE_ENDED: dict[Subject | None, Pair] = {
    None: ("förhållandet har upphört", "the relation has ended"),
    Subject.ACCOUNT_HOLDER: ("kontot har avslutats", "the account has been closed"),
    Subject.CONTACT: ("kontakten har avslutats", "the contact has ended"),
    Subject.DATA_SUBJECT: ("förhållandet har upphört", "the relation has ended"),
    Subject.GUARDIAN: ("barnets konto har avslutats", "the child's account has been closed"),
    Subject.HOLDER: ("personen har lämnat organisationen", "the person has left the organisation"),
}


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    sv: str
    en: str

    def within(self, language: str) -> str:
        """Return the text in a language; Swedish unless English is asked for."""
        return self.en if language == "en" else self.sv


class Keeping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long data of some kinds about some subjects (all of the activity where none is named) is kept: an anchor and a span after it.

    `end_of_financial_year` counts from the end of the calendar year in which the financial year (or the tax year) ended; `until_lifted`
    is a block, which outlives whom it is about until somebody lifts it. `setting` names the organisation's own setting that replaces
    `days`. `law` cites what demands it. With `or_longer`, the longest counts.
    """

    anchor: Anchor
    kinds: tuple[Kind, ...] = ()
    subjects: tuple[Subject, ...] = ()
    days: int = 0
    months: int = 0
    years: int = 0
    setting: Literal["", "entry_log_days"] = ""
    law: Texts | None = None
    or_longer: "tuple[Keeping, ...]" = ()

    def covers(self, subject: Subject, kind: Kind) -> bool:
        """Tell whether the rule is about data of a kind about a subject."""
        return (not self.kinds or kind in self.kinds) and (not self.subjects or subject in self.subjects)


class Moments(msgspec.Struct, frozen=True):
    """The days from which rules count; None for one that has not come. `relation_end` is also when the owner of a row is gone."""

    event: date | None = None
    relation_end: date | None = None
    financial_year_end: date | None = None
    withdrawal: date | None = None


def goes_on(
    keeping: Keeping, moments: Moments, settings: Settings | None = None, holds: Sequence[date | None] = ()
) -> date | None:
    """Return the first day on which data is no longer kept, or None: its time does not run yet, or a legal hold has no end.

    `settings` holds the organisation's own spans in days, by name. `holds` are the days on which legal holds end, None where one stays
    until it is lifted. The answer may lie in the past: then the data should be gone already.
    """
    last = _latest([_ends(rule, moments, settings or {}) for rule in (keeping, *keeping.or_longer)])
    return None if last is None else _latest([last, *holds])


def _latest(days: Sequence[date | None]) -> date | None:
    """Return the latest of some days; one that is not known is later than any."""
    known = [day for day in days if day is not None]
    return max(known) if len(known) == len(days) else None


def _ends(rule: Keeping, moments: Moments, settings: Settings) -> date | None:
    begins = _begins(rule.anchor, moments)
    if begins is None or rule.anchor in {"with_owner", "not_kept"}:
        return begins
    return months_after(begins, 12 * rule.years + rule.months) + timedelta(days=_days(rule, settings))


def _begins(anchor: Anchor, moments: Moments) -> date | None:
    """Return the day from which a rule counts."""
    if anchor == "end_of_financial_year":
        ended = moments.financial_year_end
        return ended and date(ended.year + 1, 1, 1)
    if anchor == "until_lifted":
        return None
    if anchor == "withdrawal":
        return moments.withdrawal
    return moments.relation_end if anchor in {"end_of_relation", "with_owner"} else moments.event


def _days(rule: Keeping, settings: Settings) -> int:
    return settings.get(rule.setting, rule.days)


def months_after(day: date, months: int) -> date:
    """Return the same-numbered day so many calendar months later, or the last of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


def words(keeping: Keeping, language: str, settings: Settings | None = None, subject: Subject | None = None) -> str:
    """Return a rule as part of a sentence, with the law that demands it in brackets: "14 days after the event".

    Without the organisation's own settings the text says that it may have chosen another time. `subject` makes it say whose account, or
    whose time with the organisation, ends.
    """
    english = int(language == "en")
    rules = [_rule_words(rule, english, settings or {}, subject) for rule in (keeping, *keeping.or_longer)]
    return (" eller, om det blir längre, ", " or, if that is longer, ")[english].join(rules)


def _rule_words(rule: Keeping, english: int, settings: Settings, subject: Subject | None) -> str:
    said = _anchored(rule, english, settings, subject)
    if rule.setting and rule.setting not in settings:
        said += (", om organisationen inte har valt en annan tid", ", unless the organisation has chosen another time")[
            english
        ]
    return f"{said} ({rule.law.en if english else rule.law.sv})" if rule.law else said


def _anchored(rule: Keeping, english: int, settings: Settings, subject: Subject | None) -> str:
    """Say the anchor and the span in one language (0 is Swedish, 1 is English)."""
    span = _span(rule, english, settings)
    match rule.anchor:
        case "not_kept":
            return ("sparas inte av just den här behandlingen", "not kept by this activity")[english]
        case "until_lifted":
            return (
                "tills spärren hävs, också sedan övriga uppgifter har raderats",
                "until the block is lifted, also when all other data has been erased",
            )[english]
        case "end_of_financial_year":
            return _calendar_years(rule, english)
        case "event":
            return f"{span} {('efter händelsen', 'after the event')[english]}"
        case "withdrawal" if not span:
            return ("tills samtycket återkallas", "until consent is withdrawn")[english]
        case "withdrawal":
            return f"{span} {('efter att samtycket återkallades', 'after consent was withdrawn')[english]}"
        case "end_of_relation" if span:
            return f"{span} {('efter att', 'after')[english]} {ONCE_ENDED[subject][english]}"
        case _:
            return AS_LONG_AS[subject][english]


def _span(rule: Keeping, english: int, settings: Settings) -> str:
    """Say a span, such as "1 year and 6 months"; empty where there is none."""
    counts = {"years": rule.years, "months": rule.months, "days": _days(rule, settings)}
    parts = [f"{count} {UNITS[unit][english][count != 1]}" for unit, count in counts.items() if count]
    return (" och ", " and ")[english].join(parts)


def _calendar_years(rule: Keeping, english: int) -> str:
    if not rule.years:
        return (
            "till slutet av det kalenderår då räkenskapsåret avslutades",
            "until the end of the calendar year in which the financial year ended",
        )[english]
    figures = (f"{rule.years}:e", f"{rule.years}th")
    ordinal = (ORDINALS[rule.years - 1] if rule.years <= len(ORDINALS) else figures)[english]
    return (
        f"till och med det {ordinal} året efter det kalenderår då räkenskapsåret avslutades",
        f"to the end of the {ordinal} year after the calendar year in which the financial year ended",
    )[english]
