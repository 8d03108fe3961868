"""Is what many controllers say kept together, in order, each by itself where one of them is bad, and acknowledged only when it is kept?"""

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from portvakt.core import chain
from portvakt.proto import link_pb2
from portvakt.server.link.chains import claim_of
from portvakt.server.link.intake import MOST_TOGETHER, Gathering
from portvakt.server.link.received import Sent
from portvakt.server.link.rows import keep_events
from portvakt.server.link.statuses import Told, keep_statuses
from portvakt.server.logbook.models import AccessEvent, EventChain, EventSeal, LogFault
from portvakt.server.places import actions as places
from portvakt.server.places.models import ControllerStatus, DoorStatus, ReaderStatus
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.work import Work
from tests.cast import Cast, as_login
from tests.server.link.station import Hints
from tests.server.link.teller import Teller, together


@pytest.fixture
def tellers(cast: Cast) -> tuple[Teller, Teller]:
    """The cast's controller, and a neighbour of the same organisation."""
    with acting("premises_administration", cast.organisation.pk):
        neighbour, _ = places.add_controller(cast.site, "Neighbour", by=cast.by)
    return Teller(cast), Teller(cast, controller=neighbour)


def sent(teller: Teller, batch: link_pb2.Events) -> Sent:
    return Sent(teller.device, claim_of(teller.journal, batch, teller.public), batch.events)


def recorded(teller: Teller) -> list[int]:
    with acting("entry_log_review", teller.cast.organisation.pk):
        own = AccessEvent.objects.filter(controller_id=teller.device.controller, journal=teller.journal)
        return list(own.order_by("sequence").values_list("sequence", flat=True))


def faults(teller: Teller) -> list[tuple[str, int, int]]:
    with acting("entry_log_review", teller.cast.organisation.pk):
        own = LogFault.objects.filter(controller_id=teller.device.controller)
        return list(own.order_by("what", "sequence").values_list("what", "sequence", "last"))


def seals(teller: Teller) -> list[tuple[int, bool]]:
    with acting("entry_log_review", teller.cast.organisation.pk):
        return list(
            EventSeal.objects.filter(journal=teller.journal).order_by("sequence").values_list("sequence", "sound")
        )


def head(teller: Teller) -> tuple[int, bytes]:
    with acting("entry_log_review", teller.cast.organisation.pk):
        found = EventChain.objects.get(journal=teller.journal)
    return found.sequence, bytes(found.digest or b"")


def test_two_controllers_in_one_unit_are_recorded_as_if_alone(tellers: tuple[Teller, Teller]) -> None:
    one, other = tellers
    together([one.received(one.batch(2)), other.received(other.batch(3))])
    together([other.received(other.batch(1)), one.received(one.batch(1))])
    assert (recorded(one), recorded(other)) == ([1, 2, 3], [1, 2, 3, 4])
    assert (faults(one), faults(other)) == ([], [])
    assert (head(one), head(other)) == ((3, one.digest), (4, other.digest))
    assert (seals(one), seals(other)) == ([(3, True)], [(4, True)])


def test_a_fault_of_one_is_nobody_elses(tellers: tuple[Teller, Teller]) -> None:
    one, other = tellers
    one.batch(2)
    together([one.received(one.batch(1)), other.received(other.batch(1))])
    assert (faults(one), faults(other)) == ([("gap", 1, 2)], [])
    assert (seals(one), seals(other)) == ([(3, False)], [(1, True)])


def test_batches_of_one_journal_in_one_unit_are_taken_in_order(tellers: tuple[Teller, Teller]) -> None:
    one, _ = tellers
    first, second, third = one.batch(2), one.batch(2), one.batch(1)
    together([one.received(batch) for batch in (first, second, first, third, second)])
    assert (recorded(one), faults(one), head(one)) == ([1, 2, 3, 4, 5], [], (5, one.digest))
    assert seals(one) == [(2, True), (4, True), (5, True)], "what is sealed again is kept again, as one after the other"
    together([one.received(one.batch(1)), one.received(one.batch(2))])
    assert seals(one) == [(2, True), (4, True), (8, True)], "of seals close together the newest is enough"


