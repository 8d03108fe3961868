"""After a change, does the page say on how many controllers it is in force?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.test import Client

from portvakt.server.accounts.models import Account
from portvakt.server.places.actions import add_controller, report_controller
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]
SAVED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SINCE = int(SAVED_AT.timestamp() * 1000)


def shown(cast: Cast, client: Client, version: int) -> str:
    return client.get(f"/o/{cast.organisation.slug}/in-force/{version}/?since={SINCE}").content.decode()


def say(cast: Cast, controller: object, **values: object) -> None:
    with as_login("link"), acting("controller_link"):
        report_controller(controller.pk, enrolled_at=SAVED_AT, **values)  # type: ignore[attr-defined]


def test_nobody_to_wait_for(cast: Cast, client_of: ClientOf) -> None:
    page = shown(cast, client_of(cast.admin), 5)
    assert "No controller is enrolled yet" in page
    assert "hx-get" not in page


def test_it_counts_until_all_have_it(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    with acting("premises_administration", cast.organisation.pk):
        second, _ = add_controller(cast.site, "Undercentral B", by=cast.by)
    say(cast, cast.controller, online=True, snapshot_version=5, snapshot_in_force_at=SAVED_AT + timedelta(seconds=0.2))
    say(cast, second, online=True, snapshot_version=4, snapshot_in_force_at=SAVED_AT - timedelta(hours=1))
    page = shown(cast, client, 5)
    assert "In force on 1 of 2 controllers" in page
    assert "Undercentral B" in page
    assert "hx-get" in page
    say(cast, second, snapshot_version=6, snapshot_in_force_at=SAVED_AT + timedelta(seconds=0.4))
    page = shown(cast, client, 5)
    assert "In force on 2 of 2 controllers, 0.4 s" in page
    assert "hx-get" not in page


def test_an_offline_controller_is_named(cast: Cast, client_of: ClientOf) -> None:
    say(cast, cast.controller, online=False, snapshot_version=4)
    page = shown(cast, client_of(cast.admin), 5)
    assert "In force on 0 of 1 controller" in page
    assert "Offline, decides by what it had:" in page


def test_a_change_leads_to_a_page_that_watches_it(cast: Cast, client_of: ClientOf) -> None:
    client, where = client_of(cast.admin), f"/o/{cast.organisation.slug}/places/sites/{cast.site.pk}/controllers/new/"
    answer = client.post(where, {"name": "Undercentral C"})
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).content.decode()
    assert f'hx-get="/o/{cast.organisation.slug}/in-force/' in page


def test_a_bad_address_shows_no_watch(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    for query in ("version=x&since=1", "version=1&since=-1", "version=99999999999999999999&since=1", "version=1"):
        page = client.get(f"/o/{cast.organisation.slug}/?{query}")
        assert page.status_code == 200
        assert "/in-force/" not in page.content.decode()
    assert client.get(f"/o/{cast.organisation.slug}/in-force/7/?since=9x").status_code == 200
