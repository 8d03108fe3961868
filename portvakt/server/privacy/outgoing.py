"""How is something sent to an address that somebody else gave, without reaching what is ours?

The address must be https at a port for it, and every IP address its name stands for must be one of the internet. The connection goes to
the very IP address that was looked at: a name that means another a moment later changes nothing. No redirect is followed, no proxy used,
no body read, and all of it ends in time.
"""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

import httpx
import msgspec

SECONDS = 10
AT_ONCE = 50
PORTS = {443, 8443}
AGENT = "Portvakt webhooks"
# IPv6 addresses that stand for an IPv4 address behind a translator.
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


class Message(msgspec.Struct, frozen=True):
    """What is posted where: `id` is the same at every attempt, `key` signs it."""

    id: str
    address: str
    key: bytes
    body: bytes


class Answer(msgspec.Struct, frozen=True):
    """The HTTP status of the answer, or None and the kind of fault."""

    status: int | None
    fault: str = ""

    @property
    def taken(self) -> bool:
        """Tell whether the other side has it."""
        return self.status is not None and 200 <= self.status < 300


class Forbidden(Exception):
    """The address leads, or may lead, to what is ours."""


class Network(msgspec.Struct, frozen=True):
    """What may be reached: with `private`, for trials alone, also this machine and its neighbours, and without TLS."""

    private: bool = False
    trusted: ssl.SSLContext | None = None


def signature(message: Message, at: int) -> str:
    """Return the signature of a message by Standard Webhooks, v1; `at` is in Unix seconds."""
    signed = f"{message.id}.{at}.".encode() + message.body
    return "v1," + base64.b64encode(hmac.digest(message.key, signed, hashlib.sha256)).decode("ascii")


def headers(message: Message, at: datetime) -> dict[str, str]:
    """Return the headers of a message that is sent at a moment."""
    seconds = int(at.timestamp())
    return {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": message.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(message, seconds),
    }


def require_allowed(address: str, network: Network) -> tuple[str, int]:
    """Return host and port of an address; raise Forbidden for one that is never called, whatever its name stands for."""
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Forbidden from error
    allowed = parts.scheme == "https" and port in PORTS
    if not parts.hostname or parts.username or parts.password or not (allowed or network.private):
        raise Forbidden
    return parts.hostname, port


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the internet, whatever it is wrapped in."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in TRANSLATED:
            inner = ipaddress.IPv4Address(found.packed[12:])
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


async def post_all(messages: Iterable[Message], at: datetime, network: Network) -> list[Answer]:
    """Post messages at once; return their answers in the same order. Nothing that goes wrong with one concerns another."""
    trusted = network.trusted or ssl.create_default_context()
    async with httpx.AsyncClient(verify=trusted, trust_env=False, follow_redirects=False, timeout=SECONDS) as client:
        turn = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(_in_turn(turn, client, message, at, network) for message in messages))


async def _in_turn(
    turn: asyncio.Semaphore, client: httpx.AsyncClient, message: Message, at: datetime, network: Network
) -> Answer:
    async with turn:
        return await _post(client, message, at, network)


async def _post(client: httpx.AsyncClient, message: Message, at: datetime, network: Network) -> Answer:
    try:
        async with asyncio.timeout(SECONDS):
            return await _posted(client, message, at, network)
    except Forbidden:
        return Answer(None, "forbidden")
    except OSError as error:  # A timeout is one.
        return Answer(None, type(error).__name__[:40])
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return Answer(None, type(error).__name__[:40])


async def _posted(client: httpx.AsyncClient, message: Message, at: datetime, network: Network) -> Answer:
    host, port = require_allowed(message.address, network)
    ip = await _resolve(host, port, network)
    url = httpx.URL(message.address)
    request = client.build_request(
        "POST",
        url.copy_with(host=ip),
        content=message.body,
        headers={"host": url.netloc.decode("ascii"), **headers(message, at)},
        extensions={"sni_hostname": url.host},
    )
    answer = await client.send(request, stream=True)
    try:
        return Answer(answer.status_code)
    finally:
        await answer.aclose()


async def _resolve(host: str, port: int, network: Network) -> str:
    """Return an IP address for a name; raise Forbidden if any that it stands for is not of the internet."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not (network.private or all(map(is_public, addresses))):
        raise Forbidden
    return addresses[0]
