"""How does a program of an integrator's play thousands of doors at once, without hardware and in one process?

Each controller is a whole one, with its own state folder, store, link, doors and decision; only what is beyond the wires
is simulated: cards and keys are handed to its readers as they would deliver them, and contacts to its doors. So what a
test sees here is what a site would do. `simulator/site.py` is for one site with real OSDP on the line.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from portvakt.controller import identity
from portvakt.controller.clock import LoopClock
from portvakt.controller.deciding import Deciding
from portvakt.controller.journal import Journal
from portvakt.controller.link import Link, until_one_ends
from portvakt.controller.outputs import ContactChanged, DoorInput, ExitPressed, FireChanged, SiteInput
from portvakt.controller.readers import (
    Adoption,
    AdoptionOutcome,
    CardRead,
    Keys,
    KeysTyped,
    ReaderDetails,
    ReaderInput,
    Readers,
    ReaderState,
    Signal,
)
from portvakt.controller.site import Site
from portvakt.controller.status import Facts
from portvakt.controller.store import Store
from portvakt.core import snapshot
from portvakt.core.credentials import parse_card
from portvakt.core.decision.model import Side
from portvakt.core.event import Event

KEY_FOLDER = "reader-keys"
SOFTWARE = "simulated"
# What changes without an event, such as a version in force, is seen after this long.
LOOK_SECONDS = 0.05


class NoSuchDoor(LookupError):
    """No controller of the fleet has this door in force, or it has no reader at that side."""


class FleetClock(LoopClock):
    """The machine's clock and real timers; a jump moves the wall clock of the whole fleet alone."""

    def __init__(self) -> None:
        self._moved = timedelta()

    def now(self) -> datetime:
        """The moment, aware and in UTC, as far as the fleet knows."""
        return super().now() + self._moved

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward, or back."""
        self._moved += timedelta(seconds=seconds)


class _Readers(Readers):
    """Readers that are all online and say what they are told to."""

    def __init__(self, folder: Path, deliver: Callable[[ReaderInput], None]) -> None:
        super().__init__(folder, Keys(folder / KEY_FOLDER), deliver)
        self.say = deliver
        self.shown: dict[str, Signal] = {}
        self.at: dict[tuple[str, Side], str] = {}

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        self.at = {(reader.door, reader.side): reader.id for reader in readers}

    async def run(self) -> None:
        await asyncio.Event().wait()

    def signal(self, reader: str, signal: Signal) -> None:
        self.shown[reader] = signal

    def output(self, reader: str, number: int, seconds: float) -> None:
        """No wire hangs on these readers."""

    def states(self) -> dict[str, ReaderState]:
        return dict.fromkeys(self.at.values(), ReaderState.ONLINE)

    def details(self) -> dict[str, ReaderDetails]:
        return {}

    async def adopt(self, reader: str, seconds: int = 0) -> Adoption:  # noqa: ARG002 - see Readers.adopt
        return Adoption(reader, AdoptionOutcome.FAILED, "A simulated reader needs no key.")


class _Journal(Journal):
    """A journal that says what it kept."""

    def __init__(self, store: Store, kept: Callable[[Sequence[Event]], None]) -> None:
        super().__init__(store)
        self._kept = kept

    async def append(self, events: Sequence[Event]) -> None:
        await super().append(events)
        self._kept(events)


class _Outputs:
    """Strikes that remember how they were left."""

    def __init__(self, deliver: Callable[[DoorInput], None]) -> None:
        self.say = deliver
        self.say_of_site: Callable[[SiteInput], None] = lambda _said: None
        self.released: dict[str, bool] = {}

    def configure(self, readers: Sequence[snapshot.Reader]) -> None:
        """Wires need no readers here."""

    def strike(self, door: str, released: bool) -> None:  # noqa: FBT001 - see Outputs
        self.released[door] = released

    def reachable(self, door: str) -> bool:
        return door in self.released

    def watch_site(self, deliver: Callable[[SiteInput], None]) -> None:
        self.say_of_site = deliver

    async def run(self) -> None:
        await asyncio.Event().wait()


class _Cable:
    """The way to the server, of all controllers that share it."""

    def __init__(self) -> None:
        self.whole = asyncio.Event()
        self.cut = asyncio.Event()
        self.whole.set()

    def set(self, *, whole: bool) -> None:
        """Cut or restore it."""
        (self.whole if whole else self.cut).set()
        (self.cut if whole else self.whole).clear()

    def plug(self) -> type[Link]:
        """A link that goes through this cable."""
        cable = self

        class Plugged(Link):
            async def _attach(self) -> None:
                await cable.whole.wait()
                await until_one_ends(super()._attach(), cable.cut.wait())

        return Plugged


class Member:
    """One controller of the fleet: `controller` is its id, `events` what it wrote down since it was started, oldest first."""

    def __init__(self, state: Path, clock: FleetClock, happened: Callable[[], None]) -> None:
        who = identity.load(state)
        if who is None:
            raise identity.IdentityFault(f"{state} holds no enrolled controller; enrol it first")
        self.controller = who.controller
        self.cable = _Cable()
        self.events: list[Event] = []
        self._happened = happened
        self._stop = asyncio.Event()
        self._site = Site(
            state=state,
            ports=state,
            keys=Keys(state / KEY_FOLDER),
            identity=who,
            make_outputs=lambda _readers, deliver: self._wire(deliver),
            make_readers=lambda deliver: self._read(state, deliver),
            make_link=self.cable.plug(),
            make_journal=lambda store: _Journal(store, self._wrote),
            software=SOFTWARE,
            clock=clock,
        )
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to serve."""
        self._task = asyncio.create_task(self._site.run(self._stop))

    async def end(self) -> None:
        """Stop in good order, with everything written."""
        self._stop.set()
        if self._task is not None:
            await self._task

    @property
    def facts(self) -> Facts:
        """How the controller stands; see portvakt.controller.status."""
        return self._site.facts()

    @property
    def deciding(self) -> Deciding:
        """What it decides by now."""
        return self._site.deciding

    @property
    def strikes(self) -> dict[str, bool]:
        """Whether each door's strike is released, by door."""
        return self._outputs.released

    def doors(self) -> Iterable[str]:
        """The doors it has in force."""
        return self.facts.doors

    def has_reader(self, door: str, side: Side) -> bool:
        """Whether there is a reader at a side of a door."""
        return (door, side) in self._readers.at

    def reader(self, door: str, side: Side) -> str:
        """The reader at a side of a door. Raises NoSuchDoor."""
        try:
            return self._readers.at[door, side]
        except KeyError:
            raise NoSuchDoor(f"door {door} has no reader at {side}") from None

    def shown(self, door: str, side: Side) -> Signal | None:
        """What the reader at a side shows, None before anything."""
        return self._readers.shown.get(self.reader(door, side))

    def say(self, said: ReaderInput) -> None:
        """Deliver what a reader says."""
        self._readers.say(said)

    def tell(self, said: DoorInput | SiteInput) -> None:
        """Deliver what a wire tells."""
        if isinstance(said, ContactChanged | ExitPressed):
            self._outputs.say(said)
        else:
            self._outputs.say_of_site(said)

    def _read(self, state: Path, deliver: Callable[[ReaderInput], None]) -> Readers:
        self._readers = _Readers(state, deliver)
        return self._readers

    def _wire(self, deliver: Callable[[DoorInput], None]) -> _Outputs:
        self._outputs = _Outputs(deliver)
        return self._outputs

    def _wrote(self, events: Sequence[Event]) -> None:
        self.events += events
        self._happened()


