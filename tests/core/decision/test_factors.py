"""What do factors make up together, in which order, and which PIN completes them?"""

import msgspec
import pytest

from portvakt.core.decision.model import (
    AuthType,
    Barred,
    CardShown,
    CodeScanned,
    CredentialKind,
    Decision,
    Denied,
    ExitRequested,
    Factor,
    Granted,
    GuestCodeShown,
    NeedFactor,
    PasscodeTyped,
    PinOnPhone,
    PinTries,
    PlateSeen,
    Reason,
    RemoteOpening,
    Side,
    State,
)
from portvakt.core.snapshot import Lockdown, PastAge, Snapshot
from tests.core.decision.asking import FRESH, answer, short
from tests.core.plain import (
    AT,
    HOUR,
    assigned,
    card,
    door,
    duress_pin_of,
    kept_as,
    key_card,
    person,
    pin,
    pin_of,
    rule,
    snapshot,
)

T = AuthType
GUEST, PASSCODE, PLATE = bytes([1]) * 16, bytes([2]) * 16, bytes([3]) * 16
PRINTED = bytes(range(16))
GUEST_CODE, CODE_TYPED, PLATE_SEEN = GuestCodeShown(GUEST), PasscodeTyped(PASSCODE), PlateSeen(PLATE)
SCANNED, ASKED = CodeScanned("holder", PRINTED), RemoteOpening("holder")
RIGHT, WRONG, OTHERS, DURESS = pin("2580"), pin("1111"), pin("1470"), pin("9137")
ON_PHONE = PinOnPhone("holder", RIGHT.digest)
WRONG_ON_PHONE = PinOnPhone("holder", WRONG.digest)


def site(*taken: AuthType, own: tuple[AuthType, ...] = tuple(AuthType), **changed: object) -> Snapshot:
    """Make a door that accepts `own` and a rule that takes some of it, for a person who holds everything."""
    front = msgspec.structs.replace(door(entry=own), entry_code=PRINTED, exit_code=b"", **changed)
    return snapshot(
        doors=(front,),
        rules=(rule(entry=taken),),
        persons=(person(), person("other")),
        credentials=(
            key_card(),
            pin_of(),
            pin_of("1470", of="other"),
            duress_pin_of("9137"),
            kept_as(CredentialKind.GUEST_CODE, GUEST),
            kept_as(CredentialKind.PASSCODE, PASSCODE),
            kept_as(CredentialKind.PLATE, PLATE),
        ),
        assignments=(assigned(), assigned(who="other")),
    )


