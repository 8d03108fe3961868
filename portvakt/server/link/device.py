"""Which controller is at the other end of a stream?"""

from uuid import UUID

import grpc
import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID

from portvakt.proto import link_pb2
from portvakt.server.link.authority import serial_of


class Device(msgspec.Struct, frozen=True):
    """An admitted controller; its organisation comes from our own rows, never from what it says."""

    controller: UUID
    organisation: UUID


class Presented(msgspec.Struct, frozen=True):
    """What the certificate of a peer says; TLS has verified that our authority issued it."""

    controller: UUID
    serial: str


def presented(context: grpc.aio.ServicerContext[link_pb2.Up, link_pb2.Down]) -> Presented | None:
    """Return the peer's certificate's id and serial number; None for one that is not a controller's."""
    pems = list(context.auth_context().get("x509_pem_cert", ()))
    try:
        certificate = x509.load_pem_x509_certificate(pems[0])
        (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return Presented(UUID(str(name.value)), serial_of(certificate))
    except (ValueError, IndexError):
        return None


def plain(text: str, characters: int) -> str:
    """Return what a text column takes of what a device says: PostgreSQL's text holds no NUL."""
    return text.replace("\0", "\ufffd")[:characters]
