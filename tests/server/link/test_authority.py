"""Does the deployment make its own secrets once, keep them private, and vouch only for proper requests?"""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from portvakt.server.link.authority import Authority, RequestRefused, main, make_secrets
from tests.controller.authority import named

FILES = {"ca.key", "ca.pem", "link.key", "link.pem", "snapshot.key", "digest.key", "django.key"}


def request(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, name: str = "whoever") -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(named(name))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert set(make_secrets(folder, ["link.example.org", "192.0.2.7"])) == FILES
    assert {path.name for path in folder.iterdir()} == FILES
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert make_secrets(folder, ["other.example.org"]) == []
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_is_missing_is_made_to_fit_the_rest(tmp_path: Path) -> None:
    make_secrets(tmp_path, ["old.example.org"])
    (tmp_path / "link.pem").unlink()
    (tmp_path / "link.key").unlink()
    assert make_secrets(tmp_path, ["link.example.org", "192.0.2.7"]) == ["link.key", "link.pem"]
    ca = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    link = x509.load_pem_x509_certificate((tmp_path / "link.pem").read_bytes())
    link.verify_directly_issued_by(ca)
    names = link.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["link.example.org"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]


def test_from_a_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert main([str(tmp_path), "localhost"]) == 0
    assert main([str(tmp_path), "localhost"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "nothing was missing"


def test_a_certificate_carries_our_name_for_the_controller_not_the_requests(tmp_path: Path) -> None:
    make_secrets(tmp_path, ["localhost"])
    key = ec.generate_private_key(ec.SECP256R1())
    issued = Authority(tmp_path).issue(request(key, "another"), "controller-1")
    certificate = x509.load_pem_x509_certificate(issued.pem)
    assert (certificate.subject, certificate.public_key()) == (named("controller-1"), key.public_key())
    assert (issued.serial, issued.expires_at) == (f"{certificate.serial_number:x}", certificate.not_valid_after_utc)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize(
    "der",
    [
        b"", b"none", b"\x30" * 10_000, request(ec.generate_private_key(ec.SECP384R1())),
        request(rsa.generate_private_key(65537, 2048)), request(ec.generate_private_key(ec.SECP256R1()))[:-1] + b"\x00",
    ],
    ids=["empty", "no request", "too long", "another curve", "RSA", "a wrong signature"],
)  # fmt: skip
def test_an_improper_request_is_refused(tmp_path: Path, der: bytes) -> None:
    make_secrets(tmp_path, ["localhost"])
    with pytest.raises(RequestRefused):
        Authority(tmp_path).issue(der, "controller-1")