CASES: list[tuple[tuple[AuthType, ...], tuple[Factor, ...], str]] = [
    # one factor
    ((T.CARD,), (GUEST_CODE,), "CARD"),
    ((T.PASSCODE,), (CODE_TYPED,), "PASSCODE"),
    ((T.PLATE,), (PLATE_SEEN,), "PLATE"),
    ((T.SCAN,), (SCANNED,), "SCAN"),
    ((T.REMOTE,), (ASKED,), "REMOTE"),
    ((T.KEY_CARD,), (GUEST_CODE,), "AUTH_TYPE_NOT_ACCEPTED"),
    ((T.CARD,), (card(1),), "AUTH_TYPE_NOT_ACCEPTED"),
    ((T.PIN,), (CODE_TYPED,), "AUTH_TYPE_NOT_ACCEPTED"),
    ((T.PASSCODE,), (RIGHT,), "AUTH_TYPE_NOT_ACCEPTED"),
    # a digest is only looked for among its kind
    (tuple(T), (CardShown(GUEST),), "UNKNOWN_CREDENTIAL"),
    (tuple(T), (PlateSeen(PASSCODE),), "UNKNOWN_CREDENTIAL"),
    (tuple(T), (GuestCodeShown(b""),), "UNKNOWN_CREDENTIAL"),
    # pairs in their orders
    ((T.CARD_PLUS_PIN,), (GUEST_CODE, RIGHT), "CARD_PLUS_PIN"),
    ((T.CARD_PLUS_PIN,), (RIGHT, GUEST_CODE), "CARD_PLUS_PIN"),
    ((T.KEY_CARD_PLUS_PIN,), (RIGHT, card(1)), "KEY_CARD_PLUS_PIN"),
    ((T.CARD_PLUS_PHONE,), (GUEST_CODE, ON_PHONE), "CARD_PLUS_PHONE"),
    ((T.CARD_PLUS_PHONE,), (ON_PHONE, GUEST_CODE), "CARD_PLUS_PHONE"),
    ((T.SCAN_PLUS_KEYPAD,), (SCANNED, RIGHT), "SCAN_PLUS_KEYPAD"),
    ((T.SCAN_PLUS_KEYPAD,), (RIGHT, SCANNED), "SCAN_PLUS_KEYPAD"),
    ((T.SCAN_PLUS_PHONE,), (SCANNED, ON_PHONE), "SCAN_PLUS_PHONE"),
    ((T.REMOTE_PLUS_PHONE,), (ASKED, ON_PHONE), "REMOTE_PLUS_PHONE"),
    # what is no pair, or comes the wrong way round
    (tuple(T), (ON_PHONE,), "AUTH_TYPE_NOT_ACCEPTED"),
    (tuple(T), (ON_PHONE, SCANNED), "AUTH_TYPE_NOT_ACCEPTED"),
    (tuple(T), (ON_PHONE, ASKED), "AUTH_TYPE_NOT_ACCEPTED"),
    (tuple(T), (card(1), ON_PHONE), "AUTH_TYPE_NOT_ACCEPTED"),
    (tuple(T), (ASKED, RIGHT), "AUTH_TYPE_NOT_ACCEPTED"),
    (tuple(T), (PLATE_SEEN, RIGHT), "AUTH_TYPE_NOT_ACCEPTED"),
    (tuple(T), (CODE_TYPED, RIGHT), "AUTH_TYPE_NOT_ACCEPTED"),
    (tuple(T), (card(1), GUEST_CODE), "AUTH_TYPE_NOT_ACCEPTED"),
    # a pair that the rule does not take
    ((T.CARD_PLUS_PHONE,), (GUEST_CODE, RIGHT), "AUTH_TYPE_NOT_ACCEPTED"),
    ((T.SCAN_PLUS_KEYPAD,), (SCANNED, ON_PHONE), "AUTH_TYPE_NOT_ACCEPTED"),
    # a single that begins pairs
    ((T.CARD_PLUS_PIN,), (GUEST_CODE,), "needs CARD_PLUS_PIN"),
    ((T.CARD_PLUS_PHONE, T.CARD_PLUS_PIN), (GUEST_CODE,), "needs CARD_PLUS_PIN CARD_PLUS_PHONE"),
    ((T.SCAN_PLUS_KEYPAD, T.SCAN_PLUS_PHONE), (SCANNED,), "needs SCAN_PLUS_KEYPAD SCAN_PLUS_PHONE"),
    ((T.REMOTE_PLUS_PHONE,), (ASKED,), "needs REMOTE_PLUS_PHONE"),
    ((T.REMOTE_PLUS_PHONE, T.REMOTE), (ASKED,), "REMOTE"),
    # the PIN of a pair
    ((T.CARD_PLUS_PIN,), (GUEST_CODE, WRONG), "WRONG_PIN"),
    ((T.CARD_PLUS_PIN,), (WRONG, GUEST_CODE), "WRONG_PIN"),
    ((T.CARD_PLUS_PIN,), (OTHERS, GUEST_CODE), "WRONG_PIN"),
    ((T.SCAN_PLUS_PHONE,), (SCANNED, WRONG_ON_PHONE), "WRONG_PIN"),
    ((T.SCAN_PLUS_PHONE,), (SCANNED, PinOnPhone("other", OTHERS.digest)), "WRONG_PIN"),
    ((T.SCAN_PLUS_PHONE,), (SCANNED, PinOnPhone("other", RIGHT.digest)), "WRONG_PIN"),
    ((T.REMOTE_PLUS_PHONE,), (ASKED, PinOnPhone("holder", OTHERS.digest)), "WRONG_PIN"),
    ((T.CARD_PLUS_PIN,), (RIGHT, GuestCodeShown(bytes(16))), "UNKNOWN_CREDENTIAL"),
    # the code printed at the side
    ((T.SCAN,), (CodeScanned("holder", bytes(16)),), "UNKNOWN_CREDENTIAL"),
    ((T.SCAN,), (CodeScanned("holder", b""),), "UNKNOWN_CREDENTIAL"),
    ((T.SCAN,), (CodeScanned("nobody", PRINTED),), "UNKNOWN_CREDENTIAL"),
]


@pytest.mark.parametrize(("taken", "factors", "expected"), CASES)
def test_factors(taken: tuple[AuthType, ...], factors: tuple[Factor, ...], expected: str) -> None:
    assert short(answer(site(*taken), *factors)) == expected


def test_a_side_without_a_printed_code_takes_none() -> None:
    out = msgspec.structs.replace(site(), rules=(rule(exits=(T.SCAN,)),))
    for code in (b"", PRINTED):
        assert short(answer(out, CodeScanned("holder", code), side=Side.EXIT)) == "UNKNOWN_CREDENTIAL"


# ── a PIN that comes first ───────────────────────────────────────────────────────────────────────────────────────────

PAIRED = (T.KEY_CARD_PLUS_PIN, T.CARD_PLUS_PIN)


