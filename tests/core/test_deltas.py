"""Is a delta taken only where it belongs, and does it leave the rows that a whole snapshot would have brought?"""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portvakt.core.snapshot import (
    Area,
    Bars,
    Delta,
    Snapshot,
    SnapshotRefused,
    apply,
    bars_to_bytes,
    delta_inconsistencies,
    delta_to_bytes,
    inconsistencies,
    open_bars,
    open_delta,
    open_signed,
    sign,
    to_bytes,
)
from tests.core.plain import assigned, door, key_card, person, pin_of, rule, snapshot

SERVER = Ed25519PrivateKey.from_private_bytes(bytes(32))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BASE = snapshot(
    version=7,
    rules=(rule(), rule("cleaners")),
    persons=(person("a"), person("b")),
    credentials=(key_card(1, of="a"), key_card(2, of="b"), pin_of(of="b")),
    assignments=(assigned(who="a"), assigned(who="b"), assigned("cleaners", who="b")),
)


def of_persons(*touched: str, base: int = 7, version: int = 8, **rows: object) -> Delta:
    """Make a delta without the site; it carries no rows but those named."""
    empty: dict[str, object] = dict.fromkeys(
        ("doors", "readers", "schedules", "rules", "persons", "credentials", "assignments"), ()
    )
    changed = msgspec.structs.replace(snapshot(), controller="", version=version, **{**empty, **rows})
    return Delta(base, touched, site=False, rows=changed)


def of_site(base: int = 7, version: int = 8, **rows: object) -> Delta:
    nobody = {"persons": (), "credentials": (), "assignments": ()}
    return Delta(base, (), site=True, rows=msgspec.structs.replace(snapshot(version=version), **{**nobody, **rows}))


MOVED = of_persons(
    "b", "c", persons=(person("c"),), credentials=(key_card(2, of="c"),), assignments=(assigned(who="c"),)
)


def opened(delta: Delta, in_force: int = 7) -> Delta:
    body = delta_to_bytes(delta)
    key = SERVER.public_key()
    return open_delta(
        body,
        sign(body, SERVER),
        key,
        controller="controller-1",
        organisation="organisation-1",
        in_force=in_force,
    )


def refusal(delta: Delta, in_force: int = 7) -> tuple[str, str]:
    with pytest.raises(SnapshotRefused) as refused:
        opened(delta, in_force)
    return refused.value.code, refused.value.text


def test_persons_are_replaced_whole_and_those_without_a_row_are_gone() -> None:
    after = apply(BASE, MOVED)
    assert list(inconsistencies(after)) == []
    assert after.version == 8
    assert {row.id for row in after.persons} == {"a", "c"}
    assert {(row.id, row.person) for row in after.credentials} == {("card-1", "a"), ("card-2", "c")}
    assert {(row.rule, row.person) for row in after.assignments} == {("staff", "a"), ("staff", "c")}
    assert (after.doors, after.rules, after.controller) == (BASE.doors, BASE.rules, BASE.controller)


def test_rows_about_the_site_are_replaced_whole() -> None:
    after = apply(BASE, of_site(doors=(door(), door("back")), areas=(Area("vault"),)))
    assert [row.id for row in after.doors] == ["front", "back"]
    assert [row.id for row in after.rules] == ["staff"]
    assert after.areas == (Area("vault"),)
    assert after.persons == BASE.persons


def test_a_delta_follows_its_base_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="the delta follows version 7, not 8"):
        apply(msgspec.structs.replace(BASE, version=8), MOVED)


def test_what_was_signed_comes_back_in_one_form() -> None:
    assert opened(MOVED) == MOVED
    turned = msgspec.structs.replace(MOVED, touched=MOVED.touched[::-1])
    assert delta_to_bytes(turned) == delta_to_bytes(MOVED)
    assert opened(of_site()) == of_site()


@pytest.mark.parametrize(
    ("delta", "in_force", "code"),
    [
        (MOVED, 6, "wrong_base"),
        (MOVED, 8, "wrong_base"),
        (of_persons("a", version=7), 7, "older_version"),
        (of_persons("a", version=6), 7, "older_version"),
        (Delta(7, (), site=True, rows=MOVED.rows), 7, "other_controller"),
        (Delta(7, (), site=False, rows=of_site().rows), 7, "other_controller"),
        (Delta(7, (), site=True, rows=msgspec.structs.replace(of_site().rows, controller="x")), 7, "other_controller"),
        (of_persons("a", organisation="organisation-2"), 7, "other_controller"),
    ],
)
def test_a_delta_that_does_not_belong_here(delta: Delta, in_force: int, code: str) -> None:
    assert refusal(delta, in_force)[0] == code


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (of_persons(persons=(person("a"),)), "person a is not named as touched"),
        (of_persons("a", "b", credentials=(key_card(of="a"),)), "credential card-1 has an unknown person"),
        (
            of_persons("a", assignments=(assigned(who="b"),)),
            "an assignment in rule staff names an unknown rule or person",
        ),
        (of_persons("a", persons=(person("a"), person("a"))), "person a is there twice"),
        (of_persons("a", areas=(Area("vault"),)), "a delta without the site has rows about it"),
        (of_persons("a", digest_key=b""), "the digest key is not 32 bytes"),
        (of_site(doors=()), "reader front-in is at an unknown door"),
    ],
)
def test_a_delta_whose_rows_do_not_hold_together(delta: Delta, text: str) -> None:
    assert refusal(delta) == ("inconsistent", text)


BARS = Bars("organisation-1", 8, persons=("b", "a"), credentials=("card-1",), assignments=(("a", "staff"),))


def open_as_bars(body: bytes, organisation: str = "organisation-1", key: Ed25519PrivateKey = SERVER) -> Bars:
    return open_bars(body, sign(body, key), SERVER.public_key(), organisation)


def test_bars_come_back_in_one_form() -> None:
    turned = msgspec.structs.replace(BARS, persons=("a", "b", "a"))
    assert open_as_bars(bars_to_bytes(BARS)) == msgspec.structs.replace(BARS, persons=("a", "b"))
    assert bars_to_bytes(turned) == bars_to_bytes(BARS)


def test_bars_of_others_are_refused() -> None:
    body = bars_to_bytes(BARS)
    for organisation, key, code in (
        ("organisation-2", SERVER, "other_controller"),
        ("organisation-1", STRANGER, "wrong_signature"),
    ):
        with pytest.raises(SnapshotRefused) as refused:
            open_as_bars(body, organisation, key)
        assert refused.value.code == code


def test_nothing_is_taken_for_what_it_was_not_signed_as() -> None:
    """One key signs all three: none may be read as another."""

    def as_snapshot(body: bytes) -> Snapshot:
        return open_signed(body, sign(body, SERVER), SERVER.public_key(), "controller-1", 0)

    def as_delta(body: bytes) -> Delta:
        key, ours = SERVER.public_key(), {"controller": "controller-1", "organisation": "organisation-1"}
        return open_delta(body, sign(body, SERVER), key, in_force=7, **ours)

    bodies = {as_snapshot: to_bytes(BASE), as_delta: delta_to_bytes(MOVED), open_as_bars: bars_to_bytes(BARS)}
    for reads in bodies:
        for meant, body in bodies.items():
            if meant is reads:
                assert reads(body)
                continue
            with pytest.raises(SnapshotRefused) as refused:
                reads(body)
            assert refused.value.code == "not_decodable"


def test_nobody_is_touched_twice() -> None:
    twice = msgspec.structs.replace(MOVED, touched=("c", "b", "c"))
    assert list(delta_inconsistencies(twice)) == ["person c is touched twice"]
