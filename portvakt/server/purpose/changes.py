"""What does a newer register change for those whom it concerns, and of what must they be told before it starts (GDPR 6(4), 13(3), 14(4))?

Pure: two registers in, a list of changes out. Whatever may be to somebody's disadvantage must be told first; what takes something away
or says the same in other words need not be.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from portvakt.core.privacy import Kind, Subject
from portvakt.server.purpose.register import Activity, Keeping, Operation, Recipient, Register, Texts

# From narrow to wide.
SCOPES = ("subject", "organisation", "deployment")
# The mean lengths of the calendar's units; only used to tell which of two spans is longer.
DAYS_OF_MONTH = 365.25 / 12


class What(StrEnum):
    """In which way an activity changes."""

    NEW_ACTIVITY = "new_activity"
    ENDED_ACTIVITY = "ended_activity"
    NEW_SUBJECTS = "new_subjects"
    NEW_KINDS = "new_kinds"
    NEW_OPERATIONS = "new_operations"
    LESS_DATA = "less_data"
    OTHER_PURPOSE = "other_purpose"
    OTHER_BASIS = "other_basis"
    OTHER_ROLE = "other_role"
    WIDER_SCOPE = "wider_scope"
    NARROWER_SCOPE = "narrower_scope"
    NEW_RECIPIENTS = "new_recipients"
    FEWER_RECIPIENTS = "fewer_recipients"
    NEW_THIRD_COUNTRIES = "new_third_countries"
    FEWER_THIRD_COUNTRIES = "fewer_third_countries"
    KEPT_LONGER = "kept_longer"
    KEPT_SHORTER = "kept_shorter"
    NEW_PROFILING = "new_profiling"
    NO_PROFILING = "no_profiling"
    NEW_AUTOMATED_DECISION = "new_automated_decision"
    NO_AUTOMATED_DECISION = "no_automated_decision"
    REWORDED = "reworded"


WORDS: dict[What, Texts] = {
    What.NEW_ACTIVITY: Texts("Det här är en ny behandling.", "This is a new activity."),
    What.ENDED_ACTIVITY: Texts("Behandlingen har upphört.", "This activity has ended."),
    What.NEW_SUBJECTS: Texts(
        "Uppgifter om fler slags personer behandlas.", "Data about more sorts of persons is used."
    ),
    What.NEW_KINDS: Texts("Fler slags uppgifter behandlas.", "More sorts of data are used."),
    What.NEW_OPERATIONS: Texts("Uppgifterna används på fler sätt.", "The data is used in more ways."),
    What.LESS_DATA: Texts("Färre uppgifter behandlas.", "Less data is used."),
    What.OTHER_PURPOSE: Texts("Ändamålet har ändrats.", "The purpose has changed."),
    What.OTHER_BASIS: Texts("Den rättsliga grunden är en annan.", "The legal basis is another."),
    What.OTHER_ROLE: Texts("Någon annan är personuppgiftsansvarig.", "Somebody else is the data controller."),
    What.WIDER_SCOPE: Texts("Uppgifter om fler personer kan ses.", "Data about more persons can be seen."),
    What.NARROWER_SCOPE: Texts("Uppgifter om färre personer kan ses.", "Data about fewer persons can be seen."),
    What.NEW_RECIPIENTS: Texts("Uppgifterna lämnas till fler mottagare.", "The data goes to more recipients."),
    What.FEWER_RECIPIENTS: Texts("Uppgifterna lämnas till färre mottagare.", "The data goes to fewer recipients."),
    What.NEW_THIRD_COUNTRIES: Texts(
        "Uppgifterna förs till ett nytt land utanför EES.", "The data goes to a new country outside the EEA."
    ),
    What.FEWER_THIRD_COUNTRIES: Texts(
        "Uppgifterna förs inte längre till ett land utanför EES.",
        "The data no longer goes to a country outside the EEA.",
    ),
    What.KEPT_LONGER: Texts("Uppgifterna sparas längre.", "The data is kept longer."),
    What.KEPT_SHORTER: Texts("Uppgifterna sparas kortare tid.", "The data is kept for a shorter time."),
    What.NEW_PROFILING: Texts("Profilering är ny eller har ändrats.", "Profiling is new or has changed."),
    What.NO_PROFILING: Texts("Profilering har upphört.", "Profiling has ended."),
    What.NEW_AUTOMATED_DECISION: Texts(
        "Automatiska beslut är nya eller har ändrats.", "Automated decisions are new or have changed."
    ),
    What.NO_AUTOMATED_DECISION: Texts("Automatiska beslut har upphört.", "Automated decisions have ended."),
    What.REWORDED: Texts("Texten har skrivits om.", "The text has been rewritten."),
}
# A new activity is not among them: it must be told of first only where it uses what is held already; see _new_activity.
DISADVANTAGES = frozenset(
    {
        What.NEW_SUBJECTS,
        What.NEW_KINDS,
        What.NEW_OPERATIONS,
        What.OTHER_PURPOSE,
        What.OTHER_BASIS,
        What.OTHER_ROLE,
        What.WIDER_SCOPE,
        What.NEW_RECIPIENTS,
        What.NEW_THIRD_COUNTRIES,
        What.KEPT_LONGER,
        What.NEW_PROFILING,
        What.NEW_AUTOMATED_DECISION,
    }
)
# Fields of an activity that say or arrange the same in another way: no right, no use and no time follows from them.
OTHER_WORDS = (
    "name", "legal_basis_note", "child", "objection", "justification", "assessment", "entry_points", "manages", "dpv", "fides",
)  # fmt: skip


class Change(msgspec.Struct, frozen=True):
    """One change of one activity.

    `names` are what is new, gone or changed: kinds, operations, recipients' ids, countries' codes or fields, as `what` says. `subject` is
    whom the data is about, where the change is of one data row. `before` and `after` are given where a text was replaced.
    """

    activity: str
    what: What
    needs_notice: bool
    subject: Subject | None = None
    names: tuple[str, ...] = ()
    before: Texts | None = None
    after: Texts | None = None

    def words(self, language: str) -> str:
        """Say in one sentence what changed."""
        return WORDS[self.what].within(language)


def changes(old: Register, new: Register) -> list[Change]:
    """Return what a newer register changes, activity by activity, in the order of the newer one; those that ended come last."""
    was = {activity.id: activity for activity in old.activities}
    found = [change for activity in new.activities for change in _of_activity(was.get(activity.id), activity, old, new)]
    ended = sorted(set(was) - {activity.id for activity in new.activities})
    return [*found, *(_change(activity, What.ENDED_ACTIVITY) for activity in ended)]


def to_be_told(found: Iterable[Change]) -> tuple[str, ...]:
    """Return the activities of which somebody must be told before they change, in order."""
    return tuple(sorted({change.activity for change in found if change.needs_notice}))


def _change(activity: str, what: What, names: Iterable[str] = (), subject: Subject | None = None) -> Change:
    return Change(activity, what, what in DISADVANTAGES, subject, tuple(sorted(names)))


def _of_activity(was: Activity | None, now: Activity, old: Register, new: Register) -> Iterator[Change]:
    if was is None:
        yield _new_activity(now, old)
        return
    yield from _of_data(was, now)
    yield from _of_terms(was, now)
    yield from _of_recipients(was, now, old, new)
    yield from _of_retention(was, now)
    yield from _of_words(was, now)


def _new_activity(now: Activity, old: Register) -> Change:
    """A new activity must be told of first if it uses what is held already; what it collects itself is told of when it collects."""
    held = {pair for activity in old.activities for pair in _pairs(activity)}
    used = {(row.subject, kind) for row in now.data if row.operations != ("insert",) for kind in row.kinds}
    return Change(now.id, What.NEW_ACTIVITY, needs_notice=bool(held & used), after=now.purpose)


def _uses(activity: Activity) -> dict[Subject, dict[Kind, set[Operation | str]]]:
    """Return what is done with which kinds about whom; what lies outside the platform is kept there."""
    found: dict[Subject, dict[Kind, set[Operation | str]]] = {}
    for row in activity.data:
        for kind in row.kinds:
            found.setdefault(row.subject, {}).setdefault(kind, set()).update(row.operations or ("outside",))
    return found


def _of_data(was: Activity, now: Activity) -> Iterator[Change]:
    before, after = _uses(was), _uses(now)
    for subject, kinds in after.items():
        if subject not in before:
            yield _change(now.id, What.NEW_SUBJECTS, kinds, subject)
            continue
        if new := set(kinds) - set(before[subject]):
            yield _change(now.id, What.NEW_KINDS, new, subject)
        for kind in sorted(set(kinds) & set(before[subject])):
            if more := kinds[kind] - before[subject][kind]:
                # The kind first, then what is now done with it.
                yield Change(now.id, What.NEW_OPERATIONS, True, subject, (kind, *sorted(more)))
    for subject, kinds in before.items():
        left = after.get(subject, {})
        if gone := {kind for kind, operations in kinds.items() if operations - left.get(kind, set())}:
            yield _change(now.id, What.LESS_DATA, gone, subject)


def _of_terms(was: Activity, now: Activity) -> Iterator[Change]:
    """Yield changes of the purpose itself, of what allows it, and of who and how many are reached."""
    if was.purpose != now.purpose:
        yield Change(now.id, What.OTHER_PURPOSE, needs_notice=True, before=was.purpose, after=now.purpose)
    if was.legal_basis != now.legal_basis:
        yield _change(now.id, What.OTHER_BASIS, (now.legal_basis,))
    if was.role != now.role:
        yield _change(now.id, What.OTHER_ROLE, (now.role,))
    reach = [(SCOPES.index(one.scope), not one.leave) for one in (was, now)]
    if reach[1][0] > reach[0][0] or reach[1][1] > reach[0][1]:
        yield _change(now.id, What.WIDER_SCOPE, (now.scope,))
    elif reach[0] != reach[1]:
        yield _change(now.id, What.NARROWER_SCOPE, (now.scope,))
    yield from _of_judging(now.id, was.profiling, now.profiling, What.NEW_PROFILING, What.NO_PROFILING)
    yield from _of_judging(
        now.id, was.automated_decision, now.automated_decision, What.NEW_AUTOMATED_DECISION, What.NO_AUTOMATED_DECISION
    )


def _of_judging(activity: str, was: Texts | None, now: Texts | None, new: What, ended: What) -> Iterator[Change]:
    if was != now:
        yield Change(activity, new if now else ended, needs_notice=bool(now), before=was, after=now)


def _of_recipients(was: Activity, now: Activity, old: Register, new: Register) -> Iterator[Change]:
    before, after = set(was.recipients), set(now.recipients)
    abroad_before, abroad_after = third_countries(was, old), third_countries(now, new)
    for what, names in (
        (What.NEW_RECIPIENTS, after - before),
        (What.FEWER_RECIPIENTS, before - after),
        (What.NEW_THIRD_COUNTRIES, abroad_after - abroad_before),
        (What.FEWER_THIRD_COUNTRIES, abroad_before - abroad_after),
    ):
        if names:
            yield _change(now.id, what, names)


def third_countries(activity: Activity, register: Register) -> set[str]:
    """Return the countries outside the EEA in which recipients of an activity are, or from which they reach the data."""
    return {
        country for one in register.recipients if one.id in activity.recipients for country in abroad(one, register)
    }


def abroad(recipient: Recipient, register: Register) -> set[str]:
    """Return the countries outside the EEA of one recipient."""
    return {recipient.country, *recipient.access_countries} - {*register.law.eea, register.law.country}


def _of_retention(was: Activity, now: Activity) -> Iterator[Change]:
    both = _pairs(was) & _pairs(now)
    longer = {pair for pair in both if _longer(was.keeping(*pair), now.keeping(*pair))}
    shorter = {pair for pair in both - longer if _longer(now.keeping(*pair), was.keeping(*pair))}
    for what, pairs in ((What.KEPT_LONGER, longer), (What.KEPT_SHORTER, shorter)):
        for subject in sorted({subject for subject, _ in pairs}):
            yield _change(now.id, what, (kind for about, kind in pairs if about == subject), subject)


def _pairs(activity: Activity) -> set[tuple[Subject, Kind]]:
    return {(row.subject, kind) for row in activity.data for kind in row.kinds}


def _longer(before: Keeping | None, after: Keeping | None) -> bool:
    """Tell whether something may now be kept longer: without a rule it is kept for ever, and unlike moments cannot be compared."""
    if before is None or after is None:
        return before is not None
    spans = _spans(before)
    return any(anchor not in spans or span > spans[anchor] for anchor, span in _spans(after).items())


def _spans(keeping: Keeping) -> dict[tuple[str, str], float]:
    """Return the longest span in days after each moment; what an organisation may choose itself counts apart."""
    found: dict[tuple[str, str], float] = {}
    for rule in (keeping, *keeping.or_longer):
        if rule.anchor != "not_kept":
            span = rule.days + DAYS_OF_MONTH * (rule.months + 12 * rule.years)
            at = (rule.anchor, rule.setting)
            found[at] = max(span, found.get(at, 0.0))
    return found


def _of_words(was: Activity, now: Activity) -> Iterator[Change]:
    changed = [field for field in OTHER_WORDS if getattr(was, field) != getattr(now, field)]
    if _terms(was) != _terms(now):
        changed.append("data")
    if _laws(was) != _laws(now):
        changed.append("retention")
    if changed:
        yield _change(now.id, What.REWORDED, changed)


def _terms(activity: Activity) -> list[object]:
    """Return what each data row says beside kinds and operations: where from, whether required, what refusing means."""
    return [(row.subject, row.source, row.required, row.consequence, row.where) for row in activity.data]


def _laws(activity: Activity) -> set[Texts]:
    return {rule.law for first in activity.retention for rule in (first, *first.or_longer) if rule.law}
