"""How does a message reach a person? By mail, as a disclosure to whoever carries it."""

import logging
from collections.abc import Iterable
from smtplib import SMTPException
from uuid import UUID

from django.core.mail import EmailMessage

from portvakt.core.privacy import Kind
from portvakt.server.privacy.actions.disclosing import About, disclose
from portvakt.server.privacy.models import Way
from portvakt.server.purpose.actor import Actor

log = logging.getLogger(__name__)

# The recipient in the register that carries mail.
MAIL_SERVER = "own_mail_server"


def send_mail(
    mail: EmailMessage, about: About, kinds: Iterable[Kind], *, by: Actor | None, organisation: UUID | None
) -> bool:
    """Send a mail with data about one subject; tell whether the mail server took it. Refused as `disclose` does."""
    disclose(MAIL_SERVER, [about], kinds, way=Way.MAIL, by=by, organisation=organisation)
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        # Only the kind of error: its text may repeat the address.
        log.warning("a mail could not be sent: %s", type(error).__name__)
        return False
    return True
