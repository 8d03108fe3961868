"""Which readers and doors does the simulated site have?

A plan is TOML; relative paths start at the plan's folder:

    ports = "ports"              # folder for the pseudo-terminals
    outputs = "outputs.sock"     # unix socket for strikes, contacts and exit buttons

    [[door]]
    id = "main-door"
    opens_after_seconds = 1.0    # once released, a person opens; 0 is nobody
    closes_after_seconds = 3.0

    [[reader]]
    id = "main-door-entry"
    door = "main-door"
    port = "bus0"
    address = 0
    baud = 9600
    key_file = "keys/main-door-entry.key"
    mode = "secure"              # "factory": takes its first key from the controller and keeps it in key_file
    display = false              # true: it has a display of one row
    paced = false                # true: bytes take the time they would on a real line

    [[person]]                   # somebody to play: what they could show and type
    name = "Someone invented"
    bits = 26
    card = "70871c80"
    pin = "482913"
    passcode = "4829130057"
    plate = "ABC 123"
    code = "PV0:..."             # a guest's code as printed; or HANDLE:KEY in hexadecimal, from which changing codes are made
"""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

LARGEST_PLAN = 1_000_000


class PlanFault(Exception):
    """The plan cannot be used; the message says where and why."""


class DoorPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A door, and how quickly somebody goes through once it is released."""

    id: str
    opens_after_seconds: float = 1.0
    closes_after_seconds: float = 3.0


class ReaderPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader. `mode` factory has no key until it is adopted, clear-text has no secure channel at all: a fault to try."""

    id: str
    door: str
    port: str
    address: int
    baud: int = 9600
    key_file: str = ""
    mode: Literal["secure", "factory", "clear-text"] = "secure"
    display: bool = False
    paced: bool = False
    wires: bool = False  # Strike, contact and exit button hang on the reader itself instead of on the socket.


class PersonPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody to play at a reader: a card as hexadecimal of that many bits, and what else they have, empty for none."""

    name: str
    bits: int = 26
    card: str = ""
    pin: str = ""
    passcode: str = ""
    plate: str = ""
    code: str = ""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole site; `folder` is where relative paths start."""

    door: tuple[DoorPlan, ...]
    reader: tuple[ReaderPlan, ...]
    person: tuple[PersonPlan, ...] = ()
    ports: str = "ports"
    outputs: str = "outputs.sock"
    folder: Path = Path()


def read_plan(path: Path) -> Plan:
    """The plan in a file, checked; PlanFault otherwise."""
    try:
        if path.stat().st_size > LARGEST_PLAN:
            raise PlanFault(f"{path} is too large for a plan")
        plan = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Plan)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise PlanFault(f"{path}: {fault}") from fault
    return checked(msgspec.structs.replace(plan, folder=path.parent / plan.folder))


def checked(plan: Plan) -> Plan:
    """The same plan, or PlanFault where its parts do not fit together."""
    _once("door", [door.id for door in plan.door])
    _once("reader", [reader.id for reader in plan.reader])
    _once("address", [f"{reader.port}/{reader.address}" for reader in plan.reader])
    doors = {door.id for door in plan.door}
    for reader in plan.reader:
        if reader.door not in doors:
            raise PlanFault(f"reader {reader.id} belongs to door {reader.door}, which is not in the plan")
        if not 0 <= reader.address <= 126:  # OSDP's highest address; 127 is everybody.
            raise PlanFault(f"reader {reader.id}: an address is 0-126")
        if not 0 < reader.baud <= 1_000_000:  # More than RS-485 carries.
            raise PlanFault(f"reader {reader.id}: {reader.baud} baud is impossible")
        if reader.mode != "clear-text" and not reader.key_file:
            raise PlanFault(f"reader {reader.id} needs a key_file")
    return plan


def _once(word: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PlanFault(f"{word} {twice[0]} is there twice")
