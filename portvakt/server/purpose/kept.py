"""Is everything kept exactly as long as the register says, no longer and no shorter (P-07)?

A model says how long its rows are kept, and jobs go by that; the register says it to people. For each kind of data about each subject the
longest rule of the activities that use it must be what the models do. Both are brought to the same two spans: days after an event, and
days after the end of a relation, which for a row that is kept with its owner is what the owner's own row says.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from portvakt.core.privacy import Kind, Privacy, Subject
from portvakt.core.retention import Keeping
from portvakt.server.purpose import declare
from portvakt.server.purpose.register import Activity
from portvakt.server.purpose.register.retention_rules import days_of

Start = Literal["event", "end_of_relation"]
WORDS: dict[Start, str] = {"event": "after the event", "end_of_relation": "after the end of the relation"}
Holders = dict[str, Privacy]


def keeping_differences(activities: Iterable[Activity]) -> Iterator[str]:
    """Yield a sentence for each kind of data that is kept otherwise than the register says."""
    activities = tuple(activities)
    for (subject, kind), holders in sorted(_held().items()):
        rules = list(_rules(activities, subject, kind))
        if not rules:
            continue  # purpose.E007 says so
        for activity, rule in rules:
            yield from (f"{activity}.toml, {kind} of {subject}: {wrong}" for wrong in _unable(rule))
        yield from _differences(f"{kind} of {subject}", holders, rules, _owner_days(subject))


def _held() -> dict[tuple[Subject, Kind], Holders]:
    """Return which models, by label, hold each kind of data about each subject."""
    found: dict[tuple[Subject, Kind], Holders] = {}
    for model in declare.tables():
        if isinstance(said := declare.declaration(model), Privacy):
            for kind in filter(None, declare.kinds(model).values()):
                found.setdefault((said.subject, kind), {})[model._meta.label] = said
    return found


def _rules(activities: Iterable[Activity], subject: Subject, kind: Kind) -> Iterator[tuple[str, Keeping]]:
    """Yield what each activity that uses the data in the database says of it."""
    for activity in activities:
        if any(row.where is None and row.subject == subject and kind in row.kinds for row in activity.data):
            rule = activity.keeping(subject, kind)
            yield from ((activity.id, one) for one in ((rule, *rule.or_longer) if rule else ()))


def _unable(rule: Keeping) -> Iterator[str]:
    if rule.anchor == "end_of_financial_year":
        yield "what is in the platform is kept by days, not by financial years; give `where` it is instead, or another anchor"
    if rule.setting and (default := _unless_set(rule.setting)) != rule.days:
        yield f"{rule.setting} is {default} days unless the organisation says otherwise; write days = {default}"


def _unless_set(setting: str) -> object:
    """Return the value of a setting that nobody changed: the default of the column of that name."""
    columns = (field for model in declare.tables() for name, field in declare.columns(model) if name == setting)
    return next(columns).get_default()


def _differences(what: str, holders: Holders, rules: list[tuple[str, Keeping]], owner_days: int) -> Iterator[str]:
    dated = {label: said for label, said in holders.items() if said.keep.field}
    done = _longest((_start(said), _days(said)) for said in dated.values()) or {"end_of_relation": owner_days}
    # A row that is its subject's own is not kept "with its owner": the register must say the days it stays after the end.
    own = any(_start(said) == "end_of_relation" for said in dated.values())
    said_days = _longest(pair for _, rule in rules for pair in _pairs(rule, 0 if own else owner_days))
    models = " and ".join(sorted(dated or holders))
    for start in sorted({*done, *said_days}):
        kept, told = done.get(start), said_days.get(start)
        with_owner = start == "end_of_relation" and len(dated) < len(holders)
        if kept != told and not (kept is None and with_owner):
            so = {activity for activity, rule in rules if told in dict(_pairs(rule, owner_days)).values()}
            named = ", ".join(sorted(so or {activity for activity, _ in rules}))
            yield (
                f"{what}: {models} keeps it {_said(kept, start)}, the register {_said(told, start)} ({named}); "
                f"correct the model's privacy or the longest [[retention]] rule"
            )


def _said(days: int | None, start: Start) -> str:
    return f"not by days {WORDS[start]}" if days is None else f"{days} days {WORDS[start]}"


def _pairs(rule: Keeping, with_owner: int) -> Iterator[tuple[Start, int]]:
    """Yield from when and for how many days a rule keeps something; nothing where it does not."""
    match rule.anchor:
        case "event" | "withdrawal":
            yield "event", days_of(rule)
        case "end_of_relation":
            yield "end_of_relation", days_of(rule)
        # No job removes a block, as none removes what goes with its owner.
        case "with_owner" | "until_lifted":
            yield "end_of_relation", with_owner


def _longest(pairs: Iterable[tuple[Start, int]]) -> dict[Start, int]:
    found: dict[Start, int] = {}
    for start, days in pairs:
        found[start] = max(days, found.get(start, 0))
    return found


def _start(said: Privacy) -> Start:
    """A row whose own id is its subject's is kept from the end of the relation; any other from what happened."""
    return "end_of_relation" if said.who == "id" else "event"


def _days(said: Privacy) -> int:
    return said.keep.days + said.keep.ahead


def _owner_days(subject: Subject) -> int:
    """Return for how many days after the end of a relation the subject's own row stays."""
    own = [said for model in declare.tables() if _is_own(said := declare.declaration(model), subject)]
    return max((_days(said) for said in own if isinstance(said, Privacy)), default=0)


def _is_own(said: object, subject: Subject) -> bool:
    return isinstance(said, Privacy) and said.subject == subject and said.who == "id"
