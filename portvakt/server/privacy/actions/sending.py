"""How does a message reach a person? By mail or text message, as a disclosure to whoever carries it.

The disclosure stays on record also where the server did not take the message: how much of it had come across by then, nobody can tell.
"""

import logging
from collections.abc import Iterable
from smtplib import SMTPException
from uuid import UUID

import httpx
from django.conf import settings
from django.core.mail import EmailMessage

from portvakt.core.privacy import Kind
from portvakt.server.privacy.actions.disclosing import About, disclose
from portvakt.server.privacy.models import Way
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.errors import Refused

log = logging.getLogger(__name__)

# The recipients in the register that carry messages.
MAIL_SERVER = "own_mail_server"
SMS_CARRIER = "sms_gateway"
# Somebody may be waiting for the answer.
SMS_SECONDS = 10
# Longer texts are cut into several that cost as many; what we write fits into two.
SMS_LENGTH = 300


def send_mail(
    mail: EmailMessage, about: About | None, kinds: Iterable[Kind], *, by: Actor | None, organisation: UUID | None
) -> bool:
    """Send a mail with data about one subject, None where we know nobody of that address; tell whether the mail server took it.

    Refused as `disclose` does; then nothing has left.
    """
    disclose(MAIL_SERVER, [about] if about else [], kinds, way=Way.MAIL, by=by, organisation=organisation)
    # A name with a line break in it would make a header that no mail can have.
    mail.subject = " ".join(str(mail.subject).split())
    try:
        mail.send()
    except (SMTPException, OSError, ValueError) as error:
        # An address that is none is a ValueError; whoever sends to many goes on with the next. Only the kind of error: its text may
        # repeat the address.
        log.warning("a mail could not be sent: %s", type(error).__name__)
        return False
    return True


def send_sms(
    text: str, phone: str, about: About, kinds: Iterable[Kind], *, by: Actor | None, organisation: UUID | None
) -> bool:
    """Send a text message to a number such as "+46701234567"; tell whether the gateway took it.

    Refused: sms_not_set_up, and as `disclose` does; then nothing has left.
    """
    if not settings.SMS_URL:
        raise Refused("sms_not_set_up")
    disclose(SMS_CARRIER, [about], kinds, way=Way.SMS, by=by, organisation=organisation)
    form = {"from": settings.SMS_FROM, "to": phone, "message": text[:SMS_LENGTH]}
    try:
        with httpx.Client(timeout=SMS_SECONDS, trust_env=False, follow_redirects=False) as client:
            answer = client.post(settings.SMS_URL, data=form, auth=(settings.SMS_USER, settings.SMS_PASSWORD))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Only the kind of error: its text may repeat the number.
        log.warning("a text message could not be sent: %s", type(error).__name__)
        return False
    if not answer.is_success:
        log.warning("a text message was not taken: HTTP %s", answer.status_code)
    return answer.is_success
