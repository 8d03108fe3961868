"""Is nothing kept of who comes and goes at a home, and everything that is an alarm or a fault?"""

import logging

import pytest

from portvakt.controller.outputs import ExitPressed
from portvakt.controller.readers import Signal
from portvakt.core.event import ALARMS, PASSAGES
from tests.controller.rig import Rig, run
from tests.controller.site import (
    BACK,
    CARD_ANNA,
    CARD_UNKNOWN,
    FRONT,
    FRONT_IN,
    HELD_OPEN_SECONDS,
    RELEASE_SECONDS,
    door,
    site,
)

HOME = site(doors=(door(FRONT, home=True), door(BACK)))


# SE-04, S-04
def test_who_comes_and_goes_at_a_home_is_not_written_down_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        rig = Rig(HOME)
        await rig.card(CARD_ANNA)
        assert rig.outputs.released[FRONT] is True
        await rig.contact(open_=True)
        await rig.contact(open_=False)
        await rig.card(CARD_UNKNOWN)
        rig.doors.from_door(ExitPressed(FRONT))
        await rig.doors.settle()
        await rig.from_phone(FRONT, "anna")
        assert rig.events == []
        assert [signal for _reader, signal in rig.shown] == [Signal.GRANTED, Signal.DENIED, Signal.GRANTED]

    with caplog.at_level(logging.INFO):
        run(story)
    assert [record for record in caplog.records if record.__dict__.get("door") == FRONT] == []


def test_a_home_waits_for_no_disk_and_opens_where_the_journal_is_held_up() -> None:
    async def story() -> None:
        rig = Rig(HOME)
        rig.disk.clear()
        await rig.card(CARD_ANNA)
        assert rig.diary[-1] == f"release {FRONT}"

    run(story)


def test_alarms_and_an_operators_release_at_a_home_are_kept() -> None:
    async def story() -> None:
        rig = Rig(HOME)
        await rig.contact(open_=True)
        await rig.contact(open_=False)
        await rig.doors.release(FRONT, "c1")
        await rig.contact(open_=True)
        await rig.advance(RELEASE_SECONDS + HELD_OPEN_SECONDS)
        assert rig.said() == ["door_forced", "door_released_by_operator", "door_held_open"]

    run(story)


def test_other_doors_of_the_controller_are_logged_and_a_home_that_is_none_any_more_is_too() -> None:
    async def story() -> None:
        rig = Rig(HOME)
        await rig.from_phone(BACK, "anna")
        assert [event.door for event in rig.events] == [BACK]
        rig.put_in_force(site(version=2))
        await rig.card(CARD_ANNA)
        assert rig.said()[-1] == "access_granted"
        assert rig.events[-1].reader == FRONT_IN

    run(story)


def test_no_alarm_is_a_passage() -> None:
    assert frozenset() == PASSAGES & ALARMS
