"""Does an invited operator get a link that works, in their language, and can roles be changed without locking everybody out?"""

import re
from collections.abc import Callable
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from portvakt.server.accounts.models import Account, Membership, Role
from portvakt.server.privacy.terms import terms_on
from portvakt.server.purpose.context import acting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
NEW = {"first_name": "Nora", "last_name": "Vik", "language": "en", "roles": ["operator"]}


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/operators/" + "".join(f"{part}/" for part in parts)


def member(cast: Cast, email: str) -> Membership:
    with acting("account_administration"):
        return Membership.objects.select_related("account").get(organisation=cast.organisation, account__email=email)


def address(cast: Cast) -> str:
    return f"nora.{cast.organisation.slug}@example.org"


@pytest.fixture(autouse=True)
def _empty_outbox() -> None:
    mail.outbox = []


def test_an_invited_operator_chooses_a_password_by_the_link(cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.admin).post(url(cast, "add"), NEW | {"email": address(cast)})
    assert answer.status_code == 302
    (sent,) = mail.outbox
    assert sent.to == [address(cast)]
    assert sent.subject == f"Portvakt: you are an operator of {cast.organisation.name}"
    link = re.search(r"http://localhost:8000(/account/password/reset/key/\S+)", str(sent.body))
    assert link is not None
    client = Client()
    choice = client.get(link[1])
    assert choice.status_code == 302
    secret = "quite a long phrase"
    assert client.post(choice.headers["Location"], {"password1": secret, "password2": secret}).status_code == 302
    assert client.post("/account/login/", {"login": address(cast), "password": secret}).status_code == 302
    # The terms come first, then the Board.
    assert client.get(f"/o/{cast.organisation.slug}/").headers["Location"].startswith("/terms/?next=")
    said = {"digest": terms_on(timezone.localdate()).digest, "accept": "on", "age": "old"}
    assert client.post("/terms/", said).status_code == 302
    assert client.get(f"/o/{cast.organisation.slug}/").status_code == 200


def test_the_mail_is_in_the_invitees_language(cast: Cast, client_of: ClientOf) -> None:
    client_of(cast.admin).post(url(cast, "add"), NEW | {"email": address(cast), "language": "sv"})
    (sent,) = mail.outbox
    assert sent.subject == f"Portvakt: du är operatör för {cast.organisation.name}"
    assert "Välj ett lösenord" in str(sent.body)


def test_somebody_with_an_account_is_only_told(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    client_of(cast.admin).post(url(cast, "add"), NEW | {"email": other.admin.email.upper()})
    (sent,) = mail.outbox
    assert "/account/login/" in str(sent.body)
    assert "password/reset" not in str(sent.body)
    assert client_of(other.admin).get(f"/o/{cast.organisation.slug}/persons/").status_code == 200


def test_a_failed_mail_is_said_and_can_be_sent_again(
    cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_mail: EmailMessage) -> int:
        raise SMTPServerDisconnected

    client = client_of(cast.admin)
    with monkeypatch.context() as during:
        during.setattr(EmailMessage, "send", refuse)
        answer = client.post(url(cast, "add"), NEW | {"email": address(cast)}, follow=True)
    assert "The mail could not be sent." in answer.content.decode()
    nora = member(cast, address(cast))
    client.post(url(cast, nora.pk, "invitation"))
    assert len(mail.outbox) == 1


def test_bad_values_stand_beside_their_fields(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    answer = client.post(url(cast, "add"), NEW | {"email": "nora", "language": "xx", "roles": ["king"]})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"email", "language", "roles"}
    answer = client.post(url(cast, "add"), NEW | {"email": address(cast), "roles": []})
    assert answer.context["form"].errors["roles"] == ["Choose at least one role."]
    answer = client.post(url(cast, "add"), NEW | {"email": cast.admin.email})
    assert answer.context["form"].errors["email"] == ["This address already belongs to an operator here."]
    assert not mail.outbox


def test_roles_are_changed_and_the_last_admin_stays(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    operator = member(cast, cast.accounts[Role.OPERATOR].email)
    client.post(url(cast, operator.pk), {"roles": ["operator", "hardware_manager"]})
    assert set(member(cast, operator.account.email).roles) == {"operator", "hardware_manager"}
    own = member(cast, cast.admin.email)
    answer = client.post(url(cast, own.pk), {"roles": ["operator"]})
    assert answer.status_code == 422
    assert "at least one Admin" in answer.content.decode()
    assert "at least one Admin" in client.post(url(cast, own.pk, "remove")).content.decode()
    assert member(cast, cast.admin.email).roles == ["admin"]


def test_a_removed_operator_is_out_at_once(cast: Cast, client_of: ClientOf) -> None:
    theirs = client_of(cast.accounts[Role.OPERATOR])
    assert theirs.get(f"/o/{cast.organisation.slug}/persons/").status_code == 200
    operator = member(cast, cast.accounts[Role.OPERATOR].email)
    assert client_of(cast.admin).post(url(cast, operator.pk, "remove")).status_code == 302
    assert theirs.get(f"/o/{cast.organisation.slug}/persons/").status_code == 404


def test_only_this_organisations_operators_are_there(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    listed = {row.account.email for row, _roles in client.get(url(cast)).context["rows"]}
    assert listed == {account.email for account in cast.accounts.values()}
    foreign = member(other, other.admin.email)
    assert client.get(url(cast, foreign.pk)).status_code == 404
    assert client.post(url(cast, foreign.pk, "remove")).status_code == 404
    assert client.post(url(cast, foreign.pk, "invitation")).status_code == 404


def test_only_an_admin_manages_operators(cast: Cast, client_of: ClientOf) -> None:
    own = member(cast, cast.admin.email)
    for role in (Role.OPERATOR, Role.HARDWARE_MANAGER, Role.REGULAR, Role.GUEST):
        client = client_of(cast.accounts[role])
        assert client.get(url(cast)).status_code == 403
        assert client.post(url(cast, "add"), NEW | {"email": address(cast)}).status_code == 403
        assert client.post(url(cast, own.pk, "remove")).status_code == 403
    assert not mail.outbox


def test_the_desks_roles_are_offered_by_the_provider_alone(cast: Cast, provider: Cast, client_of: ClientOf) -> None:
    theirs = client_of(cast.admin).get(url(cast, "add")).content.decode()
    ours = client_of(provider.admin).get(url(provider, "add")).content.decode()
    assert ('value="dpo"' in ours, 'value="dpo"' in theirs) == (True, False)
    values = NEW | {"email": f"dpo.{address(provider)}", "roles": ["dpo"]}
    assert client_of(provider.admin).post(url(provider, "add"), values).status_code == 302
    refused = client_of(cast.admin).post(url(cast, "add"), NEW | {"email": address(cast), "roles": ["dpo"]})
    assert refused.status_code == 422
