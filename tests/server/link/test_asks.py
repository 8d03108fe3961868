"""Does a person's wish reach the door's controller, once and in time, and does the answer come back?"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from portvakt.core.decision.model import AuthType, Side
from portvakt.proto import link_pb2
from portvakt.server.access.actions import ask_to_open, assign, save_rule
from portvakt.server.access.models import AccessRule, RemoteAsk
from portvakt.server.accounts.actions import invite_person
from portvakt.server.accounts.models import Role
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login
from tests.server.link.station import Station

Attach = Callable[..., Station]


def resident_of(cast: Cast) -> Actor:
    """Return the resident's account at work; its person may open the first door from a phone."""
    rule = AccessRule(name="Phone")
    with acting("access_administration", cast.organisation.pk):
        save_rule(rule, {cast.door.pk: {Side.ENTRY: [AuthType.REMOTE]}}, by=cast.by)
        assign(cast.resident, rule, by=cast.by)
    with acting("person_invitation"):
        return invite_person(cast.accounts[Role.REGULAR].email, cast.resident.pk, by=cast.by)[0].actor()


@pytest.fixture
def resident(cast: Cast) -> Actor:
    return resident_of(cast)


def ask(cast: Cast, by: Actor) -> RemoteAsk:
    with acting("own_access", cast.organisation.pk, by.id):
        return ask_to_open(cast.door, by=by)[0]


def kept(cast: Cast, ask: RemoteAsk) -> RemoteAsk:
    with acting("own_access", cast.organisation.pk):
        return RemoteAsk.objects.get(pk=ask.pk)


def settle(station: Station, sequence: int) -> None:
    """Return when all that was sent before has been taken: a stream is read in order."""
    station.events(sequence)
    station.acknowledged()


def test_a_wish_is_sent_with_its_person_and_the_answer_kept(cast: Cast, resident: Actor, attach: Attach) -> None:
    station = attach()
    settle(station, 1)
    asked = ask(cast, resident)
    sent = station.expect("command").command
    wish = sent.remote_open
    assert (sent.id, wish.door, wish.side, wish.person) == (
        str(asked.pk), str(cast.door.pk), "entry", str(cast.resident.pk),
    )  # fmt: skip
    station.send(command=link_pb2.CommandAnswer(id=sent.id, granted=False, reason="not_permitted_at_this_time"))
    station.send(command=link_pb2.CommandAnswer(id=sent.id, granted=True))
    settle(station, 2)
    answered = kept(cast, asked)
    assert (answered.granted, answered.reason) == (False, "not_permitted_at_this_time")


def test_of_a_pin_nothing_is_left_once_the_wish_is_answered(cast: Cast, resident: Actor, attach: Attach) -> None:
    asked = ask(cast, resident)
    with as_login("link"), acting("entry", cast.organisation.pk):
        RemoteAsk.objects.filter(pk=asked.pk).update(pin=b"sixteen bytes...")
    station = attach()
    sent = station.expect("command").command
    assert sent.remote_open.pin == b"sixteen bytes..."
    station.send(command=link_pb2.CommandAnswer(id=sent.id, granted=False, reason="wrong_pin"))
    settle(station, 1)
    assert (kept(cast, asked).reason, kept(cast, asked).pin) == ("wrong_pin", None)


def test_a_late_wish_is_never_sent(cast: Cast, resident: Actor, attach: Attach) -> None:
    late = ask(cast, resident)
    with as_login("link"), acting("entry", cast.organisation.pk):
        RemoteAsk.objects.filter(pk=late.pk).update(asked_at=datetime(2026, 1, 1, tzinfo=UTC))
    fresh = ask(cast, resident)
    assert attach().expect("command").command.id == str(fresh.pk)
    assert kept(cast, late).claimed_at is None


def test_only_the_own_controller_answers_a_wish(cast: Cast, other: Cast, attach: Attach) -> None:
    asked = ask(other, resident_of(other))
    station = attach()
    station.send(command=link_pb2.CommandAnswer(id=str(asked.pk), granted=True))
    settle(station, 1)
    assert kept(other, asked).answered_at is None
