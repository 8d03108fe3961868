"""Who has been told what, and who must still be: which version of which notice does each person and account hold a receipt for?

Asked by the delivery job, the Board and the desk alike, each under its own purpose.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from portvakt.core.privacy import Subject
from portvakt.core.retention import months_after
from portvakt.server.accounts.models import Account
from portvakt.server.organisations.models import Organisation
from portvakt.server.people.models import Person
from portvakt.server.privacy.models import NoticeReceipt, NoticeVersion


class Owed(msgspec.Struct, frozen=True):
    """A person who has not been told of the newest version; `due` is the last day for it, None for whoever knows an earlier one (N-03)."""

    person: Person
    due: date | None

    def overdue(self, today: date) -> bool:
        """Tell whether the day has passed."""
        return self.due is not None and self.due < today


def newest_notice(organisation: UUID | None) -> NoticeVersion | None:
    """Return the newest version of a data controller's notice, held or in force; None where nothing has been published."""
    return NoticeVersion.objects.filter(organisation=organisation).order_by("-number").first()


def notice_in_force(organisation: UUID | None) -> NoticeVersion | None:
    """Return the newest version that is in force."""
    return (
        NoticeVersion.objects.filter(organisation=organisation, in_force_at__isnull=False).order_by("-number").first()
    )


def untold_persons(notice: NoticeVersion, now: datetime | None = None) -> QuerySet[Person]:
    """Return the persons of an organisation that must be told of its notice, the longest enrolled first; who has left need not be."""
    receipts = NoticeReceipt.objects.filter(notice=notice, subject_id=OuterRef("pk"))
    persons = Person.objects.filter(_still_there(now or timezone.now()), organisation=notice.organisation_id)
    return persons.exclude(Exists(receipts)).order_by("created_at", "pk")


def untold_accounts(notice: NoticeVersion) -> QuerySet[Account]:
    """Return the accounts that must be told of the provider's notice, the oldest first."""
    receipts = NoticeReceipt.objects.filter(notice=notice, subject_id=OuterRef("pk"))
    return Account.objects.filter(is_active=True).exclude(Exists(receipts)).order_by("created_at", "pk")


def owed(organisation: Organisation) -> list[Owed]:
    """Return whom the organisation must still tell, and until when: one calendar month after enrolment at most (Art. 14(3)(a)).

    Whoever was told of an earlier version is owed the newer one without a day of its own.
    """
    notice = newest_notice(organisation.pk)
    if notice is None:
        return []
    told_before = Exists(NoticeReceipt.objects.filter(organisation=organisation, subject_id=OuterRef("pk")))
    persons = untold_persons(notice).annotate(told_before=told_before)
    return [Owed(person, None if person.told_before else due(person)) for person in persons]


def due(person: Person) -> date:
    """Return the last day for telling a person: the same-numbered day of the month after enrolment, where the organisation is."""
    return months_after(timezone.localdate(person.created_at), 1)


def last_told(organisation: UUID | None, subject_id: UUID) -> NoticeReceipt | None:
    """Return the newest receipt that a person or account has from a data controller."""
    receipts = NoticeReceipt.objects.filter(organisation=organisation, subject_id=subject_id, exception="")
    return receipts.select_related("notice").order_by("-notice__number").first()


class Progress(msgspec.Struct, frozen=True):
    """How far a version of one data controller's notice has come."""

    notice: NoticeVersion
    told: int
    excepted: int
    untold: int


def progress(notice: NoticeVersion) -> Progress:
    """Return how many have been told of a version, are excepted, and must still be told."""
    receipts = NoticeReceipt.objects.filter(notice=notice)
    told = receipts.filter(exception="").values("subject_id").distinct().count()
    excepted = receipts.exclude(exception="").values("subject_id").distinct().count()
    untold = untold_persons(notice) if notice.organisation_id else untold_accounts(notice)
    return Progress(notice, told, excepted, untold.count())


def progress_of_newest() -> list[Progress]:
    """Return how far the newest version of every data controller has come, the provider's first; in as many queries as for one."""
    newest = NoticeVersion.objects.order_by("organisation_id", "-number").distinct("organisation_id")
    notices = list(NoticeVersion.objects.filter(pk__in=newest.values("pk")).select_related("organisation"))
    receipts = NoticeReceipt.objects.filter(notice__in=notices)
    told = _counts(receipts.filter(exception=""), "notice_id", "subject_id")
    excepted = _counts(receipts.exclude(exception=""), "notice_id", "subject_id")
    had = Exists(receipts.filter(subject_id=OuterRef("pk")))
    persons = _counts(Person.objects.filter(_still_there(timezone.now())).exclude(had), "organisation_id", "pk")
    accounts = Account.objects.filter(is_active=True).exclude(had).count()
    found = [
        Progress(
            one,
            told.get(one.pk, 0),
            excepted.get(one.pk, 0),
            persons.get(one.organisation_id, 0) if one.organisation_id else accounts,
        )
        for one in notices
    ]
    return sorted(
        found, key=lambda row: (row.notice.organisation is not None, str(row.notice.organisation or "").casefold())
    )


def _counts(rows: QuerySet[Any], by: str, of: str) -> dict[UUID, int]:
    return dict(rows.order_by().values_list(by).annotate(Count(of, distinct=True)))


def _still_there(now: datetime) -> Q:
    return Q(valid_to__isnull=True) | Q(valid_to__gt=now)


def held_notices() -> list[NoticeVersion]:
    """Return the newest notices that are not in force, by whose they are; what a newer one has replaced waits for nothing any more."""
    newest = NoticeVersion.objects.order_by("organisation_id", "-number").distinct("organisation_id")
    held = NoticeVersion.objects.filter(pk__in=newest.values("pk"), in_force_at=None).select_related("organisation")
    return list(held.order_by("organisation__name", "number"))


def about(notice: NoticeVersion) -> Subject:
    """Return whom a notice is given to: persons by their organisation, account holders by the provider."""
    return Subject.HOLDER if notice.organisation_id else Subject.ACCOUNT_HOLDER
