"""How many queries does a list take, and does that stay so when the list grows?

The counts are committed in query_counts.json, so that a change to them is seen in the diff. UPDATE_QUERY_COUNTS=1 writes it anew.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portvakt.core.decision.model import AuthType, Side
from portvakt.server.accounts.models import Account
from portvakt.server.people.actions import enrol_person, issue_card
from portvakt.server.places.actions import add_controller, add_door, add_reader, add_section
from portvakt.server.purpose.context import acting
from tests.cast import Cast, make_cast

FILE = Path(__file__).parent / "query_counts.json"
LISTS = (
    "", "doors/live/", "doors/events/", "controllers/", "places/",
    "persons/", "rules/", "rules/guards/", "schedules/", "access-log/", "audit-log/", "operators/", "areas/", "lockdown/", "link-cut/",
)  # fmt: skip
ClientOf = Callable[[Account], Client]


def grow(cast: Cast) -> None:
    """Add doors, controllers and persons, several of each."""
    with acting("premises_administration", cast.organisation.pk):
        for number in range(4):
            section, _ = add_section(cast.site, f"Trapphus {number}", by=cast.by)
            controller, _ = add_controller(cast.site, f"Undercentral {number}", by=cast.by)
            door, _ = add_door(section, controller, by=cast.by, name="Port", entry_auth_types=[AuthType.KEY_CARD])
            add_reader(door, by=cast.by, side=Side.ENTRY, port="bus-1", address=number)
    with acting("access_administration", cast.organisation.pk):
        for number in range(4):
            person, _ = enrol_person(by=cast.by, first_name="Person", last_name=str(number))
            issue_card(person, f"14-{number}", by=cast.by)


def counts(cast: Cast, client: Client) -> dict[str, int]:
    found = {}
    for where in LISTS:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/o/{cast.organisation.slug}/{where}").status_code == 200
        found[where or "doors"] = len(queries)
    return found


@pytest.fixture(scope="module")
def counted(request: pytest.FixtureRequest) -> tuple[dict[str, int], dict[str, int]]:
    """Counts before and after the organisation grew."""
    cast, client = make_cast(), Client()
    with acting("account_sign_in"):
        client.force_login(cast.admin)
    before = counts(cast, client)
    grow(cast)
    return before, counts(cast, client)


def test_a_longer_list_takes_no_more_queries(counted: tuple[dict[str, int], dict[str, int]]) -> None:
    before, after = counted
    assert after == before


def test_the_counts_are_the_committed_ones(counted: tuple[dict[str, int], dict[str, int]]) -> None:
    before, _after = counted
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        FILE.write_text(json.dumps(before, indent=2) + "\n", encoding="utf-8")
    assert json.loads(FILE.read_text(encoding="utf-8")) == before
