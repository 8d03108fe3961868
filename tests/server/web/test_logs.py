"""Can operators find out what happened at the doors and who changed what, and is their looking on record?"""

import csv
import io
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.test import Client
from django.utils import timezone

from portvakt.core.event import EventKind
from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.actions import record_events
from portvakt.server.logbook.models import AccessEvent, AuditEntry
from portvakt.server.organisations.models import Organisation
from portvakt.server.people.actions import enrol_person
from portvakt.server.purpose.context import acting
from portvakt.server.web.board.newest import Position, position
from tests.cast import PASSWORD, Cast, as_login

ClientOf = Callable[[Account], Client]
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def happen(cast: Cast, *events: AccessEvent) -> None:
    with as_login("link"), acting("entry_log", cast.organisation.pk):
        record_events(events)


def event(cast: Cast, number: int, kind: EventKind = EventKind.ACCESS_GRANTED, **values: object) -> AccessEvent:
    return AccessEvent(
        organisation_id=cast.organisation.pk,
        controller_id=cast.controller.pk,
        journal=cast.controller.pk,
        sequence=number,
        at=values.pop("at", NOON + timedelta(minutes=number)),  # type: ignore[misc]
        received_at=NOON,
        kind=kind,
        **{"door_id": cast.door.pk, "side": "entry", "person_id": cast.resident.pk, "auth_type": 8} | values,  # type: ignore[arg-type]
    )


def url(cast: Cast, *parts: str) -> str:
    return f"/o/{cast.organisation.slug}/access-log/" + "".join(f"{part}/" for part in parts)


def audit(cast: Cast, action: str) -> list[AuditEntry]:
    with acting("audit_review", cast.organisation.pk):
        return list(AuditEntry.objects.filter(organisation=cast.organisation, action=action))


def test_the_newest_come_first_with_names_for_those_who_still_have_one(cast: Cast, client_of: ClientOf) -> None:
    happen(
        cast,
        event(cast, 1),
        event(cast, 2, person_id=uuid.uuid4()),
        event(cast, 3, EventKind.DOOR_FORCED, person_id=None),
    )
    answer = client_of(cast.accounts[Role.OPERATOR]).get(url(cast))
    assert [row["event"].sequence for row in answer.context["rows"]] == [3, 2, 1]
    page = answer.content.decode()
    assert "Maja Ask" in page
    assert "Erased person" in page
    assert "Door forced" in page
    assert audit(cast, "access_log.looked_up") == [], "nobody was looked up"


def test_every_filter_narrows(cast: Cast, client_of: ClientOf) -> None:
    happen(
        cast,
        event(cast, 1),
        event(cast, 2, EventKind.ACCESS_DENIED, reason="wrong_pin", auth_type=3, door_id=cast.cellar.pk),
        event(cast, 3, EventKind.DOOR_HELD_OPEN, person_id=None, auth_type=None),
        event(cast, 4, EventKind.DOOR_CLOSED, person_id=None, auth_type=None),
        event(cast, 5, at=NOON + timedelta(days=1), person_id=cast.guest.pk),
    )
    client = client_of(cast.admin)

    def found(**query: object) -> list[int]:
        answer = client.get(url(cast), query)
        assert answer.status_code == 200
        return [row["event"].sequence for row in answer.context["rows"]]

    assert found(outcome="granted") == [5, 1]
    assert found(outcome="denied") == [2]
    assert found(outcome="alarm") == [3]
    assert found(outcome="other") == [4]
    assert found(reason="wrong_pin") == [2]
    assert found(auth_type="3") == [2]
    assert found(place=f"door-{cast.cellar.pk}") == [2]
    assert found(place=f"site-{cast.site.pk}") == [5, 4, 3, 2, 1]
    assert found(since="2026-11-21T00:00") == [5]
    assert found(until="2026-11-21T00:00") == [4, 3, 2, 1]
    assert found(person=cast.guest.pk) == [5]
    assert found(who="maja") == [2, 1]
    assert found(after="nonsense") == [5, 4, 3, 2, 1]
    assert found(after="9999-12-31T23:59:59-23:59_5") == [5, 4, 3, 2, 1]


