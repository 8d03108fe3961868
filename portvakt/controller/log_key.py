"""With which key does this controller seal its events?

It is made at the first start, stays in the state folder and goes nowhere: the server learns the public half and holds on to it. A key
that cannot be used is kept aside and another is made, because doors must go on; the server then says loudly that the key changed.
"""

import logging
import os
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portvakt.core.chain import KEY_BYTES

FILE = "log-key"

log = logging.getLogger(__name__)


def load_log_key(state: Path) -> Ed25519PrivateKey:
    """Return the key in the state folder, made there if there is none; one that the disk does not take is for this start alone."""
    path = state / FILE
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return _make(path)
    if len(body) != KEY_BYTES or path.stat().st_mode & 0o077:
        aside = path.with_name(f"{FILE}.unusable-{uuid4().hex[:8]}")
        path.rename(aside)
        log.error("the log key is damaged or could be read by others; kept as %s, another is made", aside.name)
        return _make(path)
    return Ed25519PrivateKey.from_private_bytes(body)


def public_log_key(state: Path) -> bytes | None:
    """Return the raw public half of the key in the state folder, to be compared with an export's; None when there is none."""
    try:
        body = (state / FILE).read_bytes()
    except FileNotFoundError:
        return None
    return (
        Ed25519PrivateKey.from_private_bytes(body).public_key().public_bytes_raw() if len(body) == KEY_BYTES else None
    )


def _make(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    try:
        _write(path, key.private_bytes_raw())
    except OSError as trouble:
        path.unlink(missing_ok=True)
        log.error("the log key cannot be written, so the next start has another: %s", trouble.strerror)  # noqa: TRY400
    return key


def _write(path: Path, body: bytes) -> None:
    """Write the file whole or not at all; its folder is flushed, so that a power cut does not take the name away."""
    half = path.with_name(f"{FILE}.half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, body)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    half.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
