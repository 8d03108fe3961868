"""Does every page of the Board know whom it lets in? Swept over the resolver, so that a page nobody thought of is swept too."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from portvakt.server.accounts.models import PERMISSIONS, PROVIDER_ROLES, Account, Role
from portvakt.server.purpose.actor import DESK, Permission
from tests.cast import Cast, make_cast

NOBODY = uuid.UUID("00000000-0000-4000-8000-000000000000")
VALUES = {"UUIDConverter": NOBODY, "IntConverter": 1, "SlugConverter": "any", "StringConverter": "any"}
ClientOf = Callable[[Account], Client]

# What these pages need, said a second time: a permission that slips is a mistake a sweep cannot see.
NEEDED = {
    "doors": Permission.DOOR_READ,
    "live_doors": Permission.DOOR_READ,
    "live_events": Permission.DOOR_READ,
    "door": Permission.DOOR_READ,
    "live_door": Permission.DOOR_READ,
    "release_door": Permission.DOOR_RELEASE,
    "command": Permission.DOOR_RELEASE,
    "in_force": Permission.DOOR_READ,
    "alarms": Permission.DOOR_READ,
    "alarm_count": Permission.DOOR_READ,
    "acknowledge_alarm": Permission.DOOR_RELEASE,
    "access_log_evidence": Permission.ACCESS_LOG_READ,
    "controllers": Permission.CONTROLLER_READ,
    "controller": Permission.CONTROLLER_READ,
    "enrol_controller": Permission.CONTROLLER_ENROL,
    "places": Permission.PLACE_MANAGE,
    "new_site": Permission.PLACE_MANAGE,
    "new_section": Permission.PLACE_MANAGE,
    "new_controller": Permission.PLACE_MANAGE,
    "new_door": Permission.PLACE_MANAGE,
    "edit_door": Permission.PLACE_MANAGE,
    "new_reader": Permission.PLACE_MANAGE,
    "remove_reader": Permission.PLACE_MANAGE,
    "simulator": Permission.SIMULATOR_USE,
    "play": Permission.SIMULATOR_USE,
}


def resolvers(within: URLResolver) -> Iterator[URLResolver]:
    yield within
    for one in within.url_patterns:
        if isinstance(one, URLResolver):
            yield from resolvers(one)


def board_pages() -> Iterator[Any]:
    """The patterns of the Board's addresses; their callbacks carry what @page gave them."""
    yield from next(one for one in resolvers(get_resolver()) if one.namespace == "board").url_patterns


PAGES: dict[str, Any] = {str(page.name): page for page in board_pages()}


def address(page: Any, slug: str) -> str:
    values = {name: VALUES[type(converter).__name__] for name, converter in page.pattern.converters.items()}
    return reverse(f"board:{page.name}", kwargs={"slug": slug, **values})


@pytest.fixture(scope="module")
def outsider() -> Account:
    """An administrator, but of somebody else's organisation."""
    return make_cast("Ekbacken").admin


def test_every_page_says_its_permission_and_purpose() -> None:
    silent = [name for name, page in PAGES.items() if not (page.callback.permission and page.callback.purpose)]
    assert silent == []


def test_pages_need_what_they_should() -> None:
    assert {name: PAGES[name].callback.permission for name in NEEDED} == NEEDED


@pytest.mark.parametrize("name", PAGES)
def test_an_outsider_finds_nothing(name: str, shared_cast: Cast, client_of: ClientOf, outsider: Account) -> None:
    client, where = client_of(outsider), address(PAGES[name], shared_cast.organisation.slug)
    assert client.get(where).status_code == 404
    assert client.post(where).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_is_asked_to_sign_in(name: str, shared_cast: Cast) -> None:
    answer = Client().get(address(PAGES[name], shared_cast.organisation.slug))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/?next=")


@pytest.mark.parametrize("role", [role for role in Role if role not in PROVIDER_ROLES])
def test_each_role_reaches_what_it_may_and_nothing_else(role: Role, shared_cast: Cast, client_of: ClientOf) -> None:
    client = client_of(shared_cast.accounts[role])
    wrong = []
    for name, page in PAGES.items():
        where, may = address(page, shared_cast.organisation.slug), page.callback.permission in PERMISSIONS[role] - DESK
        statuses = (
            {client.get(where).status_code} if may else {client.get(where).status_code, client.post(where).status_code}
        )
        if (403 in statuses) == may or 500 in statuses or (not may and statuses != {403}):
            wrong.append((name, may, statuses))
    assert wrong == []


def test_every_answer_forbids_what_is_not_served_here(shared_cast: Cast, client_of: ClientOf) -> None:
    client = client_of(shared_cast.admin)
    slug = shared_cast.organisation.slug
    for where in ("/account/login/", f"/o/{slug}/", f"/o/{slug}/nothing-here/", "/account/2fa/"):
        policy = client.get(where).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy


def test_no_page_needs_what_the_policy_forbids(shared_cast: Cast, client_of: ClientOf) -> None:
    client, slug = client_of(shared_cast.admin), shared_cast.organisation.slug
    for where in ("/account/", "/account/2fa/", f"/o/{slug}/", f"/o/{slug}/controllers/", f"/o/{slug}/places/"):
        page = client.get(where).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
        assert "<script>" not in page


def test_pages_speak_the_accounts_language(shared_cast: Cast, client_of: ClientOf) -> None:
    where = f"/o/{shared_cast.organisation.slug}/"
    english = client_of(shared_cast.admin).get(where)
    assert english.headers["Content-Language"] == "en"
    assert '<html lang="en">' in english.content.decode()
    operator = client_of(shared_cast.accounts[Role.OPERATOR])
    operator.post("/account/", {"first_name": "Ek", "last_name": "Ek", "language": "sv"})
    swedish = operator.get(where)
    assert swedish.headers["Content-Language"] == "sv"
    assert '<html lang="sv">' in swedish.content.decode()


def test_the_menu_offers_only_what_may_be_opened(shared_cast: Cast, client_of: ClientOf) -> None:
    slug = shared_cast.organisation.slug
    operator = client_of(shared_cast.accounts[Role.OPERATOR]).get(f"/o/{slug}/").content.decode()
    assert f'href="/o/{slug}/persons/"' in operator
    assert f'href="/o/{slug}/controllers/"' not in operator
    technician = client_of(shared_cast.accounts[Role.HARDWARE_MANAGER]).get(f"/o/{slug}/").content.decode()
    assert f'href="/o/{slug}/controllers/"' in technician
    assert f'href="/o/{slug}/persons/"' not in technician
    assert f'href="/o/{slug}/simulator/"' not in technician  # there is none in this deployment


def test_the_first_page_leads_on(shared_cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(shared_cast.admin).get("/")
    assert answer.headers["Location"] == f"/o/{shared_cast.organisation.slug}/"
    regular = client_of(shared_cast.accounts[Role.REGULAR]).get("/")
    assert regular.status_code == 200
    assert "nothing here for you to administer" in regular.content.decode()