def test_a_journal_and_its_successor_may_come_in_one_unit(tellers: tuple[Teller, Teller]) -> None:
    one, _ = tellers
    end = one.batch(3)
    later, twin = one.successor(), one.successor()
    named = chain.predecessor_words(one.named)
    together([one.received(end), later.received(later.batch(1, detail=f"software 1; {named}"))])
    assert faults(one) == []
    together([twin.received(twin.batch(1, detail=f"software 1; {named}"))])
    assert faults(one) == [("back", 1, 1)]


def test_a_start_from_an_older_state_is_found_in_the_unit_that_says_more(tellers: tuple[Teller, Teller]) -> None:
    one, _ = tellers
    end = one.batch(3)
    later = one.successor(sequence=2)
    told = f"software 1; {chain.predecessor_words(one.named)}"
    together([one.received(end), later.received(later.batch(1, detail=told))])
    assert faults(one) == [("back", 1, 1)]


def test_journals_of_others_in_the_unit_are_not_ones_own(tellers: tuple[Teller, Teller]) -> None:
    one, other = tellers
    other.batch(1)
    later = other.successor()
    told = f"software 1; {chain.predecessor_words(other.named)}"
    together([one.received(one.batch(1)), later.received(later.batch(1, detail=told))])
    assert faults(other) == [], "what came before its first journal here nobody knows"


@pytest.mark.parametrize("apart", [True, False], ids=["in units of their own", "in one unit"])
def test_what_is_wrong_is_found_in_one_unit_as_in_several(tellers: tuple[Teller, Teller], *, apart: bool) -> None:
    one, _ = tellers
    first = one.batch(2)
    changed = link_pb2.Events()
    changed.CopyFrom(first)
    changed.events[0].detail = "other"
    one.batch(1)
    late = one.batch(1)
    after = one.batch(2)
    batches = [one.received(batch) for batch in (first, changed, after, late)]
    for unit in [[batch] for batch in batches] if apart else [batches]:
        together(unit)
    assert recorded(one) == [1, 2, 4, 5, 6]
    assert faults(one) == [("change", 1, 1), ("change", 2, 2), ("gap", 3, 4), ("reorder", 4, 4)]
    assert head(one) == (6, one.digest)
    assert seals(one) == [(2, True), (4, False), (6, False)]


def test_a_unit_costs_as_much_for_many_controllers_as_for_one(tellers: tuple[Teller, Teller]) -> None:
    one, other = tellers
    with as_login("link"):
        keep_events([sent(one, one.batch(1)), sent(other, other.batch(1))])
        with CaptureQueriesContext(connection) as alone:
            keep_events([sent(one, one.batch(1))])
        with CaptureQueriesContext(connection) as both:
            keep_events([sent(one, one.batch(1)), sent(other, other.batch(1))])
    assert len(alone) == len(both)


def test_statuses_of_many_are_kept_together_and_pages_told_of_what_changed(
    tellers: tuple[Teller, Teller], hints: Hints
) -> None:
    one, other = tellers
    cast = one.cast
    doors = [link_pb2.DoorStatus(door=str(cast.door.pk), state="locked", reachable=True)]
    readers = [link_pb2.ReaderStatus(reader=str(cast.readers[0].pk), state="online", model="M")]
    full = link_pb2.Status(waiting_events=3, clock="good", doors=doors, readers=readers)
    with as_login("link"):
        keep_statuses([Told(one.device, full), Told(other.device, link_pb2.Status(doors=doors, fire=True))])
        full.doors[0].state = "open"
        keep_statuses([Told(one.device, full), Told(other.device)])
    hints.wait_for(f"doors:{cast.door.pk}")
    hints.wait_for("controllers:")
    with acting("premises_administration", cast.organisation.pk):
        kept = {row.controller_id: row for row in ControllerStatus.objects.all()}
        assert [row.state for row in DoorStatus.objects.all()] == ["open"], "nobody tells of a door of another's"
        assert [(row.state, row.model) for row in ReaderStatus.objects.all()] == [("online", "M")]
    mine, theirs = kept[one.device.controller], kept[other.device.controller]
    assert (mine.online, mine.waiting_events, mine.clock, mine.fire) == (True, 3, "good", False)
    assert (theirs.online, theirs.waiting_events, theirs.clock, theirs.fire) == (True, 0, "", True)


