"""What is written to somebody who ordered or asked? In their language.

No confirmation has a word in it that a stranger typed: nobody shall have theirs sent by us.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy.actions import About, send_mail
from portvakt.server.provider.models import Enquiry, Order, OrderContact
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.errors import Refused

log = logging.getLogger(__name__)

# Whoever types somebody else's address can have that many mails sent to it in a day.
CONFIRMED_A_DAY = 3
KINDS = {Kind.CONTACT, Kind.IDENTITY}


def confirm(row: Order | Enquiry, template: str) -> None:
    """Tell somebody that what they sent has come. It has come also where the mail could not go."""
    day = timezone.now() - timedelta(days=1)
    lately = type(row)._default_manager.filter(email__iexact=row.email, received_at__gt=day)
    if lately.count() > CONFIRMED_A_DAY:
        return
    try:
        send_letter(row, template, row.language, by=None)
    except Refused as refused:
        log.warning("a confirmation may not be sent: %s", refused.code)


def send_letter(row: Order | OrderContact | Enquiry, template: str, language: str, *, by: Actor | None) -> bool:
    """Send a letter made from a template; tell whether the mail server took it. Refused: as send_mail does."""
    with translation.override(language):
        notice = settings.PUBLIC_URL + reverse("site:notice")
        context = {"row": row, "provider": catalogue.in_force().provider, "notice": notice}
        subject = render_to_string(f"provider/{template}_subject.txt", context).strip()
        mail = EmailMessage(subject, render_to_string(f"provider/{template}.txt", context), to=[row.email])
    return send_mail(mail, About(Subject.CONTACT, row.pk), KINDS, by=by, organisation=None)
