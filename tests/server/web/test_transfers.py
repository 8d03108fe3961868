"""Can whoever answers for the register see where data goes, stop a mechanism everywhere at once, and see what that holds back?"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.privacy.actions import About, disclose
from portvakt.server.privacy.actions.recipients import add_recipient
from portvakt.server.privacy.models import OwnRecipient, TransferStop, Way
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.context import acting
from portvakt.server.web.desk.attention import OCCASIONAL, waiting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
PAGE = "/desk/transfers/"
FAR: dict[str, Any] = {
    "name": "Far Away Ltd",
    "category": "data_controller",
    "what_for": "Försäkring",
    "purposes": ["entry_log_review"],
    "country": "IN",
    "mechanism": "scc",
    "safeguard": "2021/914 module 1",
    "assessed": date(2026, 1, 1),
}


@pytest.fixture(autouse=True)
def _nothing_stays_stopped() -> Iterator[None]:
    yield
    with acting("register_review"):
        TransferStop.objects.filter(lifted_at=None).update(lifted_at=timezone.now())


def recipient(cast: Cast, **changes: Any) -> OwnRecipient:
    with acting("privacy_administration", cast.organisation.pk):
        return add_recipient(FAR | {"name": f"Far Away {cast.organisation.slug}"} | changes, by=cast.by)[0]


def take_out(cast: Cast, client: Client, to: OwnRecipient, **more: str) -> int:
    address = f"/o/{cast.organisation.slug}/access-log/export/"
    return client.post(address, {"recipient": str(to.pk)} | more).status_code


@pytest.mark.row("S19")
def test_stopping_a_mechanism_holds_everywhere_from_the_next_statement(
    cast: Cast, provider: Cast, client_of: ClientOf
) -> None:
    to, client, desk = recipient(cast), client_of(cast.admin), client_of(provider.accounts[Role.DPO])
    assert take_out(cast, client, to) == 200
    assert desk.post(PAGE, {"mechanism": "scc:IN", "reason": "The court has annulled it."}).status_code == 302
    assert take_out(cast, client, to) == 422
    page = desk.get(PAGE).content.decode()
    assert "Stopped: standard contractual clauses (Article 46) for India" in page
    assert "The court has annulled it." in page
    assert f"{to.name}" in page
    assert "is stopped for the time being" in page
    with acting("register_review"):
        stop = TransferStop.objects.get(mechanism="scc:IN", lifted_at=None)
    assert desk.post(f"{PAGE}{stop.pk}/lift/").status_code == 302
    assert desk.post(f"{PAGE}{stop.pk}/lift/").status_code == 404
    assert take_out(cast, client, to) == 200
    with acting("audit_review", provider.organisation.pk):
        actions = AuditEntry.objects.filter(object_id=stop.pk).values_list("action", flat=True)
        assert set(actions) == {"transfer.stopped", "transfer.lifted"}


def test_every_page_of_the_desk_says_that_something_is_stopped(provider: Cast, client_of: ClientOf) -> None:
    desk, support = client_of(provider.accounts[Role.DPO]), client_of(provider.accounts[Role.SUPPORT])
    assert "Transfers are stopped" not in desk.get("/desk/").content.decode()
    desk.post(PAGE, {"mechanism": "adequacy", "reason": "A judgment."})
    for client, address in ((desk, "/desk/"), (desk, "/desk/records/"), (support, "/desk/accounts/")):
        said = client.get(address).content.decode()
        assert "Transfers are stopped that rely on adequacy decisions (Article 45)." in said
        assert "A judgment." in said
    assert PAGE not in support.get("/desk/accounts/").content.decode()


def test_only_what_may_be_stopped_is_taken_and_once(provider: Cast, client_of: ClientOf) -> None:
    desk = client_of(provider.accounts[Role.DPO])
    for wrong in (
        {"mechanism": "none", "reason": "x"},
        {"mechanism": "scc", "reason": ""},
        {"mechanism": "scc:ZZ", "reason": "x"},
    ):
        assert desk.post(PAGE, wrong).status_code == 422
    assert desk.post(PAGE, {"mechanism": "bcr", "reason": "x"}).status_code == 302
    answer = desk.post(PAGE, {"mechanism": "bcr", "reason": "x"})
    assert answer.status_code == 422
    assert "It is stopped already." in answer.content.decode()


def test_every_recipient_is_shown_with_country_safeguard_and_agreement(
    cast: Cast, provider: Cast, client_of: ClientOf
) -> None:
    recipient(cast)
    page = client_of(provider.accounts[Role.DPO]).get(PAGE).content.decode()
    for one in catalogue.in_force().recipients:
        assert escape(one.name.en) in page
    assert cast.organisation.name in page
    assert "2021/914 module 1" in page
    assert "outside the EEA" in page


def test_an_exception_that_becomes_a_habit_is_said_at_the_desk(cast: Cast, provider: Cast) -> None:
    to = recipient(cast, mechanism="derogation", safeguard="", assessed=None)
    about = [About(Subject.HOLDER, cast.resident.pk)]
    for number in range(OCCASIONAL + 1):
        with acting("register_review"):
            said = [one.text for one in waiting(catalogue.in_force(), timezone.localdate())]
        assert not any(to.name in text for text in said)
        with acting("entry_log_review", cast.organisation.pk):
            disclose(
                str(to.pk), about, [Kind.PASSAGE],
                way=Way.EXPORT, by=cast.by, organisation=cast.organisation.pk, note=f"Case {number}",
            )  # fmt: skip
    with acting("register_review"):
        said = [one.text for one in waiting(catalogue.in_force(), timezone.localdate())]
    assert any(to.name in text for text in said)


def test_support_and_strangers_stop_nothing(cast: Cast, provider: Cast, client_of: ClientOf) -> None:
    support = client_of(provider.accounts[Role.SUPPORT])
    assert support.post(PAGE, {"mechanism": "scc", "reason": "x"}).status_code == 403
    assert client_of(cast.admin).get(PAGE).status_code == 404
    with acting("register_review"):
        assert not TransferStop.objects.filter(lifted_at=None).exists()
