"""Does core ever ask what time it is? Time is an argument called `at` there, so that one answer can be had twice."""

import ast

from tests.rules.source import PACKAGE, calls, last_name, python_files, told

CLOCKS = {"now", "today", "utcnow", "localtime", "gmtime", "monotonic", "perf_counter", "time_ns", "monotonic_ns"}


def clock_readings(source: str) -> list[str]:
    found = [call for call in calls(ast.parse(source)) if last_name(call.func) in CLOCKS or _is_time_time(call.func)]
    return [f"line {call.lineno}: {ast.unparse(call.func)}() reads a clock; take `at` as an argument" for call in found]


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


def test_taking_a_moment_apart_is_no_reading() -> None:
    assert clock_readings("at.time(); at.date(); datetime.fromtimestamp(seconds, UTC)") == []
