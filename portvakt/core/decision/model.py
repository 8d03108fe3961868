"""Which values go into a decision at a door, and which come out?

Words after ONVIF Access Control and EN 60839-11-1; the reasons are a closed list.
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


class CredentialKind(StrEnum):
    """What is presented."""

    KEY_CARD = "key_card"
    PIN = "pin"


class Reason(StrEnum):
    """Why a passage was denied, in the order the checks are made."""

    DOOR_OUT_OF_SERVICE = "door_out_of_service"
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
    REPLAYED_CODE = "replayed_code"
    NO_POSITION = "no_position"
    TOO_FAR = "too_far"
    ANTI_PASSBACK = "anti_passback"
    AREA_FULL = "area_full"
    FAULT = "fault"


class CardShown(msgspec.Struct, frozen=True, tag="card"):
    """A key card read at a reader, as its keyed digest (see core.credentials)."""

    digest: bytes


class PinTyped(msgspec.Struct, frozen=True, tag="pin"):
    """A PIN typed at a keypad, as its keyed digest."""

    digest: bytes


class ExitRequested(msgspec.Struct, frozen=True, tag="rex"):
    """The request-to-exit button or sensor was used; it has no identity."""


class RemoteOpening(msgspec.Struct, frozen=True, tag="remote"):
    """A signed-in person asks for the door from a distance; `person` is an opaque id."""

    person: str


Factor = CardShown | PinTyped | ExitRequested | RemoteOpening


class Request(msgspec.Struct, frozen=True):
    """One attempt to pass: the factors in the order presented; `at` is aware and in UTC."""

    door: str
    side: Side
    at: datetime
    factors: tuple[Factor, ...]


class Granted(msgspec.Struct, frozen=True):
    """The strike may be released for `release_seconds`; ids are opaque, None where the passage has none (REX)."""

    auth_type: AuthType
    release_seconds: int
    person: str | None = None
    credential: str | None = None
    rule: str | None = None


class Denied(msgspec.Struct, frozen=True):
    """The door stays locked; ids are filled in as far as the checks came."""

    reason: Reason
    auth_type: AuthType | None = None
    person: str | None = None
    credential: str | None = None


class NeedFactor(msgspec.Struct, frozen=True):
    """The first factor of an accepted pair was right; `kind` must follow within the window."""

    kind: CredentialKind
    person: str
    credential: str


Decision = Granted | Denied | NeedFactor


class PinTries(msgspec.Struct, frozen=True):
    """Wrong PINs at one side: when (oldest first, those that still count), and until when PINs are locked there."""

    wrong_at: tuple[datetime, ...] = ()
    locked_until: datetime | None = None


class State(msgspec.Struct, frozen=True):
    """What a decision needs beside the snapshot; a new value is made by `lockout.after` or `msgspec.structs.replace`.

    `confirmed_at` (aware, UTC) is when the server last said that the snapshot in force is the newest; None means never.
    """

    confirmed_at: datetime | None = None
    pin_tries: Mapping[tuple[str, Side], PinTries] = {}
