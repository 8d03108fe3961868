"""What does a guest get by mail? The code as a picture, and from when to when it opens what."""

import logging
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from portvakt.server.organisations.models import Organisation
from portvakt.server.people.models import Credential, Person
from portvakt.server.web import qr

log = logging.getLogger(__name__)


def send_guest_code(person: Person, organisation: Organisation, credential: Credential, text: str) -> bool:
    """Send a guest's code, in the person's language; tell whether the mail server took it."""
    context = {"person": person, "organisation": organisation, "credential": credential}
    with translation.override(person.language):
        subject = render_to_string("board/people/guest_code_subject.txt", context).strip()
        body = render_to_string("board/people/guest_code.txt", context)
        file_name = translation.gettext("code") + ".png"
    mail = EmailMessage(subject, body, to=[person.email], attachments=[(file_name, qr.png(text), "image/png")])
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        # Only the kind of error: its text may repeat the address.
        log.warning("a guest code could not be sent: %s", type(error).__name__)
        return False
    return True
