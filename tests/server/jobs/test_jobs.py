"""Is what is past its time removed, nothing else, and does the queue run with its own login?"""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import psycopg
import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from psycopg import conninfo, sql

from portvakt.core.decision.model import AuthType, Side
from portvakt.core.event import EventKind
from portvakt.demo import database
from portvakt.server.access.actions import ask_to_open, assign, save_rule
from portvakt.server.access.models import AccessRule, Forgiveness, RemoteAsk
from portvakt.server.jobs import jobs
from portvakt.server.logbook.actions import record_events
from portvakt.server.logbook.models import AccessEvent, AuditEntry
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.organisations.models import HolderChange, Organisation, TakenBack
from portvakt.server.people.models import CardReading
from portvakt.server.places.actions import SILENT_SECONDS, release_door
from portvakt.server.places.models import (
    ControllerStatus,
    ControllerTask,
    DoorCommand,
    DoorHold,
    Lockdown,
    LockdownPlan,
)
from portvakt.server.privacy.models import (
    Consent,
    Disclosure,
    GuardianConsent,
    NoticeReceipt,
    NoticeVersion,
    TermsAcceptance,
)
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login
from tests.server.link.conftest import address_of_owner

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def days_ago(days: float, now: datetime = NOW) -> datetime:
    return now - timedelta(days=days)


def put_events(cast: Cast, *moments: tuple[datetime, datetime]) -> None:
    """Record one event for each pair (when it happened, when it was received)."""
    journal = uuid4()
    rows = [
        AccessEvent(
            organisation_id=cast.organisation.pk,
            controller_id=cast.controller.pk,
            journal=journal,
            sequence=sequence,
            kind=EventKind.DOOR_OPENED,
            at=at,
            received_at=received_at,
        )
        for sequence, (at, received_at) in enumerate(moments, 1)
    ]
    with as_login("link"), acting("entry_log", cast.organisation.pk):
        record_events(rows)


def sequences(cast: Cast) -> list[int]:
    with acting("entry_log_review", cast.organisation.pk):
        return list(AccessEvent.objects.order_by("sequence").values_list("sequence", flat=True))


def keep_for(cast: Cast, days: int) -> None:
    with as_login("console"), acting("organisation_opening"):
        Organisation.objects.filter(pk=cast.organisation.pk).update(entry_log_days=days)


def remove(now: datetime = NOW) -> dict[str, int]:
    with as_login("jobs"):
        return jobs.remove_overdue(now)


def test_events_are_kept_for_as_many_days_as_their_own_organisation_says(cast: Cast, other: Cast) -> None:
    keep_for(other, 60)
    moments = [(days_ago(days), days_ago(days)) for days in (61, 59, 14.1, 13.9, 0)]
    put_events(cast, *moments)
    put_events(other, *moments)
    assert remove()["access events"] >= 4
    assert sequences(cast) == [4, 5]
    assert sequences(other) == [2, 3, 4, 5]


def test_an_event_from_a_controller_whose_clock_is_ahead_is_removed_too(cast: Cast) -> None:
    put_events(cast, (days_ago(-4000), days_ago(15)), (days_ago(-4000), days_ago(1)), (days_ago(15), days_ago(1)))
    remove()
    assert sequences(cast) == [2]


def test_more_than_one_batch_is_removed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    put_events(cast, *[(days_ago(20), days_ago(20))] * 7)
    monkeypatch.setattr(jobs, "BATCH", 3)
    assert remove()["access events"] == 7
    assert sequences(cast) == []


def test_audit_entries_are_kept_for_730_days(cast: Cast) -> None:
    with acting("audit_review", cast.organisation.pk):
        count = AuditEntry.objects.count()
    assert count
    made_at = timezone.now()
    remove(made_at + timedelta(days=729))
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.count() == count
    remove(made_at + timedelta(days=731))
    with acting("audit_review", cast.organisation.pk):
        assert not AuditEntry.objects.exists()


def test_expired_sessions_go_and_their_devices_with_them(cast: Cast) -> None:
    now = timezone.now()
    keys = {name: f"{name}{uuid4().hex}"[:40] for name in ("over", "open", "gone")}
    with acting("account_sign_in"):
        for name, days in (("over", -1), ("open", 1)):
            Session(session_key=keys[name], session_data="", expire_date=now + timedelta(days=days)).save(
                force_insert=True
            )
        for key in keys.values():
            device = {"ip": "192.0.2.1", "user_agent": "test", "session_key": key}
            UserSession.objects.create(user=cast.admin, **device)
    remove(now)
    with acting("account_sign_in"):
        assert set(Session.objects.filter(pk__in=keys.values()).values_list("pk", flat=True)) == {keys["open"]}
        kept = UserSession.objects.filter(user=cast.admin).values_list("session_key", flat=True)
        assert set(kept) == {keys["open"]}


