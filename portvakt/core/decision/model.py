"""Which values go into a decision at a door, and which come out?

Words after ONVIF Access Control and EN 60839-11-1; the reasons are a closed list. What is made anew for every attempt can be in no cycle,
and says so (`gc=False`), so that Python's collector need not look at it.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum

import msgspec


class Side(StrEnum):
    """A side of a door: entry is towards the protected area."""

    ENTRY = "entry"
    EXIT = "exit"


class AuthType(IntEnum):
    """What a side accepts; the numbers 1-13 are those of the published Entryfy descriptors."""

    REX = 1
    CARD = 2
    PIN = 3
    CARD_PLUS_PIN = 4
    SCAN = 5
    SCAN_PLUS_KEYPAD = 6
    SCAN_PLUS_PHONE = 7
    KEY_CARD = 8
    REMOTE = 9
    REMOTE_PLUS_PHONE = 10
    CARD_PLUS_PHONE = 11
    PASSCODE = 12
    KEY_CARD_PLUS_PIN = 13
    PLATE = 14


WITH_PHONE = frozenset(
    {AuthType.REMOTE, AuthType.REMOTE_PLUS_PHONE, AuthType.SCAN, AuthType.SCAN_PLUS_PHONE,
     AuthType.SCAN_PLUS_KEYPAD, AuthType.CARD_PLUS_PHONE}
)  # fmt: skip
"""What takes a phone that is signed in to an account, and a server and a controller that talk."""


class CredentialKind(StrEnum):
    """What is presented. A DURESS_PIN opens as its holder's PIN does and raises a silent alarm."""

    KEY_CARD = "key_card"
    PIN = "pin"
    DURESS_PIN = "duress_pin"
    QR = "qr"
    GUEST_CODE = "guest_code"
    PASSCODE = "passcode"
    PLATE = "plate"


class Escort(StrEnum):
    """What a person is where an area asks for escorts: on their own, someone who must be escorted, or an escort."""

    NONE = "none"
    NEEDED = "needed"
    GIVEN = "given"


class Reason(StrEnum):
    """Why a passage was denied, in the order the checks are made; REPLAYED_CODE belongs to those of the credential."""

    DOOR_OUT_OF_SERVICE = "door_out_of_service"
    CLOCK_WRONG = "clock_wrong"
    SNAPSHOT_TOO_OLD = "snapshot_too_old"
    LOCKDOWN = "lockdown"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    CREDENTIAL_NOT_ENABLED = "credential_not_enabled"
    CREDENTIAL_NOT_ACTIVE = "credential_not_active"
    CREDENTIAL_EXPIRED = "credential_expired"
    PERSON_SUSPENDED = "person_suspended"
    PERSON_NOT_ACTIVE = "person_not_active"
    PERSON_EXPIRED = "person_expired"
    UNAUTHORISED = "unauthorised"
    NOT_PERMITTED_AT_THIS_TIME = "not_permitted_at_this_time"
    AUTH_TYPE_NOT_ACCEPTED = "auth_type_not_accepted"
    WRONG_PIN = "wrong_pin"
    PIN_LOCKED = "pin_locked"
    FACTOR_MISSING = "factor_missing"
    REPLAYED_CODE = "replayed_code"
    NO_POSITION = "no_position"
    TOO_FAR = "too_far"
    INTERLOCKED = "interlocked"
    ANTI_PASSBACK = "anti_passback"
    AREA_FULL = "area_full"
    ESCORT_MISSING = "escort_missing"
    SECOND_PERSON_MISSING = "second_person_missing"
    FAULT = "fault"


class CardShown(msgspec.Struct, frozen=True, gc=False, tag="card"):
    """A key card read at a reader, as its keyed digest (see core.credentials)."""

    digest: bytes


class PinTyped(msgspec.Struct, frozen=True, gc=False, tag="pin"):
    """A PIN typed at a keypad, as its keyed digest."""

    digest: bytes


class PasscodeTyped(msgspec.Struct, frozen=True, gc=False, tag="passcode"):
    """A passcode typed at a keypad, as its keyed digest; its length tells it from a PIN (see core.credentials)."""

    digest: bytes


class QrShown(msgspec.Struct, frozen=True, gc=False, tag="qr"):
    """A person's own changing code shown to a reader: whose it is, its time step, and its proof (see core.credentials)."""

    handle: bytes
    step: int
    proof: bytes


class GuestCodeShown(msgspec.Struct, frozen=True, gc=False, tag="guest_code"):
    """A guest's printed or mailed code shown to a reader, as its keyed digest."""

    digest: bytes


class PlateSeen(msgspec.Struct, frozen=True, gc=False, tag="plate"):
    """A licence plate read by a camera, as the keyed digest of its normal form."""

    digest: bytes


class ExitRequested(msgspec.Struct, frozen=True, gc=False, tag="rex"):
    """The request-to-exit button or sensor was used; it has no identity."""


class RemoteOpening(msgspec.Struct, frozen=True, gc=False, tag="remote"):
    """A signed-in person asks for the door from a distance.

    `person` is an opaque id; `metres` is how far from the door the phone is, None where it did not say. The position
    itself stays with the phone's request and reaches no controller.
    """

    person: str
    metres: int | None = None


class CodeScanned(msgspec.Struct, frozen=True, gc=False, tag="scan"):
    """A signed-in person's phone scanned the code printed at a side of the door; `code` as printed, 16 bytes."""

    person: str
    code: bytes
    metres: int | None = None


