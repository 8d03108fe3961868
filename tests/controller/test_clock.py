"""Is a clock that jumps, strays or is set back noticed, told once, and not believed?"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from portvakt.controller import identity
from portvakt.controller.clock_watch import (
    MARK_FILE,
    MARK_SECONDS,
    TOLERANCE_SECONDS,
    UNSYNCHRONISED_SECONDS,
    ClockWatch,
    Mark,
)
from portvakt.controller.kernel_time import KernelTime, ask_kernel
from portvakt.controller.readers import Keys
from portvakt.controller.site import Site
from portvakt.controller.store import START, Store
from portvakt.core.credentials import STEP_SECONDS
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import PastAge
from tests.controller.fakes import NOON, FakeClock, FakeOutputs, JumpingClock
from tests.controller.program import enrolled, with_snapshot
from tests.controller.rig import Rig
from tests.controller.site import BACK, CARD_ANNA, FRONT, door, site

GOOD = KernelTime(synchronised=True, max_error_seconds=0.05, offset_seconds=0.0)
UNSTEERED = KernelTime(synchronised=False, max_error_seconds=16.0, offset_seconds=0.0)
STALE = KernelTime(synchronised=True, max_error_seconds=10.1, offset_seconds=0.0)
HOUR = 3600.0
PATIENCE_SECONDS = 30  # A bound on waiting, far above what is needed; nothing is concluded from time itself.


class Wall:
    """A watch on a clock that moves when told, with a kernel that says what it is told to say."""

    def __init__(self, folder: Path, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.kernel: KernelTime | None = GOOD
        self.trust: list[bool] = []
        self.mark = Mark(folder)
        self.watch = ClockWatch(self.clock, self.mark, self._append, self.trust.append, lambda: self.kernel)

    def told(self, seconds: float = 0.0) -> list[tuple[EventKind, str]]:
        """Look once each second for so many seconds, and once now."""
        found = self.watch.look()
        for _ in range(int(seconds)):
            self.clock.advance(1)
            found += self.watch.look()
        return [(event.kind, event.detail) for event in found]

    async def _append(self, events: Sequence[Event]) -> None:
        raise AssertionError(events)


@pytest.fixture
def wall(tmp_path: Path) -> Wall:
    made = Wall(tmp_path)
    made.watch.begin(None)
    return made


def test_a_clock_that_goes_on_is_nothing_to_tell(wall: Wall) -> None:
    assert wall.told(10) == []
    assert wall.watch.facts.jumps == 0
    assert wall.trust == []


@pytest.mark.parametrize("seconds", [HOUR, 3.0, -3.0, 365 * 24 * HOUR])
def test_a_jump_either_way_is_told_once_with_its_seconds(wall: Wall, seconds: float) -> None:
    wall.told(2)
    wall.clock.jump(seconds)
    assert wall.told(10) == [(EventKind.CLOCK_JUMPED, f"{seconds:+.0f} s")]
    assert wall.watch.facts.last_jump_seconds == pytest.approx(seconds)
    assert wall.watch.facts.trusted


def test_small_steps_are_told_when_they_have_become_a_jump(wall: Wall) -> None:
    wall.told()
    told = []
    for _ in range(5):
        wall.clock.jump(0.9)
        told += wall.told(1)
    assert told == [(EventKind.CLOCK_JUMPED, "+3 s")]


def test_a_look_that_was_held_up_between_its_readings_concludes_nothing(tmp_path: Path) -> None:
    class Held(FakeClock):
        held = False

        def monotonic(self) -> float:
            reading = super().monotonic()
            if self.held:
                self.advance(60)
            return reading

    clock = Held()
    wall = Wall(tmp_path, clock)
    wall.watch.begin(None)
    wall.told(1)
    clock.held = True
    assert wall.told() == []
    clock.held = False
    assert wall.told(1) == []


def test_a_clock_set_back_is_not_trusted_until_it_has_caught_up(wall: Wall) -> None:
    wall.told(1)
    wall.clock.jump(-HOUR)
    assert wall.told(1) == [(EventKind.CLOCK_JUMPED, "-3600 s, not trusted")]
    assert wall.trust == [False]
    wall.told(HOUR - TOLERANCE_SECONDS - 10)
    assert wall.trust == [False]
    wall.told(10)
    assert wall.trust == [False, True]


def test_a_clock_set_back_and_forth_again_is_trusted_at_once(wall: Wall) -> None:
    wall.told(1)
    wall.clock.jump(-HOUR)
    wall.told(1)
    wall.clock.jump(HOUR)
    assert wall.told(1) == [(EventKind.CLOCK_JUMPED, "+3600 s")]
    assert wall.trust == [False, True]


def test_a_clock_earlier_than_its_snapshot_is_not_trusted(wall: Wall) -> None:
    noon = int(NOON.timestamp())
    wall.watch.compiled(noon + TOLERANCE_SECONDS)
    assert wall.trust == []
    wall.watch.compiled(noon + TOLERANCE_SECONDS + 1)
    assert wall.trust == [False]
    # A server whose own clock was ahead makes another snapshot when it has been set right.
    wall.watch.compiled(noon)
    assert wall.trust == [False, True]
    wall.watch.compiled(2**62)
    assert wall.trust == [False, True, False]


def test_a_confirmation_does_not_make_a_wrong_clock_right(tmp_path: Path) -> None:
    """The latest moment is what counts, not the last: what a wrong clock writes afterwards is earlier."""
    wall = Wall(tmp_path)
    wall.watch.begin(None)
    asyncio.run(wall.watch._write_mark())
    wall.clock.jump(-HOUR)
    wall.told(MARK_SECONDS + 1)
    asyncio.run(wall.watch._write_mark())
    assert wall.mark.read() == NOON
    again = Wall(tmp_path, FakeClock(NOON - timedelta(hours=1)))
    again.watch.begin(confirmed_at=NOON - timedelta(hours=1))
    assert again.trust == [False]


def test_a_clock_set_back_while_stopped_is_told_at_the_start(tmp_path: Path) -> None:
    Mark(tmp_path).write(NOON)
    wall = Wall(tmp_path, FakeClock(NOON - timedelta(days=1)))
    wall.watch.begin(None)
    assert wall.trust == [False]
    assert wall.told(2) == [(EventKind.CLOCK_JUMPED, "-86400 s, while stopped, not trusted")]


@pytest.mark.parametrize("body", [None, b"", b"tomorrow", b"2026-11-25T11:00:00", b"\xff\xff"])
def test_without_a_mark_the_last_confirmation_counts(tmp_path: Path, body: bytes | None) -> None:
    if body is not None:
        (tmp_path / MARK_FILE).write_bytes(body)
    assert Mark(tmp_path).read() is None
    wall = Wall(tmp_path, FakeClock(NOON - timedelta(days=1)))
    wall.watch.begin(confirmed_at=NOON)
    assert wall.trust == [False]


def test_the_mark_follows_while_it_runs_and_survives_a_disk_that_refuses(tmp_path: Path) -> None:
    async def story() -> None:
        wall = Wall(tmp_path)
        wall.watch.begin(None)
        await wall.watch._write_mark()
        assert wall.mark.read() == NOON
        wall.told(MARK_SECONDS - 1)
        await wall.watch._write_mark()
        assert wall.mark.read() == NOON
        wall.told(1)
        await wall.watch._write_mark()
        assert wall.mark.read() == NOON + timedelta(seconds=MARK_SECONDS)
        (tmp_path / MARK_FILE).with_suffix(".new").mkdir()
        wall.told(MARK_SECONDS)
        await wall.watch._write_mark()
        assert wall.mark.read() == NOON + timedelta(seconds=MARK_SECONDS)

    asyncio.run(story())


@pytest.mark.parametrize("bad", [UNSTEERED, STALE])
def test_a_clock_that_nobody_steers_is_an_alarm_after_a_while_and_good_again_at_once(
    wall: Wall, bad: KernelTime
) -> None:
    wall.kernel = bad
    assert wall.told(UNSYNCHRONISED_SECONDS - 1) == []
    assert [kind for kind, _ in wall.told(30)] == [EventKind.CLOCK_UNSYNCHRONISED]
    assert wall.watch.facts.unsynchronised
    wall.kernel = GOOD
    assert [kind for kind, _ in wall.told(30)] == [EventKind.CLOCK_SYNCHRONISED]
    assert not wall.watch.facts.unsynchronised


def test_a_short_absence_of_the_time_server_is_no_alarm(wall: Wall) -> None:
    for _ in range(3):
        wall.kernel = UNSTEERED
        assert wall.told(UNSYNCHRONISED_SECONDS - 10) == []
        wall.kernel = GOOD
        assert wall.told(1) == []


def test_a_kernel_that_cannot_be_asked_is_unknown_and_no_alarm(wall: Wall) -> None:
    wall.kernel = None
    assert wall.told(2 * UNSYNCHRONISED_SECONDS) == []
    assert wall.watch.facts.kernel is None


def test_a_running_site_tells_a_jump_and_believes_its_clock_again(tmp_path: Path) -> None:
    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():  # noqa: ASYNC110  Nobody is told of what only a look shows.
                await asyncio.sleep(0)

    async def story() -> None:
        clock, stop = JumpingClock(), asyncio.Event()
        who = identity.load(state)
        assert who is not None
        running_site = Site(
            state=state,
            ports=tmp_path,
            keys=Keys(state / "reader-keys"),
            identity=who,
            make_outputs=lambda _readers, _deliver: FakeOutputs(),
            software="test",
            clock=clock,
        )
        running = asyncio.create_task(running_site.run(stop))
        await until((state / MARK_FILE).exists)
        clock.jump(-HOUR)
        await until(lambda: not running_site.facts().clock.trusted)
        clock.jump(HOUR)
        await until(lambda: running_site.facts().clock.trusted and running_site.facts().clock.jumps == 2)
        stop.set()
        await running

    state = tmp_path / "state"
    enrolled(state)
    with_snapshot(state)
    asyncio.run(story())
    store = Store(state, FakeClock().now)
    batch = store.waiting(START, 1000)
    store.close()
    assert batch is not None
    jumps = [event.detail for _, event in batch.events if event.kind is EventKind.CLOCK_JUMPED]
    assert jumps == ["-3600 s, not trusted", "+3600 s"]


@pytest.mark.parametrize(("seen_ahead", "latest"), [(None, 0), (-60, 0), (240, 240)])
def test_a_clock_set_back_over_a_restart_makes_no_used_code_good_again(
    tmp_path: Path, seen_ahead: int | None, latest: int
) -> None:
    async def story() -> int:
        who = identity.load(state)
        assert who is not None
        site_again = Site(
            state=state,
            ports=tmp_path,
            keys=Keys(state / "reader-keys"),
            identity=who,
            make_outputs=lambda _readers, _deliver: FakeOutputs(),
            software="test",
            clock=FakeClock(),
        )
        site_again._store.close()
        return site_again.deciding.state.codes_from

    state = tmp_path / "state"
    enrolled(state)
    with_snapshot(state)
    if seen_ahead is not None:
        Mark(state).write(NOON + timedelta(seconds=seen_ahead))
    newest = int((NOON + timedelta(seconds=latest)).timestamp()) // STEP_SECONDS + 1
    assert asyncio.run(story()) == newest


def test_the_real_kernel_answers_or_is_unknown() -> None:
    answer = ask_kernel()
    assert answer is None or (answer.max_error_seconds >= 0.0 and abs(answer.offset_seconds) <= 1.0)


def test_jumps_move_no_timer() -> None:
    clock = FakeClock()
    ran: list[float] = []
    clock.call_later(10, lambda: ran.append(clock.monotonic()))
    clock.jump(HOUR)
    clock.advance(9)
    clock.jump(-2 * HOUR)
    assert ran == []
    clock.advance(1)
    assert ran == [10]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [("keep", "access_granted"), ("cards_only", "access_granted"), ("deny", "access_denied: clock_wrong")],
)
def test_doors_with_a_clock_that_is_not_trusted_do_as_with_an_old_snapshot(behaviour: str, said: str) -> None:
    async def story() -> None:
        rig = Rig(site(doors=(door(FRONT, past_age=PastAge(72, behaviour)), door(BACK))))
        rig.doors.trust_clock(False)
        await rig.card(CARD_ANNA)
        rig.doors.trust_clock(True)
        await rig.card(CARD_ANNA)
        assert [one for one in rig.said() if one.startswith("access")] == [said, "access_granted"]

    asyncio.run(story())
