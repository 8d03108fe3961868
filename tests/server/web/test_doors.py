"""Does the live page show what the doors do, without saying who does it, and can an operator open one?"""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.test import Client
from django.utils import timezone

from portvakt.core.decision.model import Reason
from portvakt.core.event import EventKind
from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.actions import record_events
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.places.actions import answer_wish, report_controller, report_doors, report_readers
from portvakt.server.places.models import DoorCommand, DoorStatus, ReaderStatus
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]


def report(cast: Cast, *, online: bool = True, state: str = "locked", reader: str = "online") -> None:
    with as_login("link"), acting("controller_link"):
        report_controller(cast.controller.pk, enrolled_at=timezone.now(), online=online, seen_at=timezone.now())
        own = {"organisation_id": cast.organisation.pk, "at": timezone.now()}
        report_doors([DoorStatus(**own, door_id=cast.door.pk, state=state)])
        report_readers([ReaderStatus(**own, reader_id=cast.readers[0].pk, state=reader)])


def happen(cast: Cast, kind: EventKind, *, at: datetime, **more: object) -> None:
    event = AccessEvent(
        organisation=cast.organisation, controller_id=cast.controller.pk, journal=uuid.uuid4(), sequence=1, at=at,
        received_at=timezone.now(), kind=kind, door_id=cast.door.pk, **more,
    )  # fmt: skip
    with as_login("link"), acting("entry_log", cast.organisation.pk):
        record_events([event])


def text(answer: object) -> str:
    """The answer's words without its marks, blanks made one."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())  # type: ignore[attr-defined]


def test_doors_show_their_state(cast: Cast, client_of: ClientOf) -> None:
    client, where = client_of(cast.admin), f"/o/{cast.organisation.slug}/doors/live/"
    assert "State unknown" in text(client.get(where))
    report(cast, state="released")
    assert "Port Released" in text(client.get(where))
    report(cast, state="forced")
    assert "Port Forced" in text(client.get(where))
    assert "1 alarm " in text(client.get(where))


def test_what_an_offline_controller_last_said_is_told_as_old(cast: Cast, client_of: ClientOf) -> None:
    report(cast, online=False)
    shown = text(client_of(cast.admin).get(f"/o/{cast.organisation.slug}/doors/live/"))
    assert "no contact now" in shown
    assert "Undercentral A has no contact with the server" in shown


def test_an_insecure_reader_is_an_alarm(cast: Cast, client_of: ClientOf) -> None:
    report(cast, reader="insecure")
    shown = text(client_of(cast.admin).get(f"/o/{cast.organisation.slug}/doors/live/"))
    assert "Reader entry: insecure" in shown
    assert "1 alarm " in shown


def test_the_newest_event_shows_its_reason_and_no_name(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, EventKind.DOOR_CLOSED, at=timezone.now() - timedelta(minutes=2))
    happen(
        cast, EventKind.ACCESS_DENIED, at=timezone.now(), side="entry", reason=Reason.NOT_PERMITTED_AT_THIS_TIME,
        person_id=cast.resident.pk, credential_id=cast.card.pk, auth_type=8,
    )  # fmt: skip
    client = client_of(cast.admin)
    for where in ("", "doors/live/", "doors/events/", f"doors/{cast.door.pk}/"):
        answer = client.get(f"/o/{cast.organisation.slug}/{where}")
        assert "Not at this time" in text(answer)
        assert cast.resident.last_name not in text(answer)
        assert str(cast.resident.pk) not in answer.content.decode()


def test_an_event_that_came_in_late_says_so(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, EventKind.DOOR_FORCED, at=datetime(2026, 1, 1, 3, tzinfo=UTC))
    assert "came in late" in text(client_of(cast.admin).get(f"/o/{cast.organisation.slug}/doors/events/"))


def test_a_door_is_opened_and_the_answer_shown(cast: Cast, client_of: ClientOf) -> None:
    client, base = client_of(cast.accounts[Role.OPERATOR]), f"/o/{cast.organisation.slug}"
    asked = client.post(f"{base}/doors/{cast.door.pk}/release/", headers={"HX-Request": "true"})
    assert "waiting for the controller" in text(asked)
    with acting("door_operation", cast.organisation.pk):
        command = DoorCommand.objects.get(door=cast.door)
    where = f"{base}/commands/{command.pk}/"
    assert f'hx-get="{where}"' in asked.content.decode()
    with as_login("link"), acting("controller_link"):
        answer_wish(DoorCommand, command.pk, cast.controller.pk, granted=True)
    answered = client.get(where)
    assert "Port is open." in text(answered)
    assert "hx-get" not in answered.content.decode()


def test_a_refused_opening_says_why(cast: Cast, client_of: ClientOf) -> None:
    client, base = client_of(cast.admin), f"/o/{cast.organisation.slug}"
    answer = client.post(f"{base}/doors/{cast.door.pk}/release/")
    assert answer.headers["Location"].startswith(f"{base}/doors/{cast.door.pk}/?command=")
    with acting("door_operation", cast.organisation.pk):
        command = DoorCommand.objects.get(door=cast.door)
    with as_login("link"), acting("controller_link"):
        told = {"granted": False, "reason": Reason.DOOR_OUT_OF_SERVICE.value}
        answer_wish(DoorCommand, command.pk, cast.controller.pk, **told)
    assert "Port was not opened. The door is out of service" in text(client.get(answer.headers["Location"]))


def test_a_controller_that_never_answers_is_not_waited_for(cast: Cast, client_of: ClientOf) -> None:
    client, base = client_of(cast.admin), f"/o/{cast.organisation.slug}"
    client.post(f"{base}/doors/{cast.door.pk}/release/")
    with acting("door_operation", cast.organisation.pk):
        DoorCommand.objects.filter(door=cast.door).update(asked_at=timezone.now() - timedelta(minutes=1))
        command = DoorCommand.objects.get(door=cast.door)
    answer = client.get(f"{base}/commands/{command.pk}/")
    assert "its controller did not answer" in text(answer)
    assert "hx-get" not in answer.content.decode()


def test_another_organisations_door_is_not_there(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    client, base = client_of(cast.admin), f"/o/{cast.organisation.slug}"
    assert client.get(f"{base}/doors/{other.door.pk}/").status_code == 404
    assert client.post(f"{base}/doors/{other.door.pk}/release/").status_code == 404
    assert client.get(f"{base}/places/doors/{other.door.pk}/").status_code == 404
    assert client.get(f"{base}/controllers/{other.controller.pk}/").status_code == 404
