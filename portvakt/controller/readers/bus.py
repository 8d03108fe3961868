"""Whose turn is it on one serial line, and is the line there at all?

Each reader has a libosdp context of its own; this file gives them the line in turn. A reader that has sent keeps the
line until its reply is whole or its time is out. Between replies the loop wakes when bytes arrive and every TICK_SECONDS:
5 ms adds at most a tenth to libosdp's own poll interval of 50 ms and costs under a twentieth of a core.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from portvakt.controller.readers.frames import Scanner
from portvakt.controller.readers.keys import Held
from portvakt.controller.readers.model import Language, ReaderChanged, ReaderDetails, ReaderInput, ReaderState, Signal
from portvakt.controller.readers.peer import InputWatcher, Peer
from portvakt.controller.readers.port import Port, PortLost
from portvakt.core import snapshot

TICK_SECONDS = 0.005
REPLY_SECONDS = 0.22  # libosdp gives up at 200 ms; the line is kept a little longer so that it notices first.
REOPEN_SECONDS = 1.0
TURN_SECONDS = 1.0  # One lost reader of the bus is asked for at a time, for this long.
EMPTY_WAKES = 10  # So often told of bytes without finding any: an unplugged adapter reads like that.
STEPS_PER_TURN = 3  # libosdp needs two refreshes from idle to sending, and one to take a reply.

log = logging.getLogger(__name__)


class Bus:
    """One serial line with its readers; `held` is what is kept for each reader that has a key, by reader id.

    `proved(reader, key)` is called when a reader has shown which of its keys it holds.
    """

    def __init__(
        self,
        path: Path,
        readers: Sequence[snapshot.Reader],
        held: Mapping[str, Held],
        *,
        deliver: Callable[[ReaderInput], None],
        watch: InputWatcher,
        proved: Callable[[str, bytes], None],
        language: Language,
    ) -> None:
        self._path = path
        self._baud = readers[0].baud
        self._deliver = deliver
        self._watch = watch
        self._proved = proved
        self._proven: dict[str, bytes] = {}
        self._language = language
        self._readers = {reader.id: reader for reader in readers}
        self._port: Port | None = None
        self._wake = asyncio.Event()
        self._received = bytearray()
        self._scanner = Scanner()
        self._owner: Peer | None = None
        self._owned_at = 0.0
        self._empty_wakes = 0
        self._answered = False
        self._peers: dict[str, Peer] = {}
        for reader in readers:
            self.use(reader.id, held.get(reader.id))

    def states(self) -> dict[str, ReaderState]:
        """The state of each reader by its id."""
        return {reader: peer.state for reader, peer in self._peers.items()}

    def peer(self, reader: str) -> Peer | None:
        """The reader as it stands now; None when it has no key and is left alone."""
        return self._peers.get(reader)

    def details(self) -> dict[str, ReaderDetails]:
        """What the readers say of themselves, by id, as far as it is known."""
        return {one: details for one, peer in self._peers.items() if (details := peer.details()) is not None}

    def use(self, reader: str, held: Held | None, *, installing: bool = False) -> None:
        """Speaks with one reader by other keys from now on, or with None not at all; the others notice nothing."""
        before = self._peers.pop(reader, None)
        if before is not None:
            before.deliver(self._deliver, self._watch)
            before.close()
            if before.state is not ReaderState.OFFLINE:
                self._deliver(ReaderChanged(reader, ReaderState.OFFLINE, "The reader starts anew with another key."))
            if self._owner is before:
                self._owner = None
        self._proven.pop(reader, None)
        if held is not None:
            self._peers[reader] = Peer(self._readers[reader], held, self, self._now(), installing=installing)
        self._wake.set()

    def give_key(self, reader: str, key: bytes) -> None:
        """Sends a new key to a reader whose secure channel is up."""
        self._peers[reader].give_key(key, self._now())
        self._wake.set()

    def signal(self, reader: str, signal: Signal) -> None:
        """Shows LED, buzzer and text."""
        self._peers[reader].signal(signal, self._language, self._now())
        self._wake.set()

    def output(self, reader: str, number: int, seconds: float) -> None:
        """Switches an output."""
        self._peers[reader].output(number, seconds, self._now())
        self._wake.set()

    async def run(self) -> None:
        """Serves the line until cancelled; a line that is lost is opened again every second."""
        try:
            while True:
                try:
                    await self._serve()
                except PortLost as lost:
                    self._unplugged(str(lost))
                except Exception:
                    log.exception("bus %s: starting anew after a fault", self._path.name)
                    self._unplugged("The bus had a fault and starts anew.")
                await asyncio.sleep(REOPEN_SECONDS)
        finally:
            self._close()
            for peer in self._peers.values():
                peer.close()

    # The two ends that the peers' channels use.

    def take(self, peer: Peer, at_most: int) -> bytes:
        """The bytes that arrived for the reader whose turn it is."""
        if peer is not self._owner:
            return b""
        taken = bytes(self._received[:at_most])
        del self._received[:at_most]
        return taken

    def send(self, peer: Peer, data: bytes) -> int:
        """Sends and keeps the line for the reply; what arrived before belongs to nobody."""
        if self._port is None:
            return 0
        self._received.clear()
        self._scanner.forget()
        self._owner, self._owned_at, self._answered = peer, self._now(), False
        try:
            return self._port.write(data)
        except PortLost:
            return 0  # Said again by the next read, outside of libosdp.

    async def _serve(self) -> None:
        self._port = Port(self._path, self._baud)
        loop = asyncio.get_running_loop()
        self._empty_wakes = 0
        loop.add_reader(self._port.descriptor, self._readable)
        try:
            while True:
                self._wake.clear()
                self._receive(self._read(self._port))
                self._turn()
                self._hand_over()
                await self._pause()
        finally:
            loop.remove_reader(self._port.descriptor)
            self._close()

    def _readable(self) -> None:
        self._empty_wakes += 1
        self._wake.set()

    async def _pause(self) -> None:
        handle = asyncio.get_running_loop().call_later(TICK_SECONDS, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            handle.cancel()

    def _read(self, port: Port) -> bytes:
        data = port.read()
        if data:
            self._empty_wakes = 0
        elif self._empty_wakes > EMPTY_WAKES:
            raise PortLost("the port was lost")
        return data

    def _receive(self, data: bytes) -> None:
        if not data or self._owner is None:
            return
        self._received += data
        for frame in self._scanner.feed(data):
            if frame.reply and frame.address == self._owner.reader.address:
                self._owner.heard(frame, self._now())
                self._answered = True

    def _turn(self) -> None:
        now = self._now()
        if self._owner is not None:
            self._owner.refresh(now)
            if not self._answered and now - self._owned_at < REPLY_SECONDS:
                return
            self._owner = None
        asked_for = self._asked_for(now)
        for peer in self._peers.values():
            peer.tend(now)
            if not peer.lost or peer is asked_for:
                self._step(peer, now)
            if self._owner is not None:
                self._after_turn(peer)
                return

    def _step(self, peer: Peer, now: float) -> None:
        for _ in range(STEPS_PER_TURN):
            peer.refresh(now)
            if self._owner is not None:
                return

    def _after_turn(self, peer: Peer) -> None:
        """The next search for work begins behind the one that has just sent."""
        self._peers[peer.reader.id] = self._peers.pop(peer.reader.id)

    def _asked_for(self, now: float) -> Peer | None:
        lost = sorted((peer for peer in self._peers.values() if peer.lost), key=lambda peer: peer.reader.address)
        return lost[int(now / TURN_SECONDS) % len(lost)] if lost else None

    def _hand_over(self) -> None:
        for peer in list(self._peers.values()):
            try:
                peer.deliver(self._deliver, self._watch)
            except Exception:
                log.exception("reader %s: its input could not be taken", peer.reader.id)
            if peer.proven and self._proven.get(peer.reader.id) != peer.proven:
                self._proven[peer.reader.id] = peer.proven
                self._proved(peer.reader.id, peer.proven)

    def _unplugged(self, detail: str) -> None:
        for peer in self._peers.values():
            peer.unplugged(detail)
        self._hand_over()

    def _close(self) -> None:
        if self._port is not None:
            self._port.close()
        self._port = self._owner = None

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
