"""What does the server ask of doors and readers, and how does each command act once however often it comes?

Answers are remembered in memory alone: after a restart nothing is repeated, since commands are kept nowhere.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial

import msgspec

from portvakt.controller.doors import Doors
from portvakt.controller.readers import Adoption, AdoptionOutcome, CardRead
from portvakt.core.decision.model import AuthType, Decision, Denied, Granted, NeedFactor, NeedPerson, Reason, Side
from portvakt.proto import link_pb2

log = logging.getLogger(__name__)

# A server repeats a command within seconds; a thousand commands are far more than any site has in that time.
REMEMBERED = 1000
# Of a question, whose answers may be as long as the site is large, no more is looked at.
MOST_DOORS = 10_000
ON_PHONE = frozenset({AuthType.SCAN_PLUS_PHONE, AuthType.REMOTE_PLUS_PHONE, AuthType.CARD_PLUS_PHONE})

Adopt = Callable[[str, int], Awaitable[Adoption]]
Report = Callable[[str, CardRead], None]
Act = Callable[[], Coroutine[None, None, "Answer"]]


class Answer(msgspec.Struct, frozen=True):
    """What became of a command; `reason` is core.decision.model.Reason, empty when granted or when something must follow.

    `needs` is what must follow at the door (see link.proto), `doors` why each door of a rehearsal would not lock (empty
    where it would), `detail` what a reader said.
    """

    granted: bool
    reason: str = ""
    needs: str = ""
    doors: Mapping[str, str] = {}
    detail: str = ""


FAULT = Answer(granted=False, reason=Reason.FAULT.value)


class Commands:
    """Carries out commands; `adopt` is that of the readers."""

    def __init__(self, doors: Doors, adopt: Adopt) -> None:
        self._doors = doors
        self._adopt = adopt
        self._answers: OrderedDict[str, asyncio.Task[Answer]] = OrderedDict()

    def take(self, command: link_pb2.Command, report: Report) -> Coroutine[None, None, Answer] | None:
        """Return what carries a command out, once; None for one this software does not know. `report` tells card readings."""
        act = self._act(command, report)
        return None if act is None else self._once(command.id, act)

    def _act(self, command: link_pb2.Command, report: Report) -> Act | None:
        match command.WhichOneof("action"):
            case "release_door":
                return partial(self._release, command.id, command.release_door.door)
            case "remote_open":
                return partial(self._open, command.id, command.remote_open)
            case "rehearse":
                return partial(self._rehearse, command.rehearse)
            case "adopt_reader":
                return partial(self._adopt_reader, command.adopt_reader)
            case "read_card":
                return partial(self._read_card, command.id, command.read_card, report)
            case "forgive":
                return partial(self._forgive, command.forgive)
        return None

    async def _once(self, command: str, act: Act) -> Answer:
        if command not in self._answers:
            self._answers[command] = asyncio.create_task(_answered(act))
            if len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        # Whoever stops waiting for the answer must not stop a door half-way.
        return await asyncio.shield(self._answers[command])

    async def _release(self, command: str, door: str) -> Answer:
        """An operator releases the door."""
        reason = await self._doors.release(door, command)
        return Answer(granted=True) if reason is None else Answer(granted=False, reason=reason.value)

    async def _open(self, command: str, asked: link_pb2.RemoteOpen) -> Answer:
        """A person asks from a phone; the rules decide."""
        try:
            side = Side(asked.side)
        except ValueError:
            return FAULT
        decision = await self._doors.open_remotely(
            command,
            asked.door,
            side,
            asked.person,
            metres=asked.metres if asked.has_metres else None,
            code=asked.code,
            pin=asked.pin,
            pin_only=asked.pin_only,
        )
        return _answer(decision)

    async def _rehearse(self, asked: link_pb2.Rehearse) -> Answer:
        return Answer(granted=True, doors=self._doors.rehearse(asked.doors[:MOST_DOORS]))

    async def _adopt_reader(self, asked: link_pb2.AdoptReader) -> Answer:
        adoption = await self._adopt(asked.reader, asked.seconds)
        adopted = adoption.outcome is AdoptionOutcome.ADOPTED
        return Answer(granted=adopted, reason="" if adopted else FAULT.reason, detail=adoption.detail[:200])

    async def _read_card(self, command: str, asked: link_pb2.ReadCard, report: Report) -> Answer:
        begun = self._doors.read_card(asked.reader, asked.seconds, lambda said: report(command, said))
        return Answer(granted=True) if begun else FAULT

    async def _forgive(self, asked: link_pb2.Forgive) -> Answer:
        self._doors.forgive(asked.person or None)
        return Answer(granted=True)


async def _answered(act: Act) -> Answer:
    """Whoever asked is told, whatever fails: a journal that is full, a wire that breaks."""
    try:
        return await act()
    except Exception:
        log.exception("a command failed")
        return FAULT


def _answer(decision: Decision) -> Answer:
    match decision:
        case Granted():
            return Answer(granted=True)
        case NeedFactor(pairs):
            return Answer(granted=False, needs="pin_on_phone" if ON_PHONE.intersection(pairs) else "pin")
        case NeedPerson():
            return Answer(granted=False, needs="person")
        case Denied(reason):
            return Answer(granted=False, reason=reason.value)
