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


class Signal(Enum):
    """What a person at the reader is shown: LED colour and buzzer."""

    GRANTED = "granted"
    DENIED = "denied"
    NEED_PIN = "need_pin"


ReaderInput = CardRead | KeysTyped | ReaderChanged
