"""Who and what is there in a server test? Each call makes organisations of its own, so that tests commit for real and never meet.

Björkgården is a housing association with one site, two doors and one controller; Ekbacken is somebody else's. Names are invented.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from allauth.account.models import EmailAddress
from django.db import connection
from django.utils import timezone

from portvakt.core.decision.model import AuthType, Side
from portvakt.server.access.actions import assign, save_rule, save_schedule
from portvakt.server.access.models import AccessRule, Schedule
from portvakt.server.accounts.actions import invite
from portvakt.server.accounts.models import PROVIDER_ROLES, Account, Role
from portvakt.server.logbook.actions import record
from portvakt.server.organisations.actions import open_organisation
from portvakt.server.organisations.models import Organisation
from portvakt.server.people.actions import enrol_person, issue_card, issue_pin, suspend_person
from portvakt.server.people.models import Credential, Person
from portvakt.server.places.actions import add_controller, add_door, add_reader, add_section, add_site
from portvakt.server.places.models import Controller, Door, Reader, Section, Site
from portvakt.server.privacy.actions.terms import accept_terms
from portvakt.server.privacy.terms import terms_on
from portvakt.server.purpose.actor import Actor, system
from portvakt.server.purpose.context import acting

PASSWORD = "a long pass phrase"
_number = count(1)
_password_hash: list[str] = []
_provider: list["Cast"] = []


@contextmanager
def as_login(entry_point: str) -> Iterator[None]:
    """Connect with the login of one entry point, as its process would; the database enforces what that may do."""
    before = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = f"portvakt_{entry_point}"
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = before


@dataclass
class Cast:
    """One organisation with all it has."""

    organisation: Organisation
    by: Actor
    admin: Account
    accounts: dict[Role, Account] = field(default_factory=dict)
    site: Site = field(default_factory=Site)
    section: Section = field(default_factory=Section)
    controller: Controller = field(default_factory=Controller)
    door: Door = field(default_factory=Door)
    cellar: Door = field(default_factory=Door)
    readers: list[Reader] = field(default_factory=list)
    office_hours: Schedule = field(default_factory=Schedule)
    rule: AccessRule = field(default_factory=AccessRule)
    resident: Person = field(default_factory=Person)
    guest: Person = field(default_factory=Person)
    suspended: Person = field(default_factory=Person)
    card: Credential = field(default_factory=Credential)
    pin: str = ""


def make_account(first_name: str, last_name: str) -> Account:
    """Open an account that can sign in with PASSWORD; the caller has opened a purpose that may."""
    account = Account(
        email=f"{first_name}.{next(_number)}@example.org".lower(), first_name=first_name, last_name=last_name
    )
    if not _password_hash:
        account.set_password(PASSWORD)
        _password_hash.append(account.password)
    account.password = _password_hash[0]
    account.language = "en"
    account.save(force_insert=True)
    EmailAddress(user=account, email=account.email, primary=True, verified=True).save(force_insert=True)
    return account


def make_cast(name: str = "Björkgården") -> Cast:
    """Make an organisation with everyone in it, by the logins and purposes that would do so in a deployment."""
    with as_login("console"), acting("organisation_opening"):
        organisation = open_organisation(f"{name} {next(_number)}")
        by = system("test", organisation.pk)
        record("organisation.opened", organisation, by=by)
    with as_login("board"):
        cast = Cast(organisation, by, _member(Role.ADMIN, by))
        cast.accounts = {role: _member(role, by) for role in Role if role not in {Role.ADMIN, *PROVIDER_ROLES}} | {
            Role.ADMIN: cast.admin
        }
        with acting("premises_administration", organisation.pk):
            _premises(cast)
        with acting("access_administration", organisation.pk):
            _people(cast)
    return cast


def provider() -> Cast:
    """Return the provider's own organisation, made once in a run's database, with its data protection officer and support."""
    if not _provider:
        with as_login("console"), acting("organisation_opening"):
            organisation = open_organisation("Provider", provider=True)
            by = system("test", organisation.pk)
            record("organisation.opened", organisation, by=by)
        with as_login("board"):
            cast = Cast(organisation, by, _member(Role.ADMIN, by))
            cast.accounts = {role: _member(role, by) for role in PROVIDER_ROLES} | {Role.ADMIN: cast.admin}
        _provider.append(cast)
    return _provider[0]


def _member(role: Role, by: Actor) -> Account:
    with acting("account_administration"):
        account = make_account(role.value, "Ek")
        invite(account.email, [role], by=by)
    with acting("terms", by=account.pk, account=account.pk):
        accept_terms(terms_on(timezone.localdate()), "en", old_enough=True, by=account)
    return account


def _premises(cast: Cast) -> None:
    by = cast.by
    cast.site, _ = add_site(by=by, name="Björkgården 1")
    cast.section, _ = add_section(cast.site, "Trapphus A", by=by)
    cast.controller, _ = add_controller(cast.site, "Undercentral A", by=by)
    entry = [AuthType.PIN, AuthType.KEY_CARD, AuthType.REMOTE, AuthType.KEY_CARD_PLUS_PIN]
    leave = [AuthType.REX]
    doors = [
        add_door(cast.section, cast.controller, by=by, name=name, entry_auth_types=entry, exit_auth_types=leave)[0]
        for name in ("Port", "Källare")
    ]
    cast.door, cast.cellar = doors
    for address, door in enumerate(doors):
        reader, _ = add_reader(door, by=by, side=Side.ENTRY, port="bus-1", address=address)
        cast.readers.append(reader)


def _people(cast: Cast) -> None:
    by = cast.by
    cast.office_hours = Schedule(name="Office hours", weekly=[[[480, 1020]]] * 5 + [[], []])
    save_schedule(cast.office_hours, by=by)
    cast.rule = AccessRule(name="Residents")
    save_rule(cast.rule, {cast.door.pk: {Side.ENTRY: [AuthType.KEY_CARD, AuthType.PIN]}}, by=by)
    cast.resident, _ = enrol_person(by=by, first_name="Maja", last_name="Ask", unit="1101")
    cast.guest, _ = enrol_person(by=by, first_name="Nils", last_name="Al", valid_to=datetime(2030, 1, 1, tzinfo=UTC))
    cast.suspended, _ = enrol_person(by=by, first_name="Olle", last_name="Lind")
    assign(cast.resident, cast.rule, by=by)
    cast.card, _ = issue_card(cast.resident, "12-34567", by=by, number="34567")
    _, cast.pin, _ = issue_pin(cast.resident, by=by)
    suspend_person(cast.suspended, by=by)
