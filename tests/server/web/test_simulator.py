"""Does the Simulator page say to the simulator what was done at the door, and only about one's own doors?"""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.test import Client, override_settings

from portvakt.core.credentials import parse_card, qr_proof_by_key, read_code
from portvakt.core.decision.model import QrShown
from portvakt.server.accounts.models import Account
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
FIGURE = {"name": "Maja Ask", "bits": 26, "card": parse_card("12-34567").data.hex(), "pin": "482915"}


class Site:
    """A simulator that knows the doors and readers it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"readers": {}, "doors": {}, "people": [FIGURE]}
        self.asked: list[tuple[str, Any]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def knows(self, cast: Cast) -> None:
        for reader in cast.readers:
            self.state["readers"][str(reader.pk)] = {
                "door": str(reader.door_id),
                "online": True,
                "powered": True,
                "led": "red",
                "beeps": 0,
            }
        for door in (cast.door, cast.cellar):
            self.state["doors"][str(door.pk)] = {"released": False, "open": False}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(200, json.dumps(site.state).encode())

            def do_POST(self) -> None:
                site.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self._answer(204 if self.path.split("/")[2] in site.state[self.path.split("/")[1]] else 404)

            def _answer(self, status: int, body: bytes = b"") -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Keep the tests' output quiet."""

        return Handler


@pytest.fixture
def site(cast: Cast) -> Iterator[Site]:
    site = Site()
    site.knows(cast)
    with override_settings(SIMULATOR_URL=site.address):
        yield site
    site.server.shutdown()
    site.server.server_close()


def play(cast: Cast, client: Client, **values: str) -> Any:
    return client.post(
        f"/o/{cast.organisation.slug}/simulator/play/", {"figure": "", "value": "", "digits": ""} | values
    )


def test_there_is_no_page_without_a_simulator(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    assert client.get(f"/o/{cast.organisation.slug}/simulator/").status_code == 404
    assert play(cast, client, do=f"exit:{cast.door.pk}").status_code == 404


def test_a_card_is_presented_as_written_or_as_the_persons(cast: Cast, client_of: ClientOf, site: Site) -> None:
    client, reader = client_of(cast.admin), str(cast.readers[0].pk)
    card = {"bits": 26, "data": FIGURE["card"]}
    assert play(cast, client, do=f"card:{reader}", value="12-34567").status_code == 200
    assert play(cast, client, do=f"card:{reader}", figure="0").status_code == 200
    assert site.asked == [(f"/readers/{reader}/card", card)] * 2


def test_a_pin_ends_with_the_key_that_ends_it(cast: Cast, client_of: ClientOf, site: Site) -> None:
    client, reader = client_of(cast.admin), str(cast.readers[0].pk)
    play(cast, client, do=f"pin:{reader}", digits="1379")
    play(cast, client, do=f"pin:{reader}", figure="0")
    assert site.asked == [
        (f"/readers/{reader}/keys", {"digits": "1379#"}),
        (f"/readers/{reader}/keys", {"digits": "482915#"}),
    ]


def test_codes_plates_and_passcodes_are_shown_as_the_person_has_them(
    cast: Cast, client_of: ClientOf, site: Site
) -> None:
    client, reader = client_of(cast.admin), cast.readers[0].pk
    handle, key = b"h" * 16, b"k" * 32
    site.state["people"] = [
        FIGURE | {"passcode": "4829150011", "plate": "ABC 123", "code": f"{handle.hex()}:{key.hex()}"}, FIGURE,
    ]  # fmt: skip
    for verb in ("passcode", "plate", "code"):
        assert play(cast, client, do=f"{verb}:{reader}", figure="0").status_code == 200
        assert play(cast, client, do=f"{verb}:{reader}", figure="1").status_code == 422
    play(cast, client, do=f"code:{reader}", value="PV0:AAAA")
    (typed, seen, shown, guest) = site.asked
    assert typed == (f"/readers/{reader}/keys", {"digits": "4829150011#"})
    assert seen == (f"/readers/{reader}/text", {"text": "ABC 123"})
    assert guest == (f"/readers/{reader}/text", {"text": "PV0:AAAA"})
    code = read_code(shown[1]["text"].encode())
    assert isinstance(code, QrShown)
    assert (code.handle, code.proof) == (handle, qr_proof_by_key(key, code.step))


def test_doors_and_readers_do_as_told(cast: Cast, client_of: ClientOf, site: Site) -> None:
    client, reader, door = client_of(cast.admin), cast.readers[0].pk, cast.door.pk
    for do in (f"exit:{door}", f"push:{door}", f"close:{door}", f"off:{reader}", f"on:{reader}"):
        assert play(cast, client, do=do).status_code == 200
    assert site.asked == [
        (f"/doors/{door}/exit", {}),
        (f"/doors/{door}/contact", {"open": True}),
        (f"/doors/{door}/contact", {"open": False}),
        (f"/readers/{reader}/power", {"on": False}),
        (f"/readers/{reader}/power", {"on": True}),
    ]


@pytest.mark.parametrize(
    ("verb", "values", "field"),
    [
        ("card", {}, "value"), ("card", {"value": "12-99999"}, "value"), ("card", {"value": "kort"}, "value"),
        ("pin", {}, "digits"), ("pin", {"digits": "12a4"}, "digits"), ("card", {"figure": "7"}, "figure"),
    ],
)  # fmt: skip
def test_a_bad_value_is_said_beside_its_field(
    cast: Cast, client_of: ClientOf, site: Site, *, verb: str, values: dict[str, str], field: str
) -> None:
    answer = play(cast, client_of(cast.admin), do=f"{verb}:{cast.readers[0].pk}", **values)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert site.asked == []


def test_others_doors_and_unknown_verbs_are_not_there(cast: Cast, other: Cast, client_of: ClientOf, site: Site) -> None:
    site.knows(other)
    client = client_of(cast.admin)
    for do in (f"exit:{other.door.pk}", f"card:{other.readers[0].pk}", f"burn:{cast.door.pk}", "exit:x", ""):
        assert play(cast, client, do=do, value="12-34567").status_code == 404
    assert str(other.door.pk) not in client.get(f"/o/{cast.organisation.slug}/simulator/").content.decode()
    assert site.asked == []


def test_a_silent_simulator_is_said(cast: Cast, client_of: ClientOf) -> None:
    with override_settings(SIMULATOR_URL="http://127.0.0.1:9"):  # discard: nobody listens there
        answer = client_of(cast.admin).get(f"/o/{cast.organisation.slug}/simulator/")
    assert answer.status_code == 502
    assert "does not answer" in answer.content.decode()
