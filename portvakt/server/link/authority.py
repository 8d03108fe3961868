"""Who vouches for controllers and for the link's server, and with which keys is a deployment secret?

The deployment is its own authority: one ECDSA P-256 CA that signs the link's own certificate and one certificate per controller.
`python -m portvakt.server.link.authority FOLDER HOST...` makes what is missing in the secrets' folder and never overwrites:

    ca.key, ca.pem          the authority; who has the key can pose as any controller
    link.key, link.pem      the link's server certificate, for the given host names and addresses
    snapshot.key            Ed25519, signs snapshots
    digest.key              32 bytes, from which each organisation's digest key is derived
    django.key              signs sessions and links in mails; named by SECRET_KEY_FILE

Which process needs which file stands in docs/operations/settings.md. A certificate is not renewed over the link: before it expires
(the Board shows when), the controller is enrolled anew. A new link certificate: remove link.key and link.pem and run the command again.
"""

import os
import secrets
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PEM = serialization.Encoding.PEM
CA_DAYS, LINK_DAYS, CONTROLLER_DAYS = 7305, 3652, 365
# A controller whose clock is behind must not find its new certificate not yet valid.
SLACK = timedelta(hours=24)
# A PKCS#10 request with a P-256 key is about 200 bytes.
MAX_REQUEST_BYTES = 8_192


class RequestRefused(ValueError):
    """A certificate request that is not one for a P-256 key, signed with it."""


class Issued(msgspec.Struct, frozen=True):
    """A controller's certificate; `serial` is hexadecimal, as places.ControllerStatus keeps it."""

    pem: bytes
    serial: str
    expires_at: datetime


class Authority:
    """The deployment's keys, read from its secrets' folder. Raises OSError, ValueError or TypeError when they cannot be."""

    def __init__(self, folder: Path) -> None:
        self.ca_pem = (folder / "ca.pem").read_bytes()
        self.link_key_pem = (folder / "link.key").read_bytes()
        self.link_pem = (folder / "link.pem").read_bytes()
        self._ca = x509.load_pem_x509_certificate(self.ca_pem)
        self._ca_key = _ec_key((folder / "ca.key").read_bytes())
        self.snapshot_key = _snapshot_key((folder / "snapshot.key").read_bytes())

    def snapshot_public_key(self) -> bytes:
        """Return the 32 bytes with which controllers verify snapshots."""
        return self.snapshot_key.public_key().public_bytes_raw()

    def issue(self, request_der: bytes, controller: str) -> Issued:
        """Return a certificate for the key of a PKCS#10 request, valid for a year; the name is ours, not the request's."""
        now = datetime.now(UTC)
        builder = _builder(controller, self._ca.subject, _requested_key(request_der), now, CONTROLLER_DAYS)
        certificate = _finish(builder, self._ca_key, ExtendedKeyUsageOID.CLIENT_AUTH)
        return Issued(
            certificate.public_bytes(PEM), serial_of(certificate), certificate.not_valid_after_utc.astimezone(UTC)
        )


def serial_of(certificate: x509.Certificate) -> str:
    """Return a certificate's serial number as it is kept and compared."""
    return f"{certificate.serial_number:x}"


def make_secrets(folder: Path, hosts: Iterable[str]) -> list[str]:
    """Make the secrets that are missing and return their names; the folder is 0700, the files 0600, nothing is overwritten."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    made: list[str] = []
    makers: tuple[tuple[str, Callable[[], bytes]], ...] = (
        ("ca.key", _new_key),
        ("ca.pem", lambda: _ca_certificate((folder / "ca.key").read_bytes())),
        ("link.key", _new_key),
        ("link.pem", lambda: _link_certificate(folder, list(hosts))),
        ("snapshot.key", lambda: _private_pem(Ed25519PrivateKey.generate())),
        ("digest.key", lambda: secrets.token_bytes(32)),
        ("django.key", lambda: secrets.token_urlsafe(48).encode()),
    )
    for name, make in makers:
        if not (folder / name).exists():
            _write(folder / name, make())
            made.append(name)
    return made


def _write(path: Path, body: bytes) -> None:
    """Write a new private file, whole or not at all."""
    half = path.with_suffix(f".{secrets.token_hex(4)}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        # A link fails where the name exists: of two at work at once, the first wins.
        with suppress(FileExistsError):
            os.link(half, path)
    finally:
        half.unlink()


def _new_key() -> bytes:
    return _private_pem(ec.generate_private_key(ec.SECP256R1()))


def _private_pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _ec_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not an elliptic-curve key")
    return key


def _snapshot_key(pem: bytes) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("the snapshot key is not an Ed25519 key")
    return key


def _requested_key(der: bytes) -> ec.EllipticCurvePublicKey:
    if len(der) > MAX_REQUEST_BYTES:
        raise RequestRefused("the certificate request is too long")
    try:
        request = x509.load_der_x509_csr(der)
        signed, key = request.is_signature_valid, request.public_key()
    except (ValueError, InvalidSignature, TypeError) as error:
        raise RequestRefused("this is not a certificate request") from error
    if not signed or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RequestRefused("a certificate request must be for a P-256 key and signed with it")
    return key


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(_named(name)).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - SLACK).not_valid_after(now + timedelta(days=days))
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _finish(
    builder: x509.CertificateBuilder, ca_key: ec.EllipticCurvePrivateKey, use: x509.ObjectIdentifier
) -> x509.Certificate:
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    return builder.add_extension(authority, critical=False).sign(ca_key, hashes.SHA256())


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _ca_certificate(key_pem: bytes) -> bytes:
    key, name = _ec_key(key_pem), "Portvakt deployment CA"
    builder = _builder(name, _named(name), key.public_key(), datetime.now(UTC), CA_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(PEM)


def _link_certificate(folder: Path, hosts: list[str]) -> bytes:
    if not hosts:
        raise ValueError("name at least one host at which controllers reach the link")
    ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    key = _ec_key((folder / "link.key").read_bytes())
    builder = _builder(hosts[0][:64], ca.subject, key.public_key(), datetime.now(UTC), LINK_DAYS)
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    builder = builder.add_extension(names, critical=False)
    ca_key = _ec_key((folder / "ca.key").read_bytes())
    return _finish(builder, ca_key, ExtendedKeyUsageOID.SERVER_AUTH).public_bytes(PEM)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def main(arguments: list[str]) -> int:
    """Make the secrets from a shell; says which files are new, never what is in them."""
    if len(arguments) < 2:
        sys.stderr.write("usage: python -m portvakt.server.link.authority FOLDER HOST...\n")
        return 2
    made = make_secrets(Path(arguments[0]), arguments[1:])
    sys.stdout.write(f"made {', '.join(made)}\n" if made else "nothing was missing\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