def test_commands_are_kept_for_a_day(cast: Cast) -> None:
    with acting("door_operation", cast.organisation.pk):
        old, _ = release_door(cast.door, by=cast.by)
        new, _ = release_door(cast.door, by=cast.by)
        DoorCommand.objects.filter(pk=old.pk).update(asked_at=timezone.now() - timedelta(hours=25))
    remove(timezone.now())
    with acting("door_operation", cast.organisation.pk):
        assert list(DoorCommand.objects.values_list("pk", flat=True)) == [new.pk]


def test_what_controllers_are_asked_and_sent_is_kept_no_longer_than_it_serves(cast: Cast) -> None:
    organisation, at = cast.organisation.pk, NOW + timedelta(days=400)
    ages: dict[type[Model], tuple[str, dict[str, object], float]] = {
        HolderChange: ("changed_at", {"person_id": uuid4(), "version": 1}, 30),
        TakenBack: ("at", {"person_id": uuid4(), "version": 1}, 1),
        CardReading: ("at", {"task_id": uuid4(), "bits": 26, "data": b"1234"}, 1),
        Forgiveness: ("asked_at", {"person_id": cast.guest.pk, "controller_id": cast.controller.pk}, 1),
        ControllerTask: ("asked_at", {"controller_id": cast.controller.pk, "action": "forgive"}, 1),
    }
    plan = LockdownPlan(organisation_id=organisation, site=cast.site, name="Plan")
    with psycopg.connect(as_owner(), autocommit=True) as owner:
        kept = [
            put(owner, model, cast, **values | {field: at - timedelta(days=days, hours=-1)})
            for model, (field, values, days) in ages.items()
        ]
        gone = [
            put(owner, model, cast, **values | {field: at - timedelta(days=days, hours=1)} | fresh(values))
            for model, (field, values, days) in ages.items()
        ]
        put(owner, LockdownPlan, cast, id=plan.pk, site_id=cast.site.pk, name="Plan", rank=5)
        begun = {"plan_id": plan.pk, "begun_at": days_ago(500, at)}
        kept += [
            put(owner, Lockdown, cast, **begun),
            put(owner, Lockdown, cast, **begun, ended_at=days_ago(89, at)),
            put(owner, DoorHold, cast, door_id=cast.door.pk, ends_at=at + timedelta(seconds=1)),
        ]
        gone += [
            put(owner, Lockdown, cast, **begun, ends_at=days_ago(91, at)),
            put(owner, DoorHold, cast, door_id=cast.cellar.pk, ends_at=at - timedelta(seconds=1)),
        ]
    remove(at)
    with psycopg.connect(as_owner(), autocommit=True) as owner:
        assert [there(owner, *row) for row in kept] == [True] * len(kept)
        assert [there(owner, *row) for row in gone] == [False] * len(gone)


# P-07
def test_what_was_kept_to_show_that_rights_were_heeded_goes_after_three_years(cast: Cast) -> None:
    someone: dict[str, object] = {"subject": "holder", "subject_id": cast.resident.pk}
    read: dict[str, object] = {**someone, "language": "sv"}
    rows: list[tuple[type[Model], str, dict[str, object]]] = [
        (Consent, "at", {**read, "purpose": "expiry_reminders", "given": True, "text": "Yes", "way": "page"}),
        (TermsAcceptance, "at", {**read, "version": "1", "old_enough": True}),
        (GuardianConsent, "asked_at", {"account_id": uuid4(), "name": "G", "email": "g@example.org", "asked": b"1"}),
        (Disclosure, "at", {**someone, "recipient": "police", "kinds": ["passage"], "way": "export"}),
    ]
    with psycopg.connect(as_owner(), autocommit=True) as owner:
        _, notice = put(owner, NoticeVersion, cast, number=99, register=1, published_at=NOW)
        rows.append((NoticeReceipt, "at", {**read, "notice_id": notice, "variant": "adult", "way": "mail"}))
        kept = [put(owner, model, cast, **values, **{field: days_ago(1094)}) for model, field, values in rows]
        gone = [put(owner, model, cast, **values, **{field: days_ago(1096)}) for model, field, values in rows]
    remove()
    with psycopg.connect(as_owner(), autocommit=True) as owner:
        assert [there(owner, *row) for row in kept] == [True] * len(kept)
        assert [there(owner, *row) for row in gone] == [False] * len(gone)
        # No version was written from the register: others check every version there is.
        owner.execute("delete from privacy_noticereceipt where notice_id = %s", [notice])
        owner.execute("delete from privacy_noticeversion where id = %s", [notice])


def fresh(values: dict[str, object]) -> dict[str, object]:
    """Another person or task, where a row names one that no other table knows."""
    return {name: uuid4() for name in values if name == "task_id" or (name == "person_id" and "version" in values)}


def as_owner() -> str:
    return database.url(address_of_owner(), database=str(connection.settings_dict["NAME"]))


