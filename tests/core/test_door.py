"""Does a door go through its states as people expect, and does every cell keep the rules stated above the table?"""

from itertools import product

import pytest

from portvakt.core.door import TABLE, DoorCause, DoorState, Effect, step

RELEASE, RELEASE_ENDED, OPENED, CLOSED, TOO_LONG = DoorCause
EVENTS = {Effect.EVENT_OPENED, Effect.EVENT_CLOSED, Effect.EVENT_FORCED, Effect.EVENT_HELD_OPEN}

STORIES = {
    "one passage": ([RELEASE, OPENED, CLOSED], DoorState.LOCKED, "opened closed", False),
    "granted but not used": ([RELEASE, RELEASE_ENDED], DoorState.LOCKED, "", False),
    "open when the release ends": ([RELEASE, OPENED, RELEASE_ENDED], DoorState.OPEN, "opened", False),
    "closed while still released": ([RELEASE, OPENED, CLOSED, OPENED], DoorState.FORCED, "opened closed forced", False),
    "left open": ([RELEASE, OPENED, RELEASE_ENDED, TOO_LONG], DoorState.HELD_OPEN, "opened held_open", False),
    "left open, then closed": ([RELEASE, OPENED, TOO_LONG, CLOSED], DoorState.LOCKED, "opened held_open closed", False),
    "second person at the open door": ([RELEASE, OPENED, RELEASE_ENDED, RELEASE], DoorState.OPEN, "opened", True),
    "second person before the door opens": ([RELEASE, RELEASE, OPENED], DoorState.OPEN, "opened", True),
    "forced": ([OPENED, TOO_LONG], DoorState.FORCED, "forced", False),
    "forced, a grant does not explain it": ([OPENED, RELEASE], DoorState.FORCED, "forced", True),
    "forced, then closed": ([OPENED, CLOSED], DoorState.LOCKED, "forced closed", False),
    "no contact": ([RELEASE, RELEASE, RELEASE_ENDED], DoorState.LOCKED, "", False),
    "contact reports closed at start": ([CLOSED], DoorState.LOCKED, "", False),
    "contact stuck open still lets in": ([OPENED, RELEASE, RELEASE_ENDED, RELEASE], DoorState.FORCED, "forced", True),
}


@pytest.mark.parametrize("story", STORIES)
def test_story(story: str) -> None:
    causes, last, events, released = STORIES[story]
    state = DoorState.LOCKED
    happened: list[Effect] = []
    for cause in causes:
        state, effects = step(state, cause)
        happened += effects
    strikes = [effect for effect in happened if effect in (Effect.STRIKE_RELEASE, Effect.STRIKE_LOCK)]
    assert state is last
    assert [effect.removeprefix("event_") for effect in happened if effect in EVENTS] == events.split()
    assert (strikes[-1:] == [Effect.STRIKE_RELEASE]) is released


def test_every_state_meets_every_cause() -> None:
    assert {(state, cause) for state in TABLE for cause in TABLE[state]} == set(product(DoorState, DoorCause))


@pytest.mark.parametrize("state", DoorState)
def test_a_release_always_reaches_the_strike(state: DoorState) -> None:
    assert {Effect.STRIKE_RELEASE, Effect.START_RELEASE_TIMER} <= set(step(state, RELEASE)[1])


def test_a_second_person_gets_the_whole_time_to_walk_through_the_open_door() -> None:
    assert Effect.START_OPEN_TIMER in step(DoorState.OPEN, RELEASE)[1]


@pytest.mark.parametrize("state", DoorState)
def test_the_end_of_a_release_always_locks(state: DoorState) -> None:
    after, effects = step(state, RELEASE_ENDED)
    assert effects == (Effect.STRIKE_LOCK,)
    assert after is not DoorState.RELEASED


@pytest.mark.parametrize(("state", "cause"), [*product(DoorState, DoorCause)])
def test_only_a_release_releases_and_no_other_state_locks_without_its_strike(
    state: DoorState, cause: DoorCause
) -> None:
    after, effects = step(state, cause)
    if cause is not RELEASE:
        assert Effect.STRIKE_RELEASE not in effects
    if after is DoorState.LOCKED and state is not DoorState.LOCKED:
        assert Effect.STRIKE_LOCK in effects


@pytest.mark.parametrize("state", [DoorState.OPEN, DoorState.HELD_OPEN, DoorState.FORCED])
def test_closing_ends_every_opening_the_same_way(state: DoorState) -> None:
    assert step(state, CLOSED) == (
        DoorState.LOCKED,
        (Effect.STRIKE_LOCK, Effect.STOP_TIMERS, Effect.EVENT_CLOSED),
    )
