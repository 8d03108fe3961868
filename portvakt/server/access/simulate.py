"""What would a door answer a person at a moment, as the rows stand today?

The controller is taken to have contact and the phone to be at the door; nobody is in an area or waits for company: what only the
controller knows is left aside.
"""

from datetime import datetime
from uuid import UUID

from portvakt.core.credentials import DIGEST_BYTES, HANDLE_BYTES, PROOF_BYTES, STEP_SECONDS, qr_proof
from portvakt.core.decision.compile import Index, compile_snapshot
from portvakt.core.decision.model import (
    AuthType,
    CardShown,
    CodeScanned,
    CredentialKind,
    Factor,
    GuestCodeShown,
    PasscodeTyped,
    PinOnPhone,
    PinTyped,
    PlateSeen,
    QrShown,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.server.access.snapshot import build
from portvakt.server.organisations.actions import digest_key
from portvakt.server.people.models import Credential
from portvakt.server.places.models import Door

# What is presented where the person has nothing of the kind: a value that nobody has.
NOTHING = b"\0" * DIGEST_BYTES
NO_CODE = QrShown(b"\0" * HANDLE_BYTES, 0, b"\0" * PROOF_BYTES)


class Presented:
    """What one person has to present, the credentials in use first."""

    def __init__(self, person: UUID, organisation: UUID, at: datetime) -> None:
        self._person = str(person)
        self._key = digest_key(organisation)
        self._step = int(at.timestamp()) // STEP_SECONDS
        rows = Credential.objects.filter(person_id=person, organisation=organisation)
        ordered = sorted(
            rows, key=lambda row: (row.revoked_at is not None, row.suspended_at is not None, row.issued_at)
        )
        self._digests = {kind: bytes(row.digest) for row in reversed(ordered) for kind in [CredentialKind(row.kind)]}

    def factors(self, auth_type: AuthType, code: bytes) -> tuple[Factor, ...]:
        """Return what is presented for an auth type; `code` is the one printed at the side."""
        pin = PinTyped(self._digest(CredentialKind.PIN))
        on_phone = PinOnPhone(self._person, pin.digest)
        remote = RemoteOpening(self._person, metres=0)
        scanned = CodeScanned(self._person, code, metres=0)
        return {
            AuthType.CARD: (self._shown(),),
            AuthType.PIN: (pin,),
            AuthType.CARD_PLUS_PIN: (self._shown(), pin),
            AuthType.SCAN: (scanned,),
            AuthType.SCAN_PLUS_KEYPAD: (scanned, pin),
            AuthType.SCAN_PLUS_PHONE: (scanned, on_phone),
            AuthType.KEY_CARD: (CardShown(self._digest(CredentialKind.KEY_CARD)),),
            AuthType.REMOTE: (remote,),
            AuthType.REMOTE_PLUS_PHONE: (remote, on_phone),
            AuthType.CARD_PLUS_PHONE: (self._shown(), on_phone),
            AuthType.PASSCODE: (PasscodeTyped(self._digest(CredentialKind.PASSCODE)),),
            AuthType.KEY_CARD_PLUS_PIN: (CardShown(self._digest(CredentialKind.KEY_CARD)), pin),
            AuthType.PLATE: (PlateSeen(self._digest(CredentialKind.PLATE)),),
        }[auth_type]

    def _digest(self, kind: CredentialKind) -> bytes:
        return self._digests.get(kind, NOTHING)

    def _shown(self) -> QrShown | GuestCodeShown:
        if CredentialKind.QR in self._digests:
            handle = self._digests[CredentialKind.QR]
            return QrShown(handle, self._step, qr_proof(self._key, handle, self._step))
        if CredentialKind.GUEST_CODE in self._digests:
            return GuestCodeShown(self._digests[CredentialKind.GUEST_CODE])
        return NO_CODE


def question(door: Door, side: Side, person: UUID, auth_type: AuthType, at: datetime) -> tuple[Request, Index, State]:
    """Return what a decision takes; its controller's whole snapshot is built for it."""
    code = door.entry_code if side is Side.ENTRY else door.exit_code
    factors = Presented(person, door.organisation_id, at).factors(auth_type, bytes(code or b""))
    index = compile_snapshot(build(door.controller))
    return Request(str(door.pk), side, at, factors), index, State(confirmed_at=at)