class PinOnPhone(msgspec.Struct, frozen=True, gc=False, tag="pin_on_phone"):
    """A PIN that a signed-in person typed in the app, as its keyed digest."""

    person: str
    digest: bytes


Factor = (
    CardShown
    | PinTyped
    | PasscodeTyped
    | QrShown
    | GuestCodeShown
    | PlateSeen
    | ExitRequested
    | RemoteOpening
    | CodeScanned
    | PinOnPhone
)


class Request(msgspec.Struct, frozen=True, gc=False):
    """One attempt to pass: the factors in the order presented; `at` is aware and in UTC."""

    door: str
    side: Side
    at: datetime
    factors: tuple[Factor, ...]


class Companion(msgspec.Struct, frozen=True, gc=False):
    """The first of two who pass together: who presented before the one whose factors completed the passage.

    `duress` and `passback` are theirs, as those of `Granted` are the other's.
    """

    auth_type: AuthType
    person: str
    credential: str | None
    rule: str
    duress: bool = False
    passback: bool = False


class Granted(msgspec.Struct, frozen=True, gc=False):
    """The strike may be released for `release_seconds`; ids are opaque, None where the passage has none (REX).

    `duress`: the PIN was the holder's duress PIN; nothing that can be seen at the door may tell. `passback`: granted
    although the area's soft anti-passback was broken.
    """

    auth_type: AuthType
    release_seconds: int
    person: str | None = None
    credential: str | None = None
    rule: str | None = None
    duress: bool = False
    passback: bool = False
    companion: Companion | None = None


class Denied(msgspec.Struct, frozen=True, gc=False):
    """The door stays locked; ids are filled in as far as the checks came.

    `duress`: the PIN that came was the duress PIN of the person named; nothing that can be seen at the door may tell.
    """

    reason: Reason
    auth_type: AuthType | None = None
    person: str | None = None
    credential: str | None = None
    duress: bool = False


class NeedFactor(msgspec.Struct, frozen=True, gc=False):
    """The first factor of an accepted pair; one that completes one of `pairs` must follow within the window.

    `person` and `credential` are None where nothing was said about the first factor yet: a PIN typed first is judged
    together with the card, so that nobody learns from the reader's light whether it was one.
    """

    pairs: tuple[AuthType, ...]
    person: str | None = None
    credential: str | None = None


class NeedPerson(msgspec.Struct, frozen=True, gc=False):
    """All checks passed but the area asks for company: another person must present at this side within the window.

    `reason` is what the first person is denied with when nobody comes: ESCORT_MISSING or SECOND_PERSON_MISSING.
    """

    reason: Reason
    auth_type: AuthType
    person: str
    credential: str | None
    rule: str
    duress: bool = False


Decision = Granted | Denied | NeedFactor | NeedPerson


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """Somebody waits at a side for company since `at` (aware, UTC)."""

    who: NeedPerson
    at: datetime


class Place(msgspec.Struct, frozen=True, gc=False):
    """In which area a person is believed to be (None: outside all), since their last passage (aware, UTC)."""

    area: str | None
    since: datetime


class Barred(msgspec.Struct, frozen=True):
    """What the server took back ahead of the snapshot that says so: persons, credentials, and (person, rule) pairs."""

    persons: frozenset[str] = frozenset()
    credentials: frozenset[str] = frozenset()
    assignments: frozenset[tuple[str, str]] = frozenset()


TypedAt = tuple[str, Side | None]
"""Where PINs are typed and counted: at one side of a door, (door, side), or in one person's phone, (person, None)."""


class PinTries(msgspec.Struct, frozen=True):
    """Wrong PINs at one place: when (oldest first, those that still count), and until when PINs are locked there."""

    wrong_at: tuple[datetime, ...] = ()
    locked_until: datetime | None = None


class State(msgspec.Struct, frozen=True):
    """What a decision needs beside the snapshot; every change is a new value (lockout, presence, the controller).

    - `confirmed_at` (aware, UTC): when the server last said that the snapshot in force is the newest; None is never.
    - `clock_trusted`: False where the clock shows a time that is certainly wrong.
    - `pin_tries`: the wrong PINs of each side of a door, and of each person's phone.
    - `codes_used`: by handle of a changing code, the newest step that was taken; `codes_from`: steps up to this one are
      refused, because before a restart they may have been used.
    - `codes_waiting`: by (door, side), the changing code that was taken there and waits for its PIN.
    - `places`, by person, and `inside`, the number of persons by area, count what the areas of this controller saw.
    - `entered`: by (person, area), when somebody last entered an area that may not be entered again too soon.
    - `waiting`: who waits for company, by (door, side). `unsecured`: doors that are open or released, for interlocks.
    - `first_in`: by door, when somebody last passed in (for unlock schedules that wait for the first person).
    """

    confirmed_at: datetime | None = None
    clock_trusted: bool = True
    pin_tries: Mapping[TypedAt, PinTries] = {}
    codes_used: Mapping[bytes, int] = {}
    codes_from: int = 0
    codes_waiting: Mapping[tuple[str, Side], QrShown] = {}
    places: Mapping[str, Place] = {}
    inside: Mapping[str, int] = {}
    entered: Mapping[tuple[str, str], datetime] = {}
    waiting: Mapping[tuple[str, Side], Waiting] = {}
    unsecured: frozenset[str] = frozenset()
    first_in: Mapping[str, datetime] = {}
    barred: Barred | None = None
