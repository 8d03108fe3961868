"""What does the deployment do on a timer? It removes what is past its time, and renews snapshots before their holidays run out.

Times of day are UTC. A run that was missed is made up by the next one.
"""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from portvakt.server.access.actions import remove_person
from portvakt.server.access.models import Forgiveness, RemoteAsk
from portvakt.server.logbook.actions import forget_proofs, record
from portvakt.server.logbook.models import AccessEvent, AuditEntry
from portvakt.server.organisations.models import HolderChange, Organisation, TakenBack
from portvakt.server.people.models import CardReading, Person
from portvakt.server.places.actions import report_silence
from portvakt.server.places.models import ControllerTask, DoorCommand, DoorHold, Lockdown
from portvakt.server.privacy.models import (
    Consent,
    Disclosure,
    GuardianConsent,
    NoticeReceipt,
    SupportCase,
    SupportLeave,
    SupportMessage,
    TermsAcceptance,
)
from portvakt.server.provider.models import Enquiry, Order, OrderContact
from portvakt.server.purpose.actor import system
from portvakt.server.purpose.context import acting

log = logging.getLogger(__name__)

# Small enough that no transaction holds locks for long.
BATCH = 5_000
# A command is answered in seconds; the access event and the audit entry are what is kept.
COMMAND_DAYS = 1
# Who started and ended it is in the audit log; the row itself serves the page of the last ones.
LOCKDOWN_DAYS = 90
# An audit entry that tells when a person came home is kept as long as the passage itself, not as long as what operators did.
PASSAGES = ("door.remote_asked",)


@app.periodic(cron="17 * * * *")
@app.task(name="retention", queueing_lock="retention")
def retention(timestamp: int = 0) -> None:  # noqa: ARG001 - the queue gives it by this name
    """Remove what is past its time, every hour; `timestamp` is when it was due."""
    remove_overdue(timezone.now())


@app.periodic(cron="23 4 1 * *")
@app.task(name="snapshot_renewal", queueing_lock="snapshot_renewal")
def snapshot_renewal(timestamp: int = 0) -> None:  # noqa: ARG001 - the queue gives it by this name
    """Have every organisation's snapshots built anew, every month; `timestamp` is when it was due."""
    renew_snapshots()


@app.periodic(cron="* * * * *")
@app.task(name="controller_watch", queueing_lock="controller_watch")
def controller_watch(timestamp: int = 0) -> None:  # noqa: ARG001 - the queue gives it by this name
    """Call silent controllers offline, every minute: no link process may be left to do so."""
    with acting("controller_watch"):
        report_silence(timezone.now())


def remove_overdue(now: datetime) -> dict[str, int]:
    """Remove every row that is past its time; return how many of each kind of row."""
    removed: dict[str, int] = {}
    for organisation, days in _organisations():
        events = AccessEvent.objects.filter(organisation_id=organisation)
        limit = now - timedelta(days=days)
        # A controller whose clock is ahead would otherwise have its events kept for as long as it is wrong.
        for overdue in (events.filter(at__lt=limit), events.filter(received_at__lt=limit)):
            removed["access events"] = removed.get("access events", 0) + _remove(overdue)
        asked = AuditEntry.objects.filter(organisation_id=organisation, action__in=PASSAGES, at__lt=limit)
        removed["entries of own openings"] = removed.get("entries of own openings", 0) + _remove(asked)
    for name, rows in _everywhere(now):
        removed[name] = _remove(rows)
    with acting("retention"):
        forget_proofs(now)
    removed["persons who have left"] = remove_departed(now)
    log.info("retention removed %s", ", ".join(f"{count} {name}" for name, count in removed.items()))
    return removed


def remove_departed(now: datetime) -> int:
    """Remove every person whose time was over long enough ago, each in a unit of work of its own; return how many."""
    with acting("departure"):
        gone = list(_past(Person, now).values_list("pk", "organisation_id"))
    for person, organisation in gone:
        with acting("departure"):
            remove_person(Person(pk=person), by=system("jobs", organisation))
    return len(gone)


def _organisations() -> list[tuple[UUID, int]]:
    with acting("retention"):
        return list(Organisation.objects.values_list("pk", "entry_log_days"))


def _everywhere(now: datetime) -> list[tuple[str, QuerySet[Any]]]:
    """Return, by name, the rows past their time whose time does not depend on the organisation."""
    ended = now - timedelta(days=LOCKDOWN_DAYS)
    its_case = SupportCase.objects.filter(pk=OuterRef("case_id"))
    open_session = Session.objects.filter(session_key=OuterRef("session_key"))
    return [
        ("audit entries", AuditEntry.objects.filter(at__lt=now - timedelta(days=AuditEntry.privacy.keep.days))),
        ("sessions", Session.objects.filter(expire_date__lt=now)),
        ("signed-in devices", UserSession.objects.filter(~Exists(open_session))),
        ("commands", DoorCommand.objects.filter(asked_at__lt=now - timedelta(days=COMMAND_DAYS))),
        ("own openings", _past(RemoteAsk, now)),
        # The newest rehearsal of a lockdown stays with its plan.
        (
            "tasks of controllers",
            ControllerTask.objects.filter(asked_at__lt=now - timedelta(days=COMMAND_DAYS)).exclude(
                action=ControllerTask.Action.REHEARSE
            ),
        ),
        ("wishes to forgive", _past(Forgiveness, now)),
        ("card readings", _past(CardReading, now)),
        ("changes of holders", _past(HolderChange, now)),
        ("things taken back", _past(TakenBack, now)),
        ("receipts of notices", _past(NoticeReceipt, now)),
        ("consents", _past(Consent, now)),
        ("accepted terms", _past(TermsAcceptance, now)),
        ("guardians' answers", _past(GuardianConsent, now)),
        ("disclosures", _past(Disclosure, now)),
        ("enquiries", _past(Enquiry, now)),
        ("contacts in orders", OrderContact.objects.filter(order__in=_past(Order, now))),
        ("orders", _past(Order, now)),
        ("support cases", _past(SupportCase, now)),
        ("messages of support cases", SupportMessage.objects.filter(~Exists(its_case))),
        ("leaves of support cases", SupportLeave.objects.filter(~Exists(its_case))),
        # Both end by themselves at the door; what is over needs no row.
        ("holds", DoorHold.objects.filter(ends_at__lt=now)),
        ("lockdowns", Lockdown.objects.filter(Q(ended_at__lt=ended) | Q(ends_at__lt=ended))),
    ]


def _past(rows: type[Model], now: datetime) -> QuerySet[Any]:
    """Return the rows that are past what their model says of itself."""
    keep = rows.privacy.keep  # type: ignore[attr-defined]  # tests/rules: every model declares it
    return rows._default_manager.filter(**{f"{keep.field}__lt": now - timedelta(days=keep.days)})


def _remove(rows: QuerySet[Model]) -> int:
    """Remove rows in batches, each a unit of work of its own; return how many there were."""
    total: int = 0
    while True:
        with acting("retention"):
            count, _ = rows.model._base_manager.filter(pk__in=rows.values("pk")[:BATCH]).delete()
        total += count
        if count < BATCH:
            return total


def renew_snapshots() -> int:
    """Ask the controllers of every active organisation for a new snapshot; return how many organisations that were."""
    with acting("snapshot_renewal"):
        active = list(Organisation.objects.filter(active=True))
    for organisation in active:
        with acting("snapshot_renewal"):
            record("snapshot.renewed", organisation, by=system("jobs", organisation.pk), doors=True)
    log.info("snapshots of %s organisations renewed", len(active))
    return len(active)
