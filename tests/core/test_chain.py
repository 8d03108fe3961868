"""Does every change to a journal show, and does the same event always have the same text?"""

import hashlib
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portvakt.core import chain
from portvakt.core.chain import Predecessor
from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.core.event import Event, EventKind
from tests.core.plain import AT

JOURNAL = str(UUID(int=7))
SALT = bytes(range(16))
DENIED = Event(
    EventKind.ACCESS_DENIED,
    AT,
    door="front",
    side=Side.ENTRY,
    reader="front-in",
    auth_type=AuthType.PIN,
    reason=Reason.WRONG_PIN,
    person="p",
    credential="c",
    rule="r",
    command="x",
    detail='"å\n\0',
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()


def digest(event: Event = DENIED, journal: str = JOURNAL, sequence: int = 1, salt: bytes = SALT) -> bytes:
    before = chain.first_digest(JOURNAL)
    return chain.next_digest(before, chain.event_text(journal, sequence, salt, chain.words_of(event)))


def test_the_text_is_written_in_one_way_for_ever() -> None:
    text = chain.event_text(JOURNAL, 1, SALT, chain.words_of(DENIED))
    at = chain.microseconds(AT)
    assert text.decode("ascii") == (
        '["00000000-0000-0000-0000-000000000007",1,"000102030405060708090a0b0c0d0e0f",'
        f'{at},"access_denied","front","entry","front-in",3,"wrong_pin","p","c","r","x","\\"\\u00e5\\n\\u0000"]'
    )
    assert chain.first_digest(JOURNAL) == hashlib.sha256(b"portvakt journal\0" + JOURNAL.encode()).digest()
    assert chain.next_digest(bytes(32), text) == hashlib.sha256(b"portvakt event\0" + bytes(32) + text).digest()


def test_the_words_are_all_of_the_event() -> None:
    assert len(chain.FIELDS) == len(chain.words_of(DENIED)) == len(msgspec.structs.fields(Event))
    assert {name.removesuffix("_us") for name in chain.FIELDS} == {
        field.name for field in msgspec.structs.fields(Event)
    }


OTHER: dict[str, object] = {
    "kind": EventKind.ACCESS_GRANTED,
    "at": AT + timedelta(microseconds=1),
    "door": "back",
    "side": Side.EXIT,
    "reader": None,
    "auth_type": None,
    "reason": Reason.FAULT,
    "person": "q",
    "credential": None,
    "rule": "s",
    "command": "y",
    "detail": "",
}


@pytest.mark.parametrize("name", OTHER)
def test_no_field_can_change_unseen(name: str) -> None:
    assert digest(msgspec.structs.replace(DENIED, **{name: OTHER[name]})) != digest()


def test_every_field_is_tried() -> None:
    assert set(OTHER) == {field.name for field in msgspec.structs.fields(Event)}


def test_number_journal_salt_and_what_came_before_count_too() -> None:
    others = [digest(sequence=2), digest(journal=str(UUID(int=8))), digest(salt=bytes(16))]
    others.append(chain.next_digest(bytes(32), chain.event_text(JOURNAL, 1, SALT, chain.words_of(DENIED))))
    assert len({digest(), *others}) == 5


def test_a_word_cannot_move_into_its_neighbour() -> None:
    moved = msgspec.structs.replace(DENIED, person='p","c', credential="")
    assert digest(moved) != digest()


def test_a_seal_holds_for_what_was_sealed_alone() -> None:
    sealed = chain.seal(JOURNAL, 5, digest(), KEY)
    assert chain.seal_holds(JOURNAL, 5, digest(), sealed, PUBLIC)
    assert not chain.seal_holds(JOURNAL, 6, digest(), sealed, PUBLIC)
    assert not chain.seal_holds(str(UUID(int=8)), 5, digest(), sealed, PUBLIC)
    assert not chain.seal_holds(JOURNAL, 5, digest(sequence=2), sealed, PUBLIC)
    assert not chain.seal_holds(JOURNAL, 5, digest(), sealed[:-1] + b"\0", PUBLIC)
    other = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)).public_key().public_bytes_raw()
    assert not chain.seal_holds(JOURNAL, 5, digest(), sealed, other)
    assert not chain.seal_holds(JOURNAL, 5, digest(), b"", b"no key")


def test_a_first_event_names_the_journal_before_it() -> None:
    before = Predecessor(JOURNAL, 41, digest())
    words = chain.predecessor_words(before)
    assert len(words) < 150, "it stands at the end of a detail of 200 characters"
    assert chain.predecessor(f"software 1; {words}") == before
    for other in ("", "software 1", words[:-1], words + " and more", words.upper()):
        assert chain.predecessor(other) is None
