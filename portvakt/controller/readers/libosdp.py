"""Where does the OSDP library end and our code begin? The only file that imports it, for readers and simulator alike.

libosdp 3.2 (Apache-2.0). What its source asks of us: callbacks must never raise (the error would surface elsewhere),
its bytes in and out must never block (it holds the interpreter), and dicts given to the event callback are never freed.
"""

import ctypes
import secrets
from collections.abc import Callable
from typing import Any, Protocol, cast

import osdp_sys  # type: ignore[import-untyped,import-not-found,unused-ignore]

Message = dict[str, Any]

ENFORCE_SECURE: int = osdp_sys.FLAG_ENFORCE_SECURE
OUTPUT: int = osdp_sys.CMD_OUTPUT
BUZZER: int = osdp_sys.CMD_BUZZER
LED: int = osdp_sys.CMD_LED
TEXT: int = osdp_sys.CMD_TEXT
KEY_SET: int = osdp_sys.CMD_KEYSET
CARD_READ: int = osdp_sys.EVENT_CARDREAD
KEY_PRESS: int = osdp_sys.EVENT_KEYPRESS
STATUS: int = osdp_sys.EVENT_STATUS
STATUS_LOCAL: int = osdp_sys.STATUS_REPORT_LOCAL
STATUS_INPUT: int = osdp_sys.STATUS_REPORT_INPUT
FORMAT_RAW: int = osdp_sys.CARD_FMT_RAW_UNSPECIFIED
FORMAT_WIEGAND: int = osdp_sys.CARD_FMT_RAW_WIEGAND
BLACK: int = osdp_sys.LED_COLOR_NONE
RED: int = osdp_sys.LED_COLOR_RED
GREEN: int = osdp_sys.LED_COLOR_GREEN
AMBER: int = osdp_sys.LED_COLOR_AMBER
CAN_INPUTS: int = osdp_sys.CAP_CONTACT_STATUS_MONITORING
CAN_OUTPUTS: int = osdp_sys.CAP_OUTPUT_CONTROL
CAN_CARDS: int = osdp_sys.CAP_CARD_DATA_FORMAT
CAN_LED: int = osdp_sys.CAP_READER_LED_CONTROL
CAN_BUZZER: int = osdp_sys.CAP_READER_AUDIBLE_OUTPUT
CAN_TEXT: int = osdp_sys.CAP_READER_TEXT_OUTPUT
CAN_READERS: int = osdp_sys.CAP_READERS
CAPABILITIES = {
    CAN_INPUTS: "inputs",
    CAN_OUTPUTS: "outputs",
    CAN_CARDS: "cards",
    CAN_LED: "led",
    CAN_BUZZER: "buzzer",
    CAN_TEXT: "display",
    osdp_sys.CAP_COMMUNICATION_SECURITY: "secure_channel",
    osdp_sys.CAP_SMART_CARD_SUPPORT: "smart_cards",
    osdp_sys.CAP_BIOMETRICS: "biometrics",
}

# Its own log speaks past ours, straight to the standard streams; what we need to know we hear from the frames.
osdp_sys.set_loglevel(osdp_sys.LOG_EMERG)


class Channel(Protocol):
    """The bytes of one device; libosdp keeps it for ever, so it must hold on to nothing after it is closed."""

    def read(self, at_most: int) -> bytes: ...
    def write(self, data: bytes) -> int: ...
    def flush(self) -> None: ...


class Panel(Protocol):
    """The control panel's end of a link with one reader, which has index 0."""

    def refresh(self) -> None: ...
    def status(self) -> int: ...
    def sc_status(self) -> int: ...
    def set_event_callback(self, callback: Callable[[int, Message], int]) -> None: ...
    def submit_command(self, index: int, command: Message) -> bool: ...
    def flush_commands(self, index: int) -> int: ...
    def check_capability(self, index: int, function: int) -> tuple[int, int]: ...
    def get_pd_id(self, index: int) -> dict[str, int]: ...
    def disable_pd(self, index: int) -> bool: ...
    def enable_pd(self, index: int) -> bool: ...
    def is_pd_enabled(self, index: int) -> bool: ...


class Device(Protocol):
    """The reader's end of the link."""

    def refresh(self) -> None: ...
    def is_sc_active(self) -> bool: ...
    def set_command_callback(self, callback: Callable[[Message], tuple[int, None]]) -> None: ...
    def submit_event(self, event: Message) -> bool: ...


def panel(address: int, channel: Channel, key: bytes) -> Panel:
    """A control panel for one reader that accepts nothing but a secure channel with `key`."""
    return cast("Panel", osdp_sys.ControlPanel([_info(address, channel, key, ENFORCE_SECURE)]))


def installing_panel(address: int, channel: Channel, key: bytes) -> Panel:
    """A control panel that gives `key` to a reader which takes the published default key, and comes back under `key`.

    A panel without EnforceSecure does that by itself; the library's InstallMode flag is for the reader's end alone. Such
    a panel also goes online in clear text: whoever uses it takes nothing from the reader and looks for the proof.
    """
    return cast("Panel", osdp_sys.ControlPanel([_info(address, channel, key, 0)]))


def device(
    address: int, channel: Channel, key: bytes | None, capabilities: list[tuple[int, int, int]], identity: Message
) -> Device:
    """A reader; `key` None is a reader as it leaves the factory. A capability is (function, compliance, items).

    `identity` has version, model, vendor_code, serial_number and firmware_version, all numbers.
    """
    info = _info(address, channel, key, ENFORCE_SECURE if key else 0) | identity
    words = ("function_code", "compliance_level", "num_items")
    return cast(
        "Device",
        osdp_sys.PeripheralDevice(info, capabilities=[dict(zip(words, one, strict=True)) for one in capabilities]),
    )


def _info(address: int, channel: Channel, key: bytes | None, flags: int) -> Message:
    # Asked for by the library in every case; only a reader has one.
    identity = {"version": 1, "model": 1, "vendor_code": 0, "serial_number": 0, "firmware_version": 1}
    link = {"name": f"reader-{address}", "address": address, "flags": flags, "scbk": key, "channel": channel}
    return link | identity


def stir_random() -> None:
    """Makes the next handshake's random numbers unpredictable.

    libosdp takes them from the C library's rand() and never seeds it (osdp_fill_random in tinyaes.c), so every start
    of the process would repeat the same challenges and a recorded card read could be played back.
    """
    _C_LIBRARY.srand(secrets.randbits(32))


_C_LIBRARY = ctypes.CDLL(None)
_C_LIBRARY.srand.argtypes = [ctypes.c_uint]
