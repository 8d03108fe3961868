"""Is a changing code good once, in its time, for whom it was made?"""

from datetime import datetime, timedelta

import msgspec
import pytest

from portvakt.core.credentials import STEP_SECONDS, qr_proof
from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import (
    AuthType,
    CredentialKind,
    Decision,
    Factor,
    Granted,
    QrShown,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.core.decision.presence import after
from portvakt.core.snapshot import Credential, Snapshot
from tests.core.decision.asking import answer, short
from tests.core.plain import AT, KEY, SECOND, assigned, door, kept_as, person, pin, pin_of, rule, snapshot

HANDLE = bytes([7]) * 16
NOW = SECOND // STEP_SECONDS
SECONDS = timedelta(seconds=1)
ALONE, PAIR = AuthType.CARD, AuthType.CARD_PLUS_PIN


def code(step: int = NOW, handle: bytes = HANDLE, key: bytes = KEY) -> QrShown:
    return QrShown(handle, step, qr_proof(key, handle, step))


def site(*taken: AuthType, held: Credential | None = None) -> Snapshot:
    own = (AuthType.CARD, AuthType.CARD_PLUS_PIN)
    return snapshot(
        doors=(door(entry=own, exits=own), door("back", entry=own, exits=own)),
        rules=(rule(entry=taken), rule("back", at="back", entry=taken)),
        credentials=(held or kept_as(CredentialKind.QR, HANDLE), pin_of()),
        assignments=(assigned(), assigned("back")),
    )


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (code(NOW), "CARD"),
        (code(NOW - 1), "CARD"),
        (code(NOW + 1), "CARD"),
        (code(NOW - 2), "CREDENTIAL_EXPIRED"),
        (code(NOW + 2), "CREDENTIAL_NOT_ACTIVE"),
        (QrShown(HANDLE, NOW, code(NOW - 1).proof), "UNKNOWN_CREDENTIAL"),
        (QrShown(HANDLE, NOW, b""), "UNKNOWN_CREDENTIAL"),
        (QrShown(HANDLE, 1 << 32, bytes(8)), "UNKNOWN_CREDENTIAL"),
        (QrShown(HANDLE, -1, bytes(8)), "UNKNOWN_CREDENTIAL"),
        (QrShown(HANDLE[:-1], NOW, bytes(8)), "UNKNOWN_CREDENTIAL"),
        (code(key=bytes(32)), "UNKNOWN_CREDENTIAL"),
        (code(handle=bytes(16)), "UNKNOWN_CREDENTIAL"),
    ],
)
def test_step_and_proof(shown: QrShown, expected: str) -> None:
    assert short(answer(site(ALONE), shown)) == expected


def test_the_credential_is_judged_before_its_step() -> None:
    off = site(ALONE, held=kept_as(CredentialKind.QR, HANDLE, enabled=False))
    ended = site(ALONE, held=kept_as(CredentialKind.QR, HANDLE, until=SECOND))
    for shown in (code(), code(NOW - 9)):
        assert short(answer(off, shown)) == "CREDENTIAL_NOT_ENABLED"
        assert short(answer(ended, shown)) == "CREDENTIAL_EXPIRED"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State(AT, codes_used={HANDLE: NOW}), "REPLAYED_CODE"),
        (State(AT, codes_used={HANDLE: NOW + 1}), "REPLAYED_CODE"),
        (State(AT, codes_used={HANDLE: NOW - 1}), "CARD"),
        (State(AT, codes_used={bytes(16): NOW}), "CARD"),
        (State(AT, codes_from=NOW), "REPLAYED_CODE"),
        (State(AT, codes_from=NOW - 1), "CARD"),
        # A lone code is never the first of a pair that waits.
        (State(AT, codes_used={HANDLE: NOW}, codes_waiting={("front", Side.ENTRY): code()}), "REPLAYED_CODE"),
    ],
)
def test_a_step_is_good_once(state: State, expected: str) -> None:
    assert short(answer(site(ALONE), code(), state=state)) == expected


class Doors:
    """Two doors with what is remembered at them."""

    def __init__(self, rows: Snapshot) -> None:
        self.index = compile_snapshot(rows)
        self.state = State(confirmed_at=AT)

    def show(self, *factors: Factor, at: datetime = AT, where: str = "front", side: Side = Side.ENTRY) -> str:
        request = Request(where, side, at, factors)
        decision: Decision = decide(request, self.index, self.state)
        self.state = after(request, decision, self.state, self.index)
        return short(decision)


RIGHT, WRONG = pin("2580"), pin("1111")


