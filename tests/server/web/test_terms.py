"""Are the terms read and accepted before an account is used, by somebody old enough or with a guardian's yes?"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portvakt.server.accounts.actions import invite
from portvakt.server.accounts.models import Account, Role
from portvakt.server.privacy.consents import asked_of
from portvakt.server.privacy.models import Consent, GuardianConsent, TermsAcceptance
from portvakt.server.privacy.terms import terms_on
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.rights import consent_digest
from tests.cast import PASSWORD, Cast, make_account

ClientOf = Callable[[Account], Client]


@pytest.fixture(autouse=True)
def _no_mail_yet() -> None:
    mail.outbox.clear()


@pytest.fixture
def newcomer(cast: Cast) -> Account:
    """Return the account of an operator who has just been invited."""
    with acting("account_administration"):
        account = make_account("Ny", "Ask")
        invite(account.email, [Role.OPERATOR], by=cast.by)
    return account


@pytest.fixture
def browser(newcomer: Account, client_of: ClientOf) -> Client:
    return client_of(newcomer)


def answer(**changed: str) -> dict[str, str]:
    """Return what is posted by somebody old enough who accepts and consents to nothing."""
    said = {"digest": terms_on(timezone.localdate()).digest, "accept": "on", "age": "old"} | changed
    return {name: value for name, value in said.items() if value}


YOUNG = {"age": "young", "guardian_name": "Alva Ask", "guardian_email": "alva@example.org"}


def link() -> str:
    """Return the address in the newest mail."""
    found = re.search(r"(/guardian/\S+)", mail.outbox[-1].body)
    assert found
    return found[1]


def test_an_account_that_has_not_accepted_is_led_to_the_terms(cast: Cast, browser: Client) -> None:
    doors = f"/o/{cast.organisation.slug}/"
    assert browser.get(doors).headers["Location"] == f"/terms/?next={doors.replace('/', '%2F')}"
    assert browser.get("/account/").headers["Location"].startswith("/terms/")
    assert browser.post("/account/", {"first_name": "X"}).headers["Location"] == "/terms/"


def test_it_can_read_leave_and_choose_a_language(browser: Client) -> None:
    page = browser.get("/terms/")
    assert page.status_code == 200
    assert "I have read the terms of use" in page.content.decode()
    for law in ("/consents/", "/my-data/", "/contact/", "/complain/"):
        assert browser.get(law).status_code == 200
    assert browser.post("/language/", {"language": "sv", "next": "/terms/"}).headers["Location"] == "/terms/"
    assert browser.post("/account/logout/").status_code == 302
    assert browser.get("/").headers["Location"].startswith("/account/login/")


def test_a_part_of_a_page_leads_the_whole_page_there(cast: Cast, browser: Client) -> None:
    part = browser.get(f"/o/{cast.organisation.slug}/doors/live/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (204, "/terms/")


def test_nothing_is_ticked_beforehand(browser: Client) -> None:  # C-02
    page = browser.get("/terms/").content.decode()
    assert re.findall(r"<input[^>]*type=\"(?:checkbox|radio)\"[^>]*>", page)
    assert not re.findall(r"<input[^>]*\bchecked\b", page)


def test_accepting_with_no_consent_at_all_lets_in(cast: Cast, newcomer: Account, browser: Client) -> None:  # C-02
    doors = f"/o/{cast.organisation.slug}/"
    assert browser.post("/terms/", answer(next=doors)).headers["Location"] == doors
    assert browser.get(doors).status_code == 200
    now = terms_on(timezone.localdate())
    with acting("terms", account=newcomer.pk):
        row = TermsAcceptance.objects.get(subject_id=newcomer.pk)
        assert not Consent.objects.filter(subject_id=newcomer.pk).exists()
    assert (row.version, row.digest, row.language, row.old_enough) == (now.version, now.digest, "en", True)


def test_a_consent_ticked_with_the_terms_is_kept_by_itself(newcomer: Account, browser: Client) -> None:  # C-02
    asked = asked_of("controller")
    assert asked
    page = browser.get("/terms/").content.decode()
    for one in asked:
        assert f'name="consent_{one.id}"' in page
        assert one.purpose.en.replace("'", "&#x27;") in page
    ticked = asked[0]
    browser.post("/terms/", answer(**{f"consent_{ticked.id}": "on", f"text_{ticked.id}": consent_digest(ticked)}))
    with acting("terms", account=newcomer.pk):
        (row,) = Consent.objects.filter(subject_id=newcomer.pk)
    assert (row.purpose, row.given, row.subject) == (ticked.id, True, "account_holder")


def test_a_childs_own_tick_does_not_count(newcomer: Account, browser: Client) -> None:  # C-07
    ticked = asked_of("controller")[0]
    said = YOUNG | {f"consent_{ticked.id}": "on", f"text_{ticked.id}": consent_digest(ticked)}
    assert browser.post("/terms/", answer(**said)).headers["Location"] == "/terms/waiting/"
    with acting("terms", account=newcomer.pk):
        assert not Consent.objects.filter(subject_id=newcomer.pk).exists()


@pytest.mark.parametrize(
    "without",
    [{"accept": ""}, {"age": ""}, {"digest": "0" * 64}, {"age": "young"}, YOUNG | {"guardian_email": "nobody"}],
)
def test_without_a_yes_or_an_age_nothing_is_kept(newcomer: Account, browser: Client, without: dict[str, str]) -> None:
    assert browser.post("/terms/", answer(**without)).status_code == 422
    with acting("terms", account=newcomer.pk):
        assert not TermsAcceptance.objects.exists()
        assert not GuardianConsent.objects.exists()


def test_afterwards_it_leads_nowhere_else(browser: Client) -> None:
    assert browser.post("/terms/", answer(next="https://example.com/")).headers["Location"] == "/"


def test_other_terms_are_asked_for_again(cast: Cast, newcomer: Account, browser: Client) -> None:
    with acting("terms", account=newcomer.pk):
        TermsAcceptance.objects.create(
            subject="account_holder",
            subject_id=newcomer.pk,
            version="1",
            digest="0" * 64,
            language="sv",
            old_enough=True,
            at=timezone.now(),
        )
    assert browser.get(f"/o/{cast.organisation.slug}/").headers["Location"].startswith("/terms/")


def test_asking_adds_no_query(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/o/{cast.organisation.slug}/").status_code == 200
    asking = [query["sql"] for query in queries if "privacy_termsacceptance" in query["sql"]]
    assert len(asking) == 1
    assert 'from "accounts_account"' in asking[0].lower()


def test_everybody_may_read_the_terms_and_each_version() -> None:
    page = Client(headers={"Accept-Language": "sv"}).get("/terms/").content.decode()
    assert "När ett konto spärras" in page
    assert 'name="accept"' not in page
    assert "When an account is disabled" in Client(headers={"Accept-Language": "en"}).get("/terms/1/").content.decode()
    assert Client().get("/terms/99/").status_code == 404


def test_a_child_waits_for_a_guardians_yes(
    cast: Cast, newcomer: Account, browser: Client
) -> None:  # C-07, TOS-04, TOS-05
    assert browser.post("/terms/", answer(**YOUNG)).headers["Location"] == "/terms/waiting/"
    assert mail.outbox[-1].to == ["alva@example.org"]
    assert browser.get(f"/o/{cast.organisation.slug}/").headers["Location"].startswith("/terms/waiting/")
    assert "alva@example.org" in browser.get("/terms/waiting/").content.decode()
    guardian = Client(headers={"Accept-Language": "en"})
    page = guardian.get(link())
    assert "Ny Ask" in page.content.decode()
    assert browser.get("/").headers["Location"].startswith("/terms/waiting/")  # opening the link alone is no answer
    assert guardian.post(link(), {"answer": "yes"}).status_code == 422  # who says yes says who they are
    assert guardian.post(link(), {"answer": "yes", "guardian": "on"}).status_code == 200
    assert browser.get(f"/o/{cast.organisation.slug}/").status_code == 200
    with acting("terms", account=newcomer.pk):
        row = GuardianConsent.objects.get(account_id=newcomer.pk)
        assert row.given_at
        assert row.refused_at is None
        assert TermsAcceptance.objects.get(subject_id=newcomer.pk).old_enough is False


def test_a_guardians_no_closes_the_account(browser: Client) -> None:
    browser.post("/terms/", answer(**YOUNG))
    assert "said no" in Client(headers={"Accept-Language": "en"}).post(link(), {"answer": "no"}).content.decode()
    assert "stays closed" in browser.get("/terms/waiting/").content.decode()
    again = browser.post("/terms/waiting/", {"guardian_name": "Bo Ask", "guardian_email": "bo@example.org"})
    assert again.status_code == 422
    assert len(mail.outbox) == 1


def test_a_link_is_good_once_until_it_is_old_or_another_is_sent(newcomer: Account, browser: Client) -> None:
    guardian = Client(headers={"Accept-Language": "en"})
    browser.post("/terms/", answer(**YOUNG))
    first = link()
    browser.post("/terms/waiting/", {"guardian_name": "Bo Ask", "guardian_email": "bo@example.org"})
    assert guardian.get(first).status_code == 404
    assert guardian.get(link()[:-2] + "/").status_code == 404
    with acting("guardian_answer"):
        newest = GuardianConsent.objects.filter(account_id=newcomer.pk).order_by("-asked_at").first()
        assert newest
        newest.asked_at -= timedelta(days=15)
    with acting("guardian_answer"):
        GuardianConsent.objects.filter(account_id=newcomer.pk).update(asked_at=newest.asked_at)
    assert guardian.get(link()).status_code == 404


def test_mails_to_guardians_are_few_and_never_to_the_child(newcomer: Account, browser: Client) -> None:
    own = browser.post("/terms/", answer(**YOUNG | {"guardian_email": newcomer.email.upper()}))
    assert own.status_code == 422
    with acting("account_sign_in"):
        EmailAddress(user=newcomer, email="ny.too@example.org", verified=True).save(force_insert=True)
    beside = browser.post("/terms/", answer(**YOUNG | {"guardian_email": "Ny.Too@example.org"}))
    assert beside.status_code == 422
    browser.post("/terms/", answer(**YOUNG))
    for number in range(4):
        last = browser.post("/terms/waiting/", {"guardian_name": "Bo", "guardian_email": f"bo.{number}@example.org"})
    assert last.status_code == 422
    assert len(mail.outbox) == 3


def test_a_guardians_browser_may_answer_and_tells_nobody_else_the_address(browser: Client) -> None:
    browser.post("/terms/", answer(**YOUNG))
    guardian = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    page = guardian.get(link())
    # With "no-referrer" a browser would send its answer with the origin "null", which is refused as forged.
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert token
    said = {"answer": "yes", "guardian": "on", "csrfmiddlewaretoken": token[1]}
    assert guardian.post(link(), said, headers={"Origin": "http://testserver"}).status_code == 200


def test_the_links_secret_is_not_kept(newcomer: Account, browser: Client) -> None:
    browser.post("/terms/", answer(**YOUNG))
    token = link().split("/")[2]
    with acting("terms", account=newcomer.pk):
        row = GuardianConsent.objects.get(account_id=newcomer.pk)
    assert len(row.asked) == 32
    assert token.encode() not in bytes(row.asked)


def test_an_invited_account_is_asked_at_its_first_sign_in(newcomer: Account) -> None:
    client = Client()
    came = client.post("/account/login/", {"login": newcomer.email, "password": PASSWORD}, follow=True)
    assert came.redirect_chain[-1][0] == "/terms/?next=%2F"
