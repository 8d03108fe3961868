"""Does every page of the desk know whom it lets in? Swept over its addresses, so that a page nobody thought of is swept too."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone, translation

from portvakt.server.accounts.models import PERMISSIONS, PROVIDER_ROLES, Account, Role
from portvakt.server.privacy.models import TransferStop
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.register import LETTERS, Agreement, Texts
from portvakt.server.web.desk import navigation
from portvakt.server.web.desk.attention import waiting
from portvakt.server.web.record_file import FORMATS
from tests.cast import Cast, make_cast
from tests.server.web.test_every_page import resolvers

NOBODY = uuid.UUID("00000000-0000-4000-8000-000000000000")
VALUES = {"UUIDConverter": NOBODY, "IntConverter": 1, "SlugConverter": "any", "StringConverter": "any"}
ClientOf = Callable[[Account], Client]
PAGES: dict[str, Any] = {
    str(page.name): page
    for page in next(one for one in resolvers(get_resolver()) if one.namespace == "desk").url_patterns
}
# What these pages need, said a second time: a permission that slips is a mistake a sweep cannot see.
NEEDED = {
    "overview": Permission.REGISTER_READ,
    "map": Permission.REGISTER_READ,
    "map_file": Permission.REGISTER_READ,
    "records": Permission.REGISTER_READ,
    "record": Permission.REGISTER_READ,
    "record_file": Permission.REGISTER_READ,
}


def address(page: Any) -> str:
    values = {name: VALUES[type(converter).__name__] for name, converter in page.pattern.converters.items()}
    return reverse(f"desk:{page.name}", kwargs=values)


@pytest.fixture(scope="module")
def outsider() -> Account:
    """An administrator, but of an organisation that is not the provider's."""
    return make_cast("Ekbacken").admin


def test_every_page_says_its_permission_and_purpose() -> None:
    silent = [name for name, page in PAGES.items() if not (page.callback.permission and page.callback.purpose)]
    assert silent == []


def test_pages_need_what_they_should() -> None:
    assert {name: PAGES[name].callback.permission for name in NEEDED} == NEEDED


@pytest.mark.parametrize("name", PAGES)
def test_an_outsider_finds_nothing(name: str, client_of: ClientOf, outsider: Account) -> None:
    client, where = client_of(outsider), address(PAGES[name])
    assert client.get(where).status_code == 404
    assert client.post(where).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_is_asked_to_sign_in(name: str) -> None:
    answer = Client().get(address(PAGES[name]))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/?next=")


@pytest.mark.parametrize("role", [Role.ADMIN, *sorted(PROVIDER_ROLES)])
def test_each_role_reaches_what_it_may_and_nothing_else(role: Role, provider: Cast, client_of: ClientOf) -> None:
    client = client_of(provider.accounts[role])
    wrong = []
    for name, page in PAGES.items():
        where, may = address(page), page.callback.permission in PERMISSIONS[role]
        statuses = {client.get(where).status_code}
        statuses |= set() if may else {client.post(where).status_code}
        if (403 in statuses) == may or 500 in statuses or (not may and statuses != {403}):
            wrong.append((name, may, statuses))
    assert wrong == []


def test_no_page_needs_what_the_policy_forbids(provider: Cast, client_of: ClientOf) -> None:
    client = client_of(provider.accounts[Role.DPO])
    for name in [page.view for page in navigation.PAGES if page.permission in PERMISSIONS[Role.DPO]]:
        page = client.get(reverse(f"desk:{name}")).content.decode()
        for forbidden in (" style=", "<style", " onclick=", "<script>"):
            assert forbidden not in page, name


def test_the_menu_offers_what_may_be_opened_and_marks_the_page(provider: Cast, client_of: ClientOf) -> None:
    dpo = client_of(provider.accounts[Role.DPO]).get("/desk/").content.decode()
    assert 'href="/desk/" aria-current="page"' in dpo
    for page in navigation.PAGES:
        offered = f'class="nav-link" href="{reverse(f"desk:{page.view}")}"' in dpo
        assert offered == (page.permission in PERMISSIONS[Role.DPO]), page.view


@pytest.mark.row("S03")
def test_the_first_page_leads_to_the_desk(provider: Cast, client_of: ClientOf) -> None:
    assert client_of(provider.accounts[Role.DPO]).get("/").headers["Location"] == "/desk/"
    admin = client_of(provider.accounts[Role.ADMIN]).get("/").content.decode()
    assert '<a class="card card-link" href="/desk/">' in admin
    assert f'href="/o/{provider.organisation.slug}/"' in admin


def test_the_desk_is_offered_to_nobody_else(shared_cast: Cast, client_of: ClientOf) -> None:
    board = client_of(shared_cast.admin).get(f"/o/{shared_cast.organisation.slug}/").content.decode()
    assert "/desk/" not in board


@pytest.mark.parametrize("which", ["controller", "processor"])
def test_a_record_is_shown_and_comes_as_a_file(
    which: str, provider: Cast, client_of: ClientOf, shared_cast: Cast
) -> None:
    dpo = client_of(provider.accounts[Role.DPO])
    page = dpo.get(f"/desk/records/{which}/").content.decode()
    assert "exactly the rights that are granted" in page
    assert (shared_cast.organisation.name in page) == (which == "processor")
    for form, (ending, media, _write) in FORMATS.items():
        answer = dpo.get(f"/desk/records/{which}/{form}/")
        assert answer.headers["Content-Type"] == media
        assert answer.headers["Content-Disposition"].endswith(f'.{ending}"')
    assert dpo.get(f"/desk/records/{which}/docx/").status_code == 404
    assert dpo.get("/desk/records/neither/").status_code == 404


