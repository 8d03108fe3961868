"""Does a disabled account stay out: signed out at once, not invited again by anybody, not opened anew after its erasure?"""

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client, override_settings

from portvakt.server.accounts.actions import disable_account, enable_account, invite, invite_person
from portvakt.server.accounts.blocked import address_digest, is_blocked
from portvakt.server.accounts.models import Account, Blocked, BlockedAddress, Role, WhyDisabled
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import PASSWORD, Cast

ClientOf = Callable[[Account], Client]


@pytest.fixture
def support(provider: Cast) -> Actor:
    """Return the provider's support as the one who acts."""
    with acting("account_sign_in"):
        return provider.accounts[Role.SUPPORT].memberships.select_related("organisation").get().actor()


@pytest.fixture
def disabled(cast: Cast, support: Actor) -> Account:
    """Return an operator's account, just disabled."""
    account = cast.accounts[Role.OPERATOR]
    with acting("account_disabling"):
        known = Account.objects.only("email", "is_active").get(pk=account.pk)
        disable_account(known, WhyDisabled.MISUSE, by=support)
    return account


def erase(account: Account) -> None:
    """Remove an account with all that is its own, as an erasure does."""
    with connection.cursor() as cursor:
        for table, column in (
            ("accounts_membership", "account_id"), ("account_emailaddress", "user_id"), ("accounts_account", "id"),
        ):  # fmt: skip
            cursor.execute(f"delete from {table} where {column} = %s", [account.pk])


def test_a_disabled_account_cannot_sign_in(disabled: Account) -> None:
    client = Client()
    client.post("/account/login/", {"login": disabled.email, "password": PASSWORD})
    assert client.get("/").headers["Location"].startswith("/account/login/")


def test_its_sign_ins_end_at_once(cast: Cast, client_of: ClientOf, support: Actor) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    assert client.get(f"/o/{cast.organisation.slug}/").status_code == 200
    with acting("account_disabling"):
        known = Account.objects.only("email", "is_active").get(pk=cast.accounts[Role.OPERATOR].pk)
        disable_account(known, WhyDisabled.TAKEN_OVER, by=support)
    assert client.get(f"/o/{cast.organisation.slug}/").status_code == 302


def test_nobody_invites_it_again(cast: Cast, other: Cast, disabled: Account) -> None:  # TOS-06
    with acting("account_administration"), pytest.raises(Refused, match="address_refused"):
        invite(disabled.email.upper(), [Role.OPERATOR], by=other.by)
    with acting("person_invitation", cast.organisation.pk), pytest.raises(Refused, match="address_refused"):
        invite_person(f" {disabled.email}", cast.resident.pk, by=cast.by)


@pytest.mark.usefixtures("owner")
def test_it_is_not_opened_anew_after_its_erasure(cast: Cast, disabled: Account) -> None:  # TOS-06
    erase(disabled)
    with acting("account_administration"):
        assert not Account.objects.filter(email=disabled.email).exists()
        with pytest.raises(Refused, match="address_refused"):
            invite(disabled.email, [Role.OPERATOR], by=cast.by)
        assert not Account.objects.filter(email=disabled.email).exists()


def second_address(account: Account, email: str) -> None:
    """Give an account another address that it has confirmed, as its owner does on the page of addresses."""
    with acting("account_sign_in"):
        EmailAddress(user=account, email=email, verified=True).save(force_insert=True)


def test_nobody_invites_another_address_of_it(cast: Cast, other: Cast, support: Actor) -> None:  # TOS-06
    account = cast.accounts[Role.OPERATOR]
    second = f"second.{account.email}"
    second_address(account, second)
    with acting("account_disabling"):
        disable_account(Account.objects.only("email", "is_active").get(pk=account.pk), WhyDisabled.TERMS, by=support)
    for email in (account.email, second):
        with acting("account_administration"), pytest.raises(Refused, match="address_refused"):
            invite(email, [Role.OPERATOR], by=other.by)
    with acting("account_disabling"):
        enable_account(second.upper(), by=support)
        assert not is_blocked(account.email, Blocked.DISABLED)
        assert not is_blocked(second, Blocked.DISABLED)
        assert Account.objects.only("is_active").get(pk=account.pk).is_active


