"""How does someone get an account, roles in an organisation, and lose them again?

What opens an account, or links one, is refused with address_refused where the provider has disabled an account of that address.
"""

from collections.abc import Iterable
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from portvakt.server.accounts.addresses import addresses_of, with_address
from portvakt.server.accounts.blocked import address_digest, is_blocked
from portvakt.server.accounts.models import (
    PERSONS_ROLES,
    PROVIDER_ROLES,
    Account,
    Blocked,
    BlockedAddress,
    Membership,
    Role,
    WhyDisabled,
)
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.models import Organisation
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused


def invite(
    email: str, roles: Iterable[Role], *, by: Actor, first_name: str = "", last_name: str = "", language: str = "sv"
) -> tuple[Membership, AuditEntry]:
    """Give an e-mail address roles in the organisation, with a new account where it has none.

    Refused: already_member, no_role, not_permitted (for a role that only the provider's organisation gives).

    A new account has no password; the entry point sends its owner a link to choose one.
    """
    by.require(Permission.OPERATOR_MANAGE)
    roles = _known(roles, by)
    account = _account_of(email, first_name=first_name, last_name=last_name, language=language)
    if Membership.objects.filter(organisation_id=by.organisation, account=account).exists():
        raise Refused("already_member", field="email")
    membership = Membership(organisation_id=by.organisation, account=account, roles=roles)
    membership.save(force_insert=True)
    return membership, record("operator.invited", membership, by=by, fields=["roles"])


def invite_person(
    email: str,
    person: UUID,
    *,
    by: Actor,
    role: Role = Role.REGULAR,
    first_name: str = "",
    last_name: str = "",
    language: str = "sv",
) -> tuple[Membership, AuditEntry]:
    """Let the account of an e-mail address, a new one where there is none, be a person here: it may ask for that person's doors.

    An account that has roles here keeps them; the names and the language are a new account's.
    Refused: account_has_person, email_missing, person_has_account, not_permitted (for a role that administers).
    """
    by.require(Permission.PERSON_ENROL)
    if not email:
        raise Refused("email_missing", field="email")
    if role not in PERSONS_ROLES:
        raise Refused("not_permitted", field="role")
    account = _account_of(email, first_name=first_name, last_name=last_name, language=language)
    here = Membership.objects.filter(organisation_id=by.organisation, account=account).first()
    if here is not None and here.person_id not in {None, person}:
        raise Refused("account_has_person", field="email")
    membership = here or Membership(organisation_id=by.organisation, account=account, roles=[role])
    membership.person_id = person
    _store_one_of_person(membership)
    return membership, record("operator.person_linked", membership, by=by, fields=["person_id"])


def part_from_person(membership: Membership, *, by: Actor) -> AuditEntry:
    """Let an account be a person here no more; it stays a member only where it has a role that administers."""
    by.require(Permission.PERSON_ENROL)
    entry = record("operator.person_parted", membership, by=by, fields=["person_id"])
    if PERSONS_ROLES.issuperset(membership.roles):
        Membership.objects.filter(pk=membership.pk).delete()
    else:
        membership.person_id = None
        membership.save(update_fields=["person_id"])
    return entry


def change_roles(membership: Membership, roles: Iterable[Role], *, by: Actor) -> AuditEntry:
    """Give a member other roles. Refused: no_role, last_admin, not_permitted."""
    by.require(Permission.OPERATOR_MANAGE)
    roles = _known(roles, by)
    if Role.ADMIN not in roles:
        _keep_an_admin(membership)
    membership.roles = roles
    membership.save(update_fields=["roles"])
    return record("operator.roles_changed", membership, by=by, fields=["roles"])


def remove_member(membership: Membership, *, by: Actor) -> AuditEntry:
    """End a member's roles here; the account itself stays its owner's. Refused: last_admin."""
    by.require(Permission.OPERATOR_MANAGE)
    _keep_an_admin(membership)
    entry = record("operator.removed", membership, by=by)
    Membership.objects.filter(pk=membership.pk).delete()
    return entry


def disable_account(account: Account, why: WhyDisabled, *, by: Actor) -> AuditEntry:
    """Let an account sign in no more, from the next request on, and have no other opened for its addresses; why is recorded.

    Refused: own_account, not_permitted.
    """
    by.require(Permission.ACCOUNT_DISABLE)
    if account.pk == by.id:
        raise Refused("own_account")
    account.is_active = False
    account.save(update_fields=["is_active"])
    for address in addresses_of(account):
        BlockedAddress.objects.get_or_create(digest=address_digest(address), reason=Blocked.DISABLED)
    signed_in = UserSession.objects.filter(user=account)
    Session.objects.filter(session_key__in=list(signed_in.values_list("session_key", flat=True))).delete()
    signed_in.delete()
    return record("account.disabled", account, by=by, fields=[f"because_{WhyDisabled(why).value}"])


def enable_account(email: str, *, by: Actor) -> AuditEntry:
    """Let the account of an address sign in again, or one be opened for it where that account is gone. Refused: not_permitted."""
    by.require(Permission.ACCOUNT_DISABLE)
    account = with_address(email).only("email", "is_active").first()
    addresses = {email, *(addresses_of(account) if account else ())}
    digests = [address_digest(address) for address in addresses]
    BlockedAddress.objects.filter(digest__in=digests, reason=Blocked.DISABLED).delete()
    if account:
        account.is_active = True
        account.save(update_fields=["is_active"])
    return record("account.enabled", account, by=by)


def change_own_account(account: Account, *, by: Account, **values: str) -> None:
    """Let an account's owner change its name and language. Refused: not_permitted for anybody else.

    No audit entry: the account is its owner's, and the audit log is each organisation's own.
    """
    if account.pk != by.pk:
        raise Refused("not_permitted")
    for name, value in values.items():
        setattr(account, name, value)
    account.save(update_fields=list(values))


def note_sign_in(account: Account, *, by: Actor) -> AuditEntry:
    """Put on record, in the organisation of `by`, that an account has signed in."""
    return record("account.signed_in", account, by=by)


def _known(roles: Iterable[Role], by: Actor) -> list[Role]:
    if not (chosen := sorted({Role(role) for role in roles})):
        raise Refused("no_role", field="roles")
    if PROVIDER_ROLES & set(chosen) and not Organisation.objects.filter(pk=by.organisation, provider=True).exists():
        raise Refused("not_permitted", field="roles")
    return chosen


def _store_one_of_person(membership: Membership) -> None:
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError as error:
        raise Refused("person_has_account") from error


def _account_of(email: str, **values: str) -> Account:
    """Return the account of an address, opened now where there is none. Refused: address_refused."""
    if is_blocked(email, Blocked.DISABLED):
        raise Refused("address_refused", field="email")
    return with_address(email).first() or _open_account(email, **values)


def _keep_an_admin(membership: Membership) -> None:
    # Locked, so that two admins who remove each other at once do not both find the other still there.
    admins = Membership.objects.filter(organisation_id=membership.organisation_id, roles__contains=[Role.ADMIN])
    locked = admins.select_for_update().order_by("pk").values_list("pk", flat=True)
    if Role.ADMIN in membership.roles and not set(locked) - {membership.pk}:
        raise Refused("last_admin")


def _open_account(email: str, **values: str) -> Account:
    """Insert an account that nobody can sign in to until its owner, reached by mail, has chosen a password."""
    account = Account(email=email.lower(), **values)
    account.set_unusable_password()
    account.save(force_insert=True)
    EmailAddress(user=account, email=account.email, primary=True, verified=True).save(force_insert=True)
    return account
