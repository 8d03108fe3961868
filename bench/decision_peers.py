"""How would others answer the same question, each in the form that suits it best?

Every peer is given the number of the card, the door and the moment, as a reader and a clock give them, and tells whether the door opens.
What can be prepared beforehand is: policies and entities are parsed, sliced and compiled, tables are indexed. None of them knows
special days, PINs, areas or reasons; the site of the measurement has none of the first three.
"""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from portvakt.core.snapshot import Schedule, Snapshot

try:
    import casbin
    import casbin.fast_enforcer
    import cedarpy
    import regopy
except ImportError:  # the product needs none of them: requirements/bench.txt
    casbin = cedarpy = regopy = None

MINUTES_PER_DAY = 1440
WEEK = 7 * MINUTES_PER_DAY
ZONE = ZoneInfo("Europe/Stockholm")


class Peer(Protocol):
    """Something that answers."""

    name: str

    def opens(self, card: int, door: str, at: datetime) -> bool:
        """Tell whether the door opens to the card at the moment."""


class Site:
    """The rows of a snapshot as peers want them; `cards` are the numbers of the cards that are in use, with their rules."""

    def __init__(self, rows: Snapshot, numbers: dict[str, int]) -> None:
        suspended = {person.id for person in rows.persons if person.suspended}
        in_rules: dict[str, list[str]] = {}
        for row in rows.assignments:
            in_rules.setdefault(row.person, []).append(row.rule)
        self.cards = {
            str(numbers[row.id]): in_rules.get(row.person, [])
            for row in rows.credentials
            if row.enabled and row.person not in suspended
        }
        self.rule_doors = [(rule.id, each.door, str(rule.schedule)) for rule in rows.rules for each in rule.doors]
        self.spans = {plan.id: list(_spans(plan)) for plan in rows.schedules}


def _spans(plan: Schedule) -> Iterator[tuple[int, int]]:
    """Give the times of a schedule as minutes since Monday 00:00; what reaches past Sunday's end goes on at the beginning."""
    for day, intervals in enumerate(plan.weekly):
        for each in intervals:
            start = day * MINUTES_PER_DAY + each.start
            end = day * MINUTES_PER_DAY + (each.end if each.end > each.start else each.end + MINUTES_PER_DAY)
            yield (start, min(end, WEEK))
            if end > WEEK:
                yield (0, end - WEEK)


def minute_of_week(at: datetime) -> int:
    """Read the clock on the wall."""
    local = at.astimezone(ZONE)
    return local.weekday() * MINUTES_PER_DAY + local.hour * 60 + local.minute


class Casbin:
    """FastEnforcer, which looks at the policies of the asked door alone; cards are in rules as roles."""

    name = "pycasbin"

    def __init__(self, site: Site) -> None:
        text = (
            "[request_definition]\nr = sub, obj, minute\n[policy_definition]\np = sub, obj, plan\n[role_definition]\ng = _, _\n"
            "[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\n"
            "m = g(r.sub, p.sub) && r.obj == p.obj && active(p.plan, r.minute)\n"
        )
        model = casbin.fast_enforcer.FastModel([1])
        model.load_model_from_text(text)
        self._enforcer = casbin.FastEnforcer(model, cache_key_order=[1])
        spans = site.spans
        self._enforcer.add_function("active", lambda plan, minute: any(a <= minute < b for a, b in spans[plan]))
        self._enforcer.add_policies([list(row) for row in site.rule_doors])
        self._enforcer.add_grouping_policies([[card, rule] for card, rules in site.cards.items() for rule in rules])

    def opens(self, card: int, door: str, at: datetime) -> bool:
        """See Peer."""
        return bool(self._enforcer.enforce(str(card), door, minute_of_week(at)))


