"""How does another program use the simulated site? A small JSON interface over HTTP, without sign-in: local use only.

POST /readers/{id}/card {"bits": 26, "data": hex} · POST /readers/{id}/keys {"digits": "1234#"} ·
POST /readers/{id}/text {"text": "ABC123"} (a QR code or a plate; read as a card of eight bits a sign) ·
POST /readers/{id}/power {"on": false} · POST /readers/{id}/tamper {"on": true} (the reader's housing) ·
POST /doors/{id}/exit · POST /doors/{id}/contact {"open": true} ·
POST /fire {"on": true} · POST /tamper {"on": true} (the controller's enclosure) · GET /state.
GET /state gives readers {id: door, online, powered, led, beeps, text}, where text is the last line on the display; doors
{id: released, releases, open}; fire; tamper; people.
What is done is answered with 204; a bad body with 400, an unknown reader, door or path with 404, each with
{"error": a sentence}.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

import msgspec

from portvakt.controller.simulator.site import BadInput, NoSuchThing, Simulator

LARGEST_BODY = 10_000

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Card(msgspec.Struct, forbid_unknown_fields=True):
    """A card shown."""

    bits: int
    data: str


class Keys(msgspec.Struct, forbid_unknown_fields=True):
    """Keys typed."""

    digits: str


class Text(msgspec.Struct, forbid_unknown_fields=True):
    """A QR code or a plate shown."""

    text: str


class Switch(msgspec.Struct, forbid_unknown_fields=True):
    """A supply, a tamper contact or the fire alarm's."""

    on: bool


class Contact(msgspec.Struct, forbid_unknown_fields=True):
    """A door pushed or closed."""

    open: bool


class Control:
    """The ASGI application for one site."""

    def __init__(self, site: Simulator) -> None:
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        status, answer = await self._answer(scope, receive)
        body = b"" if answer is None else msgspec.json.encode(answer)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, Any]:
        try:
            body = await _body(receive)
            if (scope["method"], scope["path"]) == ("GET", "/state"):
                return 200, self._site.state()
            if scope["method"] == "POST":
                self._act(scope["path"], body)
                return 204, None
            return 404, {"error": "there is nothing here; try GET /state"}
        except NoSuchThing as fault:
            return 404, {"error": str(fault)}
        except (BadInput, msgspec.MsgspecError) as fault:
            return 400, {"error": str(fault)}

    def _act(self, path: str, body: bytes) -> None:
        match [unquote(part) for part in path.split("/")]:
            case ["", "readers", reader, "card"]:
                card = msgspec.json.decode(body, type=Card)
                self._site.card(reader, card.bits, _bytes(card.data))
            case ["", "readers", reader, "keys"]:
                self._site.keys(reader, msgspec.json.decode(body, type=Keys).digits)
            case ["", "readers", reader, "text"]:
                self._site.text(reader, msgspec.json.decode(body, type=Text).text)
            case ["", "fire"]:
                self._site.fire(msgspec.json.decode(body, type=Switch).on)
            case ["", "tamper"]:
                self._site.enclosure(msgspec.json.decode(body, type=Switch).on)
            case ["", "readers", reader, "power"]:
                self._site.power(reader, msgspec.json.decode(body, type=Switch).on)
            case ["", "readers", reader, "tamper"]:
                self._site.tamper(reader, msgspec.json.decode(body, type=Switch).on)
            case ["", "doors", door, "exit"]:
                self._site.exit(door)
            case ["", "doors", door, "contact"]:
                self._site.contact(door, msgspec.json.decode(body, type=Contact).open)
            case _:
                raise NoSuchThing("there is nothing here; try GET /state")


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as fault:
        raise BadInput("data is not hexadecimal") from fault


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise BadInput("the body is too large")
        if not message.get("more_body"):
            return bytes(body)
