"""Does anybody find the notice, every version of it, what changed, whom to ask and where to complain, from every page?"""

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from portvakt.server.accounts.models import Account, Membership, Role
from portvakt.server.privacy.actions.notices import publish_notice
from portvakt.server.privacy.models import NoticeReceipt, NoticeVersion, Way
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.context import acting
from portvakt.server.web.site.notices import _one_pdf, _pdf
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]


@pytest.fixture
def published(cast: Cast, provider: Cast) -> Cast:
    """An organisation with two versions of its notice; the provider has one too."""
    with as_login("console"), acting("notice_publication"):
        publish_notice(None, by=provider.by)
    publish(cast)
    cast.organisation.entry_log_days, cast.organisation.entry_log_reason = 30, "Upprepade inbrott"
    with acting("privacy_administration", cast.organisation.pk):
        cast.organisation.save()
    publish(cast)
    return cast


def publish(cast: Cast) -> NoticeVersion | None:
    with acting("privacy_administration", cast.organisation.pk):
        return publish_notice(cast.organisation, by=cast.by)


def page(address: str, client: Client | None = None, status: int = 200) -> str:
    answer = (client or Client()).get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def receipts(of: Cast) -> list[NoticeReceipt]:
    with acting("notice_handover", of.organisation.pk):
        return list(NoticeReceipt.objects.filter(organisation=of.organisation))


@pytest.mark.row("S34")
def test_the_newest_is_at_a_fixed_address_without_signing_in(published: Cast) -> None:
    slug = published.organisation.slug
    said = page(f"/privacy/{slug}/?language=sv")
    assert '<html lang="sv">' in said
    assert "Version 2" in said
    assert "Upprepade inbrott" in said
    assert published.organisation.name in said
    assert "Total Security Stockholm AB" in page("/privacy/?language=sv")


@pytest.mark.row("S01")
@pytest.mark.row("S03")
@pytest.mark.row("S31")
def test_the_providers_notice_has_the_facts_of_the_reference_deployment(published: Cast) -> None:
    said = page("/privacy/?language=sv")
    for fact in (
        "556943-4656", "Gustav III:s Boulevard 46", "Gustav III:s Boulevard 50 A", "dpo@entryfy.com",
        "Integritetsskyddsmyndigheten", "Box 8114, 104 20 Stockholm", "imy@imy.se", "08-657 61 00",
    ):  # fmt: skip
        assert fact in said, fact


def test_the_page_says_its_version_day_and_checksum(published: Cast) -> None:  # N-06
    answer = Client().get(f"/privacy/{published.organisation.slug}/?language=en")
    assert answer.headers["X-Notice-SHA256"] in answer.content.decode()
    assert answer.headers["Content-Language"] == "en"
    assert "Version 2, published" in answer.content.decode()


def test_children_have_a_page_of_their_own(published: Cast) -> None:  # C-08
    said = page(f"/privacy/{published.organisation.slug}/children/?language=sv")
    assert "Om dina uppgifter hos" in said
    assert "artikel 6" not in said
    assert page("/privacy/children/?language=en").count("artikel") == 0


@pytest.mark.row("S34")
def test_every_version_stays_and_two_are_compared_in_words(published: Cast) -> None:
    slug = published.organisation.slug
    listed = page(f"/privacy/{slug}/versions/?language=en")
    assert f'href="/privacy/{slug}/versions/1/?language=en"' in listed
    earlier = page(f"/privacy/{slug}/versions/1/?language=sv")
    assert "Upprepade inbrott" not in earlier
    assert f'href="/privacy/{slug}/?language=sv"' in earlier
    compared = page(f"/privacy/{slug}/versions/2/changes/?language=en")
    assert "from version 1 to version 2" in compared
    assert re.search(r"<del><span class=\"visually-hidden\">removed: </span>14 ", compared)
    assert re.search(r"<ins><span class=\"visually-hidden\">new: </span>30 ", compared)
    assert "say the same" in page(f"/privacy/{slug}/versions/2/changes/?since=2&language=en")


def test_what_is_not_there_is_not_found(published: Cast, provider: Cast) -> None:
    slug = published.organisation.slug
    for address in (
        "/privacy/nobody/", f"/privacy/{slug}/versions/99/", f"/privacy/{slug}/versions/1/changes/",
        f"/privacy/{slug}/versions/99/pdf/", f"/privacy/{provider.organisation.slug}/",
    ):  # fmt: skip
        page(address, status=404)


def test_an_organisation_without_a_notice_says_so(cast: Cast) -> None:
    assert "No notice has been published" in page(f"/privacy/{cast.organisation.slug}/?language=en", status=404)


def test_the_print_view_is_the_same_bytes_and_need_not_be_fetched_again(published: Cast) -> None:
    address = f"/privacy/{published.organisation.slug}/versions/2/print/?language=sv"
    first, again = Client().get(address), Client().get(address)
    assert first.content == again.content
    assert "<details open" in first.content.decode()
    unchanged = Client().get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_the_pdf_is_the_same_bytes_each_time(published: Cast) -> None:
    address = f"/privacy/{published.organisation.slug}/versions/1/pdf/?language=sv&variant=child"
    first = Client().get(address)
    assert first.headers["Content-Type"] == "application/pdf"
    assert first.content.startswith(b"%PDF-")
    _pdf.cache_clear()
    assert Client().get(address).content == first.content


