"""Is a changing code what its description says, is a guest's code read, and is anything else left to be a card?"""

import hmac
from base64 import b32encode
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portvakt.core.credentials import (
    CredentialError,
    GuestCode,
    guest_code_digest,
    guest_text,
    qr_key,
    qr_proof,
    qr_proof_by_key,
    qr_text,
    read_code,
)
from portvakt.core.decision.model import QrShown

KEY = bytes(range(32))
HANDLE = bytes(range(100, 116))
CODE = bytes(range(200, 216))
STEP = 59_000_000
SHOWN = QrShown(HANDLE, STEP, qr_proof(KEY, HANDLE, STEP))
WHOLE, CANONICAL = qr_text(SHOWN), guest_text(CODE)


def test_the_proof_is_the_stated_hmac() -> None:
    key = hmac.new(KEY, b"portvakt qr\0" + HANDLE, sha256).digest()
    assert qr_key(KEY, HANDLE) == key
    assert SHOWN.proof == hmac.new(key, STEP.to_bytes(4, "big"), sha256).digest()[:8]
    assert qr_proof_by_key(key, STEP) == SHOWN.proof


def test_proofs_differ_by_key_handle_and_step() -> None:
    other = bytes(range(1, 33))
    proofs = {SHOWN.proof, qr_proof(other, HANDLE, STEP), qr_proof(KEY, CODE, STEP), qr_proof(KEY, HANDLE, STEP + 1)}
    assert len(proofs) == 4


def test_guest_code_digest_is_the_stated_hmac() -> None:
    assert guest_code_digest(KEY, CODE) == hmac.new(KEY, b"portvakt guest code\0" + CODE, sha256).digest()[:16]


def test_texts_fit_readers_and_the_small_kind_of_qr_code() -> None:
    assert (len(WHOLE), len(CANONICAL)) == (49, 30)
    assert all(each.isdigit() or "A" <= each <= "Z" or each == ":" for each in WHOLE + CANONICAL)


@pytest.mark.parametrize("end", ["", "\r", "\n", "\r\n", "\0\0"])
def test_what_was_written_is_read(end: str) -> None:
    assert read_code((WHOLE + end).encode()) == SHOWN
    assert read_code((CANONICAL + end).encode()) == GuestCode(CODE)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 2**32 - 1), st.binary(min_size=8, max_size=8))
@settings(derandomize=True, max_examples=100)
def test_every_code_goes_both_ways(handle: bytes, step: int, proof: bytes) -> None:
    assert read_code(qr_text(QrShown(handle, step, proof)).encode()) == QrShown(handle, step, proof)
    assert read_code(guest_text(handle).encode()) == GuestCode(handle)


NO_CODES = {
    "nothing": b"",
    "a card": bytes.fromhex("04A1B2C3D4E5F6"),
    "the prefix alone": b"PV1:",
    "another number": WHOLE.replace("PV1:", "PV2:").encode(),
    "small letters": WHOLE.lower().encode(),
    "small letters after the prefix": ("PV1:" + WHOLE[4:].lower()).encode(),
    "one too few": WHOLE[:-1].encode(),
    "one too many": (WHOLE + "A").encode(),
    "padded": (CANONICAL + "======").encode(),
    "not Base32": ("PV0:" + "1" * 26).encode(),
    "not ASCII": b"PV0:\xff" + CANONICAL[5:].encode(),
    "a space before": (" " + WHOLE).encode(),
    "a guest's under the other prefix": CANONICAL.replace("PV0:", "PV1:").encode(),
    "a changing one under the guest's prefix": WHOLE.replace("PV1:", "PV0:").encode(),
    "spare bits set": (CANONICAL[:-1] + chr(ord(CANONICAL[-1]) + 1)).encode(),
    "an empty guest's": b"PV0:" + b32encode(b"").rstrip(b"="),
}


@pytest.mark.parametrize("name", NO_CODES)
def test_what_is_no_code_is_left_to_be_a_card(name: str) -> None:
    assert read_code(NO_CODES[name]) is None


REFUSED = [
    (lambda: qr_key(KEY, bytes(15)), "qr_handle"),
    (lambda: qr_key(bytes(31), HANDLE), "digest_key"),
    (lambda: qr_proof(KEY, HANDLE, -1), "qr_step"),
    (lambda: qr_proof(KEY, HANDLE, 2**32), "qr_step"),
    (lambda: guest_code_digest(KEY, bytes(17)), "guest_code"),
    (lambda: guest_code_digest(b"", CODE), "digest_key"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number: int) -> None:
    made, code = REFUSED[number]
    with pytest.raises(CredentialError) as refused:
        made()
    assert refused.value.code == code
