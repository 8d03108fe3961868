"""Does the snapshot in force follow what the server says, delta by delta, and survive what may happen to a disk?"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from portvakt.controller.snapshots import MOST_REFUSED, Pieces, joined
from portvakt.core.credentials import card_digest
from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import CardShown, Denied, Granted, Reason, Request, Side, State
from portvakt.core.snapshot import (
    MOST_DELTAS,
    Assignment,
    Bars,
    Delta,
    Snapshot,
    SnapshotRefused,
    apply,
    bars_to_bytes,
    delta_to_bytes,
    sign,
    to_bytes,
)
from portvakt.proto import link_pb2
from tests.controller.authority import Authority
from tests.controller.fakes import NOON
from tests.controller.link_server import LinkServer
from tests.controller.site import BITS, CARD_ANNA, CARD_BO, CONTROLLER, FRONT, KEY, SITE, person, site
from tests.controller.test_link import SNAPSHOT_KEY, Controller, identity_by, linked, run, signed


def change(base: Snapshot, *touched: str, rows: Snapshot, site: bool = False) -> Delta:
    """The delta after which the touched persons, and with `site` the doors, are as in `rows`."""
    kept = {
        "persons": tuple(row for row in rows.persons if row.id in touched),
        "credentials": tuple(row for row in rows.credentials if row.person in touched),
        "assignments": tuple(row for row in rows.assignments if row.person in touched),
    }
    if not site:
        names = ("doors", "readers", "schedules", "rules", "areas", "interlocks", "lockdowns", "holds")
        kept |= dict.fromkeys(names, ()) | {"controller": ""}
    return Delta(base.version, touched, site, msgspec.structs.replace(rows, version=base.version + 1, **kept))


SUSPENDED = change(SITE, "anna", rows=site(persons=(person("anna", suspended=True), *SITE.persons[1:])))
WITHDRAWN = change(
    apply(SITE, SUSPENDED),
    "bo",
    rows=site(assignments=(*SITE.assignments[:-1], Assignment("rule-front", "bo", None, None))),
)


ELSEWHERE = msgspec.structs.replace(SUSPENDED, rows=msgspec.structs.replace(SUSPENDED.rows, organisation="o"))


def down(kind: str, body: bytes) -> link_pb2.Down:
    return link_pb2.Down(**{kind: link_pb2.SignedSnapshot(body=body, signature=sign(body, SNAPSHOT_KEY))})


def following(*deltas: Delta) -> list[link_pb2.Down]:
    return [down("delta", delta_to_bytes(each)) for each in deltas]


def taken_back(version: int = 2, **what: tuple[object, ...]) -> link_pb2.Down:
    return down("bars", bars_to_bytes(Bars(SITE.organisation, version, **what)))  # type: ignore[arg-type]


def shown(controller: Controller, card: bytes) -> Granted | Denied:
    """What a card would be answered at the front door now."""
    deciding = controller.doors.deciding
    assert deciding.index is not None
    request = Request(FRONT, Side.ENTRY, NOON, (CardShown(card_digest(KEY, BITS, card)),))
    decision = decide(request, deciding.index, deciding.state)
    assert isinstance(decision, Granted | Denied)
    return decision


async def begun(server: LinkServer) -> None:
    await server.hear("status")
    await server.send(signed(SITE))
    assert (await server.hear("snapshot")).in_force


def test_deltas_make_the_snapshot_newer_and_say_how_many_they_are(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await begun(server)
            assert isinstance(shown(controller, CARD_ANNA), Granted)
            for number, message in enumerate(following(SUSPENDED, WITHDRAWN), 1):
                await server.send(message)
                answer = await server.hear("snapshot")
                assert (answer.version, answer.in_force, answer.deltas) == (number + 1, True, number)
            assert shown(controller, CARD_ANNA).reason is Reason.PERSON_SUSPENDED  # type: ignore[union-attr]
            assert isinstance(shown(controller, CARD_BO), Granted)
            assert set(controller.doors.states()) == {"front", "back"}
            server.cut()
            hello = await server.hear("hello")
            assert (hello.snapshot_version, hello.deltas) == (3, 2)

    run(story)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (following(WITHDRAWN)[0], "wrong_base"),
        (following(ELSEWHERE)[0], "other_controller"),
        (following(change(SITE, site=True, rows=site(controller="another")))[0], "other_controller"),
        (down("delta", to_bytes(SITE)), "not_decodable"),
        (link_pb2.Down(delta=link_pb2.SignedSnapshot(body=delta_to_bytes(SUSPENDED), signature=bytes(64))), "wrong_signature"),
    ],
)  # fmt: skip
def test_a_delta_that_does_not_fit_is_refused_and_changes_nothing(
    tmp_path: Path, message: link_pb2.Down, code: str
) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await begun(server)
            await server.send(message)
            answer = await server.hear("snapshot")
            assert (answer.in_force, answer.refusal.partition(":")[0]) == (False, code)
            assert (await server.hear_event("snapshot_refused")).detail.startswith(code)
            assert controller.snapshots.version == 1
            assert isinstance(shown(controller, CARD_ANNA), Granted)

    run(story)


def test_garbage_without_end_is_answered_and_reported_so_many_times(tmp_path: Path) -> None:
    async def story() -> None:
        controller = Controller(tmp_path, identity_by(Authority(), 1))
        for number in range(MOST_REFUSED + 50):
            answer = await controller.snapshots.offer(b"x", number.to_bytes(64))
            assert answer.refusal.startswith("wrong_signature")
            # By turns with another, it is no news either.
            await controller.snapshots.offer_bars(b"x", bytes(64))
        assert await controller.journal.waiting_count() == MOST_REFUSED
        await controller.snapshots.offer(signed(SITE).snapshot.body, signed(SITE).snapshot.signature)
        assert controller.snapshots.version == 1
        await controller.snapshots.offer(b"x", bytes(64))
        assert await controller.journal.waiting_count() == MOST_REFUSED + 1
        await controller.doors.settle()
        await controller.journal.close()

    run(story)


def test_what_was_taken_back_opens_nothing_until_a_snapshot_says_so_itself(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await begun(server)
            await server.send(taken_back(credentials=("card-anna",)))
            # A server may say it again as often as it likes.
            for _ in range(3):
                await server.send(taken_back(assignments=(("bo", "rule-pin"),)))
            await server.send(link_pb2.Down(command=link_pb2.Command(id="after them")))
            await server.hear("command")
            assert shown(controller, CARD_ANNA).reason is Reason.CREDENTIAL_NOT_ENABLED  # type: ignore[union-attr]
            barred = controller.doors.deciding.state.barred
            assert barred is not None
            assert barred.assignments == {("bo", "rule-pin")}
            assert len(controller.snapshots._bars) == 2
            await server.send(following(SUSPENDED)[0])
            await server.hear("snapshot")
            assert controller.doors.deciding.state.barred is None
            assert shown(controller, CARD_ANNA).reason is Reason.PERSON_SUSPENDED  # type: ignore[union-attr]
            # What is in force already needs no barring.
            await server.send(taken_back(persons=("bo",)))
            await server.send(link_pb2.Down(command=link_pb2.Command(id="last")))
            await server.hear("command")
            assert controller.doors.deciding.state.barred is None

    run(story)


def test_bars_of_another_organisation_or_hand_bar_nothing_and_are_told(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await begun(server)
            await server.send(down("bars", bars_to_bytes(Bars("organisation-2", 2, persons=("anna",)))))
            assert (await server.hear_event("snapshot_refused")).detail.startswith("other_controller")
            assert isinstance(shown(controller, CARD_ANNA), Granted)

    run(story)


def pieces_of(snapshot: Snapshot, size: int) -> list[link_pb2.Down]:
    body = to_bytes(snapshot)
    starts = range(0, len(body), size)
    return [
        link_pb2.Down(
            part=link_pb2.SnapshotPart(
                version=snapshot.version,
                body=body[start : start + size],
                last=start == starts[-1],
                signature=sign(body, SNAPSHOT_KEY) if start == starts[-1] else b"",
            )
        )
        for start in starts
    ]


def test_a_revocation_between_the_pieces_of_a_snapshot_counts_before_the_snapshot(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await begun(server)
            first, *rest = pieces_of(site(version=2), 100)
            await server.send(first)
            await server.send(taken_back(3, persons=("anna",)))
            await server.send(link_pb2.Down(command=link_pb2.Command(id="between")))
            await server.hear("command")
            assert shown(controller, CARD_ANNA).reason is Reason.PERSON_SUSPENDED  # type: ignore[union-attr]
            assert controller.snapshots.version == 1
            for piece in rest:
                await server.send(piece)
            assert (await server.hear("snapshot")).version == 2
            # That snapshot is older than the revocation, which goes on counting.
            assert shown(controller, CARD_ANNA).reason is Reason.PERSON_SUSPENDED  # type: ignore[union-attr]

    run(story)


def test_pieces_out_of_order_are_refused_and_the_next_snapshot_is_taken(tmp_path: Path) -> None:
    async def story() -> None:
        server = LinkServer()
        async with linked(tmp_path, server) as controller:
            await begun(server)
            await server.send(pieces_of(site(version=2), 100)[0])
            for piece in pieces_of(site(version=3), 100):
                await server.send(piece)
            answer = await server.hear("snapshot")
            assert (answer.version, answer.refusal.partition(":")[0]) == (3, "wrong_order")
            for piece in pieces_of(site(version=4), 100):
                await server.send(piece)
            answer = await server.hear("snapshot")
            assert (answer.version, answer.in_force) == (4, True)
            assert controller.snapshots.version == 4

    run(story)


def test_more_pieces_than_a_snapshot_can_have_are_refused_once() -> None:
    pieces = Pieces(10)
    assert pieces.add(1, b"12345678", last=False) is None
    with pytest.raises(SnapshotRefused) as refused:
        pieces.add(1, b"12345678", last=False)
    assert refused.value.code == "too_large"
    assert pieces.add(1, b"12345678", last=True) is None
    assert pieces.add(2, b"whole", last=True) == b"whole"


async def filled(folder: Path, messages: Sequence[link_pb2.Down]) -> None:
    """Leave a folder in which the site and what followed it are stored."""
    controller = Controller(folder, identity_by(Authority(), 1))
    offered = signed(SITE).snapshot
    await controller.snapshots.offer(offered.body, offered.signature)
    for message in messages:
        match message.WhichOneof("body"):
            case "delta":
                answer = await controller.snapshots.offer_delta(message.delta.body, message.delta.signature)
                assert not answer.refusal
            case "bars":
                await controller.snapshots.offer_bars(message.bars.body, message.bars.signature)
    await controller.journal.close()


async def again(folder: Path) -> Controller:
    controller = Controller(folder, identity_by(Authority(), 1))
    assert await controller.snapshots.restore(controller.store.snapshot())
    return controller


def test_deltas_and_what_was_taken_back_survive_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        await filled(tmp_path, [*following(SUSPENDED, WITHDRAWN), taken_back(4, persons=("bo",))])
        controller = await again(tmp_path)
        assert (controller.snapshots.version, controller.snapshots.deltas) == (3, 2)
        assert shown(controller, CARD_ANNA).reason is Reason.PERSON_SUSPENDED  # type: ignore[union-attr]
        assert shown(controller, CARD_BO).reason is Reason.PERSON_SUSPENDED  # type: ignore[union-attr]
        assert set(controller.doors.states()) == {"front", "back"}
        await controller.journal.close()

    run(story)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE delta SET body = body || x'00' WHERE version = 3",
        "UPDATE delta SET signature = x'00' WHERE version = 3",
        "UPDATE delta SET (body, signature) = (SELECT body, signature FROM delta WHERE version = 2) WHERE version = 3",
    ],
)
def test_a_damaged_delta_leaves_what_verifies_in_force_and_asks_for_everything(tmp_path: Path, damage: str) -> None:
    async def story() -> None:
        await filled(tmp_path, [*following(SUSPENDED), taken_back(3, persons=("bo",)), *following(WITHDRAWN)])
        first = Controller(tmp_path, identity_by(Authority(), 1))
        first.store._database.execute(damage)
        await first.journal.close()
        controller = await again(tmp_path)
        assert (controller.snapshots.version, controller.snapshots.deltas) == (2, MOST_DELTAS)
        waiting = await controller.journal.waiting((0, 0), 100)
        assert waiting is not None
        assert "snapshot_refused" in [event.kind for _, event in waiting.events]
        # What the lost delta took back is not given back with it.
        assert shown(controller, CARD_BO).reason is Reason.PERSON_SUSPENDED  # type: ignore[union-attr]
        offered = signed(site(version=4)).snapshot
        assert (await controller.snapshots.offer(offered.body, offered.signature)).deltas == 0
        assert controller.doors.deciding.state.barred is None
        await controller.journal.close()
        last = await again(tmp_path)
        assert (last.snapshots.version, last.snapshots.deltas) == (4, 0)
        await last.journal.close()

    run(story)


def test_a_chain_joined_does_what_its_deltas_do_one_after_the_other() -> None:
    twice = change(apply(apply(SITE, SUSPENDED), WITHDRAWN), "anna", rows=SITE)
    smaller = site(doors=SITE.doors[:1], readers=SITE.readers[:1], rules=SITE.rules[:1])
    moved = change(apply(apply(apply(SITE, SUSPENDED), WITHDRAWN), twice), rows=smaller, site=True)
    chain = [SUSPENDED, WITHDRAWN, twice, moved]
    one_by_one = SITE
    for delta in chain:
        one_by_one = apply(one_by_one, delta)
    at_once = apply(SITE, joined(chain))
    assert to_bytes(at_once) == to_bytes(one_by_one)
    index = compile_snapshot(apply(SITE, joined(chain[:2])))
    request = Request(FRONT, Side.ENTRY, NOON, (CardShown(card_digest(KEY, BITS, CARD_ANNA)),))
    decision = decide(request, index, State(confirmed_at=NOON))
    assert isinstance(decision, Denied)
    assert (decision.reason, index.controller) == (Reason.PERSON_SUSPENDED, CONTROLLER)
