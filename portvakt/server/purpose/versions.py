"""Which register is enforced: what its files say, as far as those whom it concerns have been told?

`portvakt rights --apply` publishes what the files say as a version. What it changes to somebody's disadvantage is held: each such activity
stays as it was in the version whose rights were last granted, or is not there at all if it is new. `release()` notes that everybody has
been told, and the next `--apply` grants. A process keeps to the register it started with.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

import msgspec
from django.db import DatabaseError, connection

from portvakt.core.privacy import Privacy
from portvakt.server.purpose import declare
from portvakt.server.purpose.changes import abroad, changes, to_be_told
from portvakt.server.purpose.models import RegisterVersion
from portvakt.server.purpose.register import Recipient, Register, canonical, from_canonical


class RegisterUnknown(Exception):
    """The database cannot say which register is in force; the text says why and what to do."""


class Enforced(msgspec.Struct, frozen=True):
    """What a process goes by: the register, the activities that are not there yet, and the digest of what was published last."""

    register: Register
    withheld: frozenset[str]
    published: str


def in_force() -> Register:
    """Return the register that this deployment enforces.

    Raises RegisterUnknown where none has been published here, or where another release of the platform wrote it.
    """
    return enforced().register


def withheld() -> frozenset[str]:
    """Return the activities that were published and must not begin until people have been told."""
    return enforced().withheld


@lru_cache(maxsize=1)
def enforced() -> Enforced:
    """Return what is enforced; read once, because a process keeps to what it started with."""
    try:
        newest, granted = _newest(), _newest(granted_at__isnull=False)
    except DatabaseError as error:
        message = f"the database cannot say which register is in force; run `portvakt migrate` and `portvakt rights --apply`: {error}"
        raise RegisterUnknown(message) from error
    if newest is None or granted is None:
        message = "no register has been published in this database; run `portvakt rights --apply`"
        raise RegisterUnknown(message)
    new = _register(newest)
    register = new if newest.granted_at else merged(_register(granted), new, newest.held)
    there = {activity.id for activity in register.activities}
    return Enforced(register, frozenset(activity.id for activity in new.activities) - there, newest.digest)


def forget() -> None:
    """Let the next question read anew; for whoever has just published."""
    enforced.cache_clear()


def digest(register: Register) -> str:
    """Return the digest by which a version is known."""
    return hashlib.sha256(canonical(register)).hexdigest()


def merged(granted: Register, new: Register, held: Collection[str]) -> Register:
    """Return the newer register with each held activity as it was; a recipient that has moved abroad stays where it was for them.

    A held activity that was not there before is left out. One that the newer register no longer has is gone.
    """
    before = {activity.id: activity for activity in granted.activities}
    activities = [before.get(one.id) if one.id in held else one for one in new.activities]
    kept = tuple(activity for activity in activities if activity)
    needed = {name for activity in kept if activity.id in held for name in activity.recipients}
    was = {one.id: one for one in granted.recipients if one.id in needed}
    now = {one.id: one for one in new.recipients}
    recipients = {name: _recipient(was.get(name), now.get(name), granted, new) for name in sorted({*was, *now})}
    return msgspec.structs.replace(new, activities=kept, recipients=tuple(one for one in recipients.values() if one))


def _recipient(was: Recipient | None, now: Recipient | None, granted: Register, new: Register) -> Recipient | None:
    if was and (now is None or abroad(now, new) - abroad(was, granted)):
        return was
    return now


def publish(register: Register, now: datetime, not_told: str = "") -> RegisterVersion:
    """Make what the files say the newest version, in force at once unless somebody must be told first; grant what was released.

    `not_told` says why nobody needs to be told. The caller has a transaction open, as the owner, and applies the rights in it.
    """
    version = _newest()
    if version is None:
        return _write(1, register, now, in_force_at=now, granted_at=now)
    if version.digest != digest(register):
        version = _write(version.number + 1, register, now)
    RegisterVersion.objects.filter(in_force_at__isnull=False, granted_at=None).update(granted_at=now)
    version.refresh_from_db()
    if version.granted_at is None:
        _hold(version, register, now, not_told)
    forget()
    return version


def _write(number: int, register: Register, now: datetime, **moments: datetime) -> RegisterVersion:
    forget()
    content = canonical(register)
    return RegisterVersion.objects.create(
        number=number, digest=digest(register), content=content, published_at=now, **moments
    )


def _hold(version: RegisterVersion, register: Register, now: datetime, not_told: str) -> None:
    """Say what a version must wait with; it is in force if that is nothing, or if somebody says why nobody needs to be told."""
    version.held = list(_to_be_told(register, not_told)) if anybody_there() else []
    version.not_told = not_told if version.held else ""
    if not version.held or not_told:
        version.in_force_at = version.granted_at = now
        version.held = []
    version.save()


def _to_be_told(register: Register, not_told: str) -> tuple[str, ...]:
    granted = _newest(granted_at__isnull=False)
    if granted is None:
        return ()
    try:
        return to_be_told(changes(_register(granted), register))
    except RegisterUnknown:
        if not_told:
            return tuple(activity.id for activity in register.activities)
        raise


def waiting() -> RegisterVersion | None:
    """Return the newest version if it waits until people have been told; one that a newer has replaced waits for nothing any more."""
    newest = _newest()
    return newest if newest and newest.in_force_at is None else None


def release(version: int, now: datetime) -> None:
    """Note that everybody has been told of a version; the next `portvakt rights --apply` grants what it waited with.

    Nothing happens to one that has been released before. A process that runs meanwhile keeps to what it has.
    """
    RegisterVersion.objects.filter(number=version, in_force_at=None).update(in_force_at=now)


def anybody_there() -> bool:
    """Tell whether the deployment has ever held anybody's data.

    The tables' sizes are asked and not their rows, which row-level security hides from the owner, too.
    """
    tables = [model._meta.db_table for model in declare.tables() if isinstance(declare.declaration(model), Privacy)]
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(sum(pg_relation_size(t::regclass)), 0) > 0 from unnest(%s::text[]) t", [tables])
        return bool(cursor.fetchone()[0])


def _newest(**which: bool) -> RegisterVersion | None:
    return RegisterVersion.objects.filter(**which).order_by("-number").first()


def _register(version: RegisterVersion) -> Register:
    try:
        return from_canonical(bytes(version.content))
    except msgspec.DecodeError as error:
        message = (
            f"version {version.number} of the register was written by another release of the platform, which this one cannot read: {error};"
            " start that release, or run `portvakt rights --apply --told REASON` once people have been told of what changes"
        )
        raise RegisterUnknown(message) from error
