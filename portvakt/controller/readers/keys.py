"""Which secret key does the secure channel of each reader use, and where is it kept?

One file per reader, `<folder>/<reader id>.key`, 16 raw bytes, mode 0600. A file that others could read is refused.
"""

import os
import re
import secrets
from pathlib import Path

KEY_BYTES = 16  # AES-128, the secure channel base key (SCBK) of OSDP 2.2.
DEFAULT_KEY = bytes(range(0x30, 0x40))  # SCBK-D, published in the OSDP standard, so no secret at all.
_READER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class KeyFault(Exception):
    """A reader's key is missing, malformed, or kept where others can read it; the message says which."""


class Keys:
    """The readers' keys in one folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, reader: str) -> bytes:
        """The 16 bytes, or KeyFault."""
        path = self._path(reader)
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    raise KeyFault(f"the key file {path} can be read by others; set its mode to 0600")
                key = file.read(KEY_BYTES + 1)
        except OSError as fault:
            raise KeyFault(f"no key for reader {reader}: {fault.strerror}") from fault
        return _checked(key)

    def make(self, reader: str) -> bytes:
        """Makes, keeps and answers a new key; a key already there is replaced."""
        key = secrets.token_bytes(KEY_BYTES)
        self.write(reader, key)
        return key

    def write(self, reader: str, key: bytes) -> None:
        """Keeps a key that was made elsewhere; on disk as a whole or not at all."""
        path = self._path(reader)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = path.with_suffix(".new")
        half.unlink(missing_ok=True)
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_checked(key))
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)

    def _path(self, reader: str) -> Path:
        if not _READER_ID.fullmatch(reader):
            raise KeyFault("a reader id is letters, digits, dot, dash and underscore")
        return self._folder / f"{reader}.key"


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise KeyFault(f"a reader key is {KEY_BYTES} bytes")
    if key == DEFAULT_KEY:
        raise KeyFault("the published default key is no secret; make a new one")
    return key