class Keeper:
    """Keeps numbers; it waits for `open` first, refuses negative ones, and has no database while `gone`."""

    def __init__(self) -> None:
        self.open, self.begun, self.gone = Event(), Event(), False
        self.units: list[list[int]] = []

    def keep(self, numbers: Sequence[int]) -> None:
        self.begun.set()
        assert self.open.wait(15)
        self.units.append(list(numbers))
        if self.gone:
            raise OperationalError
        if any(number < 0 for number in numbers):
            raise ValueError(min(numbers))


async def outcomes(keeper: Keeper, numbers: Sequence[int], *, most: int = 1000) -> list[BaseException | None]:
    """What becomes of numbers that come while the first of them is being kept."""
    work = Work(2)
    gathering = Gathering(work, keeper.keep, abs, most)
    first = asyncio.create_task(gathering.keep("one", numbers[0]))
    await asyncio.to_thread(keeper.begun.wait, 15)
    rest = [asyncio.create_task(gathering.keep("one", number)) for number in numbers[1:]]
    keeper.open.set()
    found = await asyncio.gather(first, *rest, return_exceptions=True)
    work.finish()
    return found


def test_what_comes_meanwhile_is_kept_in_one_unit_after_it() -> None:
    keeper = Keeper()
    assert asyncio.run(outcomes(keeper, [1, 2, 3, 4])) == [None] * 4
    assert keeper.units == [[1], [2, 3, 4]]


def test_a_unit_is_bounded_by_weight_and_by_number() -> None:
    keeper = Keeper()
    assert asyncio.run(outcomes(keeper, [1, 6, 4, 11, 2], most=10)) == [None] * 5
    assert keeper.units == [[1], [6, 4], [11], [2]], "one that is too heavy goes alone"
    keeper = Keeper()
    asyncio.run(outcomes(keeper, [0] * (MOST_TOGETHER + 2)))
    assert [len(unit) for unit in keeper.units] == [1, MOST_TOGETHER, 1]


def test_a_bad_one_among_many_fails_alone() -> None:
    keeper = Keeper()
    found = asyncio.run(outcomes(keeper, [1, 2, -3, 4]))
    assert [type(each) for each in found] == [type(None), type(None), ValueError, type(None)]
    assert keeper.units == [[1], [2, -3, 4], [2], [-3], [4]]


def test_without_a_database_nobody_waits_for_every_other() -> None:
    keeper = Keeper()
    keeper.gone = True
    found = asyncio.run(outcomes(keeper, [1, 2, 3, 4]))
    assert all(isinstance(each, OperationalError) for each in found)
    assert keeper.units == [[1], [2, 3, 4], [2]]


def test_keys_do_not_wait_for_each_other_and_what_nobody_waits_for_is_left_out() -> None:
    async def story() -> None:
        work = Work(2)
        slow, quick = Keeper(), Keeper()
        quick.open.set()
        gathering: Gathering[int] = Gathering(
            work, lambda numbers: (slow if numbers[0] < 10 else quick).keep(numbers), abs, 1000
        )
        first = asyncio.create_task(gathering.keep("slow", 1))
        await asyncio.to_thread(slow.begun.wait, 15)
        left, stays = [asyncio.create_task(gathering.keep("slow", number)) for number in (2, 3)]
        await gathering.keep("quick", 10)
        assert not first.done()
        left.cancel()
        await asyncio.wait([left])
        slow.open.set()
        await asyncio.gather(first, stays)
        assert (slow.units, quick.units) == ([[1], [3]], [[10]])
        work.finish()

    asyncio.run(story())
