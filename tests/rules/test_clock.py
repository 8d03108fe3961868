"""Does core ever ask what time it is, and does a controller ask anything but its Clock?

Time is an argument called `at` in core, so that one answer can be had twice. In a controller the wall clock is asked in
one place, so that a test can make it jump, and spans are counted on the monotonic clock.
"""

import ast

from tests.rules.source import PACKAGE, calls, last_name, python_files, told

CLOCKS = {"now", "today", "utcnow", "localtime", "gmtime", "monotonic", "perf_counter", "time_ns", "monotonic_ns"}

WALL_CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time_ns", "time.localtime")
THE_CLOCK = "portvakt/controller/clock.py"


def clock_readings(source: str) -> list[str]:
    found = [call for call in calls(ast.parse(source)) if last_name(call.func) in CLOCKS or _is_time_time(call.func)]
    return [f"line {call.lineno}: {ast.unparse(call.func)}() reads a clock; take `at` as an argument" for call in found]


def wall_clock_readings(source: str) -> list[str]:
    return [
        f"line {call.lineno}: {ast.unparse(call.func)}() reads the wall clock; ask the Clock"
        for call in calls(ast.parse(source))
        if _is_time_time(call.func) or ast.unparse(call.func).endswith(WALL_CLOCKS)
    ]


def _is_time_time(function: ast.expr) -> bool:
    # .time() of a datetime only takes it apart; time.time() asks.
    return isinstance(function, ast.Attribute) and ast.unparse(function) == "time.time"


def test_core_reads_no_clock() -> None:
    found = {path: clock_readings(text) for path, text in python_files(PACKAGE / "core")}
    assert found
    assert not told(found), told(found)


def test_a_planted_clock_is_found() -> None:
    assert clock_readings("at = datetime.now(tz)") == ["line 1: datetime.now() reads a clock; take `at` as an argument"]
    assert len(clock_readings("date.today()\ntime.time()\ntime.monotonic()\nnow()")) == 4


def test_a_controller_asks_only_its_clock() -> None:
    found = {path: wall_clock_readings(text) for path, text in python_files(PACKAGE / "controller")}
    assert len(found.pop(THE_CLOCK)) == 1
    assert not told(found), told(found)


def test_a_planted_wall_clock_is_found() -> None:
    planted = "datetime.now(UTC)\ntime.time()\ndatetime.datetime.utcnow()\ntime.time_ns()"
    assert len(wall_clock_readings(planted)) == 4
    assert wall_clock_readings("clock.now(); self._clock.now(); loop.time(); perf_counter(); at.time()") == []


def test_taking_a_moment_apart_is_no_reading() -> None:
    assert clock_readings("at.time(); at.date(); datetime.fromtimestamp(seconds, UTC)") == []
