"""What does it cost to bind each unit of work to a purpose?

The same request of five queries (a person, their credentials, their assignments, the rules, the doors; about what the page of one
person reads) runs bound to a purpose, with its role, column grants and row-level security, and bare: one plain transaction by the owner,
whom row-level security does not concern. Both alternate in one run on one connection each.

    bin/dev python bench/purpose.py [--requests 2000] [--persons 2000] [--json FILE]
"""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from portvakt.demo import database
from tests import fresh

OWNER, NAME = fresh.set_up()

from django.db import connection, transaction  # noqa: E402 - models exist only from here on

from portvakt.server.access.models import AccessRule, Assignment, RuleDoor  # noqa: E402
from portvakt.server.people.actions import enrol_person  # noqa: E402
from portvakt.server.people.models import Credential, Person  # noqa: E402
from portvakt.server.purpose.context import acting  # noqa: E402
from tests.cast import Cast, make_cast  # noqa: E402


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


def main() -> None:
    """Measure, print the table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--persons", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    try:
        cast = make_cast()
        with acting("access_administration", cast.organisation.pk):
            for number in range(options.persons):
                enrol_person(by=cast.by, first_name="Person", last_name=str(number))
        connection.close()
        times = measure(cast, options.requests)
    finally:
        connection.close()
        database.drop(OWNER, NAME)
    rows = {
        name: {
            "p50_ms": statistics.median(ms),
            "p99_ms": statistics.quantiles(ms, n=100)[98],
            "mean_ms": statistics.fmean(ms),
        }
        for name, ms in times.items()
    }
    ratio = rows["bound"]["p50_ms"] / rows["bare"]["p50_ms"]
    print(f"{'five queries':14} {'p50 ms':>8} {'p99 ms':>8} {'mean ms':>8}")
    for name, row in rows.items():
        print(f"{name:14} {row['p50_ms']:8.3f} {row['p99_ms']:8.3f} {row['mean_ms']:8.3f}")
    print(f"ratio of medians {ratio:.3f} (aim: at most 1.15), {options.requests} requests each")
    if options.json:
        options.json.write_text(json.dumps({"requests": options.requests, "ratio": ratio, **rows}, indent=1))


if __name__ == "__main__":
    main()