def test_whoever_asks_while_another_is_being_made_is_asked_to_come_back(
    published: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portvakt.server.web.site.notices.PDF_WAIT_SECONDS", 0)
    with _one_pdf:
        answer = Client().get(f"/privacy/{published.organisation.slug}/versions/1/pdf/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


# ── receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.row("S34")
def test_whoever_reads_signed_in_gets_one_receipt_for_the_newest(published: Cast, client_of: ClientOf) -> None:  # N-06
    account = published.accounts[Role.REGULAR]
    with acting("account_administration"):
        Membership.objects.filter(account=account).update(person_id=published.resident.pk)
    client, slug = client_of(account), published.organisation.slug
    page(f"/privacy/{slug}/versions/1/?language=sv", client)
    assert receipts(published) == []
    page(f"/privacy/{slug}/?language=sv", client)
    page(f"/privacy/{slug}/?language=sv", client)
    found = receipts(published)
    assert [(one.subject_id, one.way, one.language) for one in found] == [(published.resident.pk, Way.PAGE, "sv")]
    page("/privacy/", client)
    with acting("notice_showing", account=account.pk):
        assert NoticeReceipt.objects.filter(subject_id=account.pk, organisation=None).count() == 1


def test_a_stranger_and_an_operator_who_is_no_person_leave_no_receipt(published: Cast, client_of: ClientOf) -> None:
    page(f"/privacy/{published.organisation.slug}/")
    page(f"/privacy/{published.organisation.slug}/", client_of(published.admin))
    assert receipts(published) == []


# ── the foot of every page ───────────────────────────────────────────────────────────────────────────────────────────


def complains(said: str) -> bool:
    authority = catalogue.in_force().provider.authority.name
    foot = said.partition("data-footer")[2]
    return (
        'href="/privacy/"' in foot and 'href="/contact/"' in foot and 'href="/complain/"' in foot and authority in foot
    )


def patterns(within: URLResolver, beneath: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in within.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, beneath + str(one.pattern))
        elif isinstance(one, URLPattern):
            yield beneath + str(one.pattern), one


def addresses(slug: str) -> list[str]:
    """Every address that takes nothing but an organisation's slug."""
    found = [
        "/" + re.sub(r"<slug:slug>", slug, address.replace("^", "").replace("\\Z", "").replace("$", ""))
        for address, _ in patterns(get_resolver())
    ]
    return sorted({address for address in found if "<" not in address and "(" not in address})


@pytest.mark.row("S31")
def test_every_page_leads_to_the_complaint(published: Cast, provider: Cast, client_of: ClientOf) -> None:
    seen, wrong = 0, []
    for client, slug in (
        (Client(), published.organisation.slug),
        (client_of(published.admin), published.organisation.slug),
        (client_of(provider.accounts[Role.DPO]), provider.organisation.slug),
        (client_of(provider.accounts[Role.SUPPORT]), provider.organisation.slug),
    ):
        for address in addresses(slug):
            answer = client.get(address)
            said = b"" if answer.streaming else answer.content
            # Fragments, redirects, pictures and files have no foot; paper has the authority in its text.
            if b"<!doctype html>" not in said.lower() or address.endswith(("/print/", "/paper/")):
                continue
            seen += 1
            if not complains(said.decode()):
                wrong.append(address)
    assert wrong == []
    assert seen > 40


@pytest.mark.row("S31")
def test_error_and_sign_in_pages_lead_to_the_complaint_too(published: Cast, client_of: ClientOf) -> None:
    operator = client_of(published.accounts[Role.OPERATOR])
    assert complains(page("/account/login/"))
    assert complains(page("/nothing/here/", status=404))
    assert complains(page(f"/o/{published.organisation.slug}/operators/", operator, status=403))
    strict = Client(enforce_csrf_checks=True)
    refused = strict.post("/account/login/", {"login": "a@example.org", "password": "x"})
    assert refused.status_code == 403
    assert complains(refused.content.decode())
    handler = get_resolver().resolve_error_handler(500)
    assert complains(handler(RequestFactory().get("/")).content.decode())


def test_a_page_without_the_foot_is_found() -> None:
    assert not complains("<!doctype html><body><main>Nothing</main></body>")


@pytest.mark.row("S31")
@pytest.mark.row("S35")
def test_contact_and_complaint_come_from_the_register() -> None:
    said, provider = page("/contact/"), catalogue.in_force().provider
    assert all(way in said for way in (provider.contact.email, provider.contact.address, provider.dpo.address))
    said = page("/complain/")
    assert all(way in said for way in (provider.authority.name, provider.authority.address, provider.authority.phone))


def test_an_organisations_pages_lead_to_its_own_notice(published: Cast, client_of: ClientOf) -> None:
    said = page(f"/o/{published.organisation.slug}/operators/", client_of(published.admin))
    assert f'href="/privacy/{published.organisation.slug}/"' in said


def test_no_page_of_the_site_needs_what_the_policy_forbids(published: Cast) -> None:
    slug = published.organisation.slug
    for address in (
        "/privacy/",
        f"/privacy/{slug}/versions/",
        f"/privacy/{slug}/versions/2/changes/",
        "/contact/",
        "/complain/",
    ):
        said = page(address)
        assert " style=" not in said
        assert "<style" not in said
        assert " onclick=" not in said
