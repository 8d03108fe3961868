"""How do bytes get to and from one serial port without ever waiting?"""

import contextlib
import os
from pathlib import Path

import serial

READ_BYTES = 4096


class PortLost(Exception):
    """The port cannot be opened or has gone; the message says why."""


class Port:
    """An open serial port, or a pseudo-terminal; pyserial sets it up, the bytes go past it since its write waits."""

    def __init__(self, path: Path, baud: int) -> None:
        try:
            self._serial = serial.Serial(str(path), baud, timeout=0, write_timeout=0, exclusive=True)
        except (OSError, ValueError) as fault:  # SerialException is an OSError, an impossible baud rate a ValueError.
            raise PortLost(f"the port {path.name} cannot be opened") from fault
        self.descriptor: int = self._serial.fileno()

    def read(self) -> bytes:
        """What has arrived, possibly nothing; PortLost when the other end is gone."""
        try:
            return os.read(self.descriptor, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as fault:
            raise PortLost(f"the port was lost: {fault.strerror}") from fault

    def write(self, data: bytes) -> int:
        """How many bytes were taken; 0 when the line is full."""
        try:
            return os.write(self.descriptor, data)
        except BlockingIOError:
            return 0
        except OSError as fault:
            raise PortLost(f"the port was lost: {fault.strerror}") from fault

    def close(self) -> None:
        """Gives the port back."""
        with contextlib.suppress(OSError):
            self._serial.close()
