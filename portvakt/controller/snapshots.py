"""Which snapshot is in force, and how does another take its place?

A snapshot is verified as received, saved, and then swapped in as a whole; a delta makes the one in force a newer one in
the same way. What is refused changes nothing and is reported; the old one stays in force. When the disk refuses a good
one it is in force all the same: a withdrawn right must not live on because a disk is full.

Ahead of either the server says what was taken back: that opens nothing from the moment it is heard, until a snapshot
that says so itself is in force. The bodies stay on disk alone; here are only the site's own rows and the compiled form.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from hashlib import sha256

import msgspec

from portvakt.controller.clock import Clock
from portvakt.controller.identity import Identity
from portvakt.controller.journal import Journal
from portvakt.controller.signed_store import Signed, StoredSnapshot
from portvakt.core.decision.compile import Index, amend, compile_snapshot
from portvakt.core.decision.model import Barred
from portvakt.core.event import Event, EventKind
from portvakt.core.snapshot import (
    MOST_DELTAS,
    Bars,
    Delta,
    Snapshot,
    SnapshotRefused,
    open_bars,
    open_delta,
    open_signed,
)

# Garbage without end must not fill the disk with what is said of it; each refusal is answered all the same.
MOST_REFUSED = 200

PutInForce = Callable[[Snapshot, Index, datetime], None]


class Answer(msgspec.Struct, frozen=True):
    """What became of what was offered; `refusal` is empty when it is in force. `deltas` is how many that stands on."""

    version: int
    refusal: str = ""
    deltas: int = 0


class _Opened(msgspec.Struct, frozen=True):
    """What is or may come in force: the site's own rows (no persons), the compiled form, and what it was put together from."""

    rows: Snapshot
    index: Index
    organisation: str
    deltas: int = 0
    # SHA-256 of the whole snapshot's body while no delta has followed it: the same bytes again are a repeat.
    digest: bytes = b""

    @property
    def version(self) -> int:
        return self.rows.version


class _Claimed(msgspec.Struct):
    version: int


class _ClaimedDelta(msgspec.Struct):
    rows: _Claimed


