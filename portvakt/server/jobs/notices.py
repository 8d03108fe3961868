"""How does everybody get to know what is processed?

Every minute what changed is published, whoever has not been told is sent it, and what was held begins once all have been.

A receipt is written only for what the mail server took. Each person is a unit of work of its own, so that what fails is tried again and
what went is never sent twice; an address that was not taken is tried again the next day.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

import msgspec
from django.core.mail import EmailMessage
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.models import Account
from portvakt.server.organisations.models import Organisation
from portvakt.server.people.models import Person
from portvakt.server.privacy.actions import About, send_mail
from portvakt.server.privacy.actions.notices import Given, note_given, publish_notice, release_when_told
from portvakt.server.privacy.models import Disclosure, NoticeReceipt, NoticeVersion, Way
from portvakt.server.privacy.notice.facts import stored
from portvakt.server.privacy.notice.letter import letter
from portvakt.server.privacy.notice.versions import facts_of, newest_register
from portvakt.server.privacy.told import about, last_told, newest_notice, untold_accounts, untold_persons
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import system
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.register import from_canonical

log = logging.getLogger(__name__)

PURPOSE = "notice_delivery"
# What a small mail server takes without calling it a flood.
MAILS_A_MINUTE = 60
# So many that were not taken in a row are the server's fault, and the next would not be taken either.
GIVE_UP_AFTER = 3
TRY_AGAIN = timedelta(days=1)
# What was compared with what is published, by organisation: rendering all of them anew each minute would keep a processor busy.
_compared: dict[UUID | None, bytes] = {}


class Addressee(msgspec.Struct, frozen=True):
    """Somebody to be told, and of which notice."""

    notice: NoticeVersion
    id: UUID
    name: str
    email: str
    language: str


@app.periodic(cron="* * * * *")
@app.task(name="deliver_notices", queueing_lock="deliver_notices", lock="deliver_notices")
def deliver_notices(timestamp: int = 0) -> None:  # noqa: ARG001 - the queue gives it by this name
    """Publish, tell and release; `timestamp` is when it was due."""
    complete = publish_changed()
    deliver(timezone.now())
    if complete:
        release_held()


def publish_changed() -> bool:
    """Publish every notice whose register or facts changed; tell whether all that should be public are."""
    with acting(PURPOSE):
        organisations = list(Organisation.objects.filter(active=True).order_by("pk"))
    provider = next((one for one in organisations if one.provider), None)
    published = [_publish(one, one.pk) for one in organisations if not one.provider]
    if provider is not None:
        published.append(_publish(None, provider.pk))
    return provider is not None and all(published)


def _publish(organisation: Organisation | None, at: UUID) -> bool:
    """Publish one data controller's notice if need be; the audit entry stands in the organisation `at`."""
    key = organisation.pk if organisation else None
    try:
        with acting(PURPOSE):
            version = newest_register()
            facts = stored(facts_of(organisation, from_canonical(bytes(version.content))))
            # A register that begins, though its text stays, lets the notice that waits begin.
            state = msgspec.json.encode([version.number, version.in_force_at is None, facts])
            if _compared.get(key) != state:
                publish_notice(organisation, by=system("jobs", at), version=version)
    except Refused as refused:
        log.warning("a notice could not be published: %s %s", refused.code, refused.facts)
        return False
    _compared[key] = state
    return True


def release_held() -> None:
    """Let what the newest register held begin, if everybody has been told."""
    with acting(PURPOSE):
        version = newest_register()
        provider = Organisation.objects.filter(provider=True).first()
        if provider and release_when_told(version, by=system("jobs", provider.pk)):
            log.info(
                "everybody has been told of version %s of the register: run `portvakt rights --apply`", version.number
            )


def deliver(now: datetime, most: int = MAILS_A_MINUTE) -> int:
    """Send the newest notices to at most so many of those who have not had them; return how many mails were taken."""
    sent = failed = 0
    for addressee in islice(_addressees(now), most):
        if _send(addressee):
            sent, failed = sent + 1, 0
        elif (failed := failed + 1) == GIVE_UP_AFTER:
            log.warning("the mail server takes nothing now; notices wait")
            break
    return sent


def _addressees(now: datetime) -> Iterator[Addressee]:
    """Yield who has an address and has not been told, nor been tried lately; each organisation is read when its turn comes."""
    with acting(PURPOSE):
        whose: list[UUID | None] = [
            None,
            *Organisation.objects.filter(active=True, provider=False).values_list("pk", flat=True),
        ]
    for organisation in whose:
        with acting(PURPOSE):
            notice = newest_notice(organisation)
            batch = _untold(notice, now)[:MAILS_A_MINUTE] if notice else []
        yield from batch


def _untold(notice: NoticeVersion, now: datetime) -> list[Addressee]:
    tried = Disclosure.objects.filter(subject_id=OuterRef("pk"), purpose=PURPOSE, at__gt=now - TRY_AGAIN)
    # A receipt is written right after its disclosure; where none follows, the server did not take the mail.
    taken = NoticeReceipt.objects.filter(subject_id=OuterRef("subject_id"), way=Way.MAIL, at__gte=OuterRef("at"))
    rows = untold_persons(notice, now) if notice.organisation_id else untold_accounts(notice)
    waiting = rows.exclude(email="").exclude(Exists(tried.exclude(Exists(taken))))[:MAILS_A_MINUTE]
    return [Addressee(notice, row.pk, row.first_name, row.email, row.language) for row in _named(waiting)]


def _named(rows: QuerySet[Person] | QuerySet[Account]) -> list[Person | Account]:
    """Return rows with the columns that a mail needs; the purpose may read no more."""
    return list(rows.only("pk", "first_name", "email", "language"))


def _send(to: Addressee) -> bool:
    """Send one mail and keep that it went, as one unit of work; one that another process has sent meanwhile is left alone."""
    with acting(PURPOSE):
        _alone_with(to)
        if NoticeReceipt.objects.filter(notice=to.notice, subject_id=to.id).exists():
            return True
        whose = to.notice.organisation_id
        subject = about(to.notice)
        said = letter(to.notice, to.name, to.language, last_told(whose, to.id), catalogue.in_force())
        mail = EmailMessage(said.subject, said.text, to=[to.email])
        taken = send_mail(mail, About(subject, to.id), [Kind.CONTACT, Kind.IDENTITY], by=None, organisation=whose)
        if taken:
            note_given(to.notice, [Given(Subject(subject), to.id, to.language)], way=Way.MAIL)
        return taken


def _alone_with(to: Addressee) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"notice {to.notice.pk} {to.id}"])
