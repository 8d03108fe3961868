"""How is a consent given or withdrawn? By one more row: what was said before stays as it was.

Refused: consent_unknown (the register asks for no such consent here), consent_text_changed (what was shown is not the text any more),
consent_too_often. To withdraw is never refused but for a purpose that nobody was ever asked about. Where nothing would change, no row is
added.
"""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from portvakt.core.privacy import Subject
from portvakt.server.accounts.models import Account
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.models import Organisation
from portvakt.server.people.models import Person
from portvakt.server.privacy.consents import asked_of, consent_text, lines, newest_of
from portvakt.server.privacy.models import Consent, Way
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.register import Activity
from portvakt.server.purpose.rights import consent_digest

# How often one subject may change their mind on one thing in a day: enough for anybody, too few to fill a disk.
WORDS_A_DAY = 20


def say_as_account(purpose: str, digest: str, language: str, *, given: bool, by: Account) -> None:
    """Keep an account holder's yes or no to one thing that the provider asks; `digest` is that of the text they saw."""
    activity = _asked("controller", purpose)
    if _changes(activity, digest, by.pk, given=given):
        row = _row(activity, language, None, given=given)
        row.subject, row.subject_id, row.way, row.by_id = Subject.ACCOUNT_HOLDER, by.pk, Way.PAGE, by.pk
        _add(row)


def say_as_person(
    purpose: str, digest: str, language: str, organisation: Organisation, *, given: bool, by: Actor
) -> AuditEntry | None:
    """Keep a person's own yes or no to one thing that their organisation asks. Refused also: not_permitted, to whoever is no person."""
    activity = _asked("processor", purpose)
    if by.person is None:
        raise Refused("not_permitted")
    if not _changes(activity, digest, by.person, given=given):
        return None
    return _keep(_row(activity, language, organisation, given=given), by.person, Way.PAGE, by)


def write_down(
    person: Person, purpose: str, digest: str, language: str, organisation: Organisation, *, given: bool, by: Actor
) -> AuditEntry | None:
    """Keep what a person said on paper, written down by an operator."""
    by.require(Permission.PERSON_ENROL)
    activity = _asked("processor", purpose)
    if not _changes(activity, digest, person.pk, given=given):
        return None
    return _keep(_row(activity, language, organisation, given=given), person.pk, Way.PAPER, by)


def _asked(role: str, purpose: str) -> Activity:
    for activity in asked_of(role):
        if activity.id == purpose:
            return activity
    raise Refused("consent_unknown")


def _changes(activity: Activity, digest: str, subject_id: UUID, *, given: bool) -> bool:
    """Tell whether a yes or a no to the text with a digest says anything new; refuse a yes to another text, and one of very many."""
    newest, now_reads = newest_of(subject_id, [activity.id]).get(activity.id), consent_digest(activity)
    if not given:
        return newest is not None and newest.given
    if digest != now_reads:
        raise Refused("consent_text_changed")
    lately = Consent.objects.filter(
        subject_id=subject_id, purpose=activity.id, at__gt=timezone.now() - timedelta(days=1)
    )
    if lately.count() >= WORDS_A_DAY:
        raise Refused("consent_too_often")
    return newest is None or not newest.given or newest.text_digest != now_reads


def _row(activity: Activity, language: str, organisation: Organisation | None, *, given: bool) -> Consent:
    language = "en" if language == "en" else "sv"
    shown = lines(activity, catalogue.in_force(), language, organisation)
    return Consent(
        organisation=organisation,
        purpose=activity.id,
        given=given,
        text_digest=consent_digest(activity),
        text=consent_text(activity.name.within(language), shown),
        language=language,
        at=timezone.now(),
    )


def _add(row: Consent) -> None:
    """Add a word after the one that it follows, even where that one's clock was ahead: the newest counts."""
    if before := newest_of(row.subject_id, [row.purpose]).get(row.purpose):
        row.at = max(row.at, before.at + timedelta(microseconds=1))
    row.save(force_insert=True)


def _keep(row: Consent, person: UUID, way: Way, by: Actor) -> AuditEntry:
    row.subject, row.subject_id, row.way, row.by_id = Subject.HOLDER, person, way, by.id
    _add(row)
    return record("consent.given" if row.given else "consent.withdrawn", row, by=by)
