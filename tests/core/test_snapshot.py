"""Is a snapshot the same bytes whatever the order of its rows, and is every one that may not come in force refused?"""

import re
from random import Random

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import AuthType, Denied, Reason, Request, Side, State
from portvakt.core.decision.presence import after
from portvakt.core.posture import PostureKind, posture
from portvakt.core.snapshot import (
    MAX_BODY_BYTES,
    Area,
    Hold,
    Interlock,
    Interval,
    Lockdown,
    PastAge,
    RuleDoor,
    Schedule,
    Snapshot,
    SnapshotRefused,
    SpecialDay,
    inconsistencies,
    open_signed,
    sign,
    to_bytes,
)
from portvakt.core.snapshot.soundness import LAST_MOMENT, MOST_OF_AN_AREA
from tests.core.plain import (
    AT,
    assigned,
    card,
    door,
    duress_pin_of,
    key_card,
    person,
    pin_of,
    reader,
    rule,
    snapshot,
)

SERVER = Ed25519PrivateKey.from_private_bytes(bytes(32))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OURS = "controller-1"


def opened(body: bytes, newest: int = 0, in_force: bytes | None = None) -> Snapshot:
    return open_signed(body, sign(body, SERVER), SERVER.public_key(), OURS, newest, in_force=in_force)


def refusal(body: bytes, newest: int = 0, in_force: bytes | None = None) -> str:
    with pytest.raises(SnapshotRefused) as refused:
        opened(body, newest, in_force)
    assert refused.value.text == str(refused.value)
    return refused.value.code


def test_what_was_signed_comes_back() -> None:
    assert opened(to_bytes(snapshot())) == snapshot()


def test_every_flipped_bit_is_refused() -> None:
    body = to_bytes(snapshot())
    signature = sign(body, SERVER)
    for place in range(len(body)):
        flipped = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(SnapshotRefused) as refused:
            open_signed(flipped, signature, SERVER.public_key(), OURS, 0)
        assert refused.value.code == "wrong_signature"


@pytest.mark.parametrize("signature", [b"", bytes(64), sign(to_bytes(snapshot()), STRANGER)])
def test_other_signatures_are_refused(signature: bytes) -> None:
    with pytest.raises(SnapshotRefused) as refused:
        open_signed(to_bytes(snapshot()), signature, SERVER.public_key(), OURS, 0)
    assert refused.value.code == "wrong_signature"


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x80", msgspec.msgpack.encode({"controller": 1}), b"\xff" * 100])
def test_signed_nonsense_is_refused(body: bytes) -> None:
    assert refusal(body) == "not_decodable"


def test_verified_before_decoded() -> None:
    with pytest.raises(SnapshotRefused) as refused:
        open_signed(b"\xc1", bytes(64), SERVER.public_key(), OURS, 0)
    assert refused.value.code == "wrong_signature"


def test_too_large_is_refused_before_anything_is_computed() -> None:
    with pytest.raises(SnapshotRefused) as refused:
        open_signed(bytes(MAX_BODY_BYTES + 1), b"", SERVER.public_key(), OURS, 0)
    assert refused.value.code == "too_large"


def test_another_controllers_snapshot_is_refused() -> None:
    assert refusal(to_bytes(msgspec.structs.replace(snapshot(), controller="controller-2"))) == "other_controller"


def test_versions_only_grow_and_a_repeat_is_accepted() -> None:
    second, other = to_bytes(snapshot(version=2)), to_bytes(snapshot(version=2, assignments=()))
    assert opened(second, newest=1).version == 2
    assert refusal(second, newest=3) == "older_version"
    assert opened(second, newest=2, in_force=second).version == 2
    assert refusal(other, newest=2, in_force=second) == "same_version"
    assert refusal(second, newest=2) == "same_version"


def test_unknown_fields_of_newer_software_are_ignored() -> None:
    plain = msgspec.msgpack.decode(to_bytes(snapshot()))
    plain["doors"][0]["camera"] = "c1"
    plain["drawbridges"] = [{"id": "d"}]
    assert opened(msgspec.msgpack.encode(plain)) == snapshot()


@pytest.mark.parametrize("missing", [field.name for field in msgspec.structs.fields(Snapshot) if field.required])
def test_a_missing_field_is_refused(missing: str) -> None:
    plain = msgspec.msgpack.decode(to_bytes(snapshot()))
    del plain[missing]
    assert refusal(msgspec.msgpack.encode(plain)) == "not_decodable"


