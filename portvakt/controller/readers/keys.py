"""Which secret key does the secure channel of each reader use, and where is it kept?

One file per reader, `<folder>/<reader id>.key`, 16 raw bytes, mode 0600. A file that others could read is refused.
While a reader is adopted, the key it is about to be sent is kept beside it in `<reader id>.pending`, before it is sent: if
everything stops in between, the reader has either the one or the other, and proves which.
"""

import os
import re
import secrets
from pathlib import Path

import msgspec

KEY_BYTES = 16  # AES-128, the secure channel base key (SCBK) of OSDP 2.2.
DEFAULT_KEY = bytes(range(0x30, 0x40))  # SCBK-D, published in the OSDP standard, so no secret at all.
_READER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class KeyFault(Exception):
    """A reader's key is missing, malformed, or kept where others can read it; the message says which."""


class Held(msgspec.Struct, frozen=True):
    """What is kept for one reader: its key, and the key it may have been sent without our knowing; empty for none."""

    key: bytes = b""
    pending: bytes = b""


class Keys:
    """The readers' keys in one folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, reader: str) -> bytes:
        """The 16 bytes, or KeyFault."""
        return _read(reader, self._path(reader))

    def held(self, reader: str) -> Held:
        """All that is kept for the reader; KeyFault when that is nothing, or is not fit for use."""
        path, pending = self._path(reader), self._pending(reader)
        if not pending.exists():
            return Held(_read(reader, path))
        return Held(_read(reader, path) if path.exists() else b"", _read(reader, pending))

    def make(self, reader: str) -> bytes:
        """Makes, keeps and answers a new key; a key already there is replaced."""
        key = secrets.token_bytes(KEY_BYTES)
        self.write(reader, key)
        return key

    def write(self, reader: str, key: bytes) -> None:
        """Keeps a key that was made elsewhere; on disk as a whole or not at all."""
        self._write(self._path(reader), key)

    def make_pending(self, reader: str) -> bytes:
        """Makes the key that the reader is to be sent; on disk when this returns, in place of an earlier pending one."""
        key = secrets.token_bytes(KEY_BYTES)
        self._write(self._pending(reader), key)
        return key

    def promote(self, reader: str) -> None:
        """The reader has proven to hold the pending key: it is the key from now on."""
        self._pending(reader).replace(self._path(reader))
        self._settle()

    def drop_pending(self, reader: str) -> None:
        """The reader has proven not to hold the pending key."""
        self._pending(reader).unlink(missing_ok=True)
        self._settle()

    def _settle(self) -> None:
        """A renaming is on disk only when the folder is."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _write(self, path: Path, key: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = path.with_name(f"{path.name}.new")
        half.unlink(missing_ok=True)
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_checked(key))
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
        self._settle()

    def _pending(self, reader: str) -> Path:
        return self._path(reader).with_name(f"{reader}.pending")

    def _path(self, reader: str) -> Path:
        if not _READER_ID.fullmatch(reader):
            raise KeyFault("a reader id is letters, digits, dot, dash and underscore")
        return self._folder / f"{reader}.key"


def _read(reader: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyFault(f"the key file {path} can be read by others; set its mode to 0600")
            key = file.read(KEY_BYTES + 1)
    except OSError as fault:
        raise KeyFault(f"no key for reader {reader}: {fault.strerror}") from fault
    return _checked(key)


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise KeyFault(f"a reader key is {KEY_BYTES} bytes")
    if key == DEFAULT_KEY:
        raise KeyFault("the published default key is no secret; make a new one")
    return key
