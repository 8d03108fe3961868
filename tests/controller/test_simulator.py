"""Does the simulated site do what it is told over HTTP, and say clearly what it cannot do?"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portvakt.controller.readers import CardRead, ReaderState
from portvakt.controller.simulator import DoorPlan, Plan, PlanFault, Simulator, read_plan
from portvakt.controller.simulator.control import Control
from tests.controller.stand import KEY, PATIENCE_SECONDS, Stand, reader_plan

PLAN = """
[[door]]
id = "door"

[[reader]]
id = "north"
door = "door"
port = "bus0"
address = 0
key_file = "north.key"
"""


async def _ask(control: Control, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    await control({"type": "http", "method": method, "path": path}, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"] or b"null")


def test_cards_keys_power_and_state_over_http(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, [reader_plan("north")]) as stand:
            control = Control(stand.site)
            await stand.until_online()
            assert await _ask(control, "POST", "/readers/north/card", b'{"bits": 26, "data": "a1b2c3c0"}') == (
                204,
                None,
            )
            assert await _ask(control, "POST", "/readers/north/keys", b'{"digits": "1234#"}') == (204, None)
            await stand.until(lambda: len(stand.inputs("north")) == 2)
            assert await _ask(control, "POST", "/readers/north/text", b'{"text": "ABC123"}') == (204, None)
            await stand.until(lambda: CardRead("north", 48, b"ABC123") in stand.inputs("north"))
            assert await _ask(control, "POST", "/fire", b'{"on": true}') == (204, None)
            assert await _ask(control, "POST", "/tamper", b'{"on": true}') == (204, None)
            assert await _ask(control, "POST", "/doors/door/contact", b'{"open": true}') == (204, None)
            assert await _ask(control, "POST", "/doors/door/exit") == (204, None)
            assert await _ask(control, "POST", "/readers/north/tamper", b'{"on": true}') == (204, None)
            await stand.until_state("north", ReaderState.TAMPERED)
            assert await _ask(control, "POST", "/readers/north/power", b'{"on": false}') == (204, None)
            status, state = await _ask(control, "GET", "/state")
            assert status == 200
            assert state["doors"]["door"]["open"]
            assert (state["fire"], state["tamper"]) == (True, True)
            assert not state["doors"]["door"]["released"]
            assert state["readers"]["north"] == {
                "door": "door",
                "online": False,
                "powered": False,
                "led": "off",
                "beeps": 0,
                "text": "",
            }

    asyncio.run(story())


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/readers/nobody/card", b'{"bits": 26, "data": "a1b2c3c0"}', 404),
        ("/doors/nowhere/exit", b"", 404),
        ("/readers/north/dance", b"{}", 404),
        ("/", b"", 404),
        ("/readers/north/card", b"", 400),
        ("/readers/north/card", b"\xff\xfe", 400),
        ("/readers/north/card", b"[]", 400),
        ("/readers/north/card", b'{"bits": 26, "data": "a1b2c3"}', 400),
        ("/readers/north/card", b'{"bits": 26, "data": "not hex!"}', 400),
        ("/readers/north/card", b'{"bits": 0, "data": ""}', 400),
        ("/readers/north/card", b'{"bits": "26", "data": "a1b2c3c0"}', 400),
        ("/readers/north/keys", b'{"digits": "12a"}', 400),
        ("/readers/north/keys", b'{"digits": ""}', 400),
        ("/readers/north/keys", b'{"digits": "1", "more": 1}', 400),
        ("/readers/north/text", b'{"text": ""}', 400),
        ("/readers/north/text", '{"text": "ÅÄÖ123"}'.encode(), 400),
        ("/readers/north/text", b'{"text": "%s"}' % (b"x" * 65), 400),
        ("/readers/nobody/text", b'{"text": "ABC123"}', 404),
        ("/fire", b'{"on": "yes"}', 400),
        ("/tamper", b"", 400),
        ("/readers/north/power", b'{"on": 1}', 400),
        ("/doors/door/contact", b'{"open": "yes"}', 400),
        ("/readers/north/keys", b" " * 20_000, 400),
    ],
)
def test_bad_input_is_answered_with_a_sentence(tmp_path: Path, path: str, body: bytes, status: int) -> None:
    (tmp_path / "north.key").write_bytes(KEY)
    plan_file = tmp_path / "plan.toml"
    plan_file.write_text(PLAN)

    async def story() -> None:
        async with Simulator(read_plan(plan_file)) as site:
            answered, answer = await _ask(Control(site), "POST", path, body)
            assert answered == status
            assert answer["error"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ("door = 1", "array"),
        ("[[door", "plan.toml"),
        (PLAN.replace('"door"\nport', '"gate"\nport'), "gate"),
        (PLAN.replace("address = 0", "address = 127"), "0-126"),
        (PLAN.replace("address = 0", "address = 0\nbaud = 0"), "baud"),
        (PLAN.replace('key_file = "north.key"', ""), "key_file"),
        (PLAN + PLAN.split("\n\n")[1], "twice"),
        (PLAN + "colour = 1\n", "colour"),
        (PLAN.replace('key_file = "north.key"', 'mode = "factory"'), "key_file"),
    ],
)
def test_a_plan_that_cannot_be_used_says_why(tmp_path: Path, plan: str, says: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(plan)
    with pytest.raises(PlanFault, match=says):
        read_plan(path)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    async def story() -> None:
        plan = Plan(door=(DoorPlan("door"),), reader=(reader_plan("north"),), folder=tmp_path)
        with pytest.raises(PlanFault, match=r"north\.key"):
            await Simulator(plan).__aenter__()

    asyncio.run(story())


def test_the_program_starts_answers_and_ends(tmp_path: Path) -> None:
    (tmp_path / "north.key").write_bytes(KEY)
    (tmp_path / "plan.toml").write_text(PLAN)
    control = tmp_path / "control.sock"
    command = [sys.executable, "-m", "portvakt.controller.simulator", "--plan", str(tmp_path / "plan.toml")]
    program = subprocess.Popen([*command, "--control", str(control)], env=os.environ | {"PYTHONPATH": str(Path.cwd())})
    try:
        answer = asyncio.run(_get_state(control))
        assert '"north"' in answer
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(PATIENCE_SECONDS)
    assert not (tmp_path / "outputs.sock").exists()
    assert not (tmp_path / "ports" / "bus0").is_symlink()


async def _get_state(control: Path) -> str:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(control)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.write(b"GET /state HTTP/1.1\r\nHost: simulator\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return answer.decode()