@pytest.mark.parametrize("missing", ["areas", "interlocks", "lockdowns", "holds"])
def test_what_an_older_server_does_not_know_is_not_there(missing: str) -> None:
    plain = msgspec.msgpack.decode(to_bytes(snapshot()))
    del plain[missing]
    assert opened(msgspec.msgpack.encode(plain)) == snapshot()


RICH = snapshot(
    doors=(door("front", entry=(AuthType.PIN, AuthType.KEY_CARD)), door("back"), door("garage")),
    readers=(reader("r1", address=1), reader("r2", address=2), reader("r3", at="back", port="bus1")),
    schedules=(
        Schedule(
            "s1",
            ((Interval(480, 720), Interval(780, 1020)),) * 7,
            (SpecialDay("2026-12-24", ()), SpecialDay("2026-06-19", (Interval(540, 600), Interval(660, 700)))),
        ),
        Schedule("s2", ((),) * 7, ()),
    ),
    rules=(
        rule("staff", schedule="s1"),
        rule("cleaners", at="back"),
        msgspec.structs.replace(
            rule("all"),
            doors=(
                RuleDoor("garage", (AuthType.PIN, AuthType.KEY_CARD), (AuthType.REX, AuthType.KEY_CARD)),
                RuleDoor("back", (), ()),
                RuleDoor("front", (AuthType.KEY_CARD,), ()),
            ),
        ),
    ),
    persons=(person("a"), person("b"), person("c")),
    credentials=(key_card(1, of="a"), key_card(2, of="b"), pin_of(of="c"), pin_of("1470", of="a")),
    assignments=(
        assigned("staff", who="a"),
        assigned("staff", who="b"),
        assigned("all", who="c"),
        assigned("all", who="c", since=5),
        assigned("all", who="c", until=9),
    ),
    areas=(Area("vault", two_person=True), Area("hall", passback="soft")),
    interlocks=(Interlock("i2", ("garage", "front")), Interlock("i1", ("front", "back"))),
    lockdowns=(Lockdown("l", 2, ("garage", "front"), None), Lockdown("l", 1, ("back",), 5), Lockdown("k", 1, (), 5)),
    holds=(Hold("front", None), Hold("front", 5), Hold("back", None)),
)


def shuffled(value: object, order: Random) -> object:
    """Turn every list of rows around, at every depth; a week and an interval are no lists of rows."""
    if isinstance(value, Schedule):
        weekly = tuple(shuffled(day, order) for day in value.weekly)
        return msgspec.structs.replace(value, weekly=weekly, special_days=shuffled(value.special_days, order))
    if isinstance(value, msgspec.Struct):
        names = (field.name for field in msgspec.structs.fields(value))
        return msgspec.structs.replace(value, **{name: shuffled(getattr(value, name), order) for name in names})
    if isinstance(value, tuple):
        rows = [shuffled(row, order) for row in value]
        order.shuffle(rows)
        return tuple(rows)
    return value


@given(st.integers(0, 10_000))
@settings(derandomize=True, max_examples=50)
def test_the_same_rows_in_any_order_are_the_same_bytes(seed: int) -> None:
    other = shuffled(RICH, Random(seed))
    assert isinstance(other, Snapshot)
    assert to_bytes(other) == to_bytes(RICH)


def test_canonical_bytes_are_sorted_by_id_and_stay_canonical() -> None:
    assert list(inconsistencies(RICH)) == []
    again = opened(to_bytes(RICH))
    assert [row.id for row in again.doors] == ["back", "front", "garage"]
    assert [each.door for each in again.rules[0].doors] == ["back", "front", "garage"]
    assert to_bytes(again) == to_bytes(RICH)


def test_duplicate_ids_are_canonical_too_and_then_refused() -> None:
    one, other = person("a"), person("a", suspended=True)
    bodies = {to_bytes(snapshot(persons=(person(), *pair))) for pair in ((one, other), (other, one))}
    assert len(bodies) == 1
    assert refusal(bodies.pop()) == "inconsistent"


def other_door(**changed: object) -> Snapshot:
    return snapshot(doors=(msgspec.structs.replace(door(), **changed),), areas=(Area("vault"),))