def test_bad_filters_stand_beside_their_fields(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    query = {
        "since": "yesterday",
        "place": "door-x",
        "outcome": "all",
        "reason": "none",
        "auth_type": "x",
        "person": "x",
    }
    answer = client.get(url(cast), query)
    assert answer.status_code == 422
    assert set(answer.context["filter"].errors) == set(query)
    answer = client.get(url(cast), {"who": "nobody at all"})
    assert answer.context["filter"].errors["who"] == ["Nobody has this name."]


def test_a_look_up_of_one_person_is_on_record_once(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, *(event(cast, number) for number in range(1, 61)))
    client = client_of(cast.accounts[Role.OPERATOR])
    answer = client.get(url(cast), {"who": "Maja Ask"})
    older = client.get(url(cast), {"who": "Maja Ask", "after": str(answer.context["following"])})
    assert [row["event"].sequence for row in older.context["rows"]] == list(range(10, 0, -1))
    assert older.context["following"] is None
    (entry,) = audit(cast, "access_log.looked_up")
    assert (entry.object_id, entry.actor_id) == (cast.resident.pk, cast.accounts[Role.OPERATOR].pk)
    assert entry.purpose == "entry_log_review"


def test_a_name_that_fits_several_asks_which(cast: Cast, client_of: ClientOf) -> None:
    with acting("access_administration", cast.organisation.pk):
        enrol_person(by=cast.by, first_name="Maja", last_name="Berg")
    answer = client_of(cast.admin).get(url(cast), {"who": "maja"})
    assert [person.last_name for person in answer.context["candidates"]] == ["Ask", "Berg"]
    assert not answer.context["rows"]
    assert audit(cast, "access_log.looked_up") == []


def test_the_download_holds_what_was_filtered_and_is_on_record(cast: Cast, client_of: ClientOf) -> None:
    with acting("access_administration", cast.organisation.pk):
        odd, _ = enrol_person(by=cast.by, first_name="=cmd", last_name="")
    happen(
        cast, event(cast, 1), event(cast, 2, person_id=odd.pk), event(cast, 3, EventKind.DOOR_CLOSED, person_id=None)
    )
    where = url(cast, "export") + "?outcome=granted"
    answer = client_of(cast.admin).post(where, {"recipient": "the_organisation"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][-1] == "Person"
    assert [row[-1] for row in rows[1:]] == ["'=cmd", "Maja Ask"], "no cell is a formula"
    assert rows[2][:6] == ["2026-11-20 12:01:00+01:00", "Granted", "Björkgården 1", "Trapphus A", "Port", "Entry"]
    (entry,) = audit(cast, "access_log.exported")
    assert entry.fields == ["outcome"]
    assert client_of(cast.admin).get(url(cast, "export"), {"since": "x"}).status_code == 422
    assert len(audit(cast, "access_log.exported")) == 1


def test_new_events_are_counted_after_those_shown(cast: Cast, client_of: ClientOf) -> None:
    happen(cast, event(cast, 1))
    client = client_of(cast.admin)
    newest = client.get(url(cast)).context["newest"]
    assert "new event" not in client.get(url(cast, "new"), {"than": newest}).content.decode()
    happen(cast, event(cast, 2), event(cast, 3, EventKind.DOOR_CLOSED))
    assert "2 new events" in client.get(url(cast, "new"), {"than": newest}).content.decode()
    assert "1 new event" in client.get(url(cast, "new"), {"than": newest, "outcome": "granted"}).content.decode()


def test_another_organisations_events_are_not_there(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    happen(other, event(other, 1))
    assert not client_of(cast.admin).get(url(cast)).context["rows"]
    assert not client_of(cast.admin).get(url(cast), {"person": str(other.resident.pk)}).context["rows"]
    assert client_of(cast.admin).get(url(other)).status_code == 404


def test_only_those_who_may_read_a_log_do(cast: Cast, client_of: ClientOf) -> None:
    operator, hardware = client_of(cast.accounts[Role.OPERATOR]), client_of(cast.accounts[Role.HARDWARE_MANAGER])
    assert hardware.get(url(cast)).status_code == 403
    assert hardware.get(url(cast, "export")).status_code == 403
    assert operator.get(f"/o/{cast.organisation.slug}/audit-log/").status_code == 403


def test_the_audit_log_says_who_did_what_for_which_purpose(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    client_of(cast.accounts[Role.OPERATOR]).post(f"/o/{cast.organisation.slug}/persons/{cast.resident.pk}/suspend/")
    client = client_of(cast.admin)
    answer = client.get(f"/o/{cast.organisation.slug}/audit-log/", {"operator": str(cast.accounts[Role.OPERATOR].pk)})
    (row,) = answer.context["rows"]
    assert (row["who"], row["action"], row["purpose"]) == (
        "operator Ek",
        "Person suspended",
        "Administration of access rights",
    )
    assert row["address"].endswith(f"/persons/{cast.resident.pk}/")
    every = client.get(f"/o/{cast.organisation.slug}/audit-log/", {"kind": "Access rule"}).context["rows"]
    assert [row["entry"].object_id for row in every] == [cast.rule.pk]
    assert every[0]["address"].endswith(f"/rules/{cast.rule.pk}/")
    wrong = client.get(f"/o/{cast.organisation.slug}/audit-log/", {"operator": str(other.admin.pk)})
    assert wrong.status_code == 422


def test_the_link_goes_with_the_object(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    client.post(f"/o/{cast.organisation.slug}/rules/{cast.rule.pk}/remove/")
    rows = client.get(f"/o/{cast.organisation.slug}/audit-log/", {"kind": "Access rule"}).context["rows"]
    assert {row["address"] for row in rows} == {""}


def test_the_audit_log_goes_on_page_by_page(cast: Cast, client_of: ClientOf) -> None:
    with acting("access_administration", cast.organisation.pk):
        for number in range(55):
            enrol_person(by=cast.by, first_name=f"P{number}")
    client, seen, after = client_of(cast.admin), [], ""
    for _page in range(5):
        answer = client.get(f"/o/{cast.organisation.slug}/audit-log/", {"after": after})
        seen += [row["entry"].pk for row in answer.context["rows"]]
        if not (after := str(answer.context["following"] or "")):
            break
    assert len(seen) == len(set(seen)) > 55


def test_a_sign_in_is_on_record(cast: Cast) -> None:
    client = Client()
    answer = client.post("/account/login/", {"login": cast.admin.email, "password": PASSWORD})
    assert answer.status_code == 302
    (entry,) = audit(cast, "account.signed_in")
    assert (entry.actor_id, entry.purpose) == (cast.admin.pk, "account_sign_in")


def test_a_position_survives_its_own_writing() -> None:
    at = timezone.now()
    assert position(str(Position(at, 7)), int) == Position(at, 7)
    key = uuid.uuid4()
    assert position(str(Position(at, key)), uuid.UUID) == Position(at, key)
    for text in (
        "",
        "x",
        f"{at.isoformat()}_",
        f"{at.isoformat()}_-1",
        "2026-01-01T00:00_1",
        f"{at.isoformat()}_{2**63}",
    ):
        assert position(text, int) is None


def test_moments_are_in_the_organisations_time(cast: Cast, client_of: ClientOf) -> None:
    with as_login("console"), acting("organisation_opening"):
        Organisation.objects.filter(pk=cast.organisation.pk).update(timezone="Asia/Tokyo")
    happen(cast, event(cast, 0))
    client = client_of(cast.admin)
    assert "20:00:00" in client.get(url(cast)).content.decode()
    assert len(client.get(url(cast), {"since": "2026-11-20T20:00"}).context["rows"]) == 1
    assert len(client.get(url(cast), {"since": "2026-11-20T20:01"}).context["rows"]) == 0
