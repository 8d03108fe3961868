"""What does a test see from a controller's end of the link, and what do pages hear?"""

import queue
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from uuid import uuid4

import grpc
import psycopg

from portvakt.controller.identity import Identity
from portvakt.proto import link_pb2, link_pb2_grpc

# How long a test waits for what must come before it fails; nothing takes that long.
PATIENCE_SECONDS = 15


@dataclass
class LinkProcess:
    """The running process, where it writes its log, and where it listens."""

    process: subprocess.Popen[str]
    log: Path
    address: str
    enrol_address: str


@dataclass
class Hints:
    """Hears hints of one organisation."""

    listener: psycopg.Connection
    organisation: str
    heard: list[str] = field(default_factory=list)

    def wait_for(self, hint: str) -> None:
        """Return when the hint ("look:row") has come; earlier ones count."""
        wanted = f"{self.organisation}:{hint}"
        if wanted in self.heard:
            return
        for notice in self.listener.notifies(timeout=PATIENCE_SECONDS):
            self.heard.append(notice.payload)
            if notice.payload == wanted:
                return
        raise AssertionError(f"{hint} did not come; heard {self.heard}")


class Station:
    """One stream, with Hello already said."""

    def __init__(self, who: Identity, version: int = 0, deltas: int = 0, unread: int = 0) -> None:
        """With `unread`, no more messages than that wait here: the rest stay on their way until these are taken."""
        self.journal = str(uuid4())
        # gRPC would let through more and more unread, the faster the way is.
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.http2.bdp_probe", 0 if unread else 1)]
        self._channel = grpc.secure_channel(who.link, who.channel_credentials(), options=options)
        self._up: queue.Queue[link_pb2.Up | None] = queue.Queue()
        self._down: queue.Queue[link_pb2.Down | grpc.RpcError | None] = queue.Queue(unread)
        hello = link_pb2.Hello(journal=self.journal, snapshot_version=version, software="test 1", deltas=deltas)
        self._up.put(link_pb2.Up(hello=hello))

    def __enter__(self) -> Self:
        self._call = link_pb2_grpc.ControllerLinkStub(self._channel).Attach(iter(self._up.get, None))
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._channel.close()

    def close(self) -> None:
        """End the stream from this end, in good order."""
        self._up.put(None)

    def _read(self) -> None:
        try:
            for message in self._call:
                self._down.put(message)
            self._down.put(None)
        except grpc.RpcError as ended:
            self._down.put(ended)

    def send(self, **body: object) -> None:
        self._up.put(link_pb2.Up(**body))  # type: ignore[arg-type]

    def received(self) -> Iterator[link_pb2.Down | grpc.RpcError | None]:
        while True:
            yield self._down.get(timeout=PATIENCE_SECONDS)

    def expect(self, kind: str) -> link_pb2.Down:
        """Return the next message of a kind; others before it are dropped."""
        for message in self.received():
            assert isinstance(message, link_pb2.Down), message
            if message.WhichOneof("body") == kind:
                return message
        raise AssertionError

    def end(self) -> grpc.StatusCode:
        """Return with which status the server ended the stream."""
        for message in self.received():
            if message is None:
                return grpc.StatusCode.OK
            if isinstance(message, grpc.RpcError):
                return message.code()
        raise AssertionError

    def in_force(self, version: int, deltas: int = 0) -> None:
        """Say that what came is in force."""
        self.send(snapshot=link_pb2.SnapshotAnswer(version=version, in_force=True, deltas=deltas))

    def events(self, *sequences: int, journal: str | None = None, **changes: object) -> None:
        """Send a batch; the events differ in their sequence numbers alone."""
        batch = [event(sequence, **changes) for sequence in sequences]
        self.send(events=link_pb2.Events(journal=journal or self.journal, events=batch))

    def acknowledged(self) -> int:
        """Return up to which number the server has everything."""
        return int(self.expect("acknowledged").acknowledged.sequence)


def event(sequence: int, **changes: object) -> link_pb2.Event:
    at_us = int(datetime.now(UTC).timestamp() * 1_000_000)
    return link_pb2.Event(**({"sequence": sequence, "at_us": at_us, "kind": "controller_started"} | changes))  # type: ignore[arg-type]