@pytest.mark.parametrize("typed", [RIGHT, WRONG, OTHERS, DURESS])
def test_the_light_does_not_tell_a_right_pin_from_a_wrong_one(typed: Factor) -> None:
    only_pairs = site(T.KEY_CARD_PLUS_PIN, own=PAIRED)
    assert answer(only_pairs, typed) == NeedFactor((T.CARD_PLUS_PIN, T.KEY_CARD_PLUS_PIN))


def test_where_a_pin_alone_opens_too_it_is_judged() -> None:
    both = site(T.KEY_CARD_PLUS_PIN, own=(T.PIN, *PAIRED))
    assert short(answer(both, WRONG)) == "UNKNOWN_CREDENTIAL"
    assert answer(both, RIGHT) == NeedFactor((T.KEY_CARD_PLUS_PIN,), "holder", "pin-2580")
    assert short(answer(site(T.PIN, own=(T.PIN, *PAIRED)), RIGHT)) == "PIN"


LOCKED = {("front", Side.ENTRY): PinTries(locked_until=AT + HOUR / 120)}


def test_a_locked_side_takes_no_pin_first_either() -> None:
    state = State(confirmed_at=AT, pin_tries=LOCKED)
    assert short(answer(site(T.KEY_CARD_PLUS_PIN, own=PAIRED), RIGHT, state=state)) == "PIN_LOCKED"
    assert short(answer(site(T.REMOTE_PLUS_PHONE), ASKED, ON_PHONE, state=state)) == "REMOTE_PLUS_PHONE"


@pytest.mark.parametrize(
    ("behaviour", "own", "expected"),
    [
        ("cards_only", PAIRED, "needs KEY_CARD_PLUS_PIN"),
        ("cards_only", (T.CARD_PLUS_PIN,), "SNAPSHOT_TOO_OLD"),
        ("deny", PAIRED, "SNAPSHOT_TOO_OLD"),
        ("keep", PAIRED, "needs CARD_PLUS_PIN KEY_CARD_PLUS_PIN"),
    ],
)
def test_past_its_age_a_pin_begins_the_pairs_that_are_left(
    behaviour: str, own: tuple[AuthType, ...], expected: str
) -> None:
    old = site(T.KEY_CARD_PLUS_PIN, own=own, past_age=PastAge(72, behaviour))
    assert short(answer(old, RIGHT, state=State())) == expected


# ── duress ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("taken", "factors", "credential"),
    [
        (T.PIN, (DURESS,), "duress-9137"),
        (T.KEY_CARD_PLUS_PIN, (card(1), DURESS), "card-1"),
        (T.KEY_CARD_PLUS_PIN, (DURESS, card(1)), "card-1"),
        (T.KEY_CARD, (DURESS, card(1)), "card-1"),  # the card alone would have opened
        (T.REMOTE_PLUS_PHONE, (ASKED, PinOnPhone("holder", DURESS.digest)), None),
    ],
)
def test_a_duress_pin_opens_and_says_so(taken: AuthType, factors: tuple[Factor, ...], credential: str | None) -> None:
    assert answer(site(taken), *factors) == Granted(taken, 5, "holder", credential, "staff", duress=True)


DENIED_UNDER_DURESS: list[tuple[str, dict[str, object], tuple[Factor, ...], str]] = [
    ("no assignment", {"assignments": ()}, (DURESS,), "UNAUTHORISED"),
    ("no assignment, a pair", {"assignments": ()}, (card(1), DURESS), "UNAUTHORISED"),
    ("evenings", {"rules": (rule(entry=(T.PIN,), schedule="evenings"),)}, (DURESS,), "NOT_PERMITTED_AT_THIS_TIME"),
    ("no PIN alone", {"rules": (rule(entry=(T.REMOTE,)),)}, (DURESS,), "AUTH_TYPE_NOT_ACCEPTED"),
    ("suspended", {"persons": (person(suspended=True), person("other"))}, (DURESS,), "PERSON_SUSPENDED"),
    ("lockdown", {"lockdowns": (Lockdown("plan", 3, ("front",), None),)}, (DURESS,), "LOCKDOWN"),
    ("lockdown, a pair", {"lockdowns": (Lockdown("plan", 3, ("front",), None),)}, (DURESS, card(1)), "LOCKDOWN"),
    ("in the phone", {"assignments": ()}, (ASKED, PinOnPhone("holder", DURESS.digest)), "UNAUTHORISED"),
]


@pytest.mark.parametrize(("changed", "factors", "reason"), [case[1:] for case in DENIED_UNDER_DURESS])
def test_a_duress_pin_that_is_refused_says_so_too(
    changed: dict[str, object], factors: tuple[Factor, ...], reason: str
) -> None:
    rows = msgspec.structs.replace(site(T.PIN, T.KEY_CARD_PLUS_PIN), **changed)
    denied = answer(rows, *factors)
    assert isinstance(denied, Denied)
    assert (denied.reason.name, denied.person, denied.duress) == (reason, "holder", True)


