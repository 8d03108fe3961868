import pytest

from portvakt.server.accounts.actions import change_roles, invite, remove_member
from portvakt.server.accounts.models import PERMISSIONS, Account, Membership, Role
from portvakt.server.organisations.models import Organisation
from portvakt.server.purpose.actor import DESK, Permission
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast

WORK = "account_administration"


def test_an_invitation_opens_an_account_that_nobody_can_sign_in_to_yet(cast: Cast) -> None:
    with acting(WORK):
        membership, _ = invite(f"new{cast.organisation.slug}@example.org", [Role.OPERATOR], by=cast.by)
        assert not Account.objects.get(pk=membership.account_id).has_usable_password()


def test_someone_with_an_account_elsewhere_keeps_it(cast: Cast, other: Cast) -> None:
    with acting(WORK):
        membership, _ = invite(other.admin.email.upper(), [Role.OPERATOR], by=cast.by)
        assert membership.account_id == other.admin.pk


def test_a_member_cannot_be_invited_again(cast: Cast) -> None:
    with acting(WORK), pytest.raises(Refused, match="already_member"):
        invite(cast.admin.email, [Role.OPERATOR], by=cast.by)


def test_the_last_admin_stays(cast: Cast) -> None:
    with acting(WORK):
        membership = Membership.objects.get(account=cast.admin)
        with pytest.raises(Refused, match="last_admin"):
            change_roles(membership, [Role.OPERATOR], by=cast.by)
        with pytest.raises(Refused, match="last_admin"):
            remove_member(membership, by=cast.by)


def test_an_account_needs_a_role(cast: Cast) -> None:
    with acting(WORK), pytest.raises(Refused, match="no_role"):
        invite("x@example.org", [], by=cast.by)


def test_an_account_of_another_organisation_cannot_be_seen_in_a_review(cast: Cast, other: Cast) -> None:
    with acting("audit_review", cast.organisation.pk):
        visible = set(Account.objects.values_list("pk", flat=True))
    assert cast.admin.pk in visible
    assert other.admin.pk not in visible


# USR-03, USR-04, BRD-01: what each role may do, as one table.
MAY = {
    Role.ADMIN: set(Permission),
    Role.HARDWARE_MANAGER: {
        "controller:enrol", "controller:read", "door:read", "door:release", "lockdown:rehearse", "place:manage", "simulator:use",
    },
    Role.OPERATOR: {
        "access_log:read", "credential:issue", "door:read", "door:release", "lockdown:rehearse", "lockdown:start",
        "person:enrol", "person:read", "rule:assign", "rule:read",
    },
    Role.REGULAR: set(),
    Role.GUEST: set(),
    Role.DPO: {"register:manage", "register:read"},
    Role.SUPPORT: {"account:disable", "enquiry:answer", "mailing:send", "support:answer"},
}  # fmt: skip


@pytest.mark.parametrize("role", Role)
def test_what_a_role_may_do(role: Role) -> None:
    assert set(PERMISSIONS[role]) == MAY[role]
    assert Membership(roles=[role], organisation=Organisation(provider=True)).actor().permissions == PERMISSIONS[role]
    assert Membership(roles=[role], organisation=Organisation()).actor().permissions == PERMISSIONS[role] - DESK


def test_the_providers_roles_are_given_in_its_own_organisation_alone(cast: Cast) -> None:
    with acting(WORK), pytest.raises(Refused, match="not_permitted"):
        invite("dpo@example.org", [Role.DPO], by=cast.by)


def test_permissions_are_resource_and_action_in_alphabetical_order() -> None:
    assert [*Permission] == sorted(Permission)
    assert all(len(permission.split(":")) == 2 for permission in Permission)
