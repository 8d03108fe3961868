"""Is everybody found again, after any number of changes, and is what does not fit refused?"""

from random import Random

import pytest

from portvakt.core.decision.holders import holders_of
from portvakt.core.decision.model import CredentialKind, Escort
from portvakt.core.decision.slots import Slots
from portvakt.core.snapshot import Assignment, Credential, Person
from tests.core.plain import assigned, digest_of_card, key_card, person, pin_of

PERSONS = (person("a", overrides=3, escort=Escort.GIVEN), person("bb", suspended=True, since=1, until=2))
CREDENTIALS = (key_card(1, of="a"), key_card(2, of="bb", since=5), pin_of(of="a", enabled=False, until=9))
ASSIGNMENTS = (assigned("r2", who="a"), assigned("r1", who="a", since=3), assigned("r1", who="a", until=4))


def test_rows_come_back_as_they_were() -> None:
    holders = holders_of(PERSONS, CREDENTIALS, ASSIGNMENTS)
    rows = {name: holders.find_person(name) for name in ("a", "bb")}
    assert [holders.person(row) for row in rows.values()] == list(PERSONS)
    assert {holders.credential(each) for each in holders.credentials_of(rows["a"])} == {CREDENTIALS[0], CREDENTIALS[2]}
    assert list(holders.assignments_of(rows["a"])) == sorted(
        ASSIGNMENTS, key=lambda row: (row.rule, row.valid_from or 0)
    )
    assert list(holders.assignments_of(rows["bb"])) == []
    assert sorted(holders.persons()) == sorted(rows.values())


def test_only_the_whole_key_is_found() -> None:
    holders = holders_of(PERSONS, CREDENTIALS, ASSIGNMENTS)
    assert holders.credential_id(holders.find(CredentialKind.KEY_CARD, digest_of_card(1))) == "card-1"
    assert holders.find(CredentialKind.PIN, digest_of_card(1)) == -1
    for digest in (b"", digest_of_card(1)[:-1], digest_of_card(1) + b"x", digest_of_card(9)):
        assert holders.find(CredentialKind.KEY_CARD, digest) == -1
    for name in ("", "b", "bbb", "a\0", "\0", "a longer id than any", "å"):
        assert holders.find_person(name) == -1


def test_persons_with_the_same_assignments_share_them() -> None:
    many = tuple(person(f"p{number}") for number in range(100))
    in_rules = tuple(assigned(rule, who=each.id) for each in many for rule in ("r2", "r1"))
    holders = holders_of(many, (), in_rules)
    assert len({id(group) for group in holders.groups}) == 1


@pytest.mark.parametrize(
    ("persons", "credentials", "assignments"),
    [
        ((person("a"), person("a")), (), ()),
        ((person("a"),), (key_card(1, of="a"), key_card(1, of="a", name="other")), ()),
        ((person("a"),), (key_card(1, of="b"),), ()),
        ((person("a"),), (), (assigned(who="b"),)),
        ((person("a"),), (Credential("c", "a", CredentialKind.QR, b"short", True, None, None),), ()),
    ],
)
def test_what_does_not_fit_is_refused(
    persons: tuple[Person, ...], credentials: tuple[Credential, ...], assignments: tuple[Assignment, ...]
) -> None:
    with pytest.raises((KeyError, ValueError)):
        holders_of(persons, credentials, assignments)


def test_a_longer_id_than_any_before_is_taken_in() -> None:
    before = holders_of(PERSONS, CREDENTIALS, ASSIGNMENTS)
    long = "an-id-that-is-longer"
    after = before.amended(("bb", long), (person(long),), (key_card(2, of=long),), (assigned(who=long),))
    assert {after.person_id(row) for row in after.persons()} == {"a", long}
    assert after.owners[after.find(CredentialKind.KEY_CARD, digest_of_card(2))] == after.find_person(long)
    assert len(list(after.assignments_of(after.find_person("a")))) == 3
    assert before.find_person("bb") >= 0


def test_a_delta_that_does_not_fit_changes_nothing() -> None:
    before = holders_of(PERSONS, CREDENTIALS, ASSIGNMENTS)
    with pytest.raises(ValueError, match="there already"):
        before.amended(("bb",), (person("bb"),), (key_card(1, of="bb", name="stolen"),), ())
    assert before.owners[before.find(CredentialKind.KEY_CARD, digest_of_card(1))] == before.find_person("a")
    assert before.person(before.find_person("bb")) == PERSONS[1]


def test_rows_that_became_free_are_used_again() -> None:
    holders = holders_of(PERSONS, CREDENTIALS, ASSIGNMENTS)
    for _ in range(50):
        holders = holders.amended(("bb",), (PERSONS[1],), (CREDENTIALS[1],), ())
    assert len(holders.groups) == 2
    assert len(holders.sound) == 3


def test_a_key_is_found_until_it_is_removed_whatever_came_and_went() -> None:
    """Keys of one byte in a small table meet often, so that holes and what was pushed past them are tried too."""
    chance = Random(7)
    keys = bytearray(range(200))
    slots, there = Slots(keys, 1), set[int]()
    for _ in range(5000):
        row = chance.randrange(200)
        if row in there:
            slots.remove(row)
            there.discard(row)
        else:
            slots.add(row)
            there.add(row)
        asked = chance.randrange(200)
        assert slots.find(bytes([asked])) == (asked if asked in there else -1)
    with pytest.raises(ValueError, match="there already"):
        slots.add(next(iter(there)))