class Fleet:
    """Controllers in one event loop, from their enrolled state folders; used as an asynchronous context manager.

    Doors are named by their ids, sides by core.decision.model.Side. Whatever is asked of a door that no controller has
    in force raises NoSuchDoor.
    """

    def __init__(self, states: Iterable[Path]) -> None:
        self.clock = FleetClock()
        self._happened = asyncio.Event()
        self.members = [Member(state, self.clock, self._happened.set) for state in states]
        self._member_of: dict[str, Member] = {}

    async def __aenter__(self) -> Self:
        for member in self.members:
            member.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(member.end() for member in self.members))

    def show(self, door: str, card: str, side: Side = Side.ENTRY) -> None:
        """Hold a card to a reader; `card` as core.credentials.parse_card reads it, such as "12-34567"."""
        value = parse_card(card)
        member = self.member(door)
        member.say(CardRead(member.reader(door, side), value.bits, value.data))

    def show_text(self, door: str, text: str, side: Side = Side.ENTRY) -> None:
        """Show a QR code, a guest's code or a licence plate to a reader."""
        member, data = self.member(door), text.encode("ascii")
        member.say(CardRead(member.reader(door, side), 8 * len(data), data))

    def type(self, door: str, keys: str, side: Side = Side.ENTRY) -> None:
        """Type at a keypad: digits, "*" clears, "#" ends."""
        member = self.member(door)
        member.say(KeysTyped(member.reader(door, side), keys))

    def contact(self, door: str, *, open_: bool) -> None:
        """Open or close a door's leaf."""
        self.member(door).tell(ContactChanged(door, open_))

    def press_exit(self, door: str) -> None:
        """Press the exit button."""
        self.member(door).tell(ExitPressed(door))

    def fire(self, door: str, *, active: bool) -> None:
        """Set the fire input of the controller that has this door."""
        self.member(door).tell(FireChanged(active))

    def cut_links(self, controllers: Iterable[str] | None = None) -> None:
        """Cut the way to the server, of some controllers or of all; what stands is gone at once."""
        self._cables(controllers, whole=False)

    def restore_links(self, controllers: Iterable[str] | None = None) -> None:
        """Let them reach the server again."""
        self._cables(controllers, whole=True)

    def jump(self, seconds: float) -> None:
        """Set every controller's wall clock forward, or back."""
        self.clock.jump(seconds)

    def state(self, door: str) -> str:
        """How a door stands: core.door.DoorState."""
        return self.member(door).facts.doors[door]

    def released(self, door: str) -> bool:
        """Whether a door's strike is released."""
        return self.member(door).strikes.get(door, False)

    def shown(self, door: str, side: Side = Side.ENTRY) -> Signal | None:
        """What the reader at a side shows."""
        return self.member(door).shown(door, side)

    def events(self, door: str | None = None) -> list[Event]:
        """What was written down since the start, of one door or of all, oldest first."""
        members = self.members if door is None else [self.member(door)]
        found = [event for member in members for event in member.events if door is None or event.door == door]
        return sorted(found, key=lambda event: event.at)

    def has_reader(self, door: str, side: Side = Side.ENTRY) -> bool:
        """Whether something can be shown at a side of a door."""
        return self.member(door).has_reader(door, side)

    def member(self, door: str) -> Member:
        """The controller that has a door in force."""
        known = self._member_of.get(door)
        if known is None or door not in known.strikes:
            self._member_of = {name: member for member in self.members for name in member.doors()}
            known = self._member_of.get(door)
        if known is None:
            raise NoSuchDoor(f"no controller of this fleet has door {door} in force")
        return known

    async def until(self, come: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something holds, looked at after each event; raises TimeoutError after so many seconds."""
        async with asyncio.timeout(seconds):
            while not come():
                self._happened.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._happened.wait()

    def _cables(self, controllers: Iterable[str] | None, *, whole: bool) -> None:
        wanted = None if controllers is None else set(controllers)
        for member in self.members:
            if wanted is None or member.controller in wanted:
                member.cable.set(whole=whole)