def test_a_duress_pin_that_is_not_in_use_or_not_their_own_says_nothing() -> None:
    rows = msgspec.structs.replace(site(T.PIN, T.KEY_CARD_PLUS_PIN), assignments=())
    past = msgspec.structs.replace(duress_pin_of("9137"), valid_to=int(AT.timestamp()))
    for kept in (past, duress_pin_of("9137", enabled=False), duress_pin_of("9137", of="other"), pin_of("9137")):
        own = msgspec.structs.replace(rows, credentials=(key_card(), kept))
        assert answer(own, card(1), DURESS) == Denied(Reason.UNAUTHORISED, T.KEY_CARD_PLUS_PIN, "holder", "card-1")
    disabled = msgspec.structs.replace(rows, credentials=(duress_pin_of("9137", enabled=False),))
    alone = answer(disabled, DURESS)
    assert alone == Denied(Reason.CREDENTIAL_NOT_ENABLED, T.PIN, "holder", "duress-9137")
    barred = State(AT, barred=Barred(credentials=frozenset({"duress-9137"})))
    assert not getattr(answer(rows, card(1), DURESS, state=barred), "duress")  # noqa: B009 - every refusal says


def test_anothers_duress_pin_is_a_wrong_one() -> None:
    rows = site(T.KEY_CARD_PLUS_PIN, T.KEY_CARD)
    others = msgspec.structs.replace(rows, credentials=(key_card(), duress_pin_of("9137", of="other")))
    assert answer(others, DURESS, card(1)) == Granted(T.KEY_CARD, 5, "holder", "card-1", "staff")
    only_pair = msgspec.structs.replace(others, rules=(rule(entry=(T.KEY_CARD_PLUS_PIN,)),))
    assert short(answer(only_pair, DURESS, card(1))) == "WRONG_PIN"


# ── position, interlock ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("taken", "factors", "expected"),
    [
        (T.REMOTE, (RemoteOpening("holder", 50),), "REMOTE"),
        (T.REMOTE, (RemoteOpening("holder", 51),), "TOO_FAR"),
        (T.REMOTE, (RemoteOpening("holder"),), "NO_POSITION"),
        (T.SCAN, (CodeScanned("holder", PRINTED, 0),), "SCAN"),
        (T.SCAN, (CodeScanned("holder", PRINTED),), "NO_POSITION"),
        (T.SCAN_PLUS_KEYPAD, (RIGHT, CodeScanned("holder", PRINTED, 51)), "TOO_FAR"),
        (T.SCAN_PLUS_KEYPAD, (WRONG, CodeScanned("holder", PRINTED, 51)), "WRONG_PIN"),
        (T.REMOTE_PLUS_PHONE, (RemoteOpening("holder", 50), ON_PHONE), "REMOTE_PLUS_PHONE"),
        (T.REMOTE_PLUS_PHONE, (RemoteOpening("holder"), ON_PHONE), "NO_POSITION"),
        (T.REMOTE_PLUS_PHONE, (RemoteOpening("holder"),), "needs REMOTE_PLUS_PHONE"),
        (T.KEY_CARD, (card(1),), "KEY_CARD"),
        (T.CARD_PLUS_PHONE, (GUEST_CODE, ON_PHONE), "CARD_PLUS_PHONE"),
    ],
)
def test_a_phone_must_be_near(taken: AuthType, factors: tuple[Factor, ...], expected: str) -> None:
    assert short(answer(site(taken, within_metres=50), *factors)) == expected


# ── clock and age, bars ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("behaviour", "factor", "expected"),
    [
        ("keep", GUEST_CODE, "CARD"),
        ("cards_only", GUEST_CODE, "CLOCK_WRONG"),
        ("cards_only", card(1), "KEY_CARD"),
        ("deny", card(1), "CLOCK_WRONG"),
        ("deny", ExitRequested(), "REX"),
    ],
)
def test_a_wrong_clock_counts_as_past_the_age(behaviour: str, factor: Factor, expected: str) -> None:
    rows = site(T.CARD, T.KEY_CARD, past_age=PastAge(72, behaviour))
    wrong = msgspec.structs.replace(FRESH, clock_trusted=False)
    assert short(answer(rows, factor, state=wrong)) == expected


def test_a_refusal_by_a_pair_names_the_pair_and_its_holder() -> None:
    denied: Decision = Denied(Reason.WRONG_PIN, T.SCAN_PLUS_PHONE, "holder")
    assert answer(site(T.SCAN_PLUS_PHONE), SCANNED, WRONG_ON_PHONE) == denied