INCONSISTENT: list[tuple[str, Snapshot]] = [
    ("the digest key is not 32 bytes", snapshot(digest_key=bytes(16))),
    ("the version is not positive", snapshot(version=0)),
    ("door front is there twice", snapshot(doors=(door(), door()))),
    ("reader front-in is there twice", snapshot(readers=(reader(), reader(address=2)))),
    ("schedule s is there twice", snapshot(schedules=(Schedule("s", ((),) * 7, ()),) * 2)),
    ("rule staff is there twice", snapshot(rules=(rule(), rule()))),
    ("person holder is there twice", snapshot(persons=(person(), person()))),
    ("credential card-1 is there twice", snapshot(credentials=(key_card(), key_card()))),
    ("door front is in a time zone that is not known here", snapshot(doors=(door(timezone="Europe/Nowhere"),))),
    ("door front is in a time zone that is not known here", snapshot(doors=(door(timezone="../etc"),))),
    ("door front is in a time zone that is not known here", snapshot(doors=(door(timezone="Europe"),))),
    ("door front is in a time zone that is not known here", snapshot(doors=(door(timezone=""),))),
    ("door front has no sound age limit", snapshot(doors=(door(past_age=PastAge(72, "open")),))),
    ("door front has no sound age limit", snapshot(doors=(door(past_age=PastAge(0, "keep")),))),
    (
        "door front has a time that is not positive",
        snapshot(doors=(msgspec.structs.replace(door(), release_seconds=0),)),
    ),
    (
        "door front has a time that is not positive",
        snapshot(doors=(msgspec.structs.replace(door(), held_open_seconds=-1),)),
    ),
    ("schedule s: weekdays in weekly", snapshot(schedules=(Schedule("s", (), ()),))),
    ("reader front-in is at an unknown door", snapshot(readers=(reader(at="cellar"),))),
    ("rule staff names an unknown door", snapshot(rules=(rule(at="cellar"),))),
    ("rule staff names an unknown schedule", snapshot(rules=(rule(schedule="nights"),))),
    ("credential card-1 has an unknown person", snapshot(credentials=(key_card(of="nobody"),))),
    ("an assignment in rule cleaners names an unknown rule or person", snapshot(assignments=(assigned("cleaners"),))),
    ("an assignment in rule staff names an unknown rule or person", snapshot(assignments=(assigned(who="nobody"),))),
    (
        "two readers share port bus0 and address 1",
        snapshot(readers=(reader("r1"), reader("r2"))),
    ),
    ("reader front-in has an address or a speed that no bus has", snapshot(readers=(reader(address=127),))),
    ("reader front-in has an address or a speed that no bus has", snapshot(readers=(reader(address=-1),))),
    (
        "reader front-in has an address or a speed that no bus has",
        snapshot(readers=(msgspec.structs.replace(reader(), baud=0),)),
    ),
    ("reader front-in reads what is not known here", snapshot(readers=(reader(reads="minds"),))),
    ("door front has a printed code that is not 16 bytes", other_door(entry_code=b"x")),
    ("door front has a printed code that is not 16 bytes", other_door(exit_code=bytes(17))),
    ("door front has a distance that is not positive", other_door(within_metres=0)),
    ("door front leads from an area into itself", other_door(inside="vault", outside="vault")),
    ("door front names an unknown area", other_door(inside="cave")),
    ("door front names an unknown area", other_door(outside="cave")),
    ("door front names an unknown schedule", other_door(unlock_schedule="nights")),
    ("area a is there twice", snapshot(areas=(Area("a"), Area("a")))),
    ("area a has an anti-passback that is not known here", snapshot(areas=(Area("a", passback="fierce"),))),
    ("area a has a limit or a time out of bounds", snapshot(areas=(Area("a", limit=0),))),
    ("area a has a limit or a time out of bounds", snapshot(areas=(Area("a", forgive_minutes=0),))),
    ("area a has a limit or a time out of bounds", snapshot(areas=(Area("a", timed_minutes=-1),))),
    (
        "area a lets nobody in: one person is too many and too few",
        snapshot(areas=(Area("a", limit=1, two_person=True),)),
    ),
    ("interlock i is there twice", snapshot(interlocks=(Interlock("i", ()), Interlock("i", ("front",))))),
    ("interlock i names an unknown door", snapshot(interlocks=(Interlock("i", ("front", "cellar")),))),
    ("lockdown l names an unknown door", snapshot(lockdowns=(Lockdown("l", 1, ("cellar",), None),))),
    ("lockdown l has a rank that is not 1-9", snapshot(lockdowns=(Lockdown("l", 0, ("front",), None),))),
    ("lockdown l has a rank that is not 1-9", snapshot(lockdowns=(Lockdown("l", 10, (), None),))),
    ("area a has a limit or a time out of bounds", snapshot(areas=(Area("a", forgive_minutes=1 << 62),))),
    ("a lockdown or a hold ends at -1, which is no moment", snapshot(lockdowns=(Lockdown("l", 1, (), -1),))),
    (
        f"a lockdown or a hold ends at {LAST_MOMENT + 1}, which is no moment",
        snapshot(holds=(Hold("front", LAST_MOMENT + 1),)),
    ),
    ("hold cellar is of an unknown door", snapshot(holds=(Hold("cellar", None),))),
    ("person holder overrides what is no rank", snapshot(persons=(person(overrides=10),))),
    ("person holder overrides what is no rank", snapshot(persons=(person(overrides=-1),))),
    ("person '' has no id that can be kept", snapshot(persons=(person(), person("")))),
    ("person 'å' has no id that can be kept", snapshot(persons=(person(), person("å")))),
    ("credential 'c\\x00' has no id that can be kept", snapshot(credentials=(key_card(name="c\0"),))),
    (f"credential '{'c' * 65}' has no id that can be kept", snapshot(credentials=(key_card(name="c" * 65),))),
    (
        "rule staff names door front twice",
        snapshot(rules=(msgspec.structs.replace(rule(), doors=rule().doors * 2),)),
    ),
    (
        "credential card-1 has a digest that is not 16 bytes",
        snapshot(credentials=(msgspec.structs.replace(key_card(), digest=b"x"),)),
    ),
    (
        "credential silent has the digest of another",
        snapshot(credentials=(pin_of(), duress_pin_of(name="silent"))),
    ),
    (
        "credential p2 has the digest of another",
        snapshot(
            credentials=(
                msgspec.structs.replace(pin_of(), id="p1"),
                msgspec.structs.replace(pin_of(), id="p2"),
            )
        ),
    ),
    (
        "credential c2 has the digest of another",
        snapshot(
            credentials=(
                msgspec.structs.replace(key_card(), id="c1"),
                msgspec.structs.replace(key_card(), id="c2"),
            )
        ),
    ),
]


