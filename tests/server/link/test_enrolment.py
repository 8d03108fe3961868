"""Does a one-time secret make a controller exactly once, and does its certificate let in that controller alone?"""

from collections.abc import Callable
from pathlib import Path

import grpc
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from portvakt.controller import identity
from portvakt.controller.identity import Identity, IdentityFault
from portvakt.core.enrolment import decode, encode
from portvakt.proto import link_pb2, link_pb2_grpc
from portvakt.server.link.enrolment import Attempts
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions import shut_out_controller
from portvakt.server.places.models import ControllerStatus, Enrolment
from portvakt.server.purpose.context import acting
from tests.cast import Cast
from tests.controller.authority import PEM, Authority, pem
from tests.server.link.conftest import enrolment_text
from tests.server.link.station import LinkProcess, Station

DENIED = "wrong, used or has expired"


def status_of(cast: Cast) -> ControllerStatus:
    with acting("premises_administration", cast.organisation.pk):
        return ControllerStatus.objects.get(controller=cast.controller)


def test_enrolment_gives_a_certificate_for_a_year_and_an_entry(cast: Cast, enrolled: Identity) -> None:
    certificate = x509.load_pem_x509_certificate(enrolled.certificate_pem.encode())
    status = status_of(cast)
    assert enrolled.controller == str(cast.controller.pk)
    assert status.certificate_serial == f"{certificate.serial_number:x}"
    assert status.certificate_expires_at is not None
    assert 364 <= (status.certificate_expires_at - timezone.now()).days <= 365
    with acting("audit_review", cast.organisation.pk):
        (entry,) = AuditEntry.objects.filter(action="controller.enrolled")
    assert (entry.actor_name, entry.purpose, entry.object_id) == ("link", "controller_link", cast.controller.pk)


def test_a_secret_works_once(cast: Cast, link: LinkProcess, tmp_path: Path) -> None:
    text = enrolment_text(cast)
    identity.enrol(text, tmp_path)
    with pytest.raises(IdentityFault, match=DENIED):
        identity.enrol(text, tmp_path)


def test_a_wrong_secret_and_an_expired_one_get_the_same_answer(cast: Cast, link: LinkProcess, tmp_path: Path) -> None:
    text = decode(enrolment_text(cast))
    wrong = encode(msgspec.structs.replace(text, secret=bytes(16)))
    with pytest.raises(IdentityFault, match=DENIED):
        identity.enrol(wrong, tmp_path)
    with acting("premises_administration", cast.organisation.pk):
        Enrolment.objects.filter(controller=cast.controller).update(expires_at=timezone.now())
    with pytest.raises(IdentityFault, match=DENIED):
        identity.enrol(encode(text), tmp_path)


def test_a_bad_request_leaves_the_secret_unspent(cast: Cast, link: LinkProcess, tmp_path: Path) -> None:
    text = enrolment_text(cast)
    told = decode(text)
    credentials = grpc.ssl_channel_credentials(x509.load_der_x509_certificate(told.ca).public_bytes(PEM))
    request = link_pb2.EnrolRequest(secret=told.secret, certificate_request=b"none")
    with grpc.secure_channel(told.enrol, credentials) as channel:
        stub = link_pb2_grpc.EnrolmentStub(channel)
        with pytest.raises(grpc.RpcError) as refused:
            stub.Enrol(request, timeout=10)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert identity.enrol(text, tmp_path).controller == str(cast.controller.pk)


def test_enrolling_anew_ends_the_stream_and_locks_out_the_old_certificate(
    cast: Cast, enrolled: Identity, attach: Callable[..., Station], tmp_path: Path
) -> None:
    first = attach(enrolled)
    first.events(1)
    first.acknowledged()
    anew = identity.enrol(enrolment_text(cast), tmp_path / "anew")
    assert first.end() is grpc.StatusCode.OK
    assert attach(enrolled).end() is grpc.StatusCode.UNAUTHENTICATED
    second = attach(anew)
    second.events(1)
    assert second.acknowledged() == 1


def test_a_controller_that_is_shut_out_is_cut_off_and_not_let_in_again(
    cast: Cast, enrolled: Identity, attach: Callable[..., Station], tmp_path: Path
) -> None:
    stolen = attach(enrolled)
    stolen.events(1)
    stolen.acknowledged()
    with acting("premises_administration", cast.organisation.pk):
        shut_out_controller(cast.controller, by=cast.by)
    assert stolen.end() is grpc.StatusCode.OK
    assert attach(enrolled).end() is grpc.StatusCode.UNAUTHENTICATED
    another = attach(identity.enrol(enrolment_text(cast), tmp_path / "another"))
    another.events(1)
    assert another.acknowledged() == 1


def test_a_certificate_by_another_authority_is_not_let_in(enrolled: Identity, attach: Callable[..., Station]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    forged = Authority().certificate_for(enrolled.controller, key.public_key())
    impostor = msgspec.structs.replace(enrolled, key_pem=pem(key).decode(), certificate_pem=forged.decode())
    assert attach(impostor).end() is grpc.StatusCode.UNAVAILABLE  # the TLS handshake fails


def test_attempts_are_limited_for_each_peer_and_for_all() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0], per_peer=2, overall=3)
    assert [attempts.admit("a"), attempts.admit("a"), attempts.admit("a")] == [True, True, False]
    assert [attempts.admit("b"), attempts.admit("c")] == [True, False]
    now[0] = 60.0
    assert attempts.admit("a")
