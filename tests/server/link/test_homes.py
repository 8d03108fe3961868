"""Does the server keep nothing of what an older controller sends of passages at a home, without a hole in the log?"""

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from django.test import Client

from portvakt import verify_log
from portvakt.server.accounts.models import Account, Role
from portvakt.server.link.homes import NOT_KEPT
from portvakt.server.logbook.models import AccessEvent, LogFault
from portvakt.server.places.actions import change_door
from portvakt.server.purpose.context import acting
from tests.cast import Cast
from tests.server.link.teller import Teller

ClientOf = Callable[[Account], Client]


@pytest.fixture
def teller(cast: Cast) -> Teller:
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.door, by=cast.by, home=True)
    teller = Teller(cast)
    teller.hello()
    return teller


def rows(teller: Teller) -> list[AccessEvent]:
    with acting("entry_log_review", teller.cast.organisation.pk):
        return list(AccessEvent.objects.filter(journal=teller.journal).order_by("sequence"))


def faults(teller: Teller) -> list[str]:
    with acting("entry_log_review", teller.cast.organisation.pk):
        return list(LogFault.objects.values_list("what", flat=True))


# SE-04
def test_of_a_passage_at_a_home_only_its_place_in_the_chain_is_kept(teller: Teller) -> None:
    cast = teller.cast
    who = {"person": str(cast.resident.pk), "credential": str(cast.card.pk), "side": "entry", "auth_type": 8}
    batch = teller.batch(1, kind="access_granted", door=str(cast.door.pk), reader=str(cast.readers[0].pk), **who)
    teller.send(batch)
    [row] = rows(teller)
    told = (row.door_id, row.reader_id, row.person_id, row.credential_id, row.auth_type, row.rule_id, row.salt, row.raw)
    assert told == (None,) * 8
    assert (row.kind, row.side, row.detail) == ("message_unknown", "", NOT_KEPT)
    assert (row.at.time(), row.received_at.time()) == (time(), time())
    teller.send(batch)
    assert len(rows(teller)) == 1
    assert faults(teller) == [], "neither the event nor its repetition is a fault of the controller"


def test_alarms_at_a_home_and_passages_elsewhere_are_kept_as_they_are(teller: Teller) -> None:
    cast = teller.cast
    teller.send(teller.batch(1, kind="door_forced", door=str(cast.door.pk)))
    teller.send(teller.batch(1, kind="access_granted", door=str(cast.cellar.pk), person=str(cast.resident.pk)))
    forced, passed = rows(teller)
    assert (forced.kind, forced.door_id) == ("door_forced", cast.door.pk)
    assert (passed.door_id, passed.person_id) == (cast.cellar.pk, cast.resident.pk)


def test_the_evidence_says_that_something_was_withheld_and_not_that_it_was_changed(
    teller: Teller, client_of: ClientOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teller.send(teller.batch(1, kind="access_granted", door=str(teller.cast.door.pk)))
    teller.send(teller.batch(1, kind="door_forced", door=str(teller.cast.door.pk)))
    file = tmp_path / "evidence.jsonl"
    client = client_of(teller.cast.accounts[Role.OPERATOR])
    where = f"/o/{teller.cast.organisation.slug}/access-log/evidence/"
    file.write_bytes(client.post(where, {"recipient": "the_organisation"}).content)
    assert verify_log.main([str(file)]) == 1, "what is withheld is not proven"
    said = capsys.readouterr().out
    assert "number 1 was a passage at a home" in said
    assert "does not give its digest" not in said