@pytest.mark.parametrize(("text", "wrong"), INCONSISTENT)
def test_inconsistent_rows_are_refused(text: str, wrong: Snapshot) -> None:
    assert list(inconsistencies(wrong)) == [text]
    with pytest.raises(SnapshotRefused, match=re.escape(text)) as refused:
        opened(to_bytes(wrong), newest=-1)
    assert refused.value.code == "inconsistent"


def test_a_door_can_reckon_with_the_largest_numbers_that_are_sound() -> None:
    """A snapshot is on disk before it is put in force: what failed then would fail again after every start."""
    most = Area("vault", "hard", MOST_OF_AN_AREA, MOST_OF_AN_AREA, MOST_OF_AN_AREA)
    rows = snapshot(
        doors=(msgspec.structs.replace(door(), inside="vault", contact=False),),
        areas=(most,),
        lockdowns=(Lockdown("l", 1, ("front",), LAST_MOMENT),),
        holds=(Hold("front", LAST_MOMENT),),
        persons=(person(overrides=9),),
    )
    assert list(inconsistencies(rows)) == []
    index, state = compile_snapshot(rows), State(confirmed_at=AT)
    assert posture(index.doors["front"], AT, index, state).kind is PostureKind.LOCKDOWN
    asked = Request("front", Side.ENTRY, AT, (card(1),))
    entered = after(asked, decide(asked, index, state), state, index)
    assert entered.inside == {"vault": 1}
    assert decide(asked, index, entered) == Denied(Reason.ANTI_PASSBACK, AuthType.KEY_CARD, "holder", "card-1")


def test_a_door_of_an_older_snapshot_is_no_home_and_an_older_controller_reads_a_newer_one() -> None:
    rows = msgspec.msgpack.decode(to_bytes(other_door(home=True)))
    assert rows["doors"][0]["home"] is True
    assert opened(msgspec.msgpack.encode(rows)).doors[0].home is True
    del rows["doors"][0]["home"]
    assert opened(msgspec.msgpack.encode(rows)).doors[0].home is False
    rows["doors"][0]["of_a_newer_server"] = True
    assert opened(msgspec.msgpack.encode(rows)).doors[0].home is False
