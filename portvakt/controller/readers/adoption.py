"""How does a reader get its key from us?

Only on an operator's order, for a stated time, and for one reader. What the reader can prove decides the way:

- It holds our key: the new key goes over the secure channel that is up. The default key is not even tried.
- It holds the key that an earlier, interrupted adoption sent it: that key becomes its key, and nothing is sent.
- It holds neither, or we have none for it: it is spoken to with the published default key (`installing`) and sent a fresh one.

The new key is on disk as pending before it is sent, and becomes the reader's key when the reader has come back with it. So
whatever stops in between, the reader holds a key that is on disk, and `Readers` finds out which. Afterwards, however it ended,
the reader is spoken to with EnforceSecure again. See decision 0030.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from portvakt.controller.readers.bus import Bus
from portvakt.controller.readers.keys import Held, KeyFault, Keys
from portvakt.controller.readers.model import Adoption, AdoptionOutcome, ReaderDetails, ReaderState
from portvakt.controller.readers.peer import Peer

SHORTEST_SECONDS, DEFAULT_SECONDS, LONGEST_SECONDS = 30, 120, 600
LOOK_SECONDS = 0.05  # libosdp's own poll interval.
KEY_TRIES, KEY_SECONDS = 3, 5.0  # So often, so far apart, a reader is asked to take a new key over its own channel.


class Refused(Exception):
    """The adoption cannot succeed; the message is one sentence for the operator."""


class Desk(Protocol):
    """What the adoption asks of the readers."""

    def bus(self, reader: str) -> Bus | None:
        """The bus that carries the reader and is running."""

    def settle(self, reader: str) -> Held | None:
        """Takes over what is on disk for the reader and says what that is."""


class Ceremony:
    """One adoption, used once."""

    def __init__(self, reader: str, keys: Keys, desk: Desk, held: Held | None) -> None:
        self._reader = reader
        self._keys = keys
        self._desk = desk
        self._held = held
        self._made_key = self._took_key = False

    async def run(self, seconds: float) -> Adoption:
        """Adopts within `seconds`; never raises but when cancelled."""
        try:
            async with asyncio.timeout(seconds):
                await self._line()
                await self._exchange()
                return self._ended(AdoptionOutcome.ADOPTED, "The reader has its own key.", await self._back())
        except TimeoutError:
            return self._ended(AdoptionOutcome.TIMED_OUT, self._why())
        except (Refused, KeyFault, OSError) as fault:
            return self._ended(AdoptionOutcome.FAILED, str(fault))
        finally:
            self._close()

    async def _line(self) -> None:
        """A snapshot that has just come starts its buses in a moment."""
        while True:
            if self._desk.bus(self._reader) is not None:
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _exchange(self) -> None:
        proven = await self._proof()
        if self._held is not None and proven and proven == self._held.pending:
            await self._promote()
        elif proven:
            await self._over_its_channel()
        else:
            await self._with_the_default_key()

    async def _proof(self) -> bytes:
        """Which of our keys the reader holds; empty for none of them. A silent reader is waited for."""
        if self._held is None:
            return b""
        await self._until(lambda peer: bool(peer.proven or peer.witness.finding))
        return self._peer().proven

    async def _over_its_channel(self) -> None:
        key = await self._make()
        for _ in range(KEY_TRIES):
            await self._until(lambda peer: peer.secure)
            self._bus().give_key(self._reader, key)
            try:
                async with asyncio.timeout(KEY_SECONDS):
                    await self._until(lambda peer: peer.proven == key)
            except TimeoutError:
                continue
            await self._promote()
            return
        raise Refused("The reader does not take a new key; it keeps the one it has.")

    async def _with_the_default_key(self) -> None:
        key = await self._make()
        self._bus().use(self._reader, Held(key), installing=True)
        await self._until(lambda peer: peer.proven == key)
        await self._promote()

    async def _make(self) -> bytes:
        key = await asyncio.to_thread(self._keys.make_pending, self._reader)
        self._made_key = True
        return key

    async def _promote(self) -> None:
        await asyncio.to_thread(self._keys.promote, self._reader)
        self._took_key = True

    async def _back(self) -> ReaderDetails | None:
        """The reader has come back with EnforceSecure under its new key."""
        self._bus().use(self._reader, self._desk.settle(self._reader))
        await self._until(lambda peer: peer.state in (ReaderState.ONLINE, ReaderState.TAMPERED))
        return self._peer().details()

    def _close(self) -> None:
        """The default key is of no use to anyone from here on, and what is on disk counts."""
        bus = self._desk.bus(self._reader)
        peer = None if bus is None else bus.peer(self._reader)
        if self._made_key and peer is not None and peer.installing and not peer.witness.key_sent:
            with contextlib.suppress(OSError):
                self._keys.drop_pending(self._reader)  # Nobody has it: the reader was never there to take it.
        held = self._desk.settle(self._reader)
        if bus is not None and (peer is None or peer.installing or peer.held != held):
            bus.use(self._reader, held)

    def _why(self) -> str:
        if self._took_key:
            return "The reader has its new key but has not come back with it."
        bus = self._desk.bus(self._reader)
        peer = None if bus is None else bus.peer(self._reader)
        trouble = "" if peer is None else peer.trouble
        return f"{trouble or 'The reader has not come so far.'} Set it back to its factory settings and adopt it again."

    async def _until(self, condition: Callable[[Peer], bool]) -> None:
        while True:
            if condition(self._peer()):
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _peer(self) -> Peer:
        peer = self._bus().peer(self._reader)
        if peer is None:
            raise Refused("The reader's settings were changed meanwhile.")
        return peer

    def _bus(self) -> Bus:
        bus = self._desk.bus(self._reader)
        if bus is None:
            raise Refused("The reader's bus is not running.")
        return bus

    def _ended(self, outcome: AdoptionOutcome, detail: str, details: ReaderDetails | None = None) -> Adoption:
        return Adoption(self._reader, outcome, detail, details)