class Snapshots:
    """Holds the snapshot in force.

    `put_in_force` is called in the loop for each that comes in force, with the site's own rows (no persons, credentials
    or assignments; those are in the index); `bar` with all that may open nothing, None for nothing.
    """

    def __init__(
        self,
        *,
        identity: Identity,
        journal: Journal,
        clock: Clock,
        put_in_force: PutInForce,
        confirmed: Callable[[datetime], None],
        bar: Callable[[Barred | None], None],
    ) -> None:
        self._identity = identity
        self._journal = journal
        self._clock = clock
        self._put_in_force = put_in_force
        self._confirmed = confirmed
        self._bar = bar
        self._in_force: _Opened | None = None
        self._confirmed_at: datetime | None = None
        self._bars: list[Bars] = []
        self._refused: set[bytes] = set()
        self._wants_whole = False
        self._turn = asyncio.Lock()

    @property
    def version(self) -> int:
        """The version in force, 0 when none."""
        return 0 if self._in_force is None else self._in_force.version

    @property
    def deltas(self) -> int:
        """From how many deltas the snapshot in force was put together; MOST_DELTAS where a whole one is wanted."""
        if self._in_force is None:
            return 0
        return MOST_DELTAS if self._wants_whole else self._in_force.deltas

    @property
    def confirmed_at(self) -> datetime | None:
        """When the server last said that the one in force is the newest; None when none is in force."""
        return self._confirmed_at

    async def restore(self, stored: StoredSnapshot | None) -> bool:
        """Put in force at start what was saved, as far as it verifies; false when there is none that can be."""
        if stored is None:
            return False
        try:
            opened, refused = await asyncio.to_thread(self._reopen, stored)
        except SnapshotRefused as fault:
            await self._report(stored.signature, fault)
            return False
        self._take(opened, stored.confirmed_at)
        for bars in stored.bars:
            await self._restore_bars(bars)
        if refused is not None:
            self._wants_whole = True
            await self._report(stored.deltas[opened.deltas].signature, refused)
        return True

    async def offer(self, body: bytes, signature: bytes) -> Answer:
        """Take a whole snapshot from the server if it is one to take."""
        async with self._turn:
            try:
                # Ten thousand persons take a while to compile; doors are answered meanwhile.
                opened = await asyncio.to_thread(self._open, body, signature)
            except SnapshotRefused as refused:
                return await self._refuse(signature, _claimed_version(body), refused)
            if opened is self._in_force:
                await self.confirm(opened.version)
                return self._answer()
            now = self._clock.now()
            await self._journal.save_snapshot(StoredSnapshot(body, signature, opened.version, now))
            self._wants_whole = False
            self._take(opened, now)
            return self._answer()

    async def offer_delta(self, body: bytes, signature: bytes) -> Answer:
        """Make the snapshot in force a newer one, if what the server sent follows it."""
        async with self._turn:
            try:
                opened = await asyncio.to_thread(self._follow, body, signature)
            except SnapshotRefused as refused:
                return await self._refuse(signature, _claimed_delta(body), refused)
            now = self._clock.now()
            await self._journal.save_delta(Signed(body, signature, opened.version), now)
            self._take(opened, now)
            return self._answer()

    async def offer_bars(self, body: bytes, signature: bytes) -> None:
        """Let what was taken back open nothing from now on. Bars that are refused are reported; nobody waits for an answer."""
        try:
            bars = self._open_bars(body, signature)
        except SnapshotRefused as refused:
            await self._report(signature, refused)
            return
        # Said again, as after every attach, they are no more than they were.
        if bars.version > self.version and bars not in self._bars:
            self._bars.append(bars)
            self._bar(_barred(self._bars))
            await self._journal.save_bars(Signed(body, signature, bars.version))

    async def confirm(self, version: int) -> None:
        """The server says that this version is still the newest; of another version than ours it says nothing."""
        if self._in_force is None or version != self.version:
            return
        self._confirmed_at = self._clock.now()
        self._confirmed(self._confirmed_at)
        await self._journal.confirm(self._confirmed_at)

    def _take(self, opened: _Opened, at: datetime) -> None:
        """Swap it in. What it says itself need not be barred any more, from when it decides and not before."""
        self._in_force, self._confirmed_at = opened, at
        self._refused.clear()
        self._put_in_force(opened.rows, opened.index, at)
        self._bars = [bars for bars in self._bars if bars.version > opened.version]
        self._bar(_barred(self._bars))

    def _answer(self) -> Answer:
        return Answer(self.version, deltas=self.deltas)

    def _open(self, body: bytes, signature: bytes) -> _Opened:
        digest, held = sha256(body).digest(), self._in_force
        if held is not None and held.digest == digest:
            return held
        key, controller = self._identity.public_key(), self._identity.controller
        snapshot = open_signed(body, signature, key, controller, self.version)
        try:
            return _Opened(_site_of(snapshot), compile_snapshot(snapshot), snapshot.organisation, digest=digest)
        except Exception as fault:
            raise SnapshotRefused("inconsistent", f"cannot be compiled: {type(fault).__name__}") from fault

    def _follow(self, body: bytes, signature: bytes) -> _Opened:
        held = self._in_force
        if held is None:
            raise SnapshotRefused("wrong_base", "no snapshot is in force")
        delta = self._open_delta(Signed(body, signature, 0), held.organisation, held.version)
        return _amended(held, [delta])

    def _open_delta(self, signed: Signed, organisation: str, in_force: int) -> Delta:
        return open_delta(
            signed.body,
            signed.signature,
            self._identity.public_key(),
            controller=self._identity.controller,
            organisation=organisation,
            in_force=in_force,
        )

    def _open_bars(self, body: bytes, signature: bytes) -> Bars:
        if self._in_force is None:
            raise SnapshotRefused("wrong_base", "no snapshot is in force")
        return open_bars(body, signature, self._identity.public_key(), self._in_force.organisation)

    def _reopen(self, stored: StoredSnapshot) -> tuple[_Opened, SnapshotRefused | None]:
        """What the saved parts make together, up to the first delta that does not verify, and why that one does not."""
        opened = self._open(stored.body, stored.signature)
        sound: list[Delta] = []
        refused = None
        try:
            version = opened.version
            for signed in stored.deltas:
                sound.append(self._open_delta(signed, opened.organisation, version))
                version = sound[-1].rows.version
        except SnapshotRefused as fault:
            refused = fault
        try:
            return (_amended(opened, sound) if sound else opened), refused
        except SnapshotRefused as fault:
            return opened, fault

    async def _restore_bars(self, signed: Signed) -> None:
        try:
            bars = self._open_bars(signed.body, signed.signature)
        except SnapshotRefused as refused:
            await self._report(signed.signature, refused)
            return
        if bars.version > self.version:
            self._bars.append(bars)
            self._bar(_barred(self._bars))

    async def _refuse(self, signature: bytes, version: int, refused: SnapshotRefused) -> Answer:
        await self._report(signature, refused)
        return Answer(version, f"{refused.code}: {refused.text}", self.deltas)

    async def _report(self, signature: bytes, refused: SnapshotRefused) -> None:
        """One event for each thing refused, however often the server repeats it, and for so many until another is in force."""
        told = sha256(signature).digest()
        if told not in self._refused and len(self._refused) < MOST_REFUSED:
            self._refused.add(told)
            detail = f"{refused.code}: {refused.text}"[:200]
            await self._journal.append([Event(EventKind.SNAPSHOT_REFUSED, self._clock.now(), detail=detail)])


