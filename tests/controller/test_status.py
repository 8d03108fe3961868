"""Does the status page say how the controller stands, to read only, bounded, and never anything about a person?"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import escape
from pathlib import Path

import msgspec
import pytest

from portvakt.controller.clock_watch import ClockFacts
from portvakt.controller.kernel_time import KernelTime
from portvakt.controller.readers import ReaderState
from portvakt.controller.status import Address, Facts, Metrics, StatusServer, server, words
from portvakt.controller.status.facts import Trouble, troubles
from portvakt.controller.status.page import page
from portvakt.controller.status.words import Language, preferred
from portvakt.core.decision.model import AuthType, Denied, Granted, NeedFactor, Reason
from portvakt.core.door import DoorState
from tests.controller.fakes import NOON

MANUAL = Path(__file__).parents[2] / "docs" / "operations" / "controller.md"
PATIENCE_SECONDS = 30

WELL = Facts(
    controller="controller-1",
    software="0.1.0",
    at=NOON,
    up_seconds=93_784,
    server="link.example.org:9843",
    link_up=True,
    snapshot_version=7,
    confirmed_at=NOON - timedelta(seconds=20),
    events_waiting=3,
    events_in_memory=False,
    store_answers=True,
    store_silent_seconds=1.5,
    clock=ClockFacts(
        trusted=True,
        unsynchronised=False,
        kernel=KernelTime(synchronised=True, max_error_seconds=0.25, offset_seconds=-0.001),
        jumps=0,
        last_jump_seconds=0.0,
    ),
    doors={"front": "locked", "back": "open"},
    readers={"reader-1": "online"},
)
CLOCK = WELL.clock


def facts(**changes: object) -> Facts:
    return msgspec.structs.replace(WELL, **changes)


def clock(**changes: object) -> ClockFacts:
    return msgspec.structs.replace(CLOCK, **changes)


# What is wrong, one at a time.
SIGNS: dict[Trouble, Facts] = {
    Trouble.STORE_SILENT: facts(store_answers=False),
    Trouble.EVENTS_IN_MEMORY: facts(events_in_memory=True),
    Trouble.CLOCK_NOT_TRUSTED: facts(clock=clock(trusted=False)),
    Trouble.NO_SNAPSHOT: facts(snapshot_version=0, confirmed_at=None),
    Trouble.DOOR_FORCED: facts(doors={"front": "forced"}),
    Trouble.READER_INSECURE: facts(readers={"reader-1": "insecure"}),
    Trouble.READER_TAMPERED: facts(readers={"reader-1": "tampered"}),
    Trouble.READER_OFFLINE: facts(readers={"reader-1": "offline"}),
    Trouble.DOOR_HELD_OPEN: facts(doors={"front": "held_open"}),
    Trouble.LINK_DOWN: facts(link_up=False),
    Trouble.CLOCK_UNSYNCHRONISED: facts(clock=clock(unsynchronised=True)),
}

Story = Callable[[StatusServer], Awaitable[None]]


def served(story: Story, shown: Facts = WELL) -> None:
    async def whole() -> None:
        made = StatusServer(Address("127.0.0.1", 0), lambda: shown, Metrics(lambda: shown))
        running = asyncio.create_task(made.run())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await made.listening.wait()
            await story(made)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(whole())


async def ask(made: StatusServer, request: str) -> str:
    """Everything that comes back until the other end closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
    writer.write(request.encode("latin-1"))
    answer = await reader.read(-1)
    writer.close()
    return answer.decode()


def get(path: str, *headers: str, method: str = "GET") -> str:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: here", *headers, "", ""])


def status(answer: str) -> str:
    return answer.split(" ", 2)[1]


def test_a_controller_that_is_well_says_so_in_both_languages() -> None:
    assert troubles(WELL) == []
    swedish, english = page(WELL, Language.SWEDISH), page(WELL, Language.ENGLISH)
    assert "Allt står rätt till." in swedish
    assert '<html lang="sv">' in swedish
    for part in (
        "All is well.",
        "version 7, confirmed 00:00:20 ago",
        "1 d 02:03:04",
        "at most 0.250 s wrong",
        "locked",
    ):
        assert part in english
    assert "<script" not in english


@pytest.mark.parametrize("trouble", Trouble)
def test_each_trouble_is_found_and_said_with_what_to_do(trouble: Trouble) -> None:
    assert troubles(SIGNS[trouble]) == [trouble]
    for language in Language:
        assert escape(words.TROUBLES[trouble][language]) in page(SIGNS[trouble], language)


def test_every_state_has_its_words() -> None:
    assert set(words.STATES) == {*DoorState, *ReaderState}


