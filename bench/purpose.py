"""What does it cost to bind each unit of work to a purpose, and to compare all rights at start?

The same requests of five queries run bound to a purpose, with its role, column grants and row-level security, and bare: one plain
transaction by the owner, whom row-level security does not concern. Both alternate in one run, on connections that stay open.

- One purpose: a person, their credentials, their assignments, the rules, the doors; about what the page of one person reads.
- Many purposes: at least 20 of them in turn, over at least 40 tables; each request reads four tables and joins two.

    bin/dev python bench/purpose.py [--requests 2000] [--persons 2000] [--json FILE]
"""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from portvakt.demo import database
from tests import fresh

OWNER, NAME = fresh.set_up()

from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402 - models exist only from here on
from django.db.models import QuerySet  # noqa: E402

from portvakt.server.access.models import AccessRule, Assignment, RuleDoor  # noqa: E402
from portvakt.server.people.actions import enrol_person  # noqa: E402
from portvakt.server.people.models import Credential, Person  # noqa: E402
from portvakt.server.purpose import catalogue, versions  # noqa: E402
from portvakt.server.purpose.context import acting  # noqa: E402
from tests.cast import Cast, as_login, make_cast  # noqa: E402
from tests.server.purpose import oracle  # noqa: E402
from tests.server.purpose.planting import plant  # noqa: E402


def five_queries(cast: Cast) -> int:
    """Read what the page of one person shows; the organisation is named in each query, as without row-level security it must be."""
    of = {"organisation_id": cast.organisation.pk}
    person = Person.objects.get(pk=cast.resident.pk, **of)
    credentials = list(Credential.objects.filter(person=person, **of))
    rules = [row.rule_id for row in Assignment.objects.filter(person=person, **of)]
    found = list(AccessRule.objects.filter(pk__in=rules, **of))
    doors = list(RuleDoor.objects.filter(rule_id__in=rules, **of).select_related("door"))
    return len(credentials) + len(found) + len(doors)


def bound(cast: Cast) -> int:
    """Do it as the Board does."""
    with acting("access_administration", cast.organisation.pk, cast.admin.pk):
        return five_queries(cast)


def bare(cast: Cast) -> int:
    """Do it without purpose, role, grants and policies."""
    with transaction.atomic():
        return five_queries(cast)


def timed(work: Callable[[Cast], int], cast: Cast) -> float:
    """Return the milliseconds of one request."""
    begun = time.perf_counter()
    if work(cast) != 4:  # two credentials, one rule, one door: anything else would measure something else
        raise AssertionError("the request did not read what it should")
    return (time.perf_counter() - begun) * 1000


def use(login: str) -> object:
    """Connect as a login and return the connection, so that both ways keep one open."""
    connection.settings_dict["USER"] = login
    connection.connect()
    return connection.connection


