"""How does the Board speak with the simulator of doors, readers and people? Only where there is one: never at a real site."""

from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import msgspec
from django.conf import settings

# It runs beside us; if it has not answered by then, it will not.
TIMEOUT_SECONDS = 2


class SimulatorSilent(Exception):
    """The simulator does not answer."""


class ReaderState(msgspec.Struct):
    """What can be seen of a simulated reader."""

    door: str
    online: bool = False
    powered: bool = False
    led: str = "off"
    beeps: int = 0


class DoorLeaf(msgspec.Struct):
    """What can be seen of a simulated door."""

    released: bool = False
    open: bool = False


class Figure(msgspec.Struct):
    """Somebody to play: an invented person with a card (hexadecimal of `bits` bits) and what else they have, empty for none.

    `code` is a guest's code as printed, or handle and key of changing codes in hexadecimal with a colon between.
    """

    name: str
    bits: int = 26
    card: str = ""
    pin: str = ""
    passcode: str = ""
    plate: str = ""
    code: str = ""


class SiteState(msgspec.Struct):
    """The whole simulated site, by id of reader and door."""

    readers: dict[str, ReaderState] = {}
    doors: dict[str, DoorLeaf] = {}
    people: list[Figure] = []


def state() -> SiteState:
    """Return what can be seen at the simulated site. Raises SimulatorSilent."""
    return msgspec.json.decode(_ask("/state"), type=SiteState)


def act(kind: str, thing: str, verb: str, **values: Any) -> bool:
    """Do something there: kind is readers or doors, the verb and its values are those of the simulator's own interface.

    False if it knows no such thing. Raises SimulatorSilent.
    """
    try:
        _ask(f"/{kind}/{quote(thing, safe='')}/{verb}", msgspec.json.encode(values))
    except HTTPError as error:
        if error.code in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}:
            return False
        raise SimulatorSilent from error
    return True


def _ask(path: str, body: bytes | None = None) -> bytes:
    request = Request(settings.SIMULATOR_URL.rstrip("/") + path, data=body)  # noqa: S310 - the address is the deployment's own
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            return bytes(answer.read())
    except HTTPError:
        raise
    except OSError as error:
        raise SimulatorSilent from error
