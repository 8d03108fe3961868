"""Does a door go through its states as people expect, and does every cell keep the rules stated above the table?"""

from itertools import product

import pytest

from portvakt.core.door import TABLE, DoorCause, DoorState, Effect, step

RELEASE, RELEASE_ENDED, OPENED, CLOSED, TOO_LONG, UNLOCK, LOCK = DoorCause
UNLOCKED = {DoorState.UNLOCKED, DoorState.UNLOCKED_OPEN}
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
    "unlocked, locked": ([UNLOCK, LOCK], DoorState.LOCKED, "", False),
    "unlocked without a contact": ([UNLOCK, RELEASE, RELEASE_ENDED], DoorState.UNLOCKED, "", True),
    "people come and go": ([UNLOCK, OPENED, CLOSED, OPENED], DoorState.UNLOCKED_OPEN, "opened closed opened", True),
    "unlocked and left open": ([UNLOCK, OPENED, TOO_LONG, CLOSED], DoorState.UNLOCKED, "opened closed", True),
    "somebody presents at the unlocked door": (
        [UNLOCK, RELEASE, RELEASE_ENDED, OPENED],
        DoorState.UNLOCKED_OPEN,
        "opened",
        True,
    ),
    "unlocked within a passage": ([RELEASE, OPENED, UNLOCK, CLOSED], DoorState.UNLOCKED, "opened closed", True),
    "unlocked just after a grant": ([RELEASE, UNLOCK, RELEASE_ENDED], DoorState.UNLOCKED, "", True),
    "locked while open": ([UNLOCK, OPENED, LOCK], DoorState.OPEN, "opened", True),
    "locked while open, then closed": ([UNLOCK, OPENED, LOCK, CLOSED], DoorState.LOCKED, "opened closed", False),
    "locked while open, left open": (
        [UNLOCK, OPENED, LOCK, TOO_LONG, CLOSED],
        DoorState.LOCKED,
        "opened held_open closed",
        False,
    ),
    "locked, then opened": ([UNLOCK, LOCK, OPENED], DoorState.FORCED, "forced", False),
    "unlocking ends the alarm": ([OPENED, UNLOCK, TOO_LONG, CLOSED], DoorState.UNLOCKED, "forced closed", True),
    "unlocking ends the held open alarm": (
        [RELEASE, OPENED, TOO_LONG, UNLOCK, CLOSED],
        DoorState.UNLOCKED,
        "opened held_open closed",
        True,
    ),
    "a lockdown ends a release not used": ([RELEASE, LOCK, OPENED], DoorState.FORCED, "forced", False),
    "a lockdown while a passage goes on": ([RELEASE, OPENED, LOCK, CLOSED], DoorState.LOCKED, "opened closed", False),
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
    effects = set(step(state, RELEASE)[1])
    assert Effect.STRIKE_RELEASE in effects
    assert (Effect.START_RELEASE_TIMER in effects) is (state not in UNLOCKED)


def test_a_second_person_gets_the_whole_time_to_walk_through_the_open_door() -> None:
    assert Effect.START_OPEN_TIMER in step(DoorState.OPEN, RELEASE)[1]


@pytest.mark.parametrize("state", [state for state in DoorState if state not in UNLOCKED])
def test_the_end_of_a_release_locks_unless_unlocked(state: DoorState) -> None:
    after, effects = step(state, RELEASE_ENDED)
    assert effects == (Effect.STRIKE_LOCK,)
    assert after is not DoorState.RELEASED


@pytest.mark.parametrize(("state", "cause"), [*product(DoorState, DoorCause)])
def test_only_a_release_releases_and_no_other_state_locks_without_its_strike(
    state: DoorState, cause: DoorCause
) -> None:
    after, effects = step(state, cause)
    if cause not in (RELEASE, UNLOCK):
        assert Effect.STRIKE_RELEASE not in effects
    if after is DoorState.LOCKED and state is not DoorState.LOCKED:
        assert Effect.STRIKE_LOCK in effects


@pytest.mark.parametrize("state", [DoorState.OPEN, DoorState.HELD_OPEN, DoorState.FORCED])
def test_closing_ends_every_opening_the_same_way(state: DoorState) -> None:
    assert step(state, CLOSED) == (
        DoorState.LOCKED,
        (Effect.STRIKE_LOCK, Effect.STOP_TIMERS, Effect.EVENT_CLOSED),
    )


@pytest.mark.parametrize("state", DoorState)
def test_unlocking_frees_the_strike_and_stops_what_would_lock_it(state: DoorState) -> None:
    after, effects = step(state, UNLOCK)
    assert after in UNLOCKED
    assert Effect.STRIKE_RELEASE in effects
    assert state in UNLOCKED or Effect.STOP_TIMERS in effects


@pytest.mark.parametrize(("state", "cause"), [*product(UNLOCKED, [each for each in DoorCause if each is not LOCK])])
def test_nothing_but_lock_ends_unlocked_and_nothing_in_it_is_an_alarm(state: DoorState, cause: DoorCause) -> None:
    after, effects = step(state, cause)
    assert after in UNLOCKED
    assert not {Effect.STRIKE_LOCK, Effect.EVENT_FORCED, Effect.EVENT_HELD_OPEN} & set(effects)


def test_a_door_locked_while_open_may_stay_open_for_its_whole_time() -> None:
    assert step(DoorState.UNLOCKED_OPEN, LOCK) == (DoorState.OPEN, (Effect.START_OPEN_TIMER,))


@pytest.mark.parametrize("state", [DoorState.OPEN, DoorState.HELD_OPEN, DoorState.FORCED])
def test_lock_leaves_an_open_door_to_its_closing(state: DoorState) -> None:
    assert step(state, LOCK) == (state, ())
