"""What do our words mean in OSDP's commands and events?"""

from portvakt.controller.readers import libosdp
from portvakt.controller.readers.libosdp import Message
from portvakt.controller.readers.model import CardRead, KeysTyped, Signal

TENTH = 0.1  # OSDP counts LED, buzzer and output times in tenths of a second.
LONGEST_TENTHS = 255  # libosdp's Python end keeps one byte of the timer.
MOST_CARD_BITS = 512
KEYS = {ord(key): key for key in "0123456789*#"} | {0x7F: "*", 0x0D: "#"}  # IEC 60839-11-5: 7F clears, 0D ends.

# Colour, how long it stays (tenths), blinking, beeps. Amber stays as long as the window for the second factor.
_SHOWN = {
    Signal.GRANTED: (libosdp.GREEN, 20, False, 1),
    Signal.DENIED: (libosdp.RED, 15, True, 3),
    Signal.NEED_PIN: (libosdp.AMBER, 100, True, 1),
}


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
