"""How is an offer written, tried, sent to one reader after the other, stopped, and refused?"""

from uuid import UUID

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.models import Account
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.privacy.actions import About, send_mail
from portvakt.server.privacy.actions.consents import say_as_account
from portvakt.server.provider.actions._blocks import block_offers
from portvakt.server.provider.models import Mailing
from portvakt.server.provider.readers import PURPOSES, USED, Reader, has_refused, next_reader
from portvakt.server.provider.refusals import Refusal, link
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused

PROGRESS = ["reached", "sent", "passed_over", "failed", "done_at"]


def write_mailing(mailing: Mailing, *, by: Actor) -> AuditEntry:
    """Keep an offer; nothing is sent yet."""
    by.require(Permission.MAILING_SEND)
    mailing.written_at = timezone.now()
    mailing.save(force_insert=True)
    return record("mailing.written", mailing, by=by)


def try_mailing(mailing: Mailing, account: Account, *, by: Actor) -> AuditEntry:
    """Send an offer in both languages to whoever is about to send it, just as others would get it. Refused: mail_not_sent."""
    by.require(Permission.MAILING_SEND)
    about = About(Subject.ACCOUNT_HOLDER, account.pk)
    sent = [_send(mailing, Reader(account.pk, account.email, one, "", about), by=by) for one in ("sv", "en")]
    if not all(sent):
        raise Refused("mail_not_sent")
    return record("mailing.tried", mailing, by=by)


def queue_mailing(mailing: Mailing, *, by: Actor) -> AuditEntry:
    """Have an offer sent, by the jobs process. Refused: mailing_queued."""
    by.require(Permission.MAILING_SEND)
    if mailing.queued_at is not None:
        raise Refused("mailing_queued")
    mailing.queued_at = timezone.now()
    mailing.save(update_fields=["queued_at"])
    return record("mailing.queued", mailing, by=by)


def stop_mailing(mailing: Mailing, *, by: Actor) -> AuditEntry:
    """Send an offer to nobody more; whoever has it has it."""
    by.require(Permission.MAILING_SEND)
    mailing.stopped_at = timezone.now()
    mailing.save(update_fields=["stopped_at"])
    return record("mailing.stopped", mailing, by=by)


def send_next(mailing_id: UUID) -> bool:
    """Send an offer to the next of its readers; tell whether there was one, and it went or was passed over.

    The row is locked until the unit of work ends, so that nobody gets it from two processes, and a stop or a refusal that came before is
    heeded. Refused: as send_mail does; then nobody has been reached.
    """
    going = Mailing.objects.filter(queued_at__isnull=False, stopped_at=None, done_at=None)
    mailing = going.select_for_update(skip_locked=True).filter(pk=mailing_id).first()
    if mailing is None:
        return False
    reader = next_reader(mailing.sort, mailing.reached)
    taken = _deal_with(mailing, reader) if reader else False
    if reader is None:
        mailing.done_at = timezone.now()
    mailing.save(update_fields=PROGRESS)
    return taken


def _deal_with(mailing: Mailing, reader: Reader) -> bool:
    """Send to one reader unless they have refused; tell whether to go on at once."""
    mailing.reached = reader.id
    if has_refused(reader):
        mailing.passed_over += 1
        return True
    taken = _send(mailing, reader, by=None)
    mailing.sent += taken
    mailing.failed += not taken
    return taken


def refuse_offers(refusal: Refusal, language: str) -> None:
    """Send an address no offers any more, and withdraw the consent that the mailing rested on, if it did."""
    block_offers(refusal.digest)
    if refusal.account is not None:
        purpose = PURPOSES[Mailing.Sort.PARTNER]
        say_as_account(purpose, "", language, given=False, by=Account(pk=refusal.account))


def _send(mailing: Mailing, reader: Reader, *, by: Actor | None) -> bool:
    subject, text = mailing.words(reader.language)
    refuse_at = link(reader.email, reader.account if mailing.sort == Mailing.Sort.PARTNER else None)
    with translation.override(reader.language):
        context = {
            "reader": reader,
            "text": text,
            "refuse_at": refuse_at,
            "provider": catalogue.in_force().provider,
            "partner": mailing.sort == Mailing.Sort.PARTNER,
        }
        body = render_to_string("provider/mailing.txt", context)
    # RFC 8058: a mail program can refuse with one press, without opening the page.
    headers = {"List-Unsubscribe": f"<{refuse_at}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    mail = EmailMessage(subject, body, to=[reader.email], headers=headers)
    return send_mail(mail, reader.about, _used(mailing), by=by, organisation=None)


def _used(mailing: Mailing) -> set[Kind]:
    return USED[Mailing.Sort(mailing.sort)]