def test_what_is_unknown_is_said_to_be() -> None:
    nothing = facts(
        events_waiting=None,
        snapshot_version=0,
        confirmed_at=None,
        clock=clock(kernel=None, jumps=2, last_jump_seconds=-3600.0),
    )
    english = page(nothing, Language.ENGLISH)
    for part in ("<td>unknown</td>", "<td>none</td>", "NTP unknown", "has jumped 2 times", "last -3600 s"):
        assert part in english


def test_what_comes_from_outside_is_escaped() -> None:
    bad = "<script>alert(1)</script>"
    shown = page(
        facts(controller=bad, server=bad, software=bad, doors={bad: bad}, readers={bad: bad}), Language.SWEDISH
    )
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 7


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "sv"),
        ("en", "en"),
        ("en-GB,sv;q=0.5", "en"),
        ("de, en;q=0.1, sv;q=0.2", "sv"),
        ("fi", "sv"),
        ("sv;q=0,en;q=0.1", "en"),
        ("en;q=x", "sv"),
        ("EN", "en"),
        (";q=,,;", "sv"),
    ],
)
def test_the_language_is_the_one_asked_for(header: str, language: str) -> None:
    assert preferred(header).value == language


def test_page_metrics_and_health_are_served() -> None:
    async def story(made: StatusServer) -> None:
        english = await ask(made, get("/", "Accept-Language: en"))
        assert status(english) == "200"
        assert "All is well." in english
        assert "default-src 'none'" in english
        assert "Allt står rätt till." in await ask(made, get("/?x=1"))
        assert "portvakt_events_waiting 3.0" in await ask(made, get("/metrics"))
        assert (await ask(made, get("/healthz"))).endswith("\r\n\r\nok\n")
        assert status(await ask(made, get("/elsewhere"))) == "404"

    served(story)


def test_a_head_has_the_length_and_no_body() -> None:
    async def story(made: StatusServer) -> None:
        head = await ask(made, get("/", method="HEAD"))
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        assert length is not None
        assert int(length[1]) == len(page(WELL, Language.SWEDISH).encode())
        assert head.endswith("\r\n\r\n")

    served(story)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_nothing_but_reading_is_taken(method: str) -> None:
    async def story(made: StatusServer) -> None:
        answer = await ask(made, get("/", method=method))
        assert status(answer) == "405"
        assert "allow: get, head" in answer.lower()

    served(story)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("nonsense\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x" * server.HEAD_BYTES, "431"),
        (f"GET /{'x' * (server.HEAD_BYTES + server.READ_BYTES)} HTTP/1.1\r\nHost: a\r\n\r\n", "431"),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"),
    ],
)
def test_what_is_no_request_is_refused_and_the_next_one_answered(
    request_: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SECONDS", 1.0)

    async def story(made: StatusServer) -> None:
        found = await ask(made, request_)
        assert status(found) == answer
        assert status(await ask(made, get("/healthz"))) == "200"

    served(story)


def test_one_connection_more_than_there_is_room_for_is_closed_and_room_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "SECONDS", PATIENCE_SECONDS)

    async def story(made: StatusServer) -> None:
        quiet = [await asyncio.open_connection("127.0.0.1", made.port) for _ in range(server.CONNECTIONS)]
        with pytest.raises(ConnectionResetError):
            await ask(made, get("/healthz"))
        quiet[0][1].write(get("/healthz").encode())
        assert b"ok" in await quiet[0][0].read(-1)
        assert status(await ask(made, get("/healthz"))) == "200"
        for _, writer in quiet:
            writer.close()

    served(story)


def test_more_requests_than_a_second_has_room_for_are_cut_and_later_ones_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "PER_SECOND", 5)

    async def answered(made: StatusServer) -> bool:
        try:
            return status(await ask(made, get("/healthz"))) == "200"
        except ConnectionResetError:
            return False

    async def story(made: StatusServer) -> None:
        while await answered(made):
            pass
        while not await answered(made):
            pass

    served(story)


def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SECONDS", 0.1)

    async def story(made: StatusServer) -> None:
        for said in ("", "GET / HTTP/1.1\r\nHost:"):
            reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
            writer.write(said.encode())
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
            writer.close()
        monkeypatch.setattr(server, "SECONDS", PATIENCE_SECONDS)
        assert status(await ask(made, get("/healthz"))) == "200"

    served(story)


def test_a_store_that_is_silent_is_not_healthy() -> None:
    async def story(made: StatusServer) -> None:
        assert status(await ask(made, get("/healthz"))) == "503"
        assert "The disk does not answer" in await ask(made, get("/", "Accept-Language: en"))

    served(story, SIGNS[Trouble.STORE_SILENT])


