"""Does everything that somebody should see to come to the alarms page, the most urgent first, until somebody has?"""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation

from portvakt.core.event import ALARMS, EventKind
from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.actions import record_faults
from portvakt.server.logbook.models import AccessEvent, Acknowledgement, AuditEntry, LogFault, LogFaultKind
from portvakt.server.purpose.context import acting
from portvakt.server.web import words
from portvakt.server.web.board.alarm_list import kinds
from tests.cast import Cast, as_login
from tests.server.web.test_logs import NOON, event, happen

ClientOf = Callable[[Account], Client]


def url(cast: Cast, *parts: str) -> str:
    return f"/o/{cast.organisation.slug}/alarms/" + "".join(f"{part}/" for part in parts)


def fault(cast: Cast, what: LogFaultKind, sequence: int = 3) -> None:
    with as_login("link"), acting("entry_log", cast.organisation.pk):
        own = {"organisation_id": cast.organisation.pk, "controller_id": cast.controller.pk, "journal": uuid.uuid4()}
        record_faults([LogFault(**own, what=what.value, sequence=sequence, last=sequence + 2)])


def shown(client: Client, cast: Cast, **query: str) -> list[str]:
    answer = client.get(url(cast), query)
    assert answer.status_code == 200
    return [alarm.word for alarm in answer.context["rows"]]


def acknowledge(client: Client, cast: Cast, word: str, note: str = "") -> None:
    rows = client.get(url(cast)).context["rows"]
    key = next(alarm.key for alarm in rows if alarm.word == word)
    assert client.post(url(cast, key, "acknowledge"), {"note": note}).status_code == 302


def test_every_alarm_is_there_and_nothing_else(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, *(event(cast, number, kind) for number, kind in enumerate(EventKind, 1)))
    for what in LogFaultKind:
        fault(cast, what)
    found = shown(client_of(cast.admin), cast)
    with translation.override("en"):
        expected = [str(words.EVENTS[kind]) for kind in ALARMS] + [str(what.label) for what in LogFaultKind]
        assert {str(word) for _, word in kinds()} == set(expected)
    assert sorted(found) == sorted(expected)


def test_the_most_urgent_come_first_however_old(cast: Cast, client_of: ClientOf) -> None:
    happen(
        cast,
        event(cast, 1, EventKind.DURESS),
        event(cast, 2, EventKind.READER_TAMPERED),
        event(cast, 3, EventKind.DOOR_FORCED),
        event(cast, 4, EventKind.DOOR_HELD_OPEN),
    )
    found = shown(client_of(cast.admin), cast)
    assert found == ["Door forced", "Duress PIN used", "Reader tampered with", "Door held open"]


def test_no_person_is_shown_and_none_is_read(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, event(cast, 1, EventKind.DURESS))
    page = client_of(cast.accounts[Role.OPERATOR]).get(url(cast)).content.decode()
    assert "Maja" not in page
    assert f"place=door-{cast.door.pk}" in page, "who it was is found in the access log, under its purpose"
    assert "access-log" not in client_of(cast.accounts[Role.HARDWARE_MANAGER]).get(url(cast)).content.decode()
    with pytest.raises(Exception, match="permission denied"), acting("alarms", cast.organisation.pk):
        AccessEvent.objects.values_list("person_id").first()


def test_an_acknowledged_alarm_is_history_with_who_and_why(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, event(cast, 1, EventKind.DOOR_FORCED), event(cast, 2, EventKind.READER_OFFLINE))
    fault(cast, LogFaultKind.GAP)
    client = client_of(cast.accounts[Role.OPERATOR])
    acknowledge(client, cast, "Door forced", "The lock was drilled.")
    acknowledge(client, cast, "Events are missing")
    assert shown(client, cast) == ["Reader offline"]
    history = client.get(url(cast), {"state": "all"})
    seen = {alarm.word: alarm for alarm in history.context["rows"] if alarm.seen}
    assert set(seen) == {"Door forced", "Events are missing"}
    assert (seen["Door forced"].seen.note, seen["Door forced"].seen_by) == ("The lock was drilled.", "operator Ek")
    assert "The lock was drilled." in history.content.decode()
    with acting("audit_review", cast.organisation.pk):
        entries = AuditEntry.objects.filter(action="alarm.acknowledged").order_by("at")
        assert [(entry.fields, entry.purpose) for entry in entries] == [(["note"], "alarms"), ([], "alarms")]


