"""Can an organisation decide how long its log is kept, within what the register suggests, and say who it is as data controller?"""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.models import Organisation
from portvakt.server.organisations.presets import MOST_DAYS, preset_of
from portvakt.server.places.actions import change_door
from portvakt.server.privacy.actions.organisation import decide_keeping
from portvakt.server.privacy.models import NoticeVersion
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]
REASON = "Three break-ins this spring, each found only after the holidays."
FACTS = {
    "legal_name": "Bostadsrättsföreningen Björkgården",
    "registration_number": "769600-0000",
    "address": "Björkgatan 1, 123 45 Staden",
    "privacy_email": "privacy@example.org",
    "dpo_contact": "",
}


def base(cast: Cast, path: str = "") -> str:
    return f"/o/{cast.organisation.slug}/privacy/{path}"


def decided(cast: Cast) -> Organisation:
    with acting("privacy_administration", cast.organisation.pk):
        return Organisation.objects.get(pk=cast.organisation.pk)


@pytest.fixture
def admin(cast: Cast, client_of: ClientOf) -> Client:
    return client_of(cast.admin)


# SE-03, S-04
def test_a_new_organisation_begins_with_the_preset_of_housing_and_its_source(cast: Cast, admin: Client) -> None:
    kept = decided(cast)
    assert (kept.premises, kept.entry_log_days, preset_of("housing").days) == ("housing", 14, 14)
    page = unescape(admin.get(base(cast)).content.decode())
    assert "14 days" in page
    assert preset_of("housing").source.en in page


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"premises": "housing", "entry_log_days": "15", "entry_log_reason": " "}, "entry_log_reason"),
        ({"premises": "housing", "entry_log_days": "0", "entry_log_reason": ""}, "entry_log_days"),
        (
            {"premises": "housing", "entry_log_days": str(MOST_DAYS + 1), "entry_log_reason": REASON},
            "entry_log_days",
        ),
        ({"premises": "castle", "entry_log_days": "3", "entry_log_reason": ""}, "premises"),
        (
            {"premises": "housing", "entry_log_days": "15", "entry_log_reason": "For 811228-9874 alone"},
            "entry_log_reason",
        ),
    ],
)
def test_what_may_not_be_is_said_beside_its_field_and_changes_nothing(
    cast: Cast, admin: Client, values: dict[str, str], wrong: str
) -> None:
    answer = admin.post(base(cast, "keeping/"), values)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {wrong}
    assert (decided(cast).premises, decided(cast).entry_log_days) == ("housing", 14)


# SE-05
def test_up_to_the_preset_one_chooses_freely_and_beyond_it_with_a_reason(cast: Cast, admin: Client) -> None:
    choose = {"premises": "workplace", "entry_log_days": "30", "entry_log_reason": ""}
    assert admin.post(base(cast, "keeping/"), choose).status_code == 302
    assert decided(cast).entry_log_days == 30
    longer = {"premises": "housing", "entry_log_days": "60", "entry_log_reason": REASON}
    assert admin.post(base(cast, "keeping/"), longer).status_code == 302
    assert (decided(cast).entry_log_days, decided(cast).entry_log_reason) == (60, REASON)
    assert REASON in admin.get(base(cast)).content.decode()
    admin.post(base(cast, "keeping/"), longer | {"entry_log_days": "7"})
    assert decided(cast).entry_log_reason == "", "a reason that no longer is one does not stay in the notice"
    with acting("audit_review", cast.organisation.pk):
        entries = AuditEntry.objects.filter(action="organisation.log_decided").order_by("at")
        assert [entry.fields for entry in entries] == [
            ["entry_log_days", "premises"],
            ["entry_log_days", "entry_log_reason", "premises"],
            ["entry_log_days", "entry_log_reason"],
        ]


def test_the_action_refuses_what_the_form_would(cast: Cast) -> None:
    with as_login("board"), acting("privacy_administration", cast.organisation.pk):
        organisation = Organisation.objects.get(pk=cast.organisation.pk)
        for days, reason, code in ((15, "", "log_reason_missing"), (0, REASON, "log_days_bounds")):
            with pytest.raises(Refused) as refused:
                decide_keeping(organisation, "housing", days, reason, by=cast.by)
            assert refused.value.code == code


def test_what_the_notice_lacks_is_a_to_do_until_it_is_said(cast: Cast, admin: Client) -> None:
    before = admin.get(base(cast))
    assert len(before.context["to_do"]) == 4
    assert admin.post(base(cast, "facts/"), FACTS).status_code == 302
    assert decided(cast).legal_name == FACTS["legal_name"]
    after = admin.get(base(cast))
    assert after.context["to_do"] == []
    assert FACTS["privacy_email"] in after.content.decode()


# B-04
def test_an_authority_says_that_it_has_another_basis_than_an_interest_of_its_own(cast: Cast, admin: Client) -> None:
    answer = admin.post(base(cast, "facts/"), FACTS | {"public_authority": "on"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"task_decided"}
    assert "Access log" in answer.content.decode(), "it is told which activities it concerns"
    assert decided(cast).public_authority is False
    both = FACTS | {"public_authority": "on", "task_decided": "on"}
    assert admin.post(base(cast, "facts/"), both).status_code == 302
    assert decided(cast).public_authority is True
    assert "a public task in place of legitimate interest" in admin.get(base(cast)).content.decode()


def test_homes_are_counted(cast: Cast, admin: Client) -> None:
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.cellar, by=cast.by, home=True)
    assert "1 door leads into a home" in admin.get(base(cast)).content.decode()


def test_only_who_manages_privacy_finds_it_in_the_menu(cast: Cast, admin: Client, client_of: ClientOf) -> None:
    assert f'href="{base(cast)}"' in admin.get(base(cast)).content.decode()
    operator = client_of(cast.accounts[Role.OPERATOR])
    assert operator.get(base(cast)).status_code == 403
    assert f'href="{base(cast)}"' not in operator.get(f"/o/{cast.organisation.slug}/persons/").content.decode()


@pytest.mark.row("S34")
def test_what_is_decided_is_in_the_notice_at_once_and_the_older_version_stays(cast: Cast, admin: Client) -> None:
    admin.post(base(cast, "facts/"), FACTS)
    longer = {"premises": "housing", "entry_log_days": "60", "entry_log_reason": REASON}
    admin.post(base(cast, "keeping/"), longer)
    admin.post(base(cast, "keeping/"), longer)
    with acting("privacy_administration", cast.organisation.pk):
        versions = list(NoticeVersion.objects.filter(organisation=cast.organisation).order_by("number"))
        texts = [bytes(one.texts.get(language="en", variant="adult").content).decode() for one in versions]
    assert [one.number for one in versions] == [1, 2], "what changes nothing is no new version"
    assert FACTS["legal_name"] in texts[0]
    assert REASON not in texts[0]
    assert REASON in texts[1]
    assert "60 days" in texts[1]
