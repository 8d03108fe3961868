"""Can an operator have a card read at a reader, see what its bits mean, and issue it only when it is sure?"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from portvakt.core.credentials import CardValue, card_digest, parse_card
from portvakt.server.accounts.models import Account, Role
from portvakt.server.organisations.actions import digest_key
from portvakt.server.people.models import CardReading, Credential
from portvakt.server.places.models import ControllerStatus, ControllerTask, ReaderStatus
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/persons/" + "".join(f"{part}/" for part in parts)


@pytest.fixture
def online(cast: Cast) -> Cast:
    """The organisation with its controller attached and its first reader answering."""
    with as_login("link"), acting("controller_link"):
        ControllerStatus.objects.filter(controller=cast.controller).update(online=True)
        ReaderStatus.objects.create(
            organisation_id=cast.organisation.pk, reader=cast.readers[0], state="online", at=timezone.now()
        )
    return cast


def begun(cast: Cast, client: Client) -> ControllerTask:
    answer = client.post(url(cast, cast.guest.pk, "cards", "read"), {"reader": str(cast.readers[0].pk)})
    assert answer.status_code == 302
    with acting("access_administration", cast.organisation.pk):
        task = ControllerTask.objects.get(controller=cast.controller)
    assert answer.headers["Location"] == url(cast, cast.guest.pk, "cards", "read", task.pk)
    return task


def said(cast: Cast, task: UUID, *cards: CardValue) -> None:
    """Do what the link does with a controller's readings."""
    with as_login("link"), acting("entry", cast.organisation.pk):
        for card in cards:
            CardReading.objects.create(
                organisation_id=cast.organisation.pk, task_id=task, bits=card.bits, data=card.data, at=timezone.now()
            )


def test_only_a_reader_that_answers_can_be_chosen(online: Cast, client_of: ClientOf) -> None:
    page = client_of(online.accounts[Role.OPERATOR]).get(url(online, online.guest.pk, "cards", "read"))
    ready = {each.reader.pk: each.ready for each in page.context["readers"]}
    assert ready == {online.readers[0].pk: True, online.readers[1].pk: False}


def test_a_card_read_twice_is_issued_by_its_bits(online: Cast, client_of: ClientOf) -> None:
    client = client_of(online.accounts[Role.OPERATOR])
    task, card = begun(online, client), parse_card("77-1234")
    assert (task.action, task.reader_id, task.seconds) == ("read_card", online.readers[0].pk, 60)
    where = url(online, online.guest.pk, "cards", "read", task.pk)
    said(online, task.pk, card)
    once = client.get(where).content.decode()
    assert "Hold the card to the reader once more" in once
    assert "Issue card" not in once
    assert "Hold the card" in client.post(where, {"number": "1234"}).content.decode(), "one reading issues nothing"
    said(online, task.pk, card)
    page = client.get(where)
    meanings = {each.format: number for each, number in page.context["decodings"]}
    assert meanings["H10301"] == "1234"
    assert page.context["bits"].replace(" ", "") == f"{int.from_bytes(card.data, 'big') >> 6:026b}"
    assert client.post(where, {"number": "1234", "label": "Blue fob"}).status_code == 302
    with acting("access_administration", online.organisation.pk):
        issued = Credential.objects.get(person=online.guest)
        assert bytes(issued.digest) == card_digest(digest_key(online.organisation.pk), card.bits, card.data)
        assert (issued.number, issued.label) == ("1234", "Blue fob")
        assert not CardReading.objects.filter(task_id=task.pk).exists(), "the reading is forgotten once it is used"


@pytest.mark.parametrize("readings", [("77-1234", "77-1235"), ("UID4 08A1B2C3", "UID4 08A1B2C3")])
def test_a_card_with_a_random_number_is_not_offered(
    online: Cast, client_of: ClientOf, readings: tuple[str, str]
) -> None:
    client = client_of(online.admin)
    task = begun(online, client)
    said(online, task.pk, *map(parse_card, readings))
    where = url(online, online.guest.pk, "cards", "read", task.pk)
    page = client.get(where).content.decode()
    assert "This card cannot be used" in page
    assert "Issue card" not in page
    client.post(where, {"number": "1234"})
    with acting("access_administration", online.organisation.pk):
        assert not Credential.objects.filter(person=online.guest).exists()


def test_a_number_chosen_in_the_table_is_taken_without_scripts(online: Cast, client_of: ClientOf) -> None:
    client = client_of(online.admin)
    task = begun(online, client)
    said(online, task.pk, *[parse_card("77-1234")] * 2)
    where = url(online, online.guest.pk, "cards", "read", task.pk)
    assert 'name="choice" value="1234"' in client.get(where).content.decode()
    assert client.post(where, {"choice": "1234", "number": ""}).status_code == 302
    with acting("access_administration", online.organisation.pk):
        assert Credential.objects.get(person=online.guest).number == "1234"


def test_a_card_of_somebodys_is_refused_where_it_was_read(online: Cast, client_of: ClientOf) -> None:
    client = client_of(online.admin)
    task = begun(online, client)
    said(online, task.pk, *[parse_card("12-34567")] * 2)
    answer = client.post(url(online, online.guest.pk, "cards", "read", task.pk), {"number": "34567"})
    assert answer.status_code == 422
    assert "already issued to somebody" in answer.content.decode()


def test_a_reader_that_says_nothing_is_not_waited_for_for_ever(online: Cast, client_of: ClientOf) -> None:
    client = client_of(online.admin)
    task = begun(online, client)
    where = url(online, online.guest.pk, "cards", "read", task.pk)
    assert f'hx-get="{where}"' in client.get(where).content.decode()
    with acting("access_administration", online.organisation.pk):
        ControllerTask.objects.filter(pk=task.pk).update(asked_at=timezone.now() - timedelta(seconds=71))
    page = client.get(where).content.decode()
    assert "hx-get" not in page.split('id="so-far"')[1]
    assert "Nothing was read at Port." in page


def test_what_is_typed_is_shown_decoded_before_it_is_saved(cast: Cast, client_of: ClientOf) -> None:
    client, where = client_of(cast.admin), url(cast, "cards", "decoded")
    answer = client.post(where, {"value": "H10302 1234567"})
    shown = answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert "H10302" in shown
    assert "1234567" in shown
    assert "a format and number" not in shown
    assert "0 to 255" in client.post(where, {"value": "300-1"}).content.decode()
    assert "cannot be used" in client.post(where, {"value": "08A1B2C3"}).content.decode()
    assert client.post(where, {"value": ""}).content.decode().strip() == ""


def test_a_second_value_must_be_the_same_card(cast: Cast, client_of: ClientOf) -> None:
    client, where = client_of(cast.admin), url(cast, cast.guest.pk, "cards")
    refused = client.post(where, {"value": "12-41000", "again": "12-41001"})
    assert refused.context["card_form"].errors["again"]
    assert client.post(where, {"value": "12-41000", "again": "H10301 12-41000"}).status_code == 302


def test_somebody_elses_reader_and_reading_are_not_there(online: Cast, other: Cast, client_of: ClientOf) -> None:
    task = begun(online, client_of(online.admin))
    theirs = client_of(other.admin)
    assert (
        theirs.post(url(other, other.guest.pk, "cards", "read"), {"reader": str(online.readers[0].pk)}).status_code
        == 404
    )
    assert theirs.get(url(other, other.guest.pk, "cards", "read", task.pk)).status_code == 404
    assert theirs.get(url(online, online.guest.pk, "cards", "read", task.pk)).status_code == 404
    assert theirs.post(url(other, other.guest.pk, "cards", "read"), {"reader": "x"}).status_code == 404