def test_the_first_to_acknowledge_stays(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, event(cast, 1, EventKind.DOOR_FORCED))
    client = client_of(cast.admin)
    (alarm,) = client.get(url(cast)).context["rows"]
    for note in ("first", "second"):
        assert client.post(url(cast, alarm.key, "acknowledge"), {"note": note}).status_code == 302
    with acting("alarms", cast.organisation.pk):
        assert Acknowledgement.objects.get().note == "first"
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.filter(action="alarm.acknowledged").count() == 1


@pytest.mark.parametrize(
    "key", ["event-0", "event-x", "event-99999999999999999999", f"fault-{uuid.UUID(int=1)}", "fault-x", "x"]
)
def test_what_is_no_alarm_cannot_be_acknowledged(cast: Cast, client_of: ClientOf, key: str) -> None:
    assert client_of(cast.admin).post(url(cast, key, "acknowledge")).status_code == 404


def test_an_event_that_is_no_alarm_and_anothers_alarm_cannot_be_either(
    cast: Cast, other: Cast, client_of: ClientOf
) -> None:
    happen(cast, event(cast, 1))
    happen(other, event(other, 1, EventKind.DOOR_FORCED))
    for organisation, client in ((cast, client_of(cast.admin)), (other, client_of(cast.admin))):
        with acting("entry_log_review", organisation.organisation.pk):
            pk = AccessEvent.objects.get().pk
        assert client.post(url(cast, f"event-{pk}", "acknowledge")).status_code == 404
    assert shown(client_of(cast.admin), cast) == []


def test_a_note_that_is_too_long_changes_nothing(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, event(cast, 1, EventKind.DOOR_FORCED))
    client = client_of(cast.admin)
    (alarm,) = client.get(url(cast)).context["rows"]
    assert client.post(url(cast, alarm.key, "acknowledge"), {"note": "x" * 201}).status_code == 404
    assert shown(client, cast) == ["Door forced"]


def test_the_menu_counts_what_nobody_has_seen_to(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    assert "badge" not in client.get(url(cast, "count")).content.decode()
    happen(cast, event(cast, 1, EventKind.DOOR_FORCED), event(cast, 2, EventKind.DURESS), event(cast, 3))
    fault(cast, LogFaultKind.SEAL)
    assert ">3</span>" in client.get(url(cast, "count")).content.decode()
    acknowledge(client, cast, "Door forced")
    assert ">2</span>" in client.get(url(cast, "count")).content.decode()
    assert url(cast, "count") in client.get(url(cast)).content.decode()


def test_history_goes_on_page_by_page_and_can_be_narrowed(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, *(event(cast, number, EventKind.DOOR_FORCED, at=NOON) for number in range(1, 31)))
    happen(cast, *(event(cast, n, EventKind.DOOR_HELD_OPEN, at=NOON - timedelta(minutes=n)) for n in range(31, 71)))
    fault(cast, LogFaultKind.GAP)
    client, seen, after = client_of(cast.admin), [], ""
    for _page in range(3):
        answer = client.get(url(cast), {"state": "all", "after": after})
        seen += [alarm.key for alarm in answer.context["rows"]]
        if not (after := str(answer.context["following"] or "")):
            break
    assert len(seen) == len(set(seen)) == 71
    assert len(shown(client, cast, kind="door_held_open")) == 40
    assert shown(client, cast, kind="gap", state="all") == ["Events are missing"]
    assert client.get(url(cast), {"kind": "nonsense"}).status_code == 422


def test_the_page_says_when_there_is_nothing_and_answers_hints_with_the_rows_alone(
    cast: Cast, client_of: ClientOf
) -> None:
    client = client_of(cast.admin)
    assert "What somebody should see to comes here at once." in client.get(url(cast)).content.decode()
    assert "<html" not in client.get(url(cast), headers={"HX-Request": "true"}).content.decode()


def test_only_who_may_open_doors_acknowledges(cast: Cast, client_of: ClientOf) -> None:
    assert client_of(cast.accounts[Role.REGULAR]).get(url(cast)).status_code == 403
    assert client_of(cast.accounts[Role.REGULAR]).post(url(cast, "event-1", "acknowledge")).status_code == 403
