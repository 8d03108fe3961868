"""What does an invited operator or person get by mail? A link to choose a password, or word of a new role where there already is one."""

from enum import StrEnum

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.models import Account
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.actions import About, send_mail
from portvakt.server.purpose.actor import Actor

# The link lets its owner choose the password.
KINDS = (Kind.CONTACT, Kind.IDENTITY, Kind.ROLE, Kind.SECRET)


class Invited(StrEnum):
    """As what somebody is invited; the value is the mail's template, with its subject in NAME_subject."""

    OPERATOR = "board/operators/invitation"
    PERSON = "board/people/invitation"


def send_invitation(
    account: Account, organisation: Organisation, invited: Invited = Invited.OPERATOR, *, by: Actor
) -> bool:
    """Send the mail, in the account's language; tell whether the mail server took it. Refused as `disclose` does.

    The link is good until a password has been chosen, for as many days as PASSWORD_RESET_TIMEOUT says.
    """
    with translation.override(account.language):
        mail = _mail(account, organisation, invited)
    return send_mail(mail, About(Subject.ACCOUNT_HOLDER, account.pk), KINDS, by=by, organisation=None)


def _mail(account: Account, organisation: Organisation, invited: Invited) -> EmailMessage:
    context = {
        "account": account,
        "organisation": organisation,
        "link": _link(account),
        "new": not account.has_usable_password(),
        "days": settings.PASSWORD_RESET_TIMEOUT // 86_400,
    }
    subject = render_to_string(f"{invited}_subject.txt", context).strip()
    return EmailMessage(subject, render_to_string(f"{invited}.txt", context), to=[account.email])


def _link(account: Account) -> str:
    if account.has_usable_password():
        return settings.PUBLIC_URL + reverse("account_login")
    key = {"uidb36": user_pk_to_url_str(account), "key": default_token_generator.make_token(account)}
    return settings.PUBLIC_URL + reverse("account_reset_password_from_key", kwargs=key)
