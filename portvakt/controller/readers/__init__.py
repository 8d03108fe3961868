"""How does the controller speak with its readers? These are the names for the rest; OSDP stays inside this folder."""

from portvakt.controller.readers.buses import Readers
from portvakt.controller.readers.keys import KeyFault, Keys
from portvakt.controller.readers.model import (
    Adoption,
    AdoptionOutcome,
    CardRead,
    KeysTyped,
    Language,
    ReaderChanged,
    ReaderDetails,
    ReaderInput,
    ReaderState,
    Signal,
)

__all__ = [
    "Adoption",
    "AdoptionOutcome",
    "CardRead",
    "KeyFault",
    "Keys",
    "KeysTyped",
    "Language",
    "ReaderChanged",
    "ReaderDetails",
    "ReaderInput",
    "ReaderState",
    "Readers",
    "Signal",
]