class Pieces:
    """Puts together a body that comes in pieces; for one stream."""

    def __init__(self, most: int) -> None:
        """No body is longer than `most` bytes."""
        self._most = most
        self._version = 0
        self._body = bytearray()
        self._refusing = False

    def add(self, version: int, piece: bytes, *, last: bool) -> bytes | None:
        """The whole body with its last piece, None before; raises SnapshotRefused once for a body out of order or too long."""
        if self._refusing:
            self._refusing = not last
            return None
        if self._body and version != self._version:
            raise self._refused("wrong_order", f"a piece of {version} among those of {self._version}", last=last)
        if len(self._body) + len(piece) > self._most:
            raise self._refused("too_large", f"more than {self._most} bytes", last=last)
        self._version = version
        self._body += piece
        if not last:
            return None
        body, self._body = bytes(self._body), bytearray()
        return body

    def _refused(self, code: str, text: str, *, last: bool) -> SnapshotRefused:
        """What belongs to a refused body is dropped up to its last piece."""
        self._body, self._refusing = bytearray(), not last
        return SnapshotRefused(code, text)


def _amended(held: _Opened, deltas: Sequence[Delta]) -> _Opened:
    try:
        index = amend(held.index, joined(deltas))
    except Exception as fault:
        raise SnapshotRefused("inconsistent", f"cannot be amended: {type(fault).__name__}") from fault
    rows = held.rows
    for delta in deltas:
        rows = _site_after(rows, delta)
    return _Opened(rows, index, held.organisation, held.deltas + len(deltas))


def joined(deltas: Sequence[Delta]) -> Delta:
    """Return one delta that does what several do one after the other; of a person, and of the site, the newest counts."""
    newest = {person: delta for delta in deltas for person in delta.touched}
    site = next((delta for delta in reversed(deltas) if delta.site), deltas[-1])
    rows = msgspec.structs.replace(
        site.rows,
        version=deltas[-1].rows.version,
        compiled_at=deltas[-1].rows.compiled_at,
        digest_key=deltas[-1].rows.digest_key,
        persons=tuple(row for each in deltas for row in each.rows.persons if newest[row.id] is each),
        credentials=tuple(row for each in deltas for row in each.rows.credentials if newest[row.person] is each),
        assignments=tuple(row for each in deltas for row in each.rows.assignments if newest[row.person] is each),
    )
    return Delta(deltas[0].base, tuple(newest), site.site, rows)


def _site_of(snapshot: Snapshot) -> Snapshot:
    return msgspec.structs.replace(snapshot, persons=(), credentials=(), assignments=())


def _site_after(rows: Snapshot, delta: Delta) -> Snapshot:
    new = delta.rows
    if delta.site:
        return _site_of(new)
    return msgspec.structs.replace(rows, version=new.version, compiled_at=new.compiled_at, digest_key=new.digest_key)


def _barred(bars: Iterable[Bars]) -> Barred | None:
    every = list(bars)
    if not every:
        return None
    return Barred(
        frozenset(person for each in every for person in each.persons),
        frozenset(credential for each in every for credential in each.credentials),
        frozenset(pair for each in every for pair in each.assignments),
    )


def _claimed_version(body: bytes) -> int:
    """What a refused snapshot says of itself, for the answer only; 0 when it says nothing that can be read."""
    try:
        return max(0, msgspec.msgpack.decode(body, type=_Claimed).version)
    except msgspec.MsgspecError:
        return 0


def _claimed_delta(body: bytes) -> int:
    try:
        return max(0, msgspec.msgpack.decode(body, type=_ClaimedDelta).rows.version)
    except msgspec.MsgspecError:
        return 0