class Cedar:
    """Policies parsed once for each door, and each card with its rules as parsed entities."""

    name = "cedarpy"

    def __init__(self, site: Site) -> None:
        texts: dict[str, list[str]] = {}
        for rule, door, plan in site.rule_doors:
            times = " || ".join(f"(context.minute >= {a} && context.minute < {b})" for a, b in site.spans[plan])
            policy = f'permit(principal in Rule::"{rule}", action, resource) when {{ {times or "false"} }};'
            texts.setdefault(door, []).append(policy)
        self._policies = {door: cedarpy.PolicySet.from_str("\n".join(found)) for door, found in texts.items()}
        self._cards = {card: self._entities(card, rules) for card, rules in site.cards.items()}

    @staticmethod
    def _entities(card: str, rules: list[str]) -> Any:
        parents = [{"type": "Rule", "id": rule} for rule in rules]
        return cedarpy.Entities.from_json_str(
            json.dumps([{"uid": {"type": "Card", "id": card}, "attrs": {}, "parents": parents}])
        )

    def opens(self, card: int, door: str, at: datetime) -> bool:
        """See Peer."""
        name = str(card)
        entities, policies = self._cards.get(name), self._policies.get(door)
        if entities is None or policies is None:
            return False
        asked = {
            "principal": f'Card::"{name}"',
            "action": 'Action::"pass"',
            "resource": f'Door::"{door}"',
            "context": {"minute": minute_of_week(at)},
        }
        return bool(cedarpy.is_authorized(asked, policies, entities).allowed)


class Rego:
    """One bundle, compiled once, with the rows as data."""

    name = "regopy"

    def __init__(self, site: Site) -> None:
        doors: dict[str, dict[str, str]] = {}
        for rule, door, plan in site.rule_doors:
            doors.setdefault(door, {})[rule] = plan
        self._rego = regopy.Interpreter()
        self._rego.add_data({"cards": site.cards, "doors": doors, "plans": site.spans})
        self._rego.add_module(
            "access",
            "package access\nimport rego.v1\nallow if {\n"
            "  some rule in data.cards[input.card]\n  plan := data.doors[input.door][rule]\n"
            "  some span in data.plans[plan]\n  span[0] <= input.minute\n  input.minute < span[1]\n}\n",
        )
        self._bundle = self._rego.build("data.access.allow")

    def opens(self, card: int, door: str, at: datetime) -> bool:
        """See Peer."""
        self._rego.set_input(regopy.Input({"card": str(card), "door": door, "minute": minute_of_week(at)}))
        # What is not allowed is undefined, and gives no expression.
        return bool(self._rego.query_bundle(self._bundle).results[0].expressions)


class Sql:
    """The query that one would write first, over indexed tables in memory."""

    name = "SQL (sqlite3)"

    def __init__(self, site: Site) -> None:
        self._rows = sqlite3.connect(":memory:")
        self._rows.executescript(
            "create table held (card text, rule text); create table rule_door (rule text, door text, plan text);"
            "create table span (plan text, since int, until int); create index a on held (card);"
            "create index b on rule_door (rule, door); create index c on span (plan, since);"
        )
        held = [(card, rule) for card, rules in site.cards.items() for rule in rules]
        self._rows.executemany("insert into held values (?, ?)", held)
        self._rows.executemany("insert into rule_door values (?, ?, ?)", site.rule_doors)
        spans = [(plan, a, b) for plan, found in site.spans.items() for a, b in found]
        self._rows.executemany("insert into span values (?, ?, ?)", spans)
        self._rows.execute("analyze")

    def opens(self, card: int, door: str, at: datetime) -> bool:
        """See Peer."""
        found = self._rows.execute(
            "select 1 from held join rule_door using (rule) join span using (plan)"
            " where card = ? and door = ? and since <= ? and ? < until limit 1",
            (str(card), door, minute := minute_of_week(at), minute),
        )
        return found.fetchone() is not None


def peers(site: Site) -> list[Peer]:
    """Prepare those that are installed."""
    installed: list[Peer] = [] if casbin is None else [Casbin(site), Cedar(site), Rego(site)]
    return [*installed, Sql(site)]