class Heard(logging.Handler):
    """Remembers that something was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.event = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.said = record.getMessage()
        self.event.set()


def test_an_address_that_is_taken_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "AGAIN_SECONDS", 0.01)

    async def whole() -> None:
        heard = Heard()
        server.log.addHandler(heard)
        taken = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        port = taken.sockets[0].getsockname()[1]
        made = StatusServer(Address("127.0.0.1", port), lambda: WELL, Metrics(lambda: WELL))
        running = asyncio.create_task(made.run())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await heard.event.wait()
            assert heard.said == "the status page cannot be served"
            assert not made.listening.is_set()
            taken.close()
            await made.listening.wait()
            assert status(await ask(made, get("/healthz"))) == "200"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        server.log.removeHandler(heard)

    asyncio.run(whole())


def samples(text: bytes) -> dict[str, str]:
    return dict(line.rsplit(" ", 1) for line in text.decode().splitlines() if not line.startswith("#"))


def test_metrics_count_what_happened_and_say_what_stands() -> None:
    metrics = Metrics(lambda: SIGNS[Trouble.DOOR_FORCED])
    metrics.decided(Granted(AuthType.KEY_CARD, 5, person="anna", credential="card-anna", rule="rule-1"), 0.00002)
    metrics.decided(Granted(AuthType.PIN, 5, person="anna", duress=True), 0.00002)
    metrics.decided(Denied(Reason.WRONG_PIN, person="bo"), 0.002)
    metrics.decided(NeedFactor((AuthType.KEY_CARD_PLUS_PIN,), "anna", "card-anna"), 0.00002)
    metrics.written(0.003)
    metrics.restarted("link")
    found = samples(metrics.text())
    expected = {
        'portvakt_decisions_total{answer="granted",reason=""}': "2.0",
        'portvakt_decisions_total{answer="denied",reason="wrong_pin"}': "1.0",
        'portvakt_decisions_total{answer="need_factor",reason=""}': "1.0",
        'portvakt_decision_seconds_bucket{le="2.5e-05"}': "3.0",
        "portvakt_decision_seconds_count": "4.0",
        'portvakt_commit_seconds_bucket{le="0.005"}': "1.0",
        'portvakt_part_restarts_total{part="link"}': "1.0",
        'portvakt_doors{state="forced"}': "1.0",
        'portvakt_doors{state="locked"}': "0.0",
        'portvakt_readers{state="online"}': "1.0",
        "portvakt_link_up": "1.0",
        "portvakt_snapshot_age_seconds": "20.0",
        "portvakt_clock_trusted": "1.0",
        "portvakt_clock_max_error_seconds": "0.25",
        "portvakt_clock_offset_seconds": "-0.001",
        "portvakt_clock_jumps_total": "0.0",
        'portvakt_info{software="0.1.0"}': "1.0",
    }
    assert {name: found.get(name) for name in expected} == expected


def test_metrics_leave_out_what_is_unknown() -> None:
    unknown = facts(events_waiting=None, confirmed_at=None, clock=clock(kernel=None))
    found = samples(Metrics(lambda: unknown).text())
    for name in ("events_waiting", "snapshot_age_seconds", "clock_synchronised", "clock_offset_seconds"):
        assert f"portvakt_{name}" not in found


def test_neither_page_nor_metrics_hold_anything_about_a_person() -> None:
    """Whatever a decision says about somebody, nothing of it comes out."""
    metrics = Metrics(lambda: WELL)
    metrics.decided(Granted(AuthType.KEY_CARD, 5, person="PERSONAL", credential="PERSONAL", rule="PERSONAL"), 0.1)
    metrics.decided(Denied(Reason.WRONG_PIN, person="PERSONAL", credential="PERSONAL"), 0.1)
    metrics.decided(NeedFactor((), "PERSONAL", "PERSONAL"), 0.1)
    assert b"PERSONAL" not in metrics.text()
    assert not {"person", "persons", "credential", "credentials", "card"} & set(Facts.__struct_fields__)


def test_the_manual_names_every_metric_and_every_trouble() -> None:
    manual = MANUAL.read_text()
    named = re.findall(rb"^# TYPE (portvakt_\w+)", Metrics(lambda: WELL).text(), re.MULTILINE)
    assert len(named) > 15
    assert [name for name in map(bytes.decode, named) if f"`{name}" not in manual] == []
    said = [
        text[Language.ENGLISH].partition(". ")[0].partition(":")[0].partition(";")[0]
        for text in words.TROUBLES.values()
    ]
    assert [text for text in said if text.rstrip(".") not in manual] == []
