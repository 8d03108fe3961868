"""Does a command from the server act once, by the rules where a person asks, and say what became of it?"""

import asyncio

from portvakt.controller.commands import Answer
from portvakt.core.decision.model import AuthType
from tests.controller.rig import Rig, run
from tests.controller.site import (
    BACK,
    FRONT,
    door,
    site,
)


def test_an_operator_releases_a_door_that_is_in_service() -> None:
    async def story() -> None:
        rig = Rig(site(doors=(door(FRONT), door(BACK, in_service=False))))
        assert await rig.commands.release("c1", FRONT) == Answer(granted=True)
        assert rig.diary[-2:] == ["door_released_by_operator", f"release {FRONT}"]
        refused = Answer(granted=False, reason="door_out_of_service")
        assert await rig.commands.release("c2", BACK) == refused
        assert await rig.commands.release("c3", "elsewhere") == refused
        assert [event.command for event in rig.events] == ["c1", "c2", "c3"]

    run(story)


def test_a_person_opens_from_a_distance_by_the_rules() -> None:
    async def story() -> None:
        rig = Rig()
        assert await rig.commands.open("c1", FRONT, "entry", "anna") == Answer(granted=True)
        assert (rig.events[0].auth_type, rig.events[0].person, rig.events[0].command) == (AuthType.REMOTE, "anna", "c1")
        assert await rig.commands.open("c2", FRONT, "entry", "bo") == Answer(granted=False, reason="unauthorised")
        assert await rig.commands.open("c3", FRONT, "exit", "anna") == Answer(
            granted=False, reason="auth_type_not_accepted"
        )
        assert await rig.commands.open("c4", FRONT, "sideways", "anna") == Answer(granted=False, reason="fault")

    run(story)


def test_a_command_acts_once_however_often_it_comes() -> None:
    async def story() -> None:
        rig = Rig()
        answers = await asyncio.gather(*(rig.commands.release("c1", FRONT) for _ in range(3)))
        answers.append(await rig.commands.release("c1", FRONT))
        assert answers == [Answer(granted=True)] * 4
        assert rig.said() == ["door_released_by_operator"]
        assert rig.diary.count(f"release {FRONT}") == 1

    run(story)
