"""How does a notice become public, how is it kept who was told, and how does what was held begin?

A notice is published when its text differs from the newest one, in every language and for every kind of reader at once. It is in force
at once unless its register holds an activity that it tells of: then once everybody has been told (N-05).
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import connection
from django.utils import timezone

from portvakt.core.privacy import Subject
from portvakt.server.logbook.actions import record
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.models import NoticeReceipt, NoticeText, NoticeVersion, Way
from portvakt.server.privacy.notice.facts import Facts, stored
from portvakt.server.privacy.notice.versions import Texts, digest, facts_of, newest_register, written
from portvakt.server.privacy.notice.writing import NoticeIncomplete
from portvakt.server.privacy.told import held_notices, newest_notice, progress
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.models import RegisterVersion
from portvakt.server.purpose.register import Register, from_canonical
from portvakt.server.purpose.versions import release

# Whoever publishes waits for another who does: versions are numbered without gaps, and never twice the same.
PUBLISHING = 0x6E6F7469


class Given(msgspec.Struct, frozen=True):
    """Whom a notice was given to, in which language and written for whom."""

    subject: Subject
    id: UUID
    language: str
    variant: str = "adult"


def publish_notice(
    organisation: Organisation | None, *, by: Actor, version: RegisterVersion | None = None
) -> NoticeVersion | None:
    """Make the notice of a data controller public if its text differs from the newest; return the version that is new or begins, or None.

    `organisation` is None for the provider's. `version` is the register's, the newest unless it is given.
    Refused: register_unpublished, and notice_incomplete where an item that must be told is empty.
    """
    by.require(Permission.PRIVACY_MANAGE)
    version = version or newest_register()
    register = from_canonical(bytes(version.content))
    facts = facts_of(organisation, register)
    try:
        texts = written(register, facts)
    except NoticeIncomplete as incomplete:
        raise Refused("notice_incomplete", lacking="; ".join(incomplete.lacking)) from incomplete
    _one_at_a_time()
    newest = newest_notice(organisation.pk if organisation else None)
    if newest is not None and _same(newest, texts):
        return _begin(newest, by=by) if newest.in_force_at is None and not _held(version, register, facts) else None
    notice = NoticeVersion(
        organisation=organisation,
        number=newest.number + 1 if newest else 1,
        register=version.number,
        facts=stored(facts),
        published_at=timezone.now(),
    )
    notice.in_force_at = None if _held(version, register, facts) else notice.published_at
    notice.save(force_insert=True)
    _save_texts(notice, texts)
    record("notice.published", notice, by=by)
    return notice


def _begin(notice: NoticeVersion, *, by: Actor) -> NoticeVersion:
    """Let a version begin whose register does not wait any more, such as where somebody said why nobody needs to be told."""
    notice.in_force_at = timezone.now()
    notice.save(update_fields=["in_force_at"])
    record("notice.begun", notice, by=by)
    return notice


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [PUBLISHING])


def _same(notice: NoticeVersion, texts: Texts) -> bool:
    digests = {
        (row.language, row.variant): row.digest
        for row in notice.texts.only("language", "variant", "digest", "notice_id")
    }
    return digests == {key: digest(content) for key, content in texts.items()}


def _held(version: RegisterVersion, register: Register, facts: Facts) -> bool:
    """Tell whether the register waits with an activity that this notice tells of."""
    if version.in_force_at is not None:
        return False
    role = "processor" if facts.slug else "controller"
    return any(activity.id in version.held for activity in register.activities if activity.role == role)


def _save_texts(notice: NoticeVersion, texts: Texts) -> None:
    NoticeText.objects.bulk_create(
        NoticeText(notice=notice, language=language, variant=variant, content=content, digest=digest(content))
        for (language, variant), content in texts.items()
    )


def note_given(notice: NoticeVersion, given: Iterable[Given], *, way: Way) -> int:
    """Keep that a notice was given to some; return to how many it had not been given before. The receipts are the record of it."""
    told = list(given)
    had = set(
        NoticeReceipt.objects.filter(notice=notice, subject_id__in=[one.id for one in told]).values_list(
            "subject_id", flat=True
        )
    )
    return len(_save_receipts(notice, [one for one in told if one.id not in had], way, "", timezone.now()))


def hand_over(notice: NoticeVersion, given: Iterable[Given], *, by: Actor) -> int:
    """Keep that an operator handed a notice over on paper; return to how many."""
    by.require(Permission.PERSON_ENROL)
    count = note_given(notice, given, way=Way.PAPER)
    record("notice.handed_over", notice, by=by)
    return count


def except_from_notice(notice: NoticeVersion, given: Iterable[Given], exception: str, *, by: Actor) -> int:
    """Keep why some need not be told of a notice themselves (Art. 13(4), 14(5)): it is public for them. Return how many.

    An organisation says it of its own persons, the provider's data protection officer of anybody.

    Refused: notice_exception where the reason is none of those that the law knows.
    """
    if not by.may(Permission.PRIVACY_MANAGE):
        by.require(Permission.REGISTER_MANAGE)
    if exception not in {value for value, _label in NoticeReceipt._meta.get_field("exception").choices or ()}:
        raise Refused("notice_exception", "exception")
    rows = _save_receipts(notice, list(given), Way.PUBLIC, exception, timezone.now())
    record("notice.excepted", notice, by=by)
    return len(rows)


def _save_receipts(
    notice: NoticeVersion, given: list[Given], way: Way, exception: str, at: datetime
) -> list[NoticeReceipt]:
    return NoticeReceipt.objects.bulk_create(
        [
            NoticeReceipt(
                organisation_id=notice.organisation_id,
                subject=one.subject,
                subject_id=one.id,
                notice=notice,
                language=one.language,
                variant=one.variant,
                way=way,
                exception=exception,
                at=at,
            )
            for one in given
        ],
        batch_size=1000,
    )


def release_when_told(version: RegisterVersion, *, by: Actor) -> bool:
    """Let what a register version held begin, if nobody whom it concerns is untold; tell whether it did.

    A data controller whose notice does not say yet what the version says has told nobody, and what is held waits for it. Where what is
    held does not show in a notice's text at all, no notice can tell it: `portvakt rights --apply --told REASON` says what was done instead.
    The next `portvakt rights --apply` gives the database's rights.
    """
    by.require(Permission.REGISTER_MANAGE)
    if version.in_force_at is not None:
        return False
    _one_at_a_time()
    held = held_notices()
    if any(progress(notice).untold for notice in held) or not _published_by_all(version):
        return False
    now = timezone.now()
    NoticeVersion.objects.filter(pk__in=[notice.pk for notice in held]).update(in_force_at=now)
    release(version.number, now)
    record("register.released", None, by=by)
    return True


def _published_by_all(version: RegisterVersion) -> bool:
    """Tell whether every data controller whose notice tells of what a version holds has made public what that version says."""
    register = from_canonical(bytes(version.content))
    organisations = Organisation.objects.filter(active=True, provider=False).order_by("pk")
    return all(_is_published(version, register, one) for one in (None, *organisations))


def _is_published(version: RegisterVersion, register: Register, organisation: Organisation | None) -> bool:
    facts = facts_of(organisation, register)
    if not _held(version, register, facts):
        return True
    newest = newest_notice(organisation.pk if organisation else None)
    try:
        # One that was in force before the version was there tells of nothing new, even if its text is the same.
        return newest is not None and newest.in_force_at is None and _same(newest, written(register, facts))
    except NoticeIncomplete:
        return False
