"""A receiver of webhooks for tests: a real HTTP server that verifies as the Standard Webhooks specification says, with code of its own."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One message as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.{self.body.decode()}"
        wanted = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
        return hmac.compare_digest(f"v1,{wanted}", self.headers["webhook-signature"])


@dataclass
class Receiver:
    """Answers each message with the next of `answers`, 204 when they are used up."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    redirect_to: str = ""


@contextmanager
def receiver(trust: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run one at a free port of this machine; with `trust`, over TLS."""
    known = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            known.received.append(Received(self.path, headers, body))
            self.send_response(known.answers.pop(0) if known.answers else 204)
            if known.redirect_to:
                self.send_header("location", known.redirect_to)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        # As many as come at once; the library lets five wait.
        request_queue_size = 100

    server = Server(("127.0.0.1", 0), Handler)
    if trust:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    known.url = f"{'https' if trust else 'http'}://localhost:{server.server_address[1]}/events"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
