"""Who can sign in to the demo, and as what? Each account gets a pass phrase of its own, made here and printed at the start."""

import secrets

from allauth.account.models import EmailAddress
from django.utils import timezone

from portvakt.server.accounts.actions import invite, invite_person
from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.actions import record
from portvakt.server.organisations.actions import open_organisation
from portvakt.server.people.models import Person
from portvakt.server.privacy.actions.terms import accept_terms
from portvakt.server.privacy.terms import terms_on
from portvakt.server.purpose.actor import Actor, system
from portvakt.server.purpose.context import acting

PROVIDER = "Plattformens leverantör (demo)"
# address, role, first name, last name, language
OPERATORS = (
    ("admin@example.com", Role.ADMIN, "Petra", "Lindvall", "sv"),
    ("tekniker@example.com", Role.HARDWARE_MANAGER, "Tage", "Björk", "sv"),
    ("operator@example.com", Role.OPERATOR, "Sigrid", "Alm", "en"),
)
STAFF = (
    ("dataskydd@example.com", Role.DPO, "Disa", "Rönn", "sv"),
    ("support@example.com", Role.SUPPORT, "Sixten", "Hassel", "sv"),
)
# A resident's sign-in, and whose doors it opens with the phone.
RESIDENT = ("boende@example.com", "Alva", "Berg")


def of_provider() -> list[dict[str, str]]:
    """Open the organisation that runs the platform, with its data protection officer and its support."""
    with acting("organisation_opening"):
        organisation = open_organisation(PROVIDER, provider=True)
        by = system("demo", organisation.pk)
        record("organisation.opened", organisation, by=by)
    return [_invited(by, row) for row in STAFF]


def of_operators(by: Actor) -> list[dict[str, str]]:
    """Open one account per role of an operator."""
    return [_invited(by, row) for row in OPERATORS]


def of_resident(by: Actor, persons: list[Person]) -> dict[str, str]:
    """Open a resident's account and link it to the person, as an invitation from the person's page does."""
    email, first_name, last_name = RESIDENT
    person = next(row for row in persons if (row.first_name, row.last_name) == (first_name, last_name))
    with acting("person_invitation"):
        password = _account(email, first_name, last_name, "sv")
        invite_person(email, person.pk, by=by)
    _accept(email)
    return {"email": email, "password": password, "role": Role.REGULAR.value}


def _invited(by: Actor, one: tuple[str, Role, str, str, str]) -> dict[str, str]:
    email, role, *names = one
    with acting("account_administration"):
        password = _account(email, *names)
        invite(email, [role], by=by)
    _accept(email)
    return {"email": email, "password": password, "role": role.value}


def _account(email: str, first_name: str, last_name: str, language: str) -> str:
    """Open an account that can sign in; return its pass phrase."""
    password = secrets.token_urlsafe(9)
    account = Account(email=email, first_name=first_name, last_name=last_name, language=language)
    account.set_password(password)
    account.save(force_insert=True)
    EmailAddress(user=account, email=email, primary=True, verified=True).save(force_insert=True)
    return password


def _accept(email: str) -> None:
    """Accept the terms for an account, so that whoever looks at the demo comes straight to its pages."""
    with acting("account_sign_in"):
        account = Account.objects.get(email=email)
    with acting("terms", by=account.pk, account=account.pk):
        accept_terms(terms_on(timezone.localdate()), account.language, old_enough=True, by=account)
