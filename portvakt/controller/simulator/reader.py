"""What does a reader do that stands at no door: answer, take a card, show a light?

SecureReader is a real OSDP device (libosdp). ClearTextReader speaks the protocol without its secure channel, as an old
or a planted device would; the controller must never listen to it.
"""

import asyncio
import ctypes
import logging
from collections.abc import Callable
from typing import Any, Protocol

from portvakt.controller.readers import frames, libosdp
from portvakt.controller.simulator.plan import ReaderPlan

CAPABILITIES = [
    (libosdp.CAN_CARDS, 1, 1),
    (libosdp.CAN_LED, 4, 1),
    (libosdp.CAN_BUZZER, 2, 1),
    (libosdp.CAN_READERS, 1, 1),
]
WIRES = [(libosdp.CAN_INPUTS, 2, 2), (libosdp.CAN_OUTPUTS, 4, 1)]
DISPLAY = [(libosdp.CAN_TEXT, 1, 1)]  # One row of 16 signs.
# A maker's prefix of the range that is nobody's (its second bit says locally administered), firmware 1.2.3.
IDENTITY = {"version": 1, "model": 2, "vendor_code": 0x010002, "firmware_version": 0x010203}
STEPS = 3  # Refreshes after new bytes: a command and its reply are done in one, the others find leftovers.
COLOURS = {libosdp.BLACK: "off", libosdp.RED: "red", libosdp.GREEN: "green", libosdp.AMBER: "amber"}
CONTACT, EXIT = 0, 1  # Partner: outputs/readers.py.
TAKEN, REFUSED = 0, -1
KEY_CODES = {"*": 0x7F, "#": 0x0D}
TENTHS = 10

log = logging.getLogger(__name__)


class SimulatedReader(Protocol):
    """A reader on a simulated bus."""

    plan: ReaderPlan
    powered: bool

    def receive(self, data: bytes) -> None:
        """Bytes from the controller, for whichever reader on the bus."""

    def tick(self) -> None:
        """Lets time pass."""

    def card(self, bits: int, data: bytes) -> None:
        """A card is shown."""

    def text(self, text: str) -> None:
        """A QR code or a number plate is read; its text is ASCII."""

    def keys(self, digits: str) -> None:
        """Keys are typed: 0-9, "*" and "#"."""

    def wire(self, number: int, active: bool) -> None:  # noqa: FBT001  A wire's one property.
        """An input terminal changes."""

    def tamper(self, on: bool) -> None:  # noqa: FBT001  A contact's one property.
        """Its housing is opened or closed."""

    def power(self, on: bool) -> None:  # noqa: FBT001  A switch's one property.
        """The supply is cut or comes back."""

    def state(self) -> dict[str, Any]:
        """What can be seen of it, as JSON."""


class _Channel:
    id = 0

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.received = bytearray()
        self.send: Callable[[bytes], None] | None = send

    def read(self, at_most: int) -> bytes:
        taken = bytes(self.received[:at_most])
        del self.received[:at_most]
        return taken

    def write(self, data: bytes) -> int:
        if self.send is not None:
            self.send(data)
        return len(data)

    def flush(self) -> None:
        self.received.clear()


