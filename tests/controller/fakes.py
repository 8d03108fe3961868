"""What stands in for wall clock, wiring and server in these tests: small, and real enough to disagree with the code."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from portvakt.controller.clock import LoopClock
from portvakt.controller.outputs import SiteInput
from portvakt.core import snapshot

# A Wednesday, 12:00 in Stockholm.
NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


class FakeTimer:
    def __init__(self, due: timedelta, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """Moves when told; timers that come due run in order. A jump moves the wall clock alone."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.elapsed = timedelta()
        self.timers: list[FakeTimer] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.elapsed.total_seconds()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(self.elapsed + timedelta(seconds=seconds), callback)
        self.timers.append(timer)
        return timer

    def jump(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def advance(self, seconds: float) -> None:
        end = self.elapsed + timedelta(seconds=seconds)
        while due := sorted((t for t in self.timers if not t.cancelled and t.due <= end), key=lambda t: t.due):
            self.timers.remove(due[0])
            self._move_to(due[0].due)
            due[0].callback()
        self._move_to(end)

    def _move_to(self, elapsed: timedelta) -> None:
        self.at += elapsed - self.elapsed
        self.elapsed = elapsed


class JumpingClock(LoopClock):
    """The machine's clock and real timers, for a whole running site; a jump moves the wall clock alone."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def now(self) -> datetime:
        return super().now() + self.moved

    def jump(self, seconds: float) -> None:
        self.moved += timedelta(seconds=seconds)


class FakeOutputs:
    """Remembers every order to a strike, and keeps a common diary with whoever else writes in it."""

    def __init__(self, diary: list[str] | None = None) -> None:
        self.released: dict[str, bool] = {}
        self.cut: set[str] = set()
        self.diary = diary if diary is not None else []

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        self.diary.append(f"wired {len(readers)}")

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001 - see Outputs
        self.released[door] = released
        self.diary.append(f"{'release' if released else 'lock'} {door}")

    def reachable(self, door: str) -> bool:
        return door not in self.cut

    def watch_site(self, deliver: Callable[[SiteInput], None]) -> None:
        self.deliver = deliver

    async def run(self) -> None:
        return
