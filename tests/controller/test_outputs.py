"""Do strikes, contacts and exit buttons pass, over the simulator's socket and over the readers' own terminals?"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from portvakt.controller.outputs import (
    ContactChanged,
    DoorInput,
    ExitPressed,
    FireChanged,
    Outputs,
    ReaderOutputs,
    SimulatedOutputs,
    SiteInput,
    TamperChanged,
)
from portvakt.controller.readers import ReaderState
from portvakt.controller.simulator import DoorPlan, Plan, Simulator
from portvakt.controller.simulator.reader import EXIT, ClearTextReader
from tests.controller.stand import PATIENCE_SECONDS, Stand, reader_plan, snapshot_reader


class Inputs:
    """What the doors told, in order."""

    def __init__(self) -> None:
        self.seen: list[DoorInput | SiteInput] = []
        self._news = asyncio.Event()

    def __call__(self, one: DoorInput | SiteInput) -> None:
        self.seen.append(one)
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self._news.clear()
                await self._news.wait()


@contextlib.asynccontextmanager
async def running(outputs: Outputs) -> AsyncIterator[None]:
    task = asyncio.create_task(outputs.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _door(folder: Path, **more: float) -> Plan:
    return Plan(door=(DoorPlan("door", **more),), reader=(), folder=folder)


async def _released(site: Simulator, released: bool) -> None:  # noqa: FBT001 - a strike's one property
    await site.until(lambda state: state["doors"]["door"]["released"] is released, PATIENCE_SECONDS)


def test_somebody_goes_through_a_released_door(tmp_path: Path) -> None:
    async def story() -> None:
        inputs = Inputs()
        async with Simulator(_door(tmp_path, opens_after_seconds=0.01, closes_after_seconds=0.01)) as site:
            outputs = SimulatedOutputs(site.outputs_path, inputs)
            async with running(outputs):
                await inputs.until(lambda: inputs.seen == [ContactChanged("door", False)])
                outputs.strike("door", True)
                await inputs.until(lambda: len(inputs.seen) == 3)
                assert inputs.seen[1:] == [ContactChanged("door", True), ContactChanged("door", False)]
                outputs.strike("door", False)
                await _released(site, False)

    asyncio.run(story())


def test_exit_button_and_a_pushed_door_are_told(tmp_path: Path) -> None:
    async def story() -> None:
        inputs = Inputs()
        async with (
            Simulator(_door(tmp_path)) as site,
            running(SimulatedOutputs(site.outputs_path, inputs)),
        ):
            await inputs.until(lambda: bool(inputs.seen))
            site.exit("door")
            site.contact("door", True)
            await inputs.until(lambda: len(inputs.seen) == 3)
            assert inputs.seen[1:] == [ExitPressed("door"), ContactChanged("door", True)]

    asyncio.run(story())


def test_a_strike_is_said_again_when_the_simulator_comes_back(tmp_path: Path) -> None:
    async def story() -> None:
        outputs = SimulatedOutputs(tmp_path / "outputs.sock", Inputs())
        async with running(outputs):
            outputs.strike("door", True)
            for _ in range(2):
                async with Simulator(_door(tmp_path, opens_after_seconds=0)) as site:
                    await _released(site, True)

    asyncio.run(story())


def test_strikes_lock_when_the_controller_ends(tmp_path: Path) -> None:
    async def story() -> None:
        async with Simulator(_door(tmp_path, opens_after_seconds=0)) as site:
            outputs = SimulatedOutputs(site.outputs_path, Inputs())
            async with running(outputs):
                outputs.strike("door", True)
                await _released(site, True)
            await _released(site, False)

    asyncio.run(story())


def test_strikes_lock_when_the_controller_vanishes_and_nonsense_is_skipped(tmp_path: Path) -> None:
    async def story() -> None:
        async with Simulator(_door(tmp_path, opens_after_seconds=0)) as site:
            _, writer = await asyncio.open_unix_connection(site.outputs_path)
            writer.write(
                b'nonsense\n{"strike": "no such door", "released": true}\n{"strike": "door", "released": true}\n'
            )
            await _released(site, True)
            writer.transport.abort()
            await _released(site, False)

    asyncio.run(story())


def test_strike_contact_and_exit_button_hang_on_the_entry_reader(tmp_path: Path) -> None:
    async def story() -> None:
        inputs = Inputs()
        plans = [reader_plan("north", wires=True)]
        async with Stand(tmp_path, plans) as stand:
            outputs = ReaderOutputs(stand.readers, inputs)
            outputs.configure([snapshot_reader(plan) for plan in plans])
            async with running(outputs):
                await stand.until_online()
                await inputs.until(lambda: ContactChanged("door", False) in inputs.seen)
                outputs.strike("door", True)
                await _released(stand.site, True)
                stand.site.contact("door", True)
                await inputs.until(lambda: ContactChanged("door", True) in inputs.seen)
                outputs.strike("door", False)
                await _released(stand.site, False)
                stand.site.exit("door")
                await inputs.until(lambda: ExitPressed("door") in inputs.seen)
                assert inputs.seen.count(ExitPressed("door")) == 1

    asyncio.run(story())


def test_a_reader_locks_by_itself_when_the_controller_is_gone(tmp_path: Path) -> None:
    async def story() -> None:
        plans = [reader_plan("north", wires=True)]
        async with Stand(tmp_path, plans) as stand:
            outputs = ReaderOutputs(stand.readers, Inputs())
            outputs.configure([snapshot_reader(plan) for plan in plans])
            await stand.until_online()
            outputs.strike("door", True)  # Nobody renews it.
            await _released(stand.site, True)
            await _released(stand.site, False)

    asyncio.run(story())


def test_a_strike_that_met_a_broken_wire_is_not_released_when_the_wire_is_mended(tmp_path: Path) -> None:
    # The reader keeps its secure channel meanwhile; libosdp would send the command again for eight seconds.
    async def story() -> None:
        plans = [reader_plan("north", wires=True)]
        async with Stand(tmp_path, plans) as stand:
            outputs = ReaderOutputs(stand.readers, Inputs())
            outputs.configure([snapshot_reader(plan) for plan in plans])
            await stand.until_online()
            strikes: list[bool] = []
            stand.site._watch = lambda what, _, value: strikes.append(value) if what == "strike" else None
            genuine = stand.site._readers["north"]
            stand.site._readers["north"] = ClearTextReader(reader_plan("elsewhere", address=9), lambda _: None)
            outputs.strike("door", True)
            await stand.until_state("north", ReaderState.OFFLINE)
            stand.site._readers["north"] = genuine
            await stand.until_state("north", ReaderState.ONLINE)
            stand.site.keys("north", "1")
            await stand.until(lambda: bool(stand.inputs("north")))
            assert strikes == []

    asyncio.run(story())


def test_a_strike_asked_for_while_the_reader_is_lost_is_not_released_later(tmp_path: Path) -> None:
    async def story() -> None:
        plans = [reader_plan("north", wires=True)]
        async with Stand(tmp_path, plans) as stand:
            outputs = ReaderOutputs(stand.readers, Inputs())
            outputs.configure([snapshot_reader(plan) for plan in plans])
            await stand.until_online()
            stand.site.power("north", False)
            outputs.strike("door", True)
            await stand.until_state("north", ReaderState.OFFLINE)
            strikes: list[bool] = []
            stand.site._watch = lambda what, _, value: strikes.append(value) if what == "strike" else None
            stand.site.power("north", True)
            await stand.until_state("north", ReaderState.ONLINE)
            stand.site.keys("north", "1")
            await stand.until(lambda: bool(stand.inputs("north")))
            assert strikes == []

    asyncio.run(story())


def test_fire_and_an_opened_enclosure_are_told_also_when_they_began_before_we_came(tmp_path: Path) -> None:
    async def story() -> None:
        inputs = Inputs()
        async with Simulator(_door(tmp_path)) as site:
            site.fire(True)
            outputs = SimulatedOutputs(site.outputs_path, lambda _: None)
            outputs.watch_site(inputs)
            async with running(outputs):
                await inputs.until(lambda: inputs.seen == [FireChanged(True)])
                site.enclosure(True)
                site.fire(True)
                site.fire(False)
                site.enclosure(False)
                await inputs.until(lambda: len(inputs.seen) == 4)
                assert inputs.seen[1:] == [TamperChanged(True), FireChanged(False), TamperChanged(False)]

    asyncio.run(story())


def test_a_quiet_site_says_nothing_about_fire(tmp_path: Path) -> None:
    async def story() -> None:
        inputs = Inputs()
        async with Simulator(_door(tmp_path)) as site:
            outputs = SimulatedOutputs(site.outputs_path, inputs)
            outputs.watch_site(inputs)
            async with running(outputs):
                await inputs.until(lambda: bool(inputs.seen))
                site.exit("door")
                await inputs.until(lambda: len(inputs.seen) == 2)
                assert inputs.seen == [ContactChanged("door", False), ExitPressed("door")]

    asyncio.run(story())


def test_a_simulated_strike_is_reachable_while_we_are_connected(tmp_path: Path) -> None:
    async def story() -> None:
        inputs = Inputs()
        outputs = SimulatedOutputs(tmp_path / "outputs.sock", inputs)
        assert not outputs.reachable("door")
        async with running(outputs):
            async with Simulator(_door(tmp_path)) as site:
                await inputs.until(lambda: bool(inputs.seen))
                assert outputs.reachable("door")
                assert not outputs.reachable("another")
                outputs.strike("door", True)
                await _released(site, True)
            while outputs.reachable("door"):  # noqa: ASYNC110 - the connection has no event for a test to wait on
                await asyncio.sleep(0)

    asyncio.run(story())


def test_a_strike_on_a_reader_is_reachable_while_the_reader_is_online(tmp_path: Path) -> None:
    async def story() -> None:
        plans = [reader_plan("north", wires=True)]
        async with Stand(tmp_path, plans) as stand:
            outputs = ReaderOutputs(stand.readers, Inputs())
            assert not outputs.reachable("door")
            outputs.configure([snapshot_reader(plan) for plan in plans])
            await stand.until_online()
            assert outputs.reachable("door")
            assert not outputs.reachable("another")
            stand.site.power("north", False)
            await stand.until_state("north", ReaderState.OFFLINE)
            assert not outputs.reachable("door")

    asyncio.run(story())


def test_a_reader_without_outputs_drives_no_strike(tmp_path: Path) -> None:
    async def story() -> None:
        plans = [reader_plan("north")]
        async with Stand(tmp_path, plans) as stand:
            outputs = ReaderOutputs(stand.readers, Inputs())
            outputs.configure([snapshot_reader(plan) for plan in plans])
            await stand.until_online()
            assert not outputs.reachable("door")

    asyncio.run(story())


def test_a_button_pressed_for_400_ms_is_heard_beside_a_reader_that_is_gone(tmp_path: Path) -> None:
    # EN 60839-11-1 wants every input taken that is active for longer than 400 ms. A lost reader costs the bus the most.
    names = ["east", "north", "south", "west"]

    async def story() -> None:
        inputs = Inputs()
        plans = [reader_plan(name, address=number, wires=name == "north") for number, name in enumerate(names)]
        async with Stand(tmp_path, plans) as stand:
            outputs = ReaderOutputs(stand.readers, inputs)
            outputs.configure([snapshot_reader(plans[1])])
            await stand.until_online()
            stand.site.power("east", False)
            await stand.until_state("east", ReaderState.OFFLINE)
            north = stand.site._readers["north"]
            for presses in range(1, 4):
                north.wire(EXIT, True)
                asyncio.get_running_loop().call_later(0.4, north.wire, EXIT, False)
                await inputs.until(lambda presses=presses: inputs.seen.count(ExitPressed("door")) == presses)  # type: ignore[misc]
                await asyncio.sleep(0.4)  # The button's own time, not a wait for the controller.

    asyncio.run(story())
