"""Can somebody sign in, find what is theirs, and change only that?"""

from collections.abc import Callable

import pytest
from django.test import Client, override_settings
from django.utils import translation

from portvakt.server.accounts.actions import change_own_account
from portvakt.server.accounts.models import Account, Role
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import PASSWORD, Cast

ClientOf = Callable[[Account], Client]
PAGES = (
    "/account/", "/account/email/", "/account/password/change/", "/account/2fa/", "/account/sessions/", "/account/logout/",
)  # fmt: skip


def test_signing_in_leads_to_the_doors(cast: Cast) -> None:
    client = Client()
    answer = client.post("/account/login/", {"login": cast.admin.email, "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/o/{cast.organisation.slug}/"
    assert answer.status_code == 200
    assert str(cast.admin.pk) not in answer.content.decode()


def test_a_wrong_password_is_said_and_lets_nobody_in(cast: Cast) -> None:
    client = Client()
    answer = client.post("/account/login/", {"login": cast.admin.email, "password": "not the password"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert client.get(f"/o/{cast.organisation.slug}/").status_code == 302


def test_a_stranger_behind_the_same_proxy_locks_nobody_out(cast: Cast) -> None:
    def sign_in(address: str, email: str) -> int:
        behind = Client(REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": f"192.0.2.99, {address}"})
        return behind.post("/account/login/", {"login": email, "password": PASSWORD}).status_code

    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        for number in range(12):
            sign_in("203.0.113.1", f"nobody.{number}@example.org")
        assert sign_in("203.0.113.1", cast.admin.email) == 200
        assert sign_in("203.0.113.2", cast.admin.email) == 302


def test_nobody_opens_an_account_alone() -> None:
    page = Client().get("/account/signup/").content.decode()
    assert 'name="password1"' not in page


@pytest.mark.parametrize("where", PAGES)
@pytest.mark.parametrize("role", [Role.ADMIN, Role.GUEST])
def test_account_pages_open_in_our_frame(shared_cast: Cast, client_of: ClientOf, role: Role, where: str) -> None:
    answer = client_of(shared_cast.accounts[role]).get(where, follow=True)
    assert answer.status_code == 200
    assert "vendor/tabler.min.css" in answer.content.decode()


@pytest.mark.parametrize("where", ["/account/login/", "/account/password/reset/"])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_before_sign_in_the_browser_chooses_the_language(where: str, language: str) -> None:
    answer = Client(headers={"Accept-Language": language}).get(where)
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == language


def test_the_language_can_be_chosen_before_sign_in() -> None:
    client = Client(headers={"Accept-Language": "sv"})
    client.post("/language/", {"language": "en", "next": "/account/login/"})
    assert client.get("/account/login/").headers["Content-Language"] == "en"


def test_name_and_language_are_kept(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    answer = client.post("/account/", {"first_name": "Ada", "last_name": "Ek", "language": "sv"}, follow=True)
    assert "Ditt konto är sparat." in answer.content.decode()
    with acting("account_sign_in"):
        account = Account.objects.get(pk=cast.admin.pk)
    assert (account.first_name, account.language) == ("Ada", "sv")


def test_a_bad_language_is_said_beside_it(cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.admin).post("/account/", {"first_name": "Ada", "last_name": "", "language": "tlh"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"language"}


def test_an_account_changes_no_other(cast: Cast) -> None:
    with acting("account_sign_in"), pytest.raises(Refused, match="not_permitted"):
        change_own_account(cast.admin, by=cast.accounts[Role.OPERATOR], first_name="Eve")


def test_two_step_sign_in_can_be_set_up(cast: Cast) -> None:
    client = Client()
    client.post("/account/login/", {"login": cast.admin.email, "password": PASSWORD})
    assert client.get("/account/2fa/totp/activate/").status_code == 302  # the password is asked for again
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    page = client.get("/account/2fa/totp/activate/").content.decode()
    assert 'src="data:image/svg+xml' in page
    assert 'name="code"' in page
    passkey = client.get("/account/2fa/webauthn/add/").content.decode()
    assert "mfa/js/webauthn.js" in passkey
    wrong = client.post("/account/2fa/totp/activate/", {"code": "000000"})
    assert wrong.context["form"].errors["code"]


@pytest.mark.parametrize("where", PAGES[1:])
def test_account_pages_speak_swedish(cast: Cast, client_of: ClientOf, where: str) -> None:
    client = client_of(cast.admin)
    client.post("/account/", {"first_name": "Ada", "last_name": "Ek", "language": "sv"})
    with translation.override("sv"):
        page = client.get(where, follow=True).content.decode()
    assert '<html lang="sv">' in page
    for english in (
        "Sign Out",
        "Change Password",
        "Add Email",
        "Authenticator App",
        "Security Keys",
        "Browser",
        "Started At",
    ):
        assert english not in page
