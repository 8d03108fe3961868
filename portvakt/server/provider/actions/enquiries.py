"""How does a question come in, by whatever channel, and how is it answered in the same?"""

from django.utils import timezone

from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.provider.actions._letters import confirm, send_letter
from portvakt.server.provider.models import BY_MAIL, Enquiry
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused


def ask(enquiry: Enquiry) -> None:
    """Keep a question that somebody asked on the website, and confirm it by mail."""
    enquiry.received_at = enquiry.last_at = timezone.now()
    enquiry.save(force_insert=True)
    confirm(enquiry, "enquiry")


def write_enquiry(enquiry: Enquiry, *, by: Actor) -> AuditEntry:
    """Write down a question that came by mail, telephone or in a social channel. Refused: enquiry_address."""
    by.require(Permission.ENQUIRY_ANSWER)
    if enquiry.channel in BY_MAIL and not enquiry.email:
        raise Refused("enquiry_address", field="email")
    enquiry.received_at = enquiry.last_at = timezone.now()
    enquiry.save(force_insert=True)
    return record("enquiry.written", enquiry, by=by)


def answer_enquiry(enquiry: Enquiry, answer: str, *, by: Actor) -> AuditEntry:
    """Answer a question: by mail where it came by mail or the website, elsewhere keep what was answered there.

    Refused: enquiry_answered, mail_not_sent; then nothing is kept.
    """
    by.require(Permission.ENQUIRY_ANSWER)
    if enquiry.answered_at is not None:
        raise Refused("enquiry_answered")
    enquiry.answer = answer
    enquiry.answered_at = enquiry.last_at = timezone.now()
    enquiry.save(update_fields=["answer", "answered_at", "last_at"])
    if enquiry.channel in BY_MAIL and not send_letter(enquiry, "answer", enquiry.language, by=by):
        raise Refused("mail_not_sent")
    return record("enquiry.answered", enquiry, by=by)
