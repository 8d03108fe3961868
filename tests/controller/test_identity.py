"""Does a controller enrol only with the server it was told of, and keep all of its identity or none of it?"""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from portvakt.controller import identity
from portvakt.controller.identity import IdentityFault
from portvakt.core.enrolment import EnrolmentError, EnrolmentText, encode
from portvakt.proto import link_pb2, link_pb2_grpc
from tests.controller.authority import Authority

SECRET = bytes(range(16))
ID = "controller-1"


class EnrolmentServer(link_pb2_grpc.EnrolmentServicer):
    """Enrols each secret once; what it answers can be bent by a test."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.used: set[bytes] = set()
        self.bend: dict[str, Any] = {}
        self.name = ID
        self.other_key = False

    def Enrol(self, request: link_pb2.EnrolRequest, context: grpc.ServicerContext) -> link_pb2.EnrolResponse:  # noqa: N802
        if request.secret in self.used or request.secret != SECRET:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "the enrolment text was used or has expired")
        self.used.add(request.secret)
        asked = x509.load_der_x509_csr(request.certificate_request)
        key = ec.generate_private_key(ec.SECP256R1()).public_key() if self.other_key else asked.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        fields = {
            "controller": ID,
            "certificate": self.authority.certificate_for(self.name, key),
            "snapshot_key": bytes(32),
        }
        return link_pb2.EnrolResponse(**(fields | self.bend))


@contextmanager
def running(servicer: EnrolmentServer, authority: Authority) -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(2))
    link_pb2_grpc.add_EnrolmentServicer_to_server(servicer, server)
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([authority.pair("server")]))
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


def text(authority: Authority, port: int) -> str:
    here = f"127.0.0.1:{port}"
    return encode(EnrolmentText(link=here, enrol=here, ca=authority.der, secret=SECRET, controller=ID))


def left_in(state: Path) -> list[str]:
    return [path.name for path in state.iterdir()]


def test_an_enrolled_controller_knows_itself_and_its_server(tmp_path: Path) -> None:
    authority = Authority()
    with running(EnrolmentServer(authority), authority) as port:
        made = identity.enrol(text(authority, port), tmp_path)
    assert identity.load(tmp_path) == made
    assert (made.controller, made.link, made.ca_pem.encode()) == (ID, f"127.0.0.1:{port}", authority.pem)
    assert left_in(tmp_path) == [identity.FILE]
    assert stat.S_IMODE((tmp_path / identity.FILE).stat().st_mode) == 0o600
    x509.load_pem_x509_certificate(made.certificate_pem.encode()).verify_directly_issued_by(authority.certificate)


def test_a_text_works_once_and_a_refusal_keeps_the_earlier_identity(tmp_path: Path) -> None:
    authority = Authority()
    with running(EnrolmentServer(authority), authority) as port:
        made = identity.enrol(text(authority, port), tmp_path)
        with pytest.raises(IdentityFault, match="used or has expired"):
            identity.enrol(text(authority, port), tmp_path)
    assert identity.load(tmp_path) == made


def test_a_server_that_another_authority_vouches_for_is_not_trusted_with_the_secret(tmp_path: Path) -> None:
    authority, impostor = Authority(), Authority()
    servicer = EnrolmentServer(impostor)
    with running(servicer, impostor) as port, pytest.raises(IdentityFault, match="did not enrol"):
        identity.enrol(text(authority, port), tmp_path)
    assert servicer.used == set()
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("bend", "message"),
    [
        ({"controller": "controller-2"}, "another controller"),
        ({"certificate": b"none"}, "no certificate"),
        ({"certificate": Authority().pair(ID)[1]}, "no certificate by the CA"),
        ({"snapshot_key": b"short"}, "no snapshot key"),
    ],
)
def test_an_answer_that_does_not_fit_leaves_nothing(tmp_path: Path, bend: dict[str, Any], message: str) -> None:
    authority = Authority()
    servicer = EnrolmentServer(authority)
    servicer.bend = bend
    with running(servicer, authority) as port, pytest.raises(IdentityFault, match=message):
        identity.enrol(text(authority, port), tmp_path)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(("name", "other_key"), [("controller-2", False), (ID, True)])
def test_a_certificate_for_another_name_or_key_leaves_nothing(tmp_path: Path, name: str, other_key: bool) -> None:  # noqa: FBT001
    authority = Authority()
    servicer = EnrolmentServer(authority)
    servicer.name, servicer.other_key = name, other_key
    with running(servicer, authority) as port, pytest.raises(IdentityFault, match="another"):
        identity.enrol(text(authority, port), tmp_path)
    assert left_in(tmp_path) == []


def test_an_unusable_text_calls_nobody(tmp_path: Path) -> None:
    with pytest.raises(EnrolmentError):
        identity.enrol("no text", tmp_path)
    unusable = encode(EnrolmentText(link="a:1", enrol="a:1", ca=b"none", secret=SECRET, controller=ID))
    with pytest.raises(IdentityFault, match="CA certificate"):
        identity.enrol(unusable, tmp_path)


def test_an_identity_that_others_can_read_or_nobody_can_is_refused(tmp_path: Path) -> None:
    assert identity.load(tmp_path) is None
    path = tmp_path / identity.FILE
    path.write_text("{}")
    path.chmod(0o644)
    with pytest.raises(IdentityFault, match="0600"):
        identity.load(tmp_path)
    path.chmod(0o600)
    with pytest.raises(IdentityFault, match="cannot be read"):
        identity.load(tmp_path)
