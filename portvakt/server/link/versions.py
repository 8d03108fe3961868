"""Which version should an organisation's controllers have in force, and what brings them there? Each asked in one unit of work."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import msgspec
from django.db.models import Max
from django.utils import timezone

from portvakt.core.snapshot import (
    MAX_BODY_BYTES,
    MAX_MESSAGE_BYTES,
    bars_to_bytes,
    delta_inconsistencies,
    delta_to_bytes,
    inconsistencies,
    sign,
    to_bytes,
)
from portvakt.server.access.snapshot import build, build_bars, build_delta
from portvakt.server.link.authority import Authority
from portvakt.server.link.device import Device
from portvakt.server.logbook.actions import record
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.organisations.models import HolderChange, SnapshotCounter, TakenBack
from portvakt.server.places.models import Controller, ControllerStatus
from portvakt.server.purpose.actor import system
from portvakt.server.purpose.context import acting

LINK, ENTRY = "controller_link", "entry"
# Changes to persons are kept for 30 days (HolderChange); no delta goes back to a version that is nearly as old.
DELTA_DAYS = 28
# Room for what a message says beside its body.
LARGEST_DELTA = MAX_MESSAGE_BYTES - 65_536


class News(msgspec.Struct, frozen=True):
    """Where an organisation stands: its newest version, the newest that touched a site, and the newest that took something back."""

    version: int
    site_version: int
    bars_version: int


class SignedBody(msgspec.Struct, frozen=True):
    """Something ready to be sent."""

    version: int
    body: bytes
    signature: bytes


class SnapshotUnfit(Exception):
    """A snapshot that every controller would refuse; its version and what is wrong are the arguments."""


class Outdated(Exception):
    """What was asked for cannot be made any more: the rows have moved on. Look again."""


def news(organisation: UUID) -> News:
    """Return where an organisation stands."""
    with acting(ENTRY, organisation):
        counter = SnapshotCounter.objects.filter(organisation=organisation).first()
        bars = TakenBack.objects.aggregate(newest=Max("version"))["newest"]
    return News(counter.version if counter else 0, counter.site_version if counter else 0, bars or 0)


def meet(device: Device, in_force: int) -> bool:
    """Tell whether a delta may follow the version that a controller says it has in force: whether it was given out by these rows.

    After a restore from a backup it may be one that the restored rows know nothing of. Where it is newer than all of
    them, a new version is asked for. Versions follow the clock (organisations.actions), so one from the time to come
    was never given out here. What the controller said before is in its status, which it replaces after this.
    """
    with acting(LINK):
        newest = wanted_version(device.organisation)
        if newest < in_force < timezone.now().timestamp() * 1000:
            by = system("link", device.organisation)
            record("snapshot.renewed", Controller(pk=device.controller), by=by, doors=True)
        told = ControllerStatus.objects.filter(controller_id=device.controller, snapshot_version=in_force).exists()
    if told or in_force in {0, newest}:
        return in_force <= newest
    with acting(ENTRY, device.organisation):
        return HolderChange.objects.filter(version=in_force).exists()


def follows(base: int) -> bool:
    """Tell whether a version is young enough for a delta."""
    return base > (timezone.now() - timedelta(days=DELTA_DAYS)).timestamp() * 1000


def signed_snapshot(device: Device, authority: Authority) -> SignedBody | None:
    """Return the newest snapshot, or None for a controller that was removed. Raises SnapshotUnfit."""
    with acting(ENTRY, device.organisation, one_moment=True):
        if (controller := Controller.objects.filter(pk=device.controller).first()) is None:
            return None
        snapshot = build(controller)
    _refuse_unfit(snapshot.version, inconsistencies(snapshot))
    body = to_bytes(snapshot)
    if len(body) > MAX_BODY_BYTES:
        raise SnapshotUnfit(snapshot.version, f"{len(body)} bytes are more than a controller takes")
    return _signed(snapshot.version, body, authority)


def signed_delta(
    organisation: UUID, base: int, authority: Authority, device: Device | None = None
) -> SignedBody | None:
    """Return what changed since `base`, with `device` for that controller alone; None where a whole snapshot is the better choice.

    Raises Outdated without `device` where a site changed too, and SnapshotUnfit.
    """
    with acting(ENTRY, organisation, one_moment=True):
        controller = None if device is None else Controller.objects.filter(pk=device.controller).first()
        if device is not None and controller is None:
            return None
        counter = SnapshotCounter.objects.get(organisation=organisation)
        if controller is None and counter.site_version > base:
            raise Outdated
        delta = build_delta(organisation, base, controller)
    if delta is None:
        return None
    _refuse_unfit(delta.rows.version, delta_inconsistencies(delta))
    body = delta_to_bytes(delta)
    return None if len(body) > LARGEST_DELTA else _signed(delta.rows.version, body, authority)


def signed_bars(organisation: UUID, base: int, authority: Authority) -> SignedBody:
    """Return what was taken back since `base`."""
    with acting(ENTRY, organisation, one_moment=True):
        bars = build_bars(organisation, base)
    return _signed(bars.version, bars_to_bytes(bars), authority)


def _refuse_unfit(version: int, faults: Iterator[str]) -> None:
    if fault := next(faults, ""):
        raise SnapshotUnfit(version, fault)


def _signed(version: int, body: bytes, authority: Authority) -> SignedBody:
    return SignedBody(version, body, sign(body, authority.snapshot_key))