class SecureReader:
    """A libosdp device; `key` None is one as it leaves the factory.

    `switched(on)` follows output 0; `keep(key)` is called when it is sent a new key.
    """

    def __init__(
        self,
        plan: ReaderPlan,
        key: bytes | None,
        send: Callable[[bytes], None],
        switched: Callable[[bool], None],
        keep: Callable[[bytes], None],
    ) -> None:
        self.plan = plan
        self.powered = True
        self._key = key
        self._send = send
        self._switched = switched
        self._keep = keep
        self._inputs = [0, 0]
        self._led = "off"
        self._text = ""
        self._beeps = 0
        self._led_timer: asyncio.TimerHandle | None = None
        self._output_timer: asyncio.TimerHandle | None = None
        self._told_inputs = False
        self._start()

    def receive(self, data: bytes) -> None:
        if not self.powered:
            return
        self._channel.received += data
        for _ in range(STEPS):
            self._device.refresh()
        if not self._told_inputs and self.plan.wires and self._device.is_sc_active():
            self._told_inputs = True
            self._tell_inputs()

    def tick(self) -> None:
        if self.powered:
            self._device.refresh()

    def card(self, bits: int, data: bytes) -> None:
        self._read(libosdp.FORMAT_WIEGAND, bits, data)

    def text(self, text: str) -> None:
        self._read(libosdp.FORMAT_RAW, len(text) * 8, text.encode("ascii"))

    def keys(self, digits: str) -> None:
        codes = bytes(KEY_CODES.get(digit, ord(digit)) for digit in digits)
        self._submit({"event": libosdp.KEY_PRESS, "reader_no": 0, "data": codes})

    def wire(self, number: int, active: bool) -> None:  # noqa: FBT001
        self._inputs[number] = int(active)
        self._tell_inputs()

    def tamper(self, on: bool) -> None:  # noqa: FBT001
        self._submit({"event": libosdp.STATUS, "type": libosdp.STATUS_LOCAL, "report": bytes([on, 0])})

    def power(self, on: bool) -> None:  # noqa: FBT001
        if on and not self.powered:
            self._channel.send = None
            self._start()
        elif self.powered and not on:
            self._dark()
            self._off()
        self.powered = on

    def state(self) -> dict[str, Any]:
        online = self.powered and self._device.is_sc_active()
        shown = {"led": self._led, "beeps": self._beeps, "text": self._text}
        return {"online": online, "powered": self.powered, **shown}

    def _read(self, how: int, bits: int, data: bytes) -> None:
        event = {"event": libosdp.CARD_READ, "reader_no": 0, "direction": 0}
        self._submit(event | {"format": how, "length": bits, "data": data})

    def _start(self) -> None:
        self._channel = _Channel(self._send)
        capabilities = CAPABILITIES + (WIRES if self.plan.wires else []) + (DISPLAY if self.plan.display else [])
        identity = IDENTITY | {"serial_number": self.plan.address + 1}
        self._device = libosdp.device(self.plan.address, self._channel, self._key, capabilities, identity)
        self._device.set_command_callback(self._take_command)
        self._told_inputs = False

    def _submit(self, event: libosdp.Message) -> None:
        if self.powered and self._device.is_sc_active():  # Without a controller a reader has nobody to keep it for.
            self._device.submit_event(event)

    def _tell_inputs(self) -> None:
        if self.plan.wires:
            self._submit({"event": libosdp.STATUS, "type": libosdp.STATUS_INPUT, "report": bytes(self._inputs)})

    def _take_command(self, command: libosdp.Message) -> tuple[int, None]:
        answer = TAKEN
        try:
            self._obey(command)
        except Exception:
            log.exception("reader %s: a command could not be carried out", self.plan.id)
            answer = REFUSED
        # libosdp 3.2 gives back one reference too many of the second element (pd_command_cb in pd.c).
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(None))
        return answer, None

    def _obey(self, command: libosdp.Message) -> None:
        kind = command["command"]
        if kind == libosdp.LED:
            self._shine(command)
        elif kind == libosdp.BUZZER:
            self._beeps += command["rep_count"]
        elif kind == libosdp.TEXT:
            self._text = command["data"]
        elif kind == libosdp.KEY_SET:
            self._keep(command["data"])
            self._key = command["data"]
        elif kind == libosdp.OUTPUT and command["output_no"] == 0:
            self._switch(command["control_code"], command["timer_count"] / TENTHS)

    def _shine(self, command: libosdp.Message) -> None:
        self._dark()
        self._led = COLOURS.get(command["on_color"], "other")
        if command.get("temporary"):
            seconds = command["timer_count"] / TENTHS
            self._led_timer = asyncio.get_running_loop().call_later(seconds, self._dark)

    def _dark(self) -> None:
        if self._led_timer is not None:
            self._led_timer.cancel()
        self._led_timer, self._led = None, "off"

    def _switch(self, code: int, seconds: float) -> None:
        self._stop_output_timer()
        on = code in (2, 4, 5)  # Permanently on, likewise after a timer, and on for a time.
        self._switched(on)
        if code == 5:
            self._output_timer = asyncio.get_running_loop().call_later(seconds, self._off)

    def _off(self) -> None:
        self._stop_output_timer()
        self._switched(False)

    def _stop_output_timer(self) -> None:
        if self._output_timer is not None:
            self._output_timer.cancel()
        self._output_timer = None


class ClearTextReader:
    """Answers every command in clear text and pushes its cards the same way, at the first question it gets."""

    def __init__(self, plan: ReaderPlan, send: Callable[[bytes], None]) -> None:
        self.plan = plan
        self.powered = True
        self._send = send
        self._scanner = frames.Scanner()
        self.cards: list[bytes] = []

    def receive(self, data: bytes) -> None:
        for frame in self._scanner.feed(data):
            if self.powered and not frame.reply and frame.address == self.plan.address:
                self._answer(frame)

    def tick(self) -> None:
        """It has no sense of time."""

    def card(self, bits: int, data: bytes) -> None:
        self.cards.append(bytes([0, 1]) + bits.to_bytes(2, "little") + data)

    def text(self, text: str) -> None:
        """It has no camera."""

    def keys(self, digits: str) -> None:
        """It has no keypad."""

    def wire(self, number: int, active: bool) -> None:  # noqa: FBT001
        """It has no terminals."""

    def tamper(self, on: bool) -> None:  # noqa: FBT001
        """It has no tamper contact."""

    def power(self, on: bool) -> None:  # noqa: FBT001
        self.powered = on

    def state(self) -> dict[str, Any]:
        return {"online": False, "powered": self.powered, "led": "off", "beeps": 0, "text": ""}

    def _answer(self, frame: frames.Frame) -> None:
        code, payload = frames.ACK, b""
        if self.cards and frame.code == frames.ID:
            code, payload = frames.CARD, self.cards.pop(0)
        elif frame.code == frames.ID:
            code, payload = frames.PD_ID, bytes(12)
        elif frame.code == frames.CAPABILITIES:
            code, payload = frames.PD_CAPABILITIES, bytes([libosdp.CAN_CARDS, 1, 1, libosdp.CAN_LED, 4, 1])
        elif frame.code == frames.CHALLENGE:
            code, payload = frames.NAK, b"\x05"  # Secure channel not supported.
        self._send(frames.encoded(frames.Frame(self.plan.address, True, frame.sequence, b"", code, payload)))
