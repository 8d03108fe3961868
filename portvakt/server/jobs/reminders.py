"""Who is reminded that a card, a code or a time with the organisation ends soon? Whoever has consented to it, once for each ending.

That a reminder was sent is known by its disclosure: it named everything that ended within the days ahead, so that what ends is behind it
once such a disclosure lies within those days. Nothing else is kept, and nothing under the consent alone.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from procrastinate.contrib.django import app

from portvakt.core.privacy import Kind, Subject
from portvakt.server.access.models import Assignment
from portvakt.server.people.models import Credential, Person
from portvakt.server.privacy.actions import About, send_mail, send_sms
from portvakt.server.privacy.models import Disclosure
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused

log = logging.getLogger(__name__)

PURPOSE = "expiry_reminders"
AHEAD = timedelta(days=7)
KINDS = {Kind.ACCESS_RIGHT, Kind.CONTACT, Kind.IDENTITY}


class Ending(msgspec.Struct, frozen=True):
    """Something of a person's that ends: a card or code of a kind, an access rule of a name, or with neither all of it."""

    at: datetime
    credential: str = ""
    rule: str = ""


@app.periodic(cron="5 7 * * *")
@app.task(name="expiry_reminders", queueing_lock="expiry_reminders")
def expiry_reminders(timestamp: int = 0) -> None:  # noqa: ARG001 - the queue gives it by this name
    """Remind everybody whom it concerns, every morning; `timestamp` is when it was due."""
    remind(timezone.now())


def remind(now: datetime) -> int:
    """Send what is due; return how many persons were reminded. The database shows the rows of those who have consented, and no others."""
    with acting(PURPOSE):
        due = _due(now)
    reminded = sum(_remind_one(person, now) for person in due)
    log.info("%s of %s persons reminded", reminded, len(due))
    return reminded


def _due(now: datetime) -> list[UUID]:
    """Return the persons with an ending that no reminder has told them of."""
    ending = endings(now)
    told = _last_told(ending)
    return [
        person
        for person, ends in ending.items()
        if any(person not in told or told[person] < one.at - AHEAD for one in ends)
    ]


def endings(now: datetime, people: Iterable[UUID] | None = None) -> dict[UUID, list[Ending]]:
    """Return what ends within the days ahead, by person, the soonest first; of all persons, or of some."""
    soon = {"valid_to__gt": now, "valid_to__lte": now + AHEAD}
    some = {} if people is None else {"person__in": list(people)}
    persons = Person.objects.filter(**soon, **({} if people is None else {"pk__in": list(people)}))
    cards = Credential.objects.filter(**soon, **some, revoked_at__isnull=True, suspended_at__isnull=True)
    rules = Assignment.objects.filter(**soon, **some)
    found = [
        *((pk, Ending(at)) for pk, at in persons.values_list("pk", "valid_to") if at),
        *(
            (pk, Ending(at, credential=kind))
            for pk, at, kind in cards.values_list("person_id", "valid_to", "kind")
            if at
        ),
        *(
            (pk, Ending(at, rule=name))
            for pk, at, name in rules.values_list("person_id", "valid_to", "rule__name")
            if at
        ),
    ]
    by_person: dict[UUID, list[Ending]] = {}
    for person, one in sorted(found, key=lambda pair: pair[1].at):
        by_person.setdefault(person, []).append(one)
    return by_person


def _last_told(people: Iterable[UUID]) -> dict[UUID, datetime]:
    rows = Disclosure.objects.filter(purpose=PURPOSE, subject_id__in=list(people)).order_by()
    return dict(rows.values_list("subject_id").annotate(last=Max("at")))


def _remind_one(pk: UUID, now: datetime) -> bool:
    """Remind one person, in a unit of work of their own; where nothing could be sent nothing is kept, and the next run tries again."""
    with acting(PURPOSE):
        known = Person.objects.only("organisation_id", "first_name", "email", "phone", "language")
        person = known.select_related("organisation").filter(pk=pk, suspended_at__isnull=True).first()
        # Who has withdrawn a moment ago is not there any more.
        ends = endings(now, [pk]).get(pk, []) if person else []
        sent = bool(person and ends) and _tell(person, ends)  # type: ignore[arg-type]
        if not sent:
            transaction.set_rollback(True)
        return sent


def _tell(person: Person, ends: list[Ending]) -> bool:
    """Send the mail, and a text message where there is a number and a gateway; tell whether either left."""
    with translation.override(person.language), timezone.override(person.organisation.timezone):
        context = {
            "person": person,
            "organisation": person.organisation,
            "endings": ends,
            "link": settings.PUBLIC_URL + reverse("me:consents", args=[person.organisation.slug]),
        }
        by_mail = bool(person.email) and _mail(person, context)
        by_sms = bool(person.phone and settings.SMS_URL) and _sms(person, context)
    return by_mail or by_sms


def _mail(person: Person, context: dict[str, object]) -> bool:
    subject = render_to_string("reminders/expiry_subject.txt", context).strip()
    mail = EmailMessage(subject, render_to_string("reminders/expiry.txt", context), to=[person.email])
    return send_mail(mail, _about(person), KINDS, by=None, organisation=person.organisation_id)


def _sms(person: Person, context: dict[str, object]) -> bool:
    """Send the text message; one that may not be sent, for want of an agreement with the gateway, leaves the mail as it is."""
    text = render_to_string("reminders/expiry_sms.txt", context).strip()
    try:
        return send_sms(text, person.phone, _about(person), KINDS, by=None, organisation=person.organisation_id)
    except Refused as refused:
        log.warning("no text message may be sent: %s", refused.code)
        return False


def _about(person: Person) -> About:
    return About(Subject.HOLDER, person.pk)