def test_r02_a_record_as_processor_can_be_of_one_organisation(
    provider: Cast, client_of: ClientOf, shared_cast: Cast, other: Cast
) -> None:
    dpo = client_of(provider.accounts[Role.DPO])
    assert other.organisation.name in dpo.get("/desk/records/").content.decode()
    page = dpo.get(f"/desk/records/processor/?organisation={shared_cast.organisation.slug}").content.decode()
    assert shared_cast.organisation.name in page
    assert other.organisation.name not in page
    assert dpo.get("/desk/records/processor/?organisation=nowhere").status_code == 404


def test_r01_an_organisation_has_its_own_record(client_of: ClientOf, shared_cast: Cast) -> None:
    admin, slug = client_of(shared_cast.admin), shared_cast.organisation.slug
    page = admin.get(f"/o/{slug}/privacy/record/").content.decode()
    assert shared_cast.organisation.name in page
    assert "Article 30(1)" in page
    assert "account_sign_in" not in page  # the provider's own
    assert admin.get(f"/o/{slug}/privacy/record/json/").json()["record"]["paragraph"] == "30(1)"


def test_the_map_is_shown_filtered_and_printed(provider: Cast, client_of: ClientOf) -> None:
    dpo = client_of(provider.accounts[Role.DPO])
    page = dpo.get("/desk/map/").content.decode()
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="flow-map"' in page
    one = dpo.get("/desk/map/?activity=entry_log").content.decode()
    assert 'id="flow-activity-entry_log"' in one
    assert 'id="flow-activity-entry"' not in one
    assert "No activity fits." in dpo.get("/desk/map/?activity=entry_log&role=controller").content.decode()
    assert dpo.get("/desk/map/?activity=none").status_code == 422
    assert dpo.get("/desk/map/svg/").headers["Content-Type"] == "image/svg+xml"
    for sheet in ("a3", "a4"):
        assert dpo.get(f"/desk/map/{sheet}/").content.startswith(b"%PDF-")
    assert dpo.get("/desk/map/docx/").status_code == 404


def test_the_overview_says_what_waits(provider: Cast, client_of: ClientOf) -> None:
    stop = TransferStop(mechanism="adequacy:US", reason="The decision was annulled.", stopped_at=timezone.now())
    with acting("register_review"):
        stop.save(force_insert=True)
    dpo = client_of(provider.accounts[Role.DPO])
    try:
        page = dpo.get("/desk/").content.decode()
    finally:
        with acting("register_review"):
            TransferStop.objects.filter(pk=stop.pk).update(lifted_at=timezone.now())
    assert (
        "Transfers that rely on adequacy decisions (Article 45) for United States are stopped: The decision was annulled."
        in page
    )
    assert "adequacy:US" not in dpo.get("/desk/").content.decode()


def test_b03_an_assessment_waits_from_the_day_of_its_review() -> None:
    register = catalogue.in_force()
    review = min(one.assessment.review for one in register.activities if one.assessment)
    due = [one for one in register.activities if one.assessment and one.assessment.review == review]
    with acting("register_review"), translation.override("en"):
        before = [one.text for one in waiting(register, review - timedelta(days=1))]
        on_the_day = [one for one in waiting(register, review) if "should be looked at again" in one.text]
    assert not any("should be looked at again" in text for text in before)
    assert len(on_the_day) == len(due)
    assert on_the_day[0].address.endswith(f"#{due[0].id}")


def test_a01_a_recipient_without_an_agreement_waits_until_it_has_one() -> None:
    register = catalogue.in_force()
    processor = next(one for one in register.recipients if one.category == "processor")
    agreement = Agreement(
        date(2026, 1, 1), Texts("x", "x"), {letter: Texts("x", "x") for letter in LETTERS}, date(2026, 12, 31)
    )
    signed = msgspec.structs.replace(processor, agreement=agreement)
    with acting("register_review"), translation.override("en"):
        without, during, after = (
            [one.text for one in waiting(msgspec.structs.replace(register, recipients=(recipient,)), day)]
            for recipient, day in (
                (processor, date(2026, 6, 1)),
                (signed, date(2026, 6, 1)),
                (signed, date(2027, 1, 1)),
            )
        )
    name = processor.name.en
    assert f"There is no data processing agreement with {name}, so nothing may be handed to it." in without
    assert not any(name in text for text in during)
    assert f"The agreement with {name} has ended, so nothing may be handed to it." in after


@pytest.mark.usefixtures("owner")
def test_a_right_too_many_waits_on_the_overview(provider: Cast, client_of: ClientOf) -> None:
    dpo = client_of(provider.accounts[Role.DPO])
    with connection.cursor() as cursor:
        cursor.execute("grant select (first_name) on people_person to purpose_entry_log")
    try:
        page = dpo.get("/desk/").content.decode()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("revoke select (first_name) on people_person from purpose_entry_log")
    assert "The database gives 1 right that is not in the register" in page
    assert "that is not in the register" not in dpo.get("/desk/").content.decode()
