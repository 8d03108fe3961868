"""Who is this controller, which server does it trust, and how did they come to know each other?

The private key is made here and never leaves. Everything stands in one file, written whole or not at all, so that half
an enrolment leaves nothing. The enrolment call trusts only the CA in the enrolment text, and what comes back is
believed only if that CA signed it for our own key and our own id.
"""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID

from portvakt.core import enrolment
from portvakt.core.enrolment import EnrolmentText
from portvakt.proto import link_pb2, link_pb2_grpc

FILE = "identity.json"
# The server signs a certificate and writes a row; longer means that nobody is there.
CALL_SECONDS = 15.0
SNAPSHOT_KEY_BYTES = 32


class IdentityFault(Exception):
    """Not enrolled, or enrolment failed; the message is a sentence for the installer and holds no secret."""


class Identity(msgspec.Struct, frozen=True):
    """What enrolment gave; `link` is "host:port", the PEM texts are ASCII, `snapshot_key` is a raw Ed25519 key."""

    controller: str
    link: str
    key_pem: str
    certificate_pem: str
    ca_pem: str
    snapshot_key: bytes

    def public_key(self) -> Ed25519PublicKey:
        """The key that snapshots are verified with."""
        return Ed25519PublicKey.from_public_bytes(self.snapshot_key)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """TLS with our own certificate, trusting only the deployment's CA."""
        pems = (self.ca_pem, self.key_pem, self.certificate_pem)
        return grpc.ssl_channel_credentials(*(pem.encode("ascii") for pem in pems))


def load(state: Path) -> Identity | None:
    """Read the identity from the state folder; None when never enrolled. Raises IdentityFault for an unusable file."""
    path = state / FILE
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return None
    require_private(path)
    try:
        return msgspec.json.decode(body, type=Identity)
    except msgspec.MsgspecError as fault:
        raise IdentityFault(f"{path} cannot be read: {fault}") from fault


def require_private(path: Path) -> None:
    """Raise IdentityFault when the group or others have any right to the file or folder, with what to do about it."""
    found = path.stat().st_mode
    if found & 0o077:
        mode = "0700" if stat.S_ISDIR(found) else "0600"
        raise IdentityFault(f"{path} can be read by others; do this, and find out who did: chmod {mode} {path}")


def enrol(line: str, state: Path) -> Identity:
    """Enrol with the server that the text names and keep the identity in the state folder; replaces an earlier one.

    Raises EnrolmentError for an unusable text and IdentityFault when the server refuses, is not reached or cannot be
    believed.
    """
    text = enrolment.decode(line)
    ca = _certificate(text.ca)
    # The secret works once: that the file can be written is known before it is spent.
    with _file_to_be(state / FILE) as write:
        key = ec.generate_private_key(ec.SECP256R1())
        identity = _identity(text, ca, key, _call(text, ca, _request(text, key)))
        write(msgspec.json.encode(identity))
    return identity


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as fault:
        raise IdentityFault("the enrolment text carries no usable CA certificate") from fault


def _request(text: EnrolmentText, key: ec.EllipticCurvePrivateKey) -> link_pb2.EnrolRequest:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text.controller)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return link_pb2.EnrolRequest(
        secret=text.secret, certificate_request=request.public_bytes(serialization.Encoding.DER)
    )


def _call(text: EnrolmentText, ca: x509.Certificate, request: link_pb2.EnrolRequest) -> link_pb2.EnrolResponse:
    credentials = grpc.ssl_channel_credentials(ca.public_bytes(serialization.Encoding.PEM))
    with grpc.secure_channel(text.enrol, credentials) as channel:
        try:
            stub = link_pb2_grpc.EnrolmentStub(channel)
            answer: link_pb2.EnrolResponse = stub.Enrol(request, timeout=CALL_SECONDS)
        except grpc.RpcError as fault:
            code = fault.code().name if isinstance(fault, grpc.Call) else "UNKNOWN"
            details = fault.details() if isinstance(fault, grpc.Call) else ""
            raise IdentityFault(
                f"the server at {text.enrol} did not enrol this controller: {code} {details}"
            ) from fault
    return answer


def _identity(
    text: EnrolmentText, ca: x509.Certificate, key: ec.EllipticCurvePrivateKey, answer: link_pb2.EnrolResponse
) -> Identity:
    _believe(text, ca, key, answer)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Identity(
        controller=text.controller,
        link=text.link,
        key_pem=private.decode("ascii"),
        certificate_pem=answer.certificate.decode("ascii"),
        ca_pem=ca.public_bytes(pem).decode("ascii"),
        snapshot_key=answer.snapshot_key,
    )


def _believe(
    text: EnrolmentText, ca: x509.Certificate, key: ec.EllipticCurvePrivateKey, answer: link_pb2.EnrolResponse
) -> None:
    """Raise IdentityFault unless the certificate is ours, by our CA, and the rest has its shape."""
    try:
        certificate = x509.load_pem_x509_certificate(answer.certificate)
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature) as fault:
        raise IdentityFault("the server's answer carries no certificate by the CA of the enrolment text") from fault
    names = [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if certificate.public_key() != key.public_key() or {answer.controller, *names} != {text.controller}:
        raise IdentityFault("the server's answer is for another key or another controller")
    if len(answer.snapshot_key) != SNAPSHOT_KEY_BYTES:
        raise IdentityFault("the server's answer carries no snapshot key")


class _Write:
    """Writes the one body of a file that is about to be."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __call__(self, body: bytes) -> None:
        with os.fdopen(os.dup(self._descriptor), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _file_to_be(path: Path) -> Iterator[_Write]:
    """Hold a private file that takes the path's place when the block ends well, and is gone when it does not."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".identity-")  # made with mode 0600
    half = Path(name)
    try:
        yield _Write(descriptor)
        half.replace(path)
        _flush_folder(path.parent)
    finally:
        os.close(descriptor)
        half.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """A rename is on disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
