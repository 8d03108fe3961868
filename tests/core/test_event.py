"""Do events survive the way they travel and rest, and are alarms events?"""

import msgspec
import pytest

from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.core.event import ALARMS, Event, EventKind
from tests.core.plain import AT

DENIED = Event(
    EventKind.ACCESS_DENIED,
    AT,
    door="front",
    side=Side.ENTRY,
    reader="front-in",
    auth_type=AuthType.KEY_CARD_PLUS_PIN,
    reason=Reason.WRONG_PIN,
    person="holder",
    credential="card-1",
)


@pytest.mark.parametrize("event", [DENIED, Event(EventKind.CONTROLLER_STARTED, AT)])
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=Event) == event


def test_what_is_absent_takes_no_room() -> None:
    assert set(msgspec.to_builtins(Event(EventKind.CONTROLLER_STARTED, AT))) == {"kind", "at"}


def test_a_passage_is_never_an_alarm() -> None:
    assert not ALARMS & {EventKind.ACCESS_GRANTED, EventKind.ACCESS_DENIED, EventKind.DOOR_OPENED}
    assert EventKind.DOOR_FORCED in ALARMS