def test_another_address_of_an_account_is_that_account(cast: Cast, other: Cast) -> None:
    second = f"second.{cast.admin.email}"
    second_address(cast.admin, second)
    with acting("account_administration"):
        membership, _entry = invite(second.upper(), [Role.OPERATOR], by=other.by)
    assert membership.account_id == cast.admin.pk


@pytest.mark.usefixtures("owner")
def test_it_comes_back_as_no_other_accounts_second_address(cast: Cast, disabled: Account) -> None:  # TOS-06
    """Whoever owns the address learns it from the link alone: nobody finds out whose addresses are disabled by adding them."""
    erase(disabled)
    client = Client()
    client.post("/account/login/", {"login": cast.admin.email, "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    mail.outbox.clear()
    assert client.post("/account/email/", {"action_add": "", "email": disabled.email}).status_code == 302
    link = re.search(r"/account/confirm-email/\S+/", str(mail.outbox[0].body))
    assert link is not None
    answer = client.post(link.group())
    assert answer.status_code == 409
    assert "No account can be opened or linked for this address." in answer.content.decode()
    with acting("account_sign_in"):
        assert not EmailAddress.objects.get(email=disabled.email).verified


def test_enabled_again_it_signs_in(disabled: Account, support: Actor) -> None:
    with acting("account_disabling"):
        enable_account(disabled.email, by=support)
    client = Client()
    answer = client.post("/account/login/", {"login": disabled.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/"
    assert client.get("/").headers["Location"].startswith("/o/")


def test_why_stands_in_the_providers_audit_log(provider: Cast, disabled: Account) -> None:
    with acting("audit_review", provider.organisation.pk):
        entry = AuditEntry.objects.filter(object_id=disabled.pk, action="account.disabled").get()
    assert entry.fields == ["because_misuse"]
    assert entry.organisation_id == provider.organisation.pk


def test_nobody_disables_without_the_permission_or_oneself(cast: Cast, provider: Cast, support: Actor) -> None:
    with acting("account_disabling"):
        own = Account.objects.only("email", "is_active").get(pk=provider.accounts[Role.SUPPORT].pk)
        with pytest.raises(Refused, match="own_account"):
            disable_account(own, WhyDisabled.TERMS, by=support)
        stranger = Actor("operator", cast.organisation.pk, cast.admin.pk, frozenset())
        with pytest.raises(Refused, match="not_permitted"):
            disable_account(own, WhyDisabled.TERMS, by=stranger)
        with pytest.raises(Refused, match="not_permitted"):
            enable_account(own.email, by=stranger)


def test_what_is_kept_is_a_keyed_digest(disabled: Account) -> None:
    assert address_digest(" MAJA@Example.org") == address_digest("maja@example.org")
    with override_settings(SUPPRESSION_KEY="another"):
        other = address_digest(disabled.email)
    assert other != address_digest(disabled.email)
    with acting("account_disabling"):
        row = BlockedAddress.objects.get(digest=address_digest(disabled.email))
        assert (len(row.digest), row.reason) == (32, Blocked.DISABLED)
        assert not is_blocked(disabled.email, Blocked.MARKETING)


def test_at_the_desk_an_account_is_found_disabled_and_enabled(cast: Cast, provider: Cast, client_of: ClientOf) -> None:
    client, someone = client_of(provider.accounts[Role.SUPPORT]), cast.accounts[Role.OPERATOR]
    page = client.get("/desk/accounts/", {"email": someone.email.upper()})
    assert "Disable the account" in page.content.decode()
    without = client.post(f"/desk/accounts/{someone.pk}/disable/", {}, follow=True)
    assert "Nothing has been done." in without.content.decode()
    done = client.post(f"/desk/accounts/{someone.pk}/disable/", {"why": "misuse"}, follow=True)
    assert "cannot sign in" not in done.content.decode()
    assert "Enable again" in done.content.decode()
    again = client.post("/desk/accounts/enable/", {"email": someone.email}, follow=True)
    assert "May sign in" in again.content.decode()


@pytest.mark.parametrize("role", [Role.DPO, Role.ADMIN])
def test_only_support_disables(provider: Cast, cast: Cast, client_of: ClientOf, role: Role) -> None:
    expected = 200 if role is Role.ADMIN else 403  # the provider's own Admin holds every permission
    assert client_of(provider.accounts[role]).get("/desk/accounts/").status_code == expected
    assert client_of(cast.admin).get("/desk/accounts/").status_code == 404
