"""What do our words mean in OSDP's commands and events?"""

from portvakt.controller.readers import libosdp
from portvakt.controller.readers.libosdp import Message
from portvakt.controller.readers.model import CardRead, KeysTyped, Language, ReaderDetails, Signal

TENTH = 0.1  # OSDP counts LED, buzzer and output times in tenths of a second.
LONGEST_TENTHS = 255  # libosdp's Python end keeps one byte of the timer.
MOST_CARD_BITS = 512
KEYS = {ord(key): key for key in "0123456789*#"} | {0x7F: "*", 0x0D: "#"}  # IEC 60839-11-5: 7F clears, 0D ends.

# Colour, how long it stays (tenths), blinking, beeps. Amber stays as long as the window for the second factor.
_SHOWN = {
    Signal.GRANTED: (libosdp.GREEN, 20, False, 1),
    Signal.DENIED: (libosdp.RED, 15, True, 3),
    Signal.NEED_PIN: (libosdp.AMBER, 100, True, 1),
    Signal.WAIT_FOR_PERSON: (libosdp.AMBER, 100, False, 2),
    Signal.LOCKED_DOWN: (libosdp.RED, 50, False, 3),
}

# OSDP's text is printable ASCII and the smallest display has one row of 16 signs, so the Swedish words do without å, ä, ö.
# They stand here, not in the server's translations: the controller has no gettext, and speaks before anyone signs in.
_WORDS = {
    Language.SWEDISH: {
        Signal.GRANTED: "Stig in",
        Signal.DENIED: "Nekad",
        Signal.NEED_PIN: "Ange PIN",
        Signal.WAIT_FOR_PERSON: "En person till",
        Signal.LOCKED_DOWN: "Ingen passage",
    },
    Language.ENGLISH: {
        Signal.GRANTED: "Come in",
        Signal.DENIED: "Denied",
        Signal.NEED_PIN: "Enter PIN",
        Signal.WAIT_FOR_PERSON: "One more person",
        Signal.LOCKED_DOWN: "Locked down",
    },
}
FIRST, TEMPORARY_TEXT = 1, 3  # Rows and columns count from 1; code 3 is temporary, without wrapping.


def led(signal: Signal) -> Message:
    """A temporary colour; afterwards the reader shows again what it showed before."""
    colour, tenths, blinking, _ = _SHOWN[signal]
    return {
        "command": libosdp.LED,
        "reader": 0,
        "led_number": 0,
        "temporary": True,
        "control_code": 2,
        "on_count": 2,
        "off_count": 2 if blinking else 0,
        "on_color": colour,
        "off_color": libosdp.BLACK,
        "timer_count": tenths,
    }


def buzzer(signal: Signal) -> Message:
    """Short beeps: one for yes and go on, three for no."""
    beeps = _SHOWN[signal][3]
    return {
        "command": libosdp.BUZZER,
        "reader": 0,
        "control_code": 2,
        "on_count": 1,
        "off_count": 1,
        "rep_count": beeps,
    }


def text(signal: Signal, language: Language) -> Message:
    """One short line that stays about as long as the light; afterwards the display shows its own text again."""
    return {
        "command": libosdp.TEXT,
        "reader": 0,
        "control_code": TEMPORARY_TEXT,
        "temp_time": max(1, round(_SHOWN[signal][1] * TENTH)),
        "offset_row": FIRST,
        "offset_col": FIRST,
        "data": _WORDS[language][signal],
    }


def key_set(key: bytes) -> Message:
    """A new secure channel base key; goes out encrypted, in a secure channel only."""
    return {"command": libosdp.KEY_SET, "type": 1, "data": key}


def details(identity: Message, capabilities: tuple[str, ...]) -> ReaderDetails:
    """The identity report in words."""
    maker, firmware = identity["vendor_code"], identity["firmware_version"]
    return ReaderDetails(
        maker=maker.to_bytes(3, "little").hex(":"),
        model=f"{identity['model']}.{identity['version']}",
        firmware=".".join(str(part) for part in firmware.to_bytes(3, "big")),
        serial=f"{identity['serial_number'] & 0xFFFFFFFF:08x}",
        capabilities=capabilities,
    )


def output(number: int, seconds: float) -> Message:
    """On for `seconds` and then off by the reader's own timer (code 5); 0 is off at once, ending any timer (code 1)."""
    tenths = min(round(seconds / TENTH), LONGEST_TENTHS)
    code = 5 if tenths > 0 else 1
    return {"command": libosdp.OUTPUT, "output_no": number, "control_code": code, "timer_count": max(tenths, 0)}


def card(reader: str, event: Message) -> CardRead | None:
    """The card of a read event, or None where its length is impossible."""
    bits, data = event.get("length", 0), bytes(event.get("data", b""))
    if not 0 < bits <= MOST_CARD_BITS or len(data) != (bits + 7) // 8:
        return None
    return CardRead(reader, bits, data)


def keys(reader: str, event: Message) -> KeysTyped | None:
    """The keys of a keypad event; codes that are no key of ours are left out."""
    digits = "".join(KEYS.get(code, "") for code in bytes(event.get("data", b"")))
    return KeysTyped(reader, digits) if digits else None
