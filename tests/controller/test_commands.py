"""Does a command from the server act once, by the rules where a person asks, and say what became of it?"""

import asyncio
from collections.abc import Sequence
from typing import Any

from portvakt.controller.commands import Answer
from portvakt.controller.journal import JournalFull
from portvakt.controller.readers import CardRead
from portvakt.core.credentials import pin_digest
from portvakt.core.decision.model import AuthType
from portvakt.core.event import Event
from portvakt.core.snapshot import RuleDoor
from portvakt.proto import link_pb2
from tests.controller.rig import Rig, run
from tests.controller.site import BACK, BITS, CARD_ANNA, FRONT, FRONT_IN, KEY, SITE, door, rule, site

DONE = Answer(granted=True)
FAULT = Answer(granted=False, reason="fault")


class Server:
    """Sends commands to a rig as the link would, and keeps the readings that come back."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.readings: list[tuple[str, CardRead]] = []

    async def ask(self, command: str, **action: Any) -> Answer:
        taken = self.rig.commands.take(link_pb2.Command(id=command, **action), lambda *said: self.readings.append(said))
        assert taken is not None
        return await taken

    async def release(self, command: str, name: str) -> Answer:
        return await self.ask(command, release_door=link_pb2.ReleaseDoor(door=name))

    async def open(self, command: str, **asked: Any) -> Answer:
        plain = {"door": FRONT, "side": "entry", "person": "anna"}
        return await self.ask(command, remote_open=link_pb2.RemoteOpen(**(plain | asked)))


def test_an_operator_releases_a_door_that_is_in_service() -> None:
    async def story() -> None:
        rig = Rig(site(doors=(door(FRONT), door(BACK, in_service=False))))
        server = Server(rig)
        assert await server.release("c1", FRONT) == DONE
        assert rig.diary[-2:] == ["door_released_by_operator", f"release {FRONT}"]
        refused = Answer(granted=False, reason="door_out_of_service")
        assert await server.release("c2", BACK) == refused
        assert await server.release("c3", "elsewhere") == refused
        assert [event.command for event in rig.events] == ["c1", "c2", "c3"]

    run(story)


def test_a_command_that_fails_is_answered_all_the_same() -> None:
    async def story() -> None:
        rig = Rig()
        server = Server(rig)

        async def full(_events: Sequence[Event]) -> None:
            raise JournalFull

        rig.doors._append = full
        assert await server.release("c1", FRONT) == FAULT
        assert await server.release("c2", "elsewhere") == FAULT
        assert await server.open("c3") == FAULT

    run(story)


def test_a_person_opens_from_a_distance_by_the_rules() -> None:
    async def story() -> None:
        rig = Rig()
        server = Server(rig)
        assert await server.open("c1") == DONE
        assert (rig.events[0].auth_type, rig.events[0].person, rig.events[0].command) == (AuthType.REMOTE, "anna", "c1")
        assert await server.open("c2", person="bo") == Answer(granted=False, reason="unauthorised")
        assert await server.open("c3", side="exit") == Answer(granted=False, reason="auth_type_not_accepted")
        assert await server.open("c4", side="sideways") == FAULT

    run(story)


def test_a_phone_says_how_far_it_is_only_where_it_knows() -> None:
    async def story() -> None:
        server = Server(Rig(site(doors=(door(FRONT, within_metres=50), door(BACK)))))
        assert await server.open("c1") == Answer(granted=False, reason="no_position")
        assert await server.open("c2", has_metres=True, metres=51) == Answer(granted=False, reason="too_far")
        assert await server.open("c3", has_metres=True, metres=0) == DONE

    run(story)


def test_a_phone_is_told_what_must_follow_and_where() -> None:
    async def story() -> None:
        every = (AuthType.REMOTE_PLUS_PHONE, AuthType.SCAN_PLUS_KEYPAD)
        rules = (rule("rule-front", RuleDoor(FRONT, every, ())), *SITE.rules[1:])
        code = b"c" * 16
        server = Server(Rig(site(doors=(door(FRONT, entry=every, entry_code=code), door(BACK)), rules=rules)))
        assert await server.open("c1") == Answer(granted=False, needs="pin_on_phone")
        assert await server.open("c2", pin=pin_digest(KEY, "4711")) == DONE
        assert await server.open("c3", code=code) == Answer(granted=False, needs="pin")

    run(story)


def test_a_rehearsal_and_forgiving_are_answered_and_an_unknown_command_is_not_carried_out() -> None:
    async def story() -> None:
        rig = Rig()
        server = Server(rig)
        rig.outputs.cut = {BACK}
        rehearsed = await server.ask("c1", rehearse=link_pb2.Rehearse(doors=[FRONT, BACK]))
        assert rehearsed == Answer(granted=True, doors={FRONT: "", BACK: "unreachable"})
        assert await server.ask("c2", forgive=link_pb2.Forgive()) == DONE
        assert rig.commands.take(link_pb2.Command(id="c3"), lambda *_: None) is None

    run(story)


def test_a_reader_that_nobody_answers_at_is_not_adopted() -> None:
    async def story() -> None:
        server = Server(Rig())
        answer = await server.ask("c1", adopt_reader=link_pb2.AdoptReader(reader=FRONT_IN, seconds=60))
        assert answer == Answer(granted=False, reason="fault", detail="nobody answered within 60 s")

    run(story)


def test_cards_read_for_an_operator_come_back_under_their_command() -> None:
    async def story() -> None:
        rig = Rig()
        server = Server(rig)
        assert await server.ask("c1", read_card=link_pb2.ReadCard(reader=FRONT_IN, seconds=30)) == DONE
        assert await server.ask("c2", read_card=link_pb2.ReadCard(reader="elsewhere", seconds=30)) == FAULT
        await rig.card(CARD_ANNA)
        assert server.readings == [("c1", CardRead(FRONT_IN, BITS, CARD_ANNA))]

    run(story)


def test_a_command_acts_once_however_often_it_comes() -> None:
    async def story() -> None:
        rig = Rig()
        server = Server(rig)
        answers = await asyncio.gather(*(server.release("c1", FRONT) for _ in range(3)))
        answers.append(await server.release("c1", FRONT))
        assert answers == [DONE] * 4
        assert rig.said() == ["door_released_by_operator"]
        assert rig.diary.count(f"release {FRONT}") == 1

    run(story)
