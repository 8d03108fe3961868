"""What stands in for wall clock, wiring and server in these tests: small, and real enough to disagree with the code."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from portvakt.core import snapshot

# A Wednesday, 12:00 in Stockholm.
NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


class FakeTimer:
    def __init__(self, due: datetime, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """Moves when told; timers that come due run in order."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.timers: list[FakeTimer] = []

    def now(self) -> datetime:
        return self.at

    def call_later(self, seconds: float, callback: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(self.at + timedelta(seconds=seconds), callback)
        self.timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        end = self.at + timedelta(seconds=seconds)
        while due := sorted((t for t in self.timers if not t.cancelled and t.due <= end), key=lambda t: t.due):
            self.timers.remove(due[0])
            self.at = due[0].due
            due[0].callback()
        self.at = end


class FakeOutputs:
    """Remembers every order to a strike, and keeps a common diary with whoever else writes in it."""

    def __init__(self, diary: list[str] | None = None) -> None:
        self.released: dict[str, bool] = {}
        self.diary = diary if diary is not None else []

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        self.diary.append(f"wired {len(readers)}")

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001 - see Outputs
        self.released[door] = released
        self.diary.append(f"{'release' if released else 'lock'} {door}")

    async def run(self) -> None:
        return
