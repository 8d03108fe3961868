"""Does what is sent to somebody else's address reach that address alone, and never what is ours?"""

import asyncio
import base64
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portvakt.server.privacy.outgoing import (
    Answer,
    Forbidden,
    Message,
    Network,
    is_public,
    post_all,
    require_allowed,
    signature,
)
from tests.server.jobs.receiver import receiver

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def post(address: str, network: Network) -> Answer:
    (answer,) = asyncio.run(post_all([Message("msg_1", address, b"k" * 32, b"{}")], AT, network))
    return answer


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2002:c0a8:101::",
    ],
)  # fmt: skip
def test_what_is_ours_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:400f::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_the_internet_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    ["http://example.org/", "ftp://example.org/", "https://example.org:80/", "https://u:p@example.org/", "https://", "https://x:y/"],
)  # fmt: skip
def test_an_address_that_is_never_called(address: str) -> None:
    with pytest.raises(Forbidden):
        require_allowed(address, Network())


def test_an_address_that_may_be() -> None:
    assert require_allowed("https://example.org/a?b", Network()) == ("example.org", 443)
    assert require_allowed("https://example.org:8443/", Network()) == ("example.org", 8443)
    assert require_allowed("http://localhost:1234/", Network(private=True)) == ("localhost", 1234)


@pytest.mark.parametrize(
    "address", ["https://localhost:8443/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/"]
)
def test_a_name_or_number_that_leads_inside_is_not_called(address: str) -> None:
    assert post(address, Network()) == Answer(None, "forbidden")


def test_a_redirect_is_not_followed() -> None:
    with receiver() as first, receiver() as second:
        first.answers, first.redirect_to = [302], second.url
        assert post(first.url, Network(private=True)) == Answer(302)
        assert not Answer(302).taken
        assert (len(first.received), second.received) == (1, [])


def test_nobody_there_is_a_fault_and_concerns_no_other() -> None:
    with receiver() as known:
        messages = [
            Message("msg_1", "http://localhost:1/", b"k" * 32, b"{}"),
            Message("msg_2", known.url, b"k" * 32, b"{}"),
        ]
        gone, there = asyncio.run(post_all(messages, AT, Network(private=True)))
    assert gone.status is None
    assert gone.fault
    assert there == Answer(204)


def test_the_signature_is_that_of_the_specification() -> None:
    # The example that those who specified it publish.
    key = base64.b64decode("plJ3nmyCDGBKInavdOK15jsl")
    message = Message("msg_loFOjxBNrRLzqYUf", "", key, b'{"event_type":"ping","data":{"success":true}}')
    assert signature(message, 1731705121) == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_the_certificate_is_asked_for_the_name_though_the_number_is_called(certificate: Path) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    trusted = ssl.create_default_context(cafile=str(certificate))
    with receiver(serving) as known:
        assert post(known.url, Network(private=True, trusted=trusted)) == Answer(204)
        assert known.received[0].headers["host"] == known.url.split("/")[2]
        # The same receiver by another name than its certificate's, and by a certificate that nobody trusts.
        by_number = known.url.replace("localhost", "127.0.0.1")
        assert post(by_number, Network(private=True, trusted=trusted)).fault == "ConnectError"
        assert post(known.url, Network(private=True)).fault == "ConnectError"
        assert len(known.received) == 1
