"""Can an organisation ask support, give leave and take it back on its pages, and can support answer and look on the desk's?"""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from portvakt.server.accounts.models import Account, Role
from portvakt.server.privacy.models import SupportCase
from portvakt.server.purpose.context import acting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]


def asked(cast: Cast, client_of: ClientOf) -> tuple[Client, UUID]:
    client, slug = client_of(cast.admin), cast.organisation.slug
    answer = client.post(f"/o/{slug}/support/ask/", {"title": "Card", "text": "It does not work."})
    assert answer.status_code == 302
    with acting("support_case", cast.organisation.pk):
        return client, SupportCase.objects.get(organisation=cast.organisation).pk


def leave(client: Client, cast: Cast, case: UUID, purpose: str, hours: str = "4") -> None:
    where = reverse("board:support_leave", args=[cast.organisation.slug, case])
    assert client.post(where, {"purpose": purpose, "hours": hours}).status_code == 302


@pytest.mark.row("S41")
def test_a_question_is_asked_answered_and_closed(cast: Cast, provider: Cast, client_of: ClientOf) -> None:
    client, case = asked(cast, client_of)
    staff = client_of(provider.accounts[Role.SUPPORT])
    assert "Card" in staff.get("/desk/support/").content.decode()
    # What support writes is the organisation's, whose data processor it is.
    assert f"Data controller: {cast.organisation.name}" in staff.get(f"/desk/support/{case}/").content.decode()
    mail.outbox.clear()
    assert staff.post(f"/desk/support/{case}/", {"text": "Try the other side."}).status_code == 302
    assert [message.to for message in mail.outbox] == [[cast.admin.email]]
    assert "Try" not in mail.outbox[0].body
    page = client.get(f"/o/{cast.organisation.slug}/support/{case}/").content.decode()
    assert "Try the other side." in page
    assert client.post(f"/o/{cast.organisation.slug}/support/{case}/close/").status_code == 302
    assert staff.post(f"/desk/support/{case}/", {"text": "Too late."}).status_code == 422


@pytest.mark.row("S41")
def test_what_came_by_telephone_is_written_down_and_gives_no_leave(
    cast: Cast, provider: Cast, client_of: ClientOf
) -> None:
    staff = client_of(provider.accounts[Role.SUPPORT])
    values = {"organisation": str(cast.organisation.pk), "channel": "phone", "title": "Gate", "text": "Stays open."}
    answer = staff.post("/desk/support/write-down/", values)
    assert answer.status_code == 302
    assert "without it the database shows nothing" in staff.get(answer.headers["Location"]).content.decode()
    board = client_of(cast.admin).get(f"/o/{cast.organisation.slug}/support/").content.decode()
    assert "Gate" in board


@pytest.mark.row("S02")
def test_support_looks_only_under_leave_and_everybody_sees_it(cast: Cast, provider: Cast, client_of: ClientOf) -> None:
    client, case = asked(cast, client_of)
    staff, slug = client_of(provider.accounts[Role.SUPPORT]), cast.organisation.slug
    look, log = f"/desk/support/{case}/look/", f"/desk/support/{case}/log/"
    assert staff.get(look).status_code == 403
    leave(client, cast, case, "support_look")
    page = staff.get(look, {"who": "Maja"}).content.decode()
    assert "Maja Ask" in page
    assert "34567" in page
    assert staff.get(log).status_code == 403
    # While it holds, every page of the Board says so, to those who cannot take it back as well.
    assert "Support may look here" in client_of(cast.accounts[Role.OPERATOR]).get(f"/o/{slug}/").content.decode()
    board = client.get(f"/o/{slug}/support/{case}/").content.decode()
    assert "Support looks at access rights, with the organisation" in board
    assert "Support looked" in client.get(f"/o/{slug}/audit-log/").content.decode()
    assert client.post(f"/o/{slug}/support/{case}/take-back/").status_code == 302
    assert staff.get(look, {"who": "Maja"}).status_code == 403
    assert "Support may look here" not in client.get(f"/o/{slug}/").content.decode()


def test_the_log_is_looked_into_under_its_own_leave(cast: Cast, provider: Cast, client_of: ClientOf) -> None:
    client, case = asked(cast, client_of)
    leave(client, cast, case, "support_log_look")
    staff = client_of(provider.accounts[Role.SUPPORT])
    assert staff.get(f"/desk/support/{case}/log/", {"door": str(cast.door.pk)}).status_code == 200
    assert staff.get(f"/desk/support/{case}/look/").status_code == 403


def test_support_closes_a_case_and_its_leave_ends(cast: Cast, provider: Cast, client_of: ClientOf) -> None:
    client, case = asked(cast, client_of)
    leave(client, cast, case, "support_look")
    staff = client_of(provider.accounts[Role.SUPPORT])
    assert staff.get(f"/desk/support/{case}/close/").status_code == 405
    assert staff.get(f"/desk/support/{case}/look/").status_code == 200
    assert client_of(provider.accounts[Role.DPO]).post(f"/desk/support/{case}/close/").status_code == 403
    assert client.post(f"/desk/support/{case}/close/").status_code == 404
    assert staff.post(f"/desk/support/{case}/close/").status_code == 302
    assert staff.get(f"/desk/support/{case}/look/").status_code == 403


def test_leave_is_never_chosen_beforehand(cast: Cast, client_of: ClientOf) -> None:
    client, case = asked(cast, client_of)
    page = client.get(f"/o/{cast.organisation.slug}/support/{case}/").content.decode()
    assert " checked" not in page
    where = reverse("board:support_leave", args=[cast.organisation.slug, case])
    assert client.post(where, {}).status_code == 422


def test_only_admins_ask_and_another_organisation_finds_nothing(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    _client, case = asked(cast, client_of)
    operator = client_of(cast.accounts[Role.OPERATOR])
    assert operator.get(f"/o/{cast.organisation.slug}/support/").status_code == 403
    stranger = client_of(other.admin)
    assert stranger.get(f"/o/{other.organisation.slug}/support/{case}/").status_code == 404
    assert stranger.get(f"/desk/support/{case}/").status_code == 404
