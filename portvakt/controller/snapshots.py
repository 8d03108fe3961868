"""Which snapshot is in force, and how does another take its place?

A snapshot is verified as received, saved, and then swapped in as a whole. One that is refused changes nothing and is
reported; the old one stays in force. When the disk refuses a good one it is in force all the same: a withdrawn right
must not live on because a disk is full.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import msgspec

from portvakt.controller.clock import Clock
from portvakt.controller.identity import Identity
from portvakt.controller.journal import Journal
from portvakt.controller.store import StoredSnapshot
from portvakt.core.decision.compile import Index, compile_snapshot
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import Snapshot, SnapshotRefused, open_signed

PutInForce = Callable[[Snapshot, Index, datetime], None]


class Answer(msgspec.Struct, frozen=True):
    """What became of an offered snapshot; `refusal` is empty when it is in force."""

    version: int
    refusal: str = ""


class _Claimed(msgspec.Struct):
    version: int


class Snapshots:
    """Holds the snapshot in force; `put_in_force` is called in the loop for each that comes in force."""

    def __init__(
        self,
        *,
        identity: Identity,
        journal: Journal,
        clock: Clock,
        put_in_force: PutInForce,
        confirmed: Callable[[datetime], None],
    ) -> None:
        self._identity = identity
        self._journal = journal
        self._clock = clock
        self._put_in_force = put_in_force
        self._confirmed = confirmed
        self._in_force: StoredSnapshot | None = None
        self._refused = b""

    @property
    def version(self) -> int:
        """The version in force, 0 when none."""
        return 0 if self._in_force is None else self._in_force.version

    @property
    def confirmed_at(self) -> datetime | None:
        """When the server last said that the one in force is the newest; None when none is in force."""
        return None if self._in_force is None else self._in_force.confirmed_at

    async def restore(self, stored: StoredSnapshot | None) -> bool:
        """Put the saved snapshot in force at start; false when there is none that can be."""
        if stored is None:
            return False
        try:
            snapshot, index = await asyncio.to_thread(self._open, stored.body, stored.signature)
        except SnapshotRefused as refused:
            await self._report(stored.signature, refused)
            return False
        self._in_force = stored
        self._put_in_force(snapshot, index, stored.confirmed_at)
        return True

    async def offer(self, body: bytes, signature: bytes) -> Answer:
        """Take a snapshot from the server if it is one to take."""
        if self._in_force is not None and body == self._in_force.body:
            await self.confirm(self._in_force.version)
            return Answer(self.version)
        try:
            # Ten thousand persons take a while to compile; doors are answered meanwhile.
            snapshot, index = await asyncio.to_thread(self._open, body, signature)
        except SnapshotRefused as refused:
            await self._report(signature, refused)
            return Answer(_claimed_version(body), f"{refused.code}: {refused.text}")
        self._in_force = StoredSnapshot(body, signature, snapshot.version, self._clock.now())
        await self._journal.save_snapshot(self._in_force)
        self._put_in_force(snapshot, index, self._in_force.confirmed_at)
        return Answer(snapshot.version)

    async def confirm(self, version: int) -> None:
        """The server says that this version is still the newest; of another version than ours it says nothing."""
        if self._in_force is None or version != self._in_force.version:
            return
        self._in_force = msgspec.structs.replace(self._in_force, confirmed_at=self._clock.now())
        self._confirmed(self._in_force.confirmed_at)
        await self._journal.save_snapshot(self._in_force)

    def _open(self, body: bytes, signature: bytes) -> tuple[Snapshot, Index]:
        in_force = None if self._in_force is None else self._in_force.body
        key, controller = self._identity.public_key(), self._identity.controller
        snapshot = open_signed(body, signature, key, controller, self.version, in_force=in_force)
        try:
            return snapshot, compile_snapshot(snapshot)
        except Exception as fault:
            raise SnapshotRefused("inconsistent", f"cannot be compiled: {type(fault).__name__}") from fault

    async def _report(self, signature: bytes, refused: SnapshotRefused) -> None:
        """One event for each refused snapshot, however often the server repeats it."""
        if signature != self._refused:
            self._refused = signature
            detail = f"{refused.code}: {refused.text}"[:200]
            await self._journal.append([Event(EventKind.SNAPSHOT_REFUSED, self._clock.now(), detail=detail)])


def _claimed_version(body: bytes) -> int:
    """What a refused snapshot says of itself, for the answer only; 0 when it says nothing that can be read."""
    try:
        return max(0, msgspec.msgpack.decode(body, type=_Claimed).version)
    except msgspec.MsgspecError:
        return 0
