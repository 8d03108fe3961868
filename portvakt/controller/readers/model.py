"""What can a reader tell the controller, and what can the controller show at a reader?"""

from enum import Enum, StrEnum

import msgspec


class ReaderState(StrEnum):
    """How a reader stands; only an ONLINE or TAMPERED reader's input is ever delivered."""

    ONLINE = "online"
    OFFLINE = "offline"
    INSECURE = "insecure"
    TAMPERED = "tampered"


class CardRead(msgspec.Struct, frozen=True):
    """A card was shown: `bits` significant bits, left-aligned in `data` as the reader sent them."""

    reader: str
    bits: int
    data: bytes


class KeysTyped(msgspec.Struct, frozen=True):
    """Keys in the order typed: "0"-"9", "*" clears, "#" ends; any number of them at a time."""

    reader: str
    digits: str


class ReaderChanged(msgspec.Struct, frozen=True):
    """The reader's state became `state`; `detail` is one sentence for an operator, never personal."""

    reader: str
    state: ReaderState
    detail: str


class ReaderDetails(msgspec.Struct, frozen=True):
    """What the reader says of itself. It says so before its secure channel is up: for people to read, no proof.

    `maker` is the IEEE prefix of who made it (00:06:8e), `model` the maker's model and version numbers, `firmware` major.minor
    and build, `serial` eight hexadecimal digits, `capabilities` words of ours in the order of OSDP's function codes.
    """

    maker: str
    model: str
    firmware: str
    serial: str
    capabilities: tuple[str, ...]


class AdoptionOutcome(StrEnum):
    """How an adoption ended."""

    ADOPTED = "adopted"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


class Adoption(msgspec.Struct, frozen=True):
    """What became of it; `detail` is one sentence for an operator, `details` what the reader said where it was adopted."""

    reader: str
    outcome: AdoptionOutcome
    detail: str
    details: ReaderDetails | None = None


class Signal(Enum):
    """What a person at the reader is shown: LED colour, buzzer, and a line of text where there is a display.

    A grant under duress is GRANTED, like any other: whoever forces the person must not see a difference.
    """

    GRANTED = "granted"
    DENIED = "denied"
    NEED_PIN = "need_pin"
    WAIT_FOR_PERSON = "wait_for_person"
    LOCKED_DOWN = "locked_down"


class Language(StrEnum):
    """The language of a reader's display."""

    SWEDISH = "sv"
    ENGLISH = "en"


ReaderInput = CardRead | KeysTyped | ReaderChanged
