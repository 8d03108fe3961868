"""Is a difference found between how long the register says data is kept and how long the models keep it? (P-07)"""

import msgspec
import pytest
from django.conf import settings
from django.db import models
from django.test.utils import isolate_apps

from portvakt.core.privacy import Keep, Kind, OnErase, Privacy, Subject, personal
from portvakt.core.retention import Keeping
from portvakt.server.purpose import checks, kept
from portvakt.server.purpose.kept import keeping_differences
from portvakt.server.purpose.register import Activity, Data, read_register

ROOT = settings.REGISTER


def everywhere(subject: Subject, kind: Kind, rule: Keeping) -> list[str]:
    """Return what is found when every activity that uses a kind keeps it by one rule."""
    rule = msgspec.structs.replace(rule, kinds=(kind,), subjects=(subject,))
    activities = [_with(activity, subject, kind, rule) for activity in read_register(ROOT).activities]
    return list(keeping_differences(activities))


def _with(activity: Activity, subject: Subject, kind: Kind, rule: Keeping) -> Activity:
    if not any(row.subject == subject and kind in row.kinds for row in activity.data):
        return activity
    others = tuple(one for one in activity.retention if not (one.subjects and one.covers(subject, kind)))
    return msgspec.structs.replace(activity, retention=(rule, *others))


def test_the_register_says_what_the_models_do() -> None:
    assert list(keeping_differences(read_register(ROOT).activities)) == []


@pytest.mark.parametrize(
    ("subject", "kind", "rule"),
    [
        (Subject.HOLDER, Kind.PASSAGE, Keeping("event", days=14, setting="entry_log_days")),
        (Subject.HOLDER, Kind.IDENTITY, Keeping("end_of_relation", days=30)),
        (Subject.HOLDER, Kind.CREDENTIAL, Keeping("end_of_relation", days=30)),
        (Subject.HOLDER, Kind.CREDENTIAL, Keeping("with_owner")),
        (Subject.ACCOUNT_HOLDER, Kind.IDENTITY, Keeping("with_owner")),
        (Subject.ACCOUNT_HOLDER, Kind.IDENTITY, Keeping("end_of_relation")),
        (Subject.ACCOUNT_HOLDER, Kind.ACTIVITY, Keeping("event", years=2)),
        (Subject.ACCOUNT_HOLDER, Kind.SESSION, Keeping("event", days=14)),
        (Subject.DATA_SUBJECT, Kind.CONSENT, Keeping("withdrawal", days=1, or_longer=(Keeping("event", years=3),))),
    ],
)
def test_the_same_time_in_other_words_is_no_difference(subject: Subject, kind: Kind, rule: Keeping) -> None:
    assert everywhere(subject, kind, rule) == []


@pytest.mark.parametrize(
    ("subject", "kind", "rule", "said"),
    [
        (
            Subject.HOLDER,
            Kind.PASSAGE,
            Keeping("event", days=30),
            "AccessEvent keeps it 14 days after the event, the register 30",
        ),
        (Subject.HOLDER, Kind.PASSAGE, Keeping("not_kept"), "the register not by days after the event"),
        (Subject.HOLDER, Kind.PASSAGE, Keeping("event", days=30, setting="entry_log_days"), "write days = 14"),
        (Subject.HOLDER, Kind.PASSAGE, Keeping("end_of_financial_year", years=7), "not by financial years"),
        (
            Subject.HOLDER,
            Kind.IDENTITY,
            Keeping("with_owner"),
            "people.Person keeps it 30 days after the end of the relation",
        ),
        (Subject.HOLDER, Kind.CREDENTIAL, Keeping("end_of_relation", days=60), "the register 60 days after the end"),
        (Subject.HOLDER, Kind.CREDENTIAL, Keeping("event", days=30), "not by days after the event, the register 30"),
        (
            Subject.ACCOUNT_HOLDER,
            Kind.IDENTITY,
            Keeping("end_of_relation", days=1),
            "accounts.Account keeps it 0 days after the end",
        ),
        (
            Subject.ACCOUNT_HOLDER,
            Kind.SESSION,
            Keeping("with_owner"),
            "sessions.Session keeps it 14 days after the event",
        ),
    ],
)
def test_another_time_is_told_with_model_and_activity(subject: Subject, kind: Kind, rule: Keeping, said: str) -> None:
    found = everywhere(subject, kind, rule)
    users = [
        activity.id
        for activity in read_register(ROOT).activities
        for row in activity.data
        if row.subject == subject and kind in row.kinds and row.where is None
    ]
    assert any(said in one for one in found)
    assert all(f"{kind} of {subject}" in one for one in found)
    assert users[0] in " ".join(found)


def test_a_shorter_rule_beside_the_longest_is_no_difference() -> None:
    """One purpose may end before another; what the row does is what the longest says."""
    activities = read_register(ROOT).activities
    shorter = [
        msgspec.structs.replace(one, retention=(Keeping("event", days=1),)) if one.id == "entry_log_review" else one
        for one in activities
    ]
    assert not [text for text in keeping_differences(shorter) if text.startswith("passage")]


def test_it_stops_the_start() -> None:
    activities = tuple(
        msgspec.structs.replace(one, retention=(Keeping("event", days=99),)) if one.id == "entry_log" else one
        for one in read_register(ROOT).activities
    )
    assert "purpose.E010" in {code for code, _text in checks.register_mistakes(activities)}


@isolate_apps("portvakt.server.purpose")
def test_a_row_kept_with_another_row_follows_the_dated_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Case(models.Model):
        privacy = Privacy(Subject.CONTACT, Keep.after("at", days=365), OnErase.DELETE_ROW)
        at = personal(models.DateTimeField(), Kind.ENQUIRY)

        class Meta:
            app_label = "purpose"

    class Message(models.Model):
        privacy = Privacy(Subject.CONTACT, Keep.with_owner(), OnErase.DELETE_ROW)
        text = personal(models.TextField(), Kind.ENQUIRY)

        class Meta:
            app_label = "purpose"

    monkeypatch.setattr(kept.declare, "tables", lambda: iter((Case, Message)))
    enquiries = read_register(ROOT).activities[0]
    data = (Data(Subject.CONTACT, (Kind.ENQUIRY,), ("read",)),)

    def differences(*rules: Keeping) -> list[str]:
        return list(keeping_differences([msgspec.structs.replace(enquiries, data=data, retention=rules)]))

    assert differences(Keeping("event", years=1)) == []
    assert differences(Keeping("event", years=1, or_longer=(Keeping("with_owner"),))) == []
    assert len(differences(Keeping("with_owner"))) == 1
