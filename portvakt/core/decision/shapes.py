"""Which auth type do the factors of an attempt make up, which of them says who it is, and which is the PIN?

A single factor that is not enough by itself may be the first of a pair. A card or a code and its PIN may come in either
order; what a phone sends comes in the order it was asked for.
"""

from enum import Enum, auto

import msgspec

from portvakt.core.decision.compile import bits_of
from portvakt.core.decision.holders import NUMBERS
from portvakt.core.decision.model import (
    AuthType,
    CardShown,
    CodeScanned,
    CredentialKind,
    ExitRequested,
    Factor,
    GuestCodeShown,
    PasscodeTyped,
    PinOnPhone,
    PinTyped,
    PlateSeen,
    QrShown,
    RemoteOpening,
)


class Source(Enum):
    """What an attempt is known by."""

    EXIT = auto()
    DIGEST = auto()
    PIN = auto()
    CODE = auto()
    SCAN = auto()
    REMOTE = auto()


class Shape(msgspec.Struct, frozen=True):
    """What factors in this order amount to.

    `aged` is what an old snapshot must refuse for it to be refused, or begin to be: itself, or the pairs a PIN begins too.
    `single` is the auth type of the identifying factor alone, `single_bit` and `pair_bit` (0 for no pair) are sets of
    one, `pairs` those that a single may become. `who` and `pin` are places among the factors, `pin` -1 where none is.
    `needs_position`: the phone must be near, where the door asks for it.
    """

    auth_type: AuthType
    aged: int
    single: AuthType
    single_bit: int
    pair_bit: int
    pairs: int
    source: Source
    kind: int
    who: int
    pin: int
    needs_position: bool


PIN_BIT = 1 << AuthType.PIN
# The pairs that digits typed at a keypad can complete.
KEYPAD_PAIRS = bits_of((AuthType.KEY_CARD_PLUS_PIN, AuthType.CARD_PLUS_PIN, AuthType.SCAN_PLUS_KEYPAD))
_PAIRS = {
    AuthType.KEY_CARD: bits_of((AuthType.KEY_CARD_PLUS_PIN,)),
    AuthType.CARD: bits_of((AuthType.CARD_PLUS_PIN, AuthType.CARD_PLUS_PHONE)),
    AuthType.SCAN: bits_of((AuthType.SCAN_PLUS_KEYPAD, AuthType.SCAN_PLUS_PHONE)),
    AuthType.REMOTE: bits_of((AuthType.REMOTE_PLUS_PHONE,)),
    AuthType.PIN: KEYPAD_PAIRS,
}
_FROM_A_PHONE = (Source.SCAN, Source.REMOTE)
# What each factor is alone. The kind is that of its credential; a phone has none and its kind is never looked at.
_SINGLES: dict[type[Factor], tuple[AuthType, Source, CredentialKind]] = {
    ExitRequested: (AuthType.REX, Source.EXIT, CredentialKind.KEY_CARD),
    CardShown: (AuthType.KEY_CARD, Source.DIGEST, CredentialKind.KEY_CARD),
    GuestCodeShown: (AuthType.CARD, Source.DIGEST, CredentialKind.GUEST_CODE),
    QrShown: (AuthType.CARD, Source.CODE, CredentialKind.QR),
    PinTyped: (AuthType.PIN, Source.PIN, CredentialKind.PIN),
    PasscodeTyped: (AuthType.PASSCODE, Source.DIGEST, CredentialKind.PASSCODE),
    PlateSeen: (AuthType.PLATE, Source.DIGEST, CredentialKind.PLATE),
    CodeScanned: (AuthType.SCAN, Source.SCAN, CredentialKind.KEY_CARD),
    RemoteOpening: (AuthType.REMOTE, Source.REMOTE, CredentialKind.KEY_CARD),
}
# Which factor says who, which is the PIN, the pair they make up, and whether they may come the other way round.
_TWO: tuple[tuple[type[Factor], type[Factor], AuthType, bool], ...] = (
    (CardShown, PinTyped, AuthType.KEY_CARD_PLUS_PIN, True),
    (QrShown, PinTyped, AuthType.CARD_PLUS_PIN, True),
    (GuestCodeShown, PinTyped, AuthType.CARD_PLUS_PIN, True),
    (QrShown, PinOnPhone, AuthType.CARD_PLUS_PHONE, True),
    (GuestCodeShown, PinOnPhone, AuthType.CARD_PLUS_PHONE, True),
    (CodeScanned, PinTyped, AuthType.SCAN_PLUS_KEYPAD, True),
    (CodeScanned, PinOnPhone, AuthType.SCAN_PLUS_PHONE, False),
    (RemoteOpening, PinOnPhone, AuthType.REMOTE_PLUS_PHONE, False),
)


def _shape(factor: type[Factor], pair: AuthType | None = None, who: int = 0) -> Shape:
    single, source, kind = _SINGLES[factor]
    return Shape(
        auth_type=single if pair is None else pair,
        aged=1 << (single if pair is None else pair) | (KEYPAD_PAIRS if single is AuthType.PIN else 0),
        single=single,
        single_bit=1 << single,
        pair_bit=0 if pair is None else 1 << pair,
        pairs=_PAIRS.get(single, 0) if pair is None else 0,
        source=source,
        kind=NUMBERS[kind],
        who=who,
        pin=-1 if pair is None else 1 - who,
        needs_position=source in _FROM_A_PHONE,
    )


def _shapes() -> dict[tuple[type[Factor], ...], Shape]:
    made: dict[tuple[type[Factor], ...], Shape] = {(factor,): _shape(factor) for factor in _SINGLES}
    for who, pin, pair, either_order in _TWO:
        made[who, pin] = _shape(who, pair)
        if either_order:
            made[pin, who] = _shape(who, pair, 1)
    return made


SHAPES = _shapes()
"""By the types of the factors, in the order presented."""
SHAPES_OF_ONE = {factors[0]: shape for factors, shape in SHAPES.items() if len(factors) == 1}
"""The same for attempts with a single factor, which most are."""