def test_a_granted_code_is_refused_the_second_time_at_every_door() -> None:
    doors = Doors(site(ALONE))
    assert doors.show(code()) == "CARD"
    assert doors.show(code()) == doors.show(code(), where="back") == "REPLAYED_CODE"
    assert doors.show(code(NOW - 1)) == "REPLAYED_CODE"
    assert doors.show(code(NOW + 1)) == "CARD"


def test_a_refused_code_is_not_used_up() -> None:
    doors = Doors(site(PAIR))
    assert doors.show(code(), where="cellar") == "DOOR_OUT_OF_SERVICE"
    assert doors.show(WRONG, code()) == "WRONG_PIN"
    assert doors.show(RIGHT, code()) == "CARD_PLUS_PIN"


def test_the_code_that_waits_is_completed_where_it_waits_and_nowhere_else() -> None:
    doors = Doors(site(PAIR))
    assert doors.show(code()) == "needs CARD_PLUS_PIN"
    assert doors.show(code(), RIGHT, where="back") == "REPLAYED_CODE"
    assert doors.show(RIGHT, code(), side=Side.EXIT) == "REPLAYED_CODE"
    assert doors.show(RemoteOpening("holder")) == "AUTH_TYPE_NOT_ACCEPTED"
    assert doors.show(code(), RIGHT) == "CARD_PLUS_PIN"
    assert doors.show(code(), RIGHT) == "REPLAYED_CODE"
    assert doors.state.codes_waiting == {}


def test_a_copy_shown_while_the_code_waits_ends_the_waiting() -> None:
    doors = Doors(site(PAIR))
    assert doors.show(code()) == "needs CARD_PLUS_PIN"
    assert doors.show(code()) == "REPLAYED_CODE"
    assert doors.show(code(), RIGHT) == "REPLAYED_CODE"


def test_a_wrong_pin_ends_the_waiting() -> None:
    doors = Doors(site(PAIR))
    assert doors.show(code()) == "needs CARD_PLUS_PIN"
    assert doors.show(code(), WRONG) == "WRONG_PIN"
    assert doors.show(code(), RIGHT) == "REPLAYED_CODE"


def test_who_shows_a_code_at_its_end_has_a_step_to_type_the_pin() -> None:
    doors = Doors(site(PAIR))
    last = AT + (STEP_SECONDS - 1) * SECONDS
    assert doors.show(code(NOW - 1), at=last) == "needs CARD_PLUS_PIN"
    kept = doors.state
    assert doors.show(code(NOW - 1), RIGHT, at=last + 2 * SECONDS) == "CARD_PLUS_PIN"
    doors.state = kept
    assert doors.show(code(NOW - 1), RIGHT, at=last + (STEP_SECONDS + 1) * SECONDS) == "CREDENTIAL_EXPIRED"


def test_what_is_remembered_of_codes_stays_small() -> None:
    handles = [bytes([number]) * 16 for number in range(60)]
    held = tuple(
        Credential(f"q{number}", "holder", CredentialKind.QR, handle, True, None, None)
        for number, handle in enumerate(handles)
    )
    rows = snapshot(doors=(door(entry=(ALONE,)),), rules=(rule(entry=(ALONE,)),), credentials=held, persons=(person(),))
    doors = Doors(rows)
    for number, handle in enumerate(handles):
        at = AT + number * STEP_SECONDS * SECONDS
        assert doors.show(code(NOW + number, handle), at=at) == "CARD"
    assert len(doors.state.codes_used) == 13


def test_a_clock_set_back_as_far_as_goes_unnoticed_makes_no_used_code_good_again() -> None:
    other = Credential("other", "holder", CredentialKind.QR, bytes(16), True, None, None)
    doors = Doors(msgspec.structs.replace(site(ALONE), credentials=(kept_as(CredentialKind.QR, HANDLE), other)))
    assert doors.show(code()) == "CARD"
    later = 300 // STEP_SECONDS
    assert doors.show(code(NOW + later, other.digest), at=AT + 300 * SECONDS) == "CARD"
    assert doors.show(code()) == "REPLAYED_CODE"


@pytest.mark.parametrize("shown", [(code(),), (code(), pin("2580")), (pin("2580"), code())])
def test_by_a_clock_that_is_wrong_no_changing_code_is_good(shown: tuple[Factor, ...]) -> None:
    """The door keeps to what it does as long as the snapshot is new; only an old code is genuine at an old time."""
    wrong = State(confirmed_at=AT, clock_trusted=False)
    assert short(answer(site(ALONE, PAIR), *shown, state=wrong)) == "CLOCK_WRONG"


def test_the_grant_names_the_code() -> None:
    assert answer(site(ALONE), code()) == Granted(ALONE, 5, "holder", "qr", "staff")
