"""Can a stranger order and ask, without being tracked, flooded or let in where nobody should be?"""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, override_settings

from portvakt.server.accounts.blocked import is_blocked
from portvakt.server.accounts.models import Blocked
from portvakt.server.privacy.models import Disclosure
from portvakt.server.provider.models import Enquiry, Order, OrderContact
from portvakt.server.purpose.context import acting
from tests.server.provider.wares import address

NUMBER = "556036-0793"
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _with_a_site() -> Iterator[None]:
    cache.clear()
    mail.outbox.clear()
    with override_settings(PROVIDER_SITE=True):
        yield
    cache.clear()


def contacts(**given: str) -> dict[str, str]:
    return {"contact-TOTAL_FORMS": "3", "contact-INITIAL_FORMS": "0", **given}


def an_order(email: str, **changes: str) -> dict[str, str]:
    known = {
        "company": "Almgården AB",
        "organisation_number": NUMBER,
        "address": "Storgatan 1\n111 22 Stockholm",
        "first_name": "Siv",
        "last_name": "Alm",
        "email": email,
        "phone": "08-123 456 78",
        "wanted": "Two doors and forty cards.",
    }
    return contacts() | known | changes


def a_question(email: str, **changes: str) -> dict[str, str]:
    known = {"first_name": "Siv", "last_name": "Alm", "email": email, "question": "Does it work in the rain?"}
    return known | changes


def post(where: str, given: dict[str, str], client: Client | None = None) -> HttpResponse:
    return (client or Client()).post(where, given, headers=ENGLISH)  # type: ignore[return-value]


def found(email: str) -> list[Order]:
    with acting("ordering"):
        return list(Order.objects.filter(email=email))


@pytest.mark.row("S04")
@pytest.mark.row("S40")
def test_an_order_is_kept_with_its_contacts_and_confirmed() -> None:
    email, other = address(), address()
    more = {"contact-0-first_name": "Bo", "contact-0-last_name": "Ek", "contact-0-email": other}
    answer = post("/order/", an_order(email, **more))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/thanks/")
    (order,) = found(email)
    assert (order.company, order.organisation_number, order.state) == ("Almgården AB", NUMBER, "received")
    assert order.language == "en"
    with acting("ordering"):
        assert [one.email for one in OrderContact.objects.filter(order=order)] == [other]
    assert [one.to for one in mail.outbox] == [[email]]
    assert "forty cards" not in mail.outbox[0].body
    with acting("register_review"):
        assert Disclosure.objects.filter(subject_id=order.pk, purpose="ordering").count() == 1
    with acting("marketing"):
        assert not is_blocked(email, Blocked.MARKETING)


def test_no_offers_can_be_said_while_ordering() -> None:  # M-01
    email = address()
    page = Client().get("/order/", headers=ENGLISH).content.decode()
    assert 'name="no_offers"' in page
    assert 'name="no_offers" checked' not in page
    post("/order/", an_order(email, no_offers="on"))
    with acting("marketing"):
        assert is_blocked(email, Blocked.MARKETING)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("556036-0794", "This is no organisation number"),
        ("hello", "This is no organisation number"),
        # A number with which a sole trader is registered; B-07.
        ("811218-9876", "is a personal identity number"),
        ("19811218-9876", "is a personal identity number"),
    ],
)
def test_a_number_that_is_no_companys_is_refused_and_nothing_kept(number: str, said: str) -> None:
    email = address()
    answer = post("/order/", an_order(email, organisation_number=number))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert found(email) == []
    assert mail.outbox == []


@pytest.mark.parametrize(("number", "kept"), [("5560360793", NUMBER), ("DE 136695976", "DE136695976")])
def test_a_companys_number_is_taken_however_it_is_written(number: str, kept: str) -> None:
    email = address()
    assert post("/order/", an_order(email, organisation_number=number)).status_code == 302
    assert found(email)[0].organisation_number == kept


def test_more_than_three_contacts_and_very_long_texts_are_refused() -> None:
    email = address()
    four = contacts(**{"contact-TOTAL_FORMS": "1000"}) | {
        f"contact-{n}-{name}": value
        for n in range(10)
        for name, value in (("first_name", "Bo"), ("last_name", "Ek"), ("email", "bo@example.org"))
    }
    assert post("/order/", an_order(email, **four)).status_code == 422
    assert post("/order/", an_order(email, wanted="x" * 2001)).status_code == 422
    assert post("/order/", {"company": "x"}).status_code == 422
    assert found(email) == []


@pytest.mark.row("S06")
def test_a_question_is_kept_and_confirmed() -> None:
    email = address()
    assert post("/enquiry/", a_question(email, company="Almgården AB", project="Port 2")).status_code == 302
    with acting("enquiries"):
        enquiry = Enquiry.objects.get(email=email)
    assert (enquiry.channel, enquiry.project, enquiry.answered_at) == ("form", "Port 2", None)
    assert [one.to for one in mail.outbox] == [[email]]
    assert "rain" not in mail.outbox[0].body


def test_a_personal_identity_number_in_a_question_is_refused() -> None:  # B-07
    answer = post("/enquiry/", a_question(address(), question="I am 811218-9876"))
    assert answer.status_code == 422
    assert "This looks like a personal identity number" in answer.content.decode()


def test_a_machine_is_thanked_and_nothing_is_kept() -> None:
    email = address()
    for where, given in (("/order/", an_order(email)), ("/enquiry/", a_question(email))):
        answer = post(where, given | {"website": "https://example.org/"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/thanks/")
    assert found(email) == []
    with acting("enquiries"):
        assert not Enquiry.objects.filter(email=email).exists()
    assert mail.outbox == []


def test_an_address_may_not_flood() -> None:
    allowed = int(settings.ACCOUNT_RATE_LIMITS["site_form"].partition("/")[0])
    statuses = [post("/enquiry/", a_question(address())).status_code for _ in range(allowed + 1)]
    assert statuses == [302] * allowed + [429]


def test_nobody_can_fill_somebody_elses_mailbox() -> None:
    email = address()
    assert {post("/enquiry/", a_question(email)).status_code for _ in range(5)} == {302}
    assert len(mail.outbox) == 3


@pytest.mark.row("S40")
def test_nothing_is_stored_in_the_browser_but_the_protection_of_forms() -> None:  # K-01
    client = Client()
    for where in ("/order/", "/enquiry/", "/contact/", "/privacy/", "/thanks/"):
        client.get(where)
    post("/enquiry/", a_question(address()), client)
    post("/order/", an_order(address()), client)
    assert set(client.cookies) <= {settings.CSRF_COOKIE_NAME}
    page = client.get("/order/").content.decode()
    assert "http://" not in page.replace("http://localhost", "")
    assert 'src="https:' not in page


@pytest.mark.row("S32")
def test_each_form_tells_what_it_collects() -> None:
    for where in ("/order/", "/enquiry/"):
        page = Client().get(where, headers=ENGLISH).content.decode()
        assert "data-collection" in page
        assert "Total Security Stockholm AB" in page
        assert 'href="/privacy/"' in page


def test_the_forms_are_found_where_there_is_a_site_and_nowhere_else() -> None:
    assert 'href="/order/"' in Client().get("/account/login/").content.decode()
    contact = Client().get("/contact/").content.decode()
    assert 'href="/enquiry/"' in contact
    with override_settings(PROVIDER_SITE=False):
        for where in ("/order/", "/enquiry/", "/thanks/"):
            assert Client().get(where).status_code == 404
            assert Client().post(where).status_code == 404
        assert 'href="/order/"' not in Client().get("/account/login/").content.decode()