def measure(cast: Cast, requests: int) -> dict[str, list[float]]:
    """Alternate the two ways in blocks of 20, each on its own connection, after a warm-up."""
    ways = {"bound": (bound, use("portvakt_board")), "bare": (bare, use("postgres"))}
    times: dict[str, list[float]] = {name: [] for name in ways}
    gc.disable()
    for block in range(requests // 20 + 5):
        for name, (work, wire) in ways.items():
            connection.connection = wire
            block_times = [timed(work, cast) for _ in range(20)]
            times[name] += block_times if block >= 5 else []
    return times


class Unit(NamedTuple):
    """One request under one purpose: five queries, and how many rows they give together."""

    purpose: str
    login: str
    queries: tuple[QuerySet, ...]
    tables: frozenset[str]


def units(cast: Cast) -> list[Unit]:
    """Return requests of all purposes that see their organisation's rows or all, so that each table that may be read is read by some."""
    read: dict[str, int] = {}
    found = []
    for purpose, activity in oracle.purposes().items():
        if activity.leave or activity.legal_basis == "consent" or activity.scope == "subject":
            continue
        # The tables that have been read least come first.
        may = sorted(
            (table for table in oracle.tables() if _readable(purpose, table)), key=lambda one: read.get(one, 0)
        )
        joins = [join for table in may for join in _joins(purpose, table)]
        for tables in (may[:4], may[4:8]):
            if len(tables) == 4 and joins:
                left, path, right = min(joins, key=lambda join: read.get(join[0], 0) + read.get(join[2], 0))
                for table in (*tables, left, right):
                    read[table] = read.get(table, 0) + 1
                queries = (*(_query(purpose, table, cast) for table in tables), _query(purpose, left, cast, path))
                login = f"portvakt_{activity.entry_points[0]}"
                found.append(Unit(purpose, login, queries, frozenset({*tables, left, right})))
    return found


def _readable(purpose: str, table: str) -> bool:
    """Tell whether a purpose may read a table, bound and bare with the same rows: by its organisation, or all."""
    columns = oracle.may(purpose, table, "read")
    scope = oracle.purposes()[purpose].scope
    return bool(columns) and (scope == "deployment" or "organisation_id" in columns)


def _joins(purpose: str, table: str) -> list[tuple[str, str, str]]:
    """Return (table, path to a column of the table referred to, that table) for the references that a purpose may follow."""
    found = []
    for field in (field for field in oracle.tables()[table]._meta.concrete_fields if field.is_relation):
        target = field.related_model._meta
        # Its key alone would be read from the reference itself, without a join.
        beyond = [one for one in _fields(purpose, target.db_table) if one != target.pk.attname]
        both = {field.attname, target.pk.attname} <= {*_fields(purpose, table), *_fields(purpose, target.db_table)}
        if beyond and both and target.db_table != table and _readable(purpose, target.db_table):
            found.append((table, f"{field.name}__{beyond[0]}", target.db_table))
    return found


def _fields(purpose: str, table: str) -> list[str]:
    """Return the fields of a table that a purpose may read, by their names in Python."""
    may = oracle.may(purpose, table, "read")
    return [field.attname for field in oracle.tables()[table]._meta.concrete_fields if field.column in may]


def _query(purpose: str, table: str, cast: Cast, *beyond: str) -> QuerySet:
    """Return the question for all that a purpose may read of a table, or for what a reference leads to."""
    fields = _fields(purpose, table)
    rows = oracle.tables()[table]._base_manager.values(*(beyond or fields))
    return (rows.filter(organisation_id=cast.organisation.pk) if "organisation_id" in fields else rows)[:20]


def run(unit: Unit) -> int:
    """Run a request's queries; return how many rows they gave."""
    return sum(len(list(query.all())) for query in unit.queries)


def run_bound(unit: Unit, cast: Cast) -> int:
    """Run a request as its process does."""
    with acting(unit.purpose, cast.organisation.pk, cast.admin.pk):
        return run(unit)


def run_bare(unit: Unit, _cast: Cast) -> int:
    """Run it without purpose, role, grants and policies."""
    with transaction.atomic():
        return run(unit)


def measure_many(cast: Cast, made: list[Unit], requests: int) -> dict[str, list[float]]:
    """Run each request both ways, the requests in turn, after each has been run three times; who goes first changes with each round."""
    wires = {login: use(login) for login in {unit.login for unit in made} | {"postgres"}}
    times: dict[str, list[float]] = {"bound": [], "bare": []}
    gc.disable()
    for number, unit in enumerate(islice(cycle(made), requests + 3 * len(made))):
        rows = {}
        ways = [("bound", run_bound, unit.login), ("bare", run_bare, "postgres")]
        for name, work, login in ways if number // len(made) % 2 else reversed(ways):
            connection.connection = wires[login]
            begun = time.perf_counter()
            rows[name] = work(unit, cast)
            if number >= 3 * len(made):
                times[name].append((time.perf_counter() - begun) * 1000)
        if rows["bound"] != rows["bare"]:  # anything else would measure something else
            raise AssertionError(f"{unit.purpose} reads {rows}")
    return times


def start_up(repeats: int = 20) -> list[float]:
    """Return the milliseconds that a process takes to compare all rights before it serves; the first with everything still cold."""
    times = []
    settings.ENTRY_POINT = "board"
    with as_login("board"):
        connection.ensure_connection()
        for _ in range(repeats):
            versions.forget()
            begun = time.perf_counter()
            catalogue.require_no_difference()
            times.append((time.perf_counter() - begun) * 1000)
    return times


def fill(cast: Cast, persons: int) -> None:
    """Enrol persons, and put some rows into every table."""
    with acting("access_administration", cast.organisation.pk):
        for number in range(persons):
            enrol_person(by=cast.by, first_name="Person", last_name=str(number))
    with as_login("owner"):
        connection.settings_dict["USER"] = "postgres"
        for _ in range(20):
            with transaction.atomic():
                plant(cast.organisation.pk, cast.guest.pk, cast.admin.pk)
        with connection.cursor() as cursor:
            cursor.execute("analyze")
    connection.close()


def summary(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Return median, 99th percentile and mean of each way, in milliseconds."""
    return {
        name: {
            "p50_ms": statistics.median(ms),
            "p99_ms": statistics.quantiles(ms, n=100)[98],
            "mean_ms": statistics.fmean(ms),
        }
        for name, ms in times.items()
    }


def show(title: str, rows: dict[str, dict[str, float]]) -> float:
    """Print a table; return the ratio of the medians, bound to bare."""
    ratio = rows["bound"]["p50_ms"] / rows["bare"]["p50_ms"]
    print(f"{title}\n{'five queries':14} {'p50 ms':>8} {'p99 ms':>8} {'mean ms':>8}")
    for name, row in rows.items():
        print(f"{name:14} {row['p50_ms']:8.3f} {row['p99_ms']:8.3f} {row['mean_ms']:8.3f}")
    print(f"ratio of medians {ratio:.3f} (aim: at most 1.15)\n")
    return ratio


def main() -> None:
    """Measure, print the tables and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--persons", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    try:
        cast = make_cast()
        starts = start_up()
        fill(cast, options.persons)
        one = summary(measure(cast, options.requests))
        connection.close()
        made = units(cast)
        purposes, tables = {unit.purpose for unit in made}, frozenset[str]().union(*(unit.tables for unit in made))
        if len(purposes) < 20 or len(tables) < 40:
            raise AssertionError(f"only {len(purposes)} purposes over {len(tables)} tables")
        many = summary(measure_many(cast, made, options.requests))
        grants = sum(len(may) for may in catalogue.enforced().values())
    finally:
        connection.close()
        database.drop(OWNER, NAME)
    ratios = show("one purpose", one), show(f"{len(purposes)} purposes in turn over {len(tables)} tables", many)
    print(f"{options.requests} requests each way; comparing all rights at start ({grants} columns granted):")
    print(
        f"first {starts[0]:.0f} ms, median of {len(starts)} {statistics.median(starts):.0f} ms, longest {max(starts):.0f} ms"
    )
    if options.json:
        figures = {
            "requests": options.requests, "ratio": ratios[0], **one,
            "many": {"purposes": len(purposes), "tables": len(tables), "ratio": ratios[1], **many},
            "start_up": {"first_ms": starts[0], "median_ms": statistics.median(starts), "longest_ms": max(starts), "granted": grants},
        }  # fmt: skip
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
