"""Who acts, and what may they do?"""

from enum import StrEnum
from uuid import UUID

import msgspec

from portvakt.server.purpose.errors import Refused


class Permission(StrEnum):
    """What a role may allow: resource:action, alphabetical."""

    ACCESS_LOG_READ = "access_log:read"
    ACCOUNT_DISABLE = "account:disable"
    AUDIT_LOG_READ = "audit_log:read"
    CONTROLLER_ENROL = "controller:enrol"
    CONTROLLER_READ = "controller:read"
    CREDENTIAL_ISSUE = "credential:issue"
    DOOR_READ = "door:read"
    DOOR_RELEASE = "door:release"
    ENQUIRY_ANSWER = "enquiry:answer"
    LOCKDOWN_REHEARSE = "lockdown:rehearse"
    LOCKDOWN_START = "lockdown:start"
    MAILING_SEND = "mailing:send"
    OPERATOR_MANAGE = "operator:manage"
    PERSON_ENROL = "person:enrol"
    PERSON_READ = "person:read"
    PLACE_MANAGE = "place:manage"
    PRIVACY_MANAGE = "privacy:manage"
    REGISTER_MANAGE = "register:manage"
    REGISTER_READ = "register:read"
    RULE_ASSIGN = "rule:assign"
    RULE_MANAGE = "rule:manage"
    RULE_READ = "rule:read"
    SCHEDULE_MANAGE = "schedule:manage"
    SIMULATOR_USE = "simulator:use"
    SUPPORT_ANSWER = "support:answer"
    SUPPORT_ASK = "support:ask"


# What the provider's own staff may do at the desk; whoever administers another organisation does not hold these there.
DESK = frozenset(
    {
        Permission.ACCOUNT_DISABLE,
        Permission.ENQUIRY_ANSWER,
        Permission.MAILING_SEND,
        Permission.REGISTER_MANAGE,
        Permission.REGISTER_READ,
        Permission.SUPPORT_ANSWER,
    }
)


class Actor(msgspec.Struct, frozen=True):
    """An operator or a part of the system at work in one organisation; `id` is the account's, None for the system.

    `person` is the person that the account is there, None where it is none.
    """

    name: str
    organisation: UUID
    id: UUID | None
    permissions: frozenset[Permission]
    person: UUID | None = None

    def may(self, permission: Permission) -> bool:
        """Tell whether a permission is held."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Refuse unless a permission is held."""
        if not self.may(permission):
            raise Refused("not_permitted", permission=str(permission))


def system(name: str, organisation: UUID) -> Actor:
    """Return a part of the system as actor; it holds every permission, its database rights are those of its purpose."""
    return Actor(name=name, organisation=organisation, id=None, permissions=frozenset(Permission))
