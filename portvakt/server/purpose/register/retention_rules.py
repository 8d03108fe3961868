"""Does an activity say of everything it keeps for how long, by rules that a job can carry out (P-07)?"""

import re
from collections.abc import Iterator

from portvakt.core.retention import Keeping
from portvakt.server.purpose.register.model import Activity
from portvakt.server.purpose.register.places import Keys
from portvakt.server.purpose.register.shape import Mistake

# SE-10: that claims in general lapse after ten years is no reason to keep anything for so long.
LONG_DAYS = 3650
GENERAL_LIMITATION = re.compile(r"preskription|statute of limitation|limitations? act", re.IGNORECASE)
DAYS_A_MONTH, DAYS_A_YEAR = 30, 365


def keeping_mistakes(activity: Activity) -> Iterator[Mistake]:
    """Yield each kind of data without a rule or with two, and each rule that is about nothing or cannot be reckoned with."""
    for index, row in enumerate(activity.data):
        for kind in row.kinds:
            if (rule := activity.keeping(row.subject, kind)) is None:
                yield (
                    ("data", index, "kinds"),
                    f"nothing says how long {kind} of {row.subject} is kept; add a [[retention]] rule",
                )
            elif [one for one in activity.retention if _as_near(one, rule) and one.covers(row.subject, kind)] != [rule]:
                text = f"two rules say how long {kind} of {row.subject} is kept; join them with or_longer, or name kinds or subjects"
                yield ("retention",), text
    for index, rule in enumerate(activity.retention):
        if not any(rule.covers(row.subject, kind) for row in activity.data for kind in row.kinds):
            yield (
                ("retention", index),
                "the rule is about data that the activity does not have; remove it, or change kinds or subjects",
            )
        yield from _rule_mistakes(activity, rule, ("retention", index))
        for nested, longer in enumerate(rule.or_longer):
            where = ("retention", index, "or_longer", nested)
            if longer.kinds or longer.subjects or longer.or_longer:
                yield where, "a rule in or_longer is about the same data; remove kinds, subjects and or_longer from it"
            yield from _rule_mistakes(activity, longer, where)


def _as_near(one: Keeping, other: Keeping) -> bool:
    return bool(one.kinds) + bool(one.subjects) == bool(other.kinds) + bool(other.subjects)


def _rule_mistakes(activity: Activity, rule: Keeping, keys: Keys) -> Iterator[Mistake]:
    span = days_of(rule)
    found = [
        (min(rule.days, rule.months, rule.years) < 0, "a span is never negative; write 0 or more"),
        (
            rule.anchor in {"with_owner", "not_kept", "until_lifted"} and span > 0,
            f"{rule.anchor} has no span; remove it, or choose another anchor",
        ),
        (
            rule.anchor == "event" and not span,
            "a span after the event is missing; add days, months or years, or write not_kept",
        ),
        (
            rule.anchor == "end_of_financial_year" and bool(rule.days or rule.months),
            "after the end of a financial year whole calendar years are counted; write years alone",
        ),
        (
            rule.anchor == "withdrawal" and activity.legal_basis != "consent",
            "only consent can be withdrawn; choose another anchor",
        ),
        (
            bool(rule.setting) and rule.anchor != "event",
            "a setting replaces days after an event; remove it, or write event",
        ),
        (
            span >= LONG_DAYS and rule.law is None,
            "SE-10: ten years or more need the law that asks for them; add law, or shorten",
        ),
        (
            rule.law is not None and any(GENERAL_LIMITATION.search(text) for text in (rule.law.sv, rule.law.en)),
            "SE-10: that claims lapse is no reason to keep data; name the law that asks for it, or shorten",
        ),
    ]
    yield from (((*keys, "anchor"), text) for wrong, text in found if wrong)


def days_of(rule: Keeping) -> int:
    """Return a span in days, never more than it can mean: a year has 365, a month 30."""
    return rule.days + DAYS_A_MONTH * rule.months + DAYS_A_YEAR * rule.years
