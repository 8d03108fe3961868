"""Who may sign in, in which organisations, and with which roles?"""

import uuid

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Keep, Kind, NotPersonal, OnErase, Privacy, Subject, personal
from portvakt.server.organisations.models import OrganisationModel
from portvakt.server.purpose.actor import DESK, Actor, Permission
from portvakt.server.purpose.declare import declare


class Role(models.TextChoices):
    """What an account is in an organisation; Regular and Guest administer nothing, DPO and Support are the provider's own."""

    ADMIN = "admin", _("Admin")
    HARDWARE_MANAGER = "hardware_manager", _("Hardware Manager")
    OPERATOR = "operator", _("Operator")
    REGULAR = "regular", _("Regular")
    GUEST = "guest", _("Guest")
    DPO = "dpo", _("Data protection officer")
    SUPPORT = "support", _("Support")


# What an account is that administers nothing: with one of these alone it is there for its person's own doors.
PERSONS_ROLES = frozenset({Role.REGULAR, Role.GUEST})
# Given only in the provider's own organisation.
PROVIDER_ROLES = frozenset({Role.DPO, Role.SUPPORT})
_OPERATOR = frozenset(
    {
        Permission.ACCESS_LOG_READ,
        Permission.CREDENTIAL_ISSUE,
        Permission.DOOR_READ,
        Permission.DOOR_RELEASE,
        Permission.LOCKDOWN_REHEARSE,
        Permission.LOCKDOWN_START,
        Permission.PERSON_ENROL,
        Permission.PERSON_READ,
        Permission.RULE_ASSIGN,
        Permission.RULE_READ,
    }
)
_HARDWARE_MANAGER = frozenset(
    {
        Permission.CONTROLLER_ENROL,
        Permission.CONTROLLER_READ,
        Permission.DOOR_READ,
        Permission.DOOR_RELEASE,
        Permission.LOCKDOWN_REHEARSE,
        Permission.PLACE_MANAGE,
        Permission.SIMULATOR_USE,
    }
)
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.HARDWARE_MANAGER: _HARDWARE_MANAGER,
    Role.OPERATOR: _OPERATOR,
    Role.REGULAR: frozenset(),
    Role.GUEST: frozenset(),
    Role.DPO: frozenset({Permission.REGISTER_MANAGE, Permission.REGISTER_READ}),
    Role.SUPPORT: frozenset(
        {Permission.ACCOUNT_DISABLE, Permission.ENQUIRY_ANSWER, Permission.MAILING_SEND, Permission.SUPPORT_ANSWER}
    ),
}


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts by e-mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "Account":
        """Return the account with an e-mail address."""
        return self.get(email__iexact=username)


class Account(AbstractBaseUser):
    """Someone who may sign in; the same account may work in several organisations."""

    privacy = Privacy(Subject.ACCOUNT_HOLDER, Keep.with_owner(), OnErase.DELETE_ROW, who="id")
    own_rows = (
        "exists (select 1 from accounts_membership m where m.account_id = accounts_account.id"
        " and m.organisation_id = {organisation})"
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = personal(models.EmailField(_("e-mail"), unique=True), Kind.CONTACT)
    first_name = personal(models.CharField(_("first name"), max_length=100, blank=True), Kind.IDENTITY)
    last_name = personal(models.CharField(_("last name"), max_length=100, blank=True), Kind.IDENTITY)
    password = personal(models.CharField(_("password"), max_length=128), Kind.SECRET)
    last_login = personal(models.DateTimeField(_("last sign-in"), null=True, blank=True), Kind.TECHNICAL)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="sv")
    is_active = models.BooleanField(default=True)
    created_at = personal(models.DateTimeField(default=timezone.now, editable=False), Kind.TECHNICAL)

    objects = AccountManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return str(self.pk)  # not the name or address: names do not belong in logs

    @property
    def name(self) -> str:
        """Return first and last name, or the address of an account without a name."""
        return f"{self.first_name} {self.last_name}".strip() or self.email