def put(owner: psycopg.Connection, model: type[Model], cast: Cast, **values: object) -> tuple[str, object]:
    """Insert a row as the owner of the tables, with the model's defaults; return its table and id."""
    if any(field.name == "organisation" for field in model._meta.fields):
        values["organisation_id"] = cast.organisation.pk
    row = model(**values)
    columns = {
        field.column: field.get_db_prep_save(field.pre_save(row, True), connection) for field in model._meta.fields
    }
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    places = sql.SQL(", ").join(sql.Placeholder() * len(columns))
    table = sql.Identifier(model._meta.db_table)
    owner.execute(sql.SQL("insert into {} ({}) values ({})").format(table, names, places), list(columns.values()))
    return model._meta.db_table, row.pk


def there(owner: psycopg.Connection, table: str, key: object) -> bool:
    found = owner.execute(sql.SQL("select 1 from {} where id = %s").format(sql.Identifier(table)), [key])
    return found.fetchone() is not None


def test_a_persons_wish_goes_after_a_day_and_its_entry_with_the_access_log(cast: Cast) -> None:
    rule = AccessRule(name="Phone")
    with acting("access_administration", cast.organisation.pk):
        save_rule(rule, {cast.door.pk: {Side.ENTRY: [AuthType.REMOTE]}}, by=cast.by)
        assign(cast.resident, rule, by=cast.by)
    with acting("own_access", cast.organisation.pk):
        ask, entry = ask_to_open(cast.door, by=msgspec.structs.replace(cast.by, person=cast.resident.pk))
    remove(entry.at + timedelta(hours=23))
    with acting("own_access", cast.organisation.pk):
        assert RemoteAsk.objects.filter(pk=ask.pk).exists()
    remove(entry.at + timedelta(days=13))
    with acting("own_access", cast.organisation.pk):
        assert not RemoteAsk.objects.exists()
    with acting("audit_review", cast.organisation.pk):
        others = AuditEntry.objects.exclude(pk=entry.pk).count()
        assert AuditEntry.objects.filter(pk=entry.pk).exists()
    remove(entry.at + timedelta(days=15))
    with acting("audit_review", cast.organisation.pk):
        assert not AuditEntry.objects.filter(pk=entry.pk).exists()
        assert AuditEntry.objects.count() == others


def test_renewal_asks_for_a_newer_snapshot_with_an_entry(cast: Cast) -> None:
    with acting("audit_review", cast.organisation.pk):
        before = wanted_version(cast.organisation.pk)
    with as_login("jobs"):
        assert jobs.renew_snapshots() >= 1
    with acting("audit_review", cast.organisation.pk):
        (entry,) = AuditEntry.objects.filter(action="snapshot.renewed")
        assert wanted_version(cast.organisation.pk) == entry.snapshot_version
    assert entry.snapshot_version is not None
    assert entry.snapshot_version > before
    assert entry.actor_name == "jobs"


def test_a_controller_is_called_offline_also_when_no_link_process_is_left_to_do_so(cast: Cast) -> None:
    heard = timezone.now()
    with as_login("link"), acting("controller_link"):
        ControllerStatus.objects.filter(controller=cast.controller).update(online=True, seen_at=heard)

    def online() -> bool:
        with acting("premises_administration", cast.organisation.pk):
            return ControllerStatus.objects.get(controller=cast.controller).online

    with as_login("jobs"):
        jobs.controller_watch()
    assert online()
    with as_login("link"), acting("controller_link"):
        long_ago = heard - timedelta(seconds=SILENT_SECONDS + 1)
        ControllerStatus.objects.filter(controller=cast.controller).update(seen_at=long_ago)
    with as_login("jobs"):
        jobs.controller_watch()
    assert not online()


def test_the_queue_runs_as_its_own_login(cast: Cast) -> None:
    parts = connection.settings_dict
    owner = conninfo.make_conninfo("", host=parts["HOST"], user="postgres", port=parts["PORT"] or "5432")
    env = database.environment(owner, "jobs", str(parts["NAME"]))
    put_events(cast, (timezone.now() - timedelta(days=15),) * 2, (timezone.now(),) * 2)
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as queue:
        asked = queue.execute(
            "select procrastinate_defer_jobs_v1(array[row('default', 'retention', 0, null, null, '{}', null)"
            "::procrastinate_job_to_defer_v1])"
        ).fetchone()
        assert asked is not None
        command = [sys.executable, "-m", "portvakt", "jobs", "--once"]
        done = subprocess.run(command, env=env, check=False, capture_output=True, text=True, timeout=60, cwd=Path.cwd())
        assert done.returncode == 0, done.stderr
        left = queue.execute("select status from procrastinate_jobs where task_name = 'retention'").fetchall()
    assert left == [], done.stderr
    assert sequences(cast) == [2]
