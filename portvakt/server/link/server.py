"""How does the link process run? Two gRPC ports, one for attached controllers and one for enrolment, until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import grpc

from portvakt.core.snapshot import MAX_MESSAGE_BYTES
from portvakt.proto import link_pb2_grpc
from portvakt.server.link.authority import Authority
from portvakt.server.link.enrolment import Attempts, Enrolment
from portvakt.server.link.streams import Streams
from portvakt.server.purpose.work import Work

log = logging.getLogger(__name__)

Option = tuple[str, int]
# Pings find a dead peer within 15 s. Controllers ping every 5 s themselves, which gRPC would take for abuse by default.
KEEPALIVE: tuple[Option, ...] = (
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 1_000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.http2.max_pings_without_data", 0),
    # Two processes that were given the same port by mistake must not share its callers.
    ("grpc.so_reuseport", 0),
)
LINK_OPTIONS: tuple[Option, ...] = (
    *KEEPALIVE,
    ("grpc.max_receive_message_length", 1024 * 1024),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
)
ENROL_OPTIONS: tuple[Option, ...] = (
    *KEEPALIVE,
    ("grpc.max_receive_message_length", 16 * 1024),
    # A call that a stranger begins and never ends must not hold one of the few places.
    ("grpc.max_connection_age_ms", 20_000),
    ("grpc.max_connection_age_grace_ms", 5_000),
)
MOST_STREAMS, MOST_ENROLMENTS = 10_000, 32
# A stream ends when its last transaction does; PostgreSQL breaks one off after 30 s, but it takes milliseconds.
GRACE_SECONDS = 5


@asynccontextmanager
async def running(authority: Authority, link_port: str, enrol_port: str) -> AsyncIterator[None]:
    """Serve both ports ("host:port") while the block runs; raises RuntimeError when one cannot be had."""
    work = Work()
    streams = Streams(work, authority)
    attempts = Attempts(asyncio.get_running_loop().time)
    link = _link_server(streams, authority, link_port)
    enrolment = _enrol_server(Enrolment(work, authority, attempts), authority, enrol_port)
    tasks = [asyncio.create_task(each()) for each in (streams.listen, streams.keep_looking, streams.sweep)]
    await asyncio.gather(link.start(), enrolment.start())
    try:
        yield
    finally:
        streams.end()
        await asyncio.gather(link.stop(GRACE_SECONDS), enrolment.stop(GRACE_SECONDS))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        work.finish()


def _link_server(streams: Streams, authority: Authority, port: str) -> grpc.aio.Server:
    server = grpc.aio.server(options=LINK_OPTIONS, maximum_concurrent_rpcs=MOST_STREAMS)
    link_pb2_grpc.add_ControllerLinkServicer_to_server(streams, server)
    pair = (authority.link_key_pem, authority.link_pem)
    server.add_secure_port(
        port, grpc.ssl_server_credentials([pair], root_certificates=authority.ca_pem, require_client_auth=True)
    )
    return server


def _enrol_server(enrolment: Enrolment, authority: Authority, port: str) -> grpc.aio.Server:
    server = grpc.aio.server(options=ENROL_OPTIONS, maximum_concurrent_rpcs=MOST_ENROLMENTS)
    link_pb2_grpc.add_EnrolmentServicer_to_server(enrolment, server)
    server.add_secure_port(port, grpc.ssl_server_credentials([(authority.link_key_pem, authority.link_pem)]))
    return server


async def serve(authority: Authority, link_port: str, enrol_port: str, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called when both ports answer."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with running(authority, link_port, enrol_port):
        ready()
        await stop.wait()
        log.info("stopping")
