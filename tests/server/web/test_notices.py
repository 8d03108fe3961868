"""Does an operator see whom the organisation must still tell and write down who was, and the officer how far all notices have come?"""

from collections.abc import Callable

import pytest
from django.test import Client

from portvakt.server.accounts.models import Account, Role
from portvakt.server.people.models import Person
from portvakt.server.privacy.actions.notices import publish_notice
from portvakt.server.privacy.models import NoticeReceipt, NoticeVersion, Way
from portvakt.server.purpose.context import acting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]


@pytest.fixture
def notice(cast: Cast) -> NoticeVersion:
    with acting("privacy_administration", cast.organisation.pk):
        found = publish_notice(cast.organisation, by=cast.by)
    assert found is not None
    return found


def receipts(of: Cast) -> dict[object, NoticeReceipt]:
    with acting("notice_handover", of.organisation.pk):
        return {one.subject_id: one for one in NoticeReceipt.objects.filter(organisation=of.organisation)}


def where(cast: Cast, more: str = "") -> str:
    return f"/o/{cast.organisation.slug}/privacy/notices/{more}"


def test_who_has_no_address_is_listed_with_the_last_day_and_the_late_are_counted(
    cast: Cast, notice: NoticeVersion, client_of: ClientOf
) -> None:  # N-03
    with acting("access_administration", cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(created_at="2026-01-31T12:00:00Z")
        Person.objects.filter(pk=cast.guest.pk).update(email="nils@example.org")
    said = client_of(cast.admin).get(where(cast)).content.decode()
    assert "Maja Ask" in said
    assert "Nils Al" not in said
    assert "1 is sent it by e-mail" in said
    assert "1 person should have been told by now" in said
    assert "overdue" in said


@pytest.mark.row("S34")
def test_an_operator_writes_down_that_a_person_was_handed_it(
    cast: Cast, notice: NoticeVersion, client_of: ClientOf
) -> None:  # N-02
    operator = client_of(cast.accounts[Role.OPERATOR])
    answer = operator.post(where(cast, f"{cast.resident.pk}/"), follow=True)
    assert "It is written down for Maja Ask" in answer.content.decode()
    assert "Need not be told</button>" not in answer.content.decode()
    assert receipts(cast)[cast.resident.pk].way == Way.PAPER
    operator.post(where(cast, f"{cast.resident.pk}/"))
    assert len(receipts(cast)) == 1


def test_an_administrator_writes_down_why_one_need_not_be_told(
    cast: Cast, notice: NoticeVersion, client_of: ClientOf
) -> None:  # N-04
    admin = client_of(cast.admin)
    admin.post(where(cast, f"{cast.guest.pk}/"), {"exception": "already_has_it"})
    assert receipts(cast)[cast.guest.pk].exception == "already_has_it"
    refused = admin.post(where(cast, f"{cast.resident.pk}/"), {"exception": "too_much_work"})
    assert refused.status_code == 422
    assert cast.resident.pk not in receipts(cast)
    operator = client_of(cast.accounts[Role.OPERATOR])
    assert operator.post(where(cast, f"{cast.resident.pk}/"), {"exception": "law"}).status_code == 403
    assert cast.resident.pk not in receipts(cast)


def test_all_without_an_address_are_written_down_at_once(
    cast: Cast, notice: NoticeVersion, client_of: ClientOf
) -> None:
    with acting("access_administration", cast.organisation.pk):
        Person.objects.filter(pk=cast.guest.pk).update(email="nils@example.org")
    said = client_of(cast.admin).post(where(cast, "all/"), follow=True).content.decode()
    assert set(receipts(cast)) == {cast.resident.pk, cast.suspended.pk}
    assert "Nobody waits for a paper" in said


def test_another_organisations_person_cannot_be_named(
    cast: Cast, other: Cast, notice: NoticeVersion, client_of: ClientOf
) -> None:
    client_of(cast.admin).post(where(cast, f"{other.resident.pk}/"))
    assert receipts(cast) == {}
    assert receipts(other) == {}


def test_before_a_notice_there_is_nothing_to_hand_over(cast: Cast, client_of: ClientOf) -> None:
    admin = client_of(cast.admin)
    assert "has not been published yet" in admin.get(where(cast)).content.decode()
    assert admin.post(where(cast, "all/")).status_code == 404


# ── the desk ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_officer_sees_how_far_each_notice_has_come_and_excepts_those_left(
    cast: Cast, notice: NoticeVersion, provider: Cast, client_of: ClientOf
) -> None:  # N-04, N-06
    client_of(cast.admin).post(where(cast, f"{cast.resident.pk}/"))
    officer = client_of(provider.accounts[Role.DPO])
    said = officer.get("/desk/notices/").content.decode()
    assert cast.organisation.name in said
    assert "Maja" not in said
    form = f"/desk/notices/{notice.pk}/exception/"
    assert "2 have not been told of version 1" in officer.get(form).content.decode()
    assert officer.post(form, {"exception": "because"}).status_code == 422
    officer.post(form, {"exception": "impossible"})
    found = receipts(cast)
    assert found[cast.guest.pk].exception == found[cast.suspended.pk].exception == "impossible"
    assert found[cast.resident.pk].exception == ""


def test_support_does_not_see_notices_of_the_desk(provider: Cast, client_of: ClientOf) -> None:
    assert client_of(provider.accounts[Role.SUPPORT]).get("/desk/notices/").status_code == 403