class Membership(OrganisationModel):
    """An account's roles in one organisation, and the person it is there, if any."""

    privacy = Privacy(Subject.ACCOUNT_HOLDER, Keep.with_owner(), OnErase.DELETE_ROW, who="account_id")

    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="memberships")
    roles = personal(ArrayField(models.CharField(max_length=20, choices=Role.choices)), Kind.ROLE)
    person_id = personal(models.UUIDField(null=True, blank=True), Kind.ROLE)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "account"), name="accounts_membership_once"),
            models.UniqueConstraint(fields=("organisation", "person_id"), name="accounts_membership_person"),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {', '.join(self.roles)}"

    def actor(self) -> Actor:
        """Return the account as the one who acts in this organisation; the desk is there in the provider's own alone."""
        held = frozenset[Permission]().union(*(PERMISSIONS[Role(role)] for role in self.roles))
        if held & DESK and not self.organisation.provider:
            held -= DESK
        return Actor(
            name="operator",
            organisation=self.organisation_id,
            id=self.account_id,
            permissions=held,
            person=self.person_id,
        )


class Blocked(models.TextChoices):
    """What an address is blocked from."""

    DISABLED = "disabled", _("an account")
    MARKETING = "marketing", _("offers")


class WhyDisabled(models.TextChoices):
    """Why the provider disables an account; stands in the audit log of the provider's organisation."""

    FALSE_IDENTITY = "false_identity", _("false identity")
    MISUSE = "misuse", _("misuse of the platform")
    TAKEN_OVER = "taken_over", _("somebody else has taken it over")
    TERMS = "terms", _("breach of the terms of use")


class BlockedAddress(models.Model):
    """An address that no account may be opened for, or no offer sent to, known by its keyed digest alone (see blocked.py).

    It outlives the account: whoever was shut out does not come back because their data was erased.
    """

    privacy = Privacy(Subject.ACCOUNT_HOLDER, Keep.with_owner(), OnErase.KEEP_UNTIL_EXPIRY)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = personal(models.BinaryField(max_length=32), Kind.SUPPRESSION)
    reason = models.CharField(max_length=10, choices=Blocked.choices)
    at = personal(models.DateTimeField(default=timezone.now, editable=False), Kind.SUPPRESSION)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("digest", "reason"), name="accounts_blocked_once"),)


SECONDS_A_DAY = 86400


def _declare_libraries() -> None:
    """Say for the sign-in libraries' models what personal data they hold."""
    session = ("created_at", "ip", "last_seen_at", "session_key", "user_agent", "data")
    tables: dict[tuple[str, str], dict[str, Kind]] = {
        ("account.EmailAddress", "user_id"): {"email": Kind.CONTACT},
        ("account.EmailConfirmation", ""): dict.fromkeys(("key", "created", "sent"), Kind.SECRET),
        ("mfa.Authenticator", "user_id"): dict.fromkeys(("data", "created_at", "last_used_at"), Kind.SECRET),
        ("usersessions.UserSession", "user_id"): dict.fromkeys(session, Kind.SESSION),
    }
    for (label, who), kinds in tables.items():
        declare(label, Privacy(Subject.ACCOUNT_HOLDER, Keep.with_owner(), OnErase.DELETE_ROW, who=who), kinds)
    # Its end is set when somebody signs in; the row about the device goes with it.
    ends = Keep.until("expire_date", ahead=settings.SESSION_COOKIE_AGE // SECONDS_A_DAY)
    columns = dict.fromkeys(("session_key", "session_data", "expire_date"), Kind.SESSION)
    declare("sessions.Session", Privacy(Subject.ACCOUNT_HOLDER, ends, OnErase.DELETE_ROW), columns)
    for label in ("contenttypes.ContentType", "auth.Permission", "auth.Group", "auth.Group_permissions"):
        declare(label, NotPersonal("names of Django's own, not used for rights here"))


_declare_libraries()
